/**
 * Receipt and note: what a terminal signs (spec 03). Both stand in one chain with one counter.
 *
 * A receipt is the acceptance of a cheque with its final amount. A note gives back: a void note names a cheque and the
 * amount given back, a cancel note names a request that was never accepted and never will be. One chain, so that a
 * terminal which signs two contradictory statements convicts itself.
 */

import type { Envelope } from "./cose.ts";
import * as cose from "./cose.ts";
import { StatementId, TerminalRef } from "./ids.ts";
import type { Signer } from "./keys.ts";
import { amount, counter, id, instant, kindOf, Layout, octets, uint } from "./layout.ts";
import { ID_BYTES, PREVIOUS_BYTES, STATEMENT_MAX_BYTES } from "./limits.ts";
import type { Octets } from "./octets.ts";

/** What a note gives back: an accepted cheque, or whatever cheque answered a request. */
export const NoteKind = { void: 1, cancel: 2 } as const;

/** What a receipt says. `indexVersion` is the trust index the terminal held: it decides liability. */
export interface ReceiptTerms {
  readonly terminalRef: TerminalRef;
  readonly chequeId: StatementId;
  readonly finalMinor: bigint;
  readonly time: number;
  readonly counter: number;
  readonly previous: Octets;
  readonly indexVersion: number;
}

/**
 * What a note says. `subject` is the cheque's id for a void, H(request) for a cancel note.
 *
 * `backMinor` is the amount given back; a cancel note gives back all of whatever cheque answered and says 0.
 */
export interface NoteTerms {
  readonly terminalRef: TerminalRef;
  readonly noteKind: number;
  readonly subject: Octets;
  readonly backMinor: bigint;
  readonly time: number;
  readonly counter: number;
  readonly previous: Octets;
}

/** A decoded receipt, unverified. `envelope` is undefined for a bare payload inside a signed batch. */
export interface Receipt {
  readonly kind: "receipt";
  readonly terms: ReceiptTerms;
  readonly payload: Octets;
  readonly envelope: Envelope | undefined;
}

/** A decoded note, unverified. */
export interface Note {
  readonly kind: "note";
  readonly terms: NoteTerms;
  readonly envelope: Envelope;
}

const RECEIPT_LAYOUT = new Layout(
  "receipt",
  id(1, "terminalRef", TerminalRef),
  id(2, "chequeId", StatementId),
  amount(3, "finalMinor"),
  instant(4, "time"),
  counter(5, "counter"),
  octets(6, "previous", PREVIOUS_BYTES),
  uint(7, "indexVersion", 2 ** 32 - 1),
);
const NOTE_LAYOUT = new Layout(
  "note",
  id(1, "terminalRef", TerminalRef),
  uint(2, "noteKind", 2, 1),
  octets(3, "subject", ID_BYTES),
  amount(4, "backMinor"),
  instant(5, "time"),
  counter(6, "counter"),
  octets(7, "previous", PREVIOUS_BYTES),
);

/** The receipt in these bytes, signed or (inside a batch) bare, unverified. Throws Refused. */
export function decodeReceipt(raw: Octets): Receipt {
  if (!cose.isEnvelope(raw)) return receipt(raw, undefined);
  return receiptIn(cose.openEnvelope(raw, STATEMENT_MAX_BYTES));
}

/** The receipt in this envelope, unverified. Throws Refused. */
export function receiptIn(envelope: Envelope): Receipt {
  return receipt(envelope.payload, envelope);
}

/** The note in these bytes, unverified. Throws Refused. */
export function decodeNote(raw: Octets): Note {
  return noteIn(cose.openEnvelope(raw, STATEMENT_MAX_BYTES));
}

/** The note in this envelope, unverified. Throws Refused. */
export function noteIn(envelope: Envelope): Note {
  return { kind: "note", terms: NOTE_LAYOUT.decode(envelope.payload, STATEMENT_MAX_BYTES), envelope };
}

/** The receipt or note in these bytes, unverified. Throws Refused. */
export function decodeTerminalStatement(raw: Octets): Receipt | Note {
  const envelope = cose.openEnvelope(raw, STATEMENT_MAX_BYTES);
  return kindOf(envelope.payload, STATEMENT_MAX_BYTES) === "note" ? noteIn(envelope) : receiptIn(envelope);
}

/** The receipt's payload, which is also the form in which it stands inside a claim. */
export function encodeReceipt(terms: ReceiptTerms): Octets {
  return RECEIPT_LAYOUT.encode(terms);
}

/** The signed receipt for `terms`. */
export async function signReceipt(
  terminal: Signer,
  certificateId: StatementId,
  deployment: string,
  terms: ReceiptTerms,
): Promise<Octets> {
  return cose.sign(terminal, receiptPrefix(certificateId, deployment), encodeReceipt(terms));
}

/** The signed note for `terms`. */
export async function signNote(
  terminal: Signer,
  certificateId: StatementId,
  deployment: string,
  terms: NoteTerms,
): Promise<Octets> {
  return cose.sign(terminal, notePrefix(certificateId, deployment), NOTE_LAYOUT.encode(terms));
}

/** The Sig_structure of this terminal's receipts, up to the payload. */
export function receiptPrefix(certificateId: StatementId, deployment: string): Octets {
  return cose.signingPrefix("receipt", deployment, certificateId);
}

/** The Sig_structure of this terminal's notes, up to the payload. */
export function notePrefix(certificateId: StatementId, deployment: string): Octets {
  return cose.signingPrefix("note", deployment, certificateId);
}

function receipt(payload: Octets, envelope: Envelope | undefined): Receipt {
  return { kind: "receipt", terms: RECEIPT_LAYOUT.decode(payload, STATEMENT_MAX_BYTES), payload, envelope };
}
