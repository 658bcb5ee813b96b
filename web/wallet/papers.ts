/** The payer's papers: what this wallet holds of one payment, as it is handed to the operator (spec 10.1). */

import * as cose from "../protocol/cose.ts";
import { kindOf } from "../protocol/layout.ts";
import { STATEMENT_MAX_BYTES } from "../protocol/limits.ts";
import type { Octets } from "../protocol/octets.ts";
import { noteIn, receiptIn } from "../protocol/receipt.ts";
import type { WalletStore } from "./ports.ts";
import type { PaymentRecord } from "./records.ts";

/** One payment's statements: the cheque, what it answers and needs, and what its payee signed, with its certificate. */
export interface Papers {
  readonly cheque: Octets;
  readonly request?: Octets;
  readonly credits?: Octets;
  readonly statement?: Octets;
  readonly certificate?: Octets;
}

/** The papers of a payment, and whether what its payee signed is a note. */
export function papersOf(
  store: WalletStore,
  payment: PaymentRecord,
): { readonly papers: Papers; readonly isNote: boolean } {
  const { cheque, request, credits, acknowledgement } = payment;
  const plain: Papers = {
    cheque,
    ...(request === undefined ? {} : { request }),
    ...(credits === undefined ? {} : { credits }),
  };
  if (acknowledgement === undefined || acknowledgement.length === 0) return { papers: plain, isNote: false };
  const envelope = cose.openEnvelope(acknowledgement, STATEMENT_MAX_BYTES);
  const isNote = kindOf(envelope.payload, STATEMENT_MAX_BYTES) === "note";
  const signed = isNote ? noteIn(envelope) : receiptIn(envelope);
  const payee = store.payee(signed.terms.terminalRef);
  if (payee === undefined) return { papers: plain, isNote: false };
  return { papers: { ...plain, statement: acknowledgement, certificate: payee.certificate }, isNote };
}
