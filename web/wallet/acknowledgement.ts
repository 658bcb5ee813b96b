/**
 * Taking what the payee shows after a payment: a receipt, or a note that gives back (spec 07).
 *
 * It is checked in full before anything is stored; a wrong or forged one changes nothing. A receipt below the maximum and
 * a note become a credit, so that what comes back can be spent again at once.
 */

import { decodeCertificate } from "../protocol/certificate.ts";
import { PayeeId, RequestHash, StatementId } from "../protocol/ids.ts";
import { equal, type Octets } from "../protocol/octets.ts";
import { type Acknowledgement, decodeAcknowledgement } from "../protocol/presentation.ts";
import { type Note, NoteKind, type Receipt } from "../protocol/receipt.ts";
import { Refused } from "../protocol/refusals.ts";
import type { VerifiedCertificate } from "../protocol/verified.ts";
import { verifyAcknowledgement } from "../protocol/verify_payee.ts";
import { smaller } from "./cover.ts";
import { type Holdings, hold, liveOf, verifiedCredit } from "./holdings.ts";
import { Conflict, type Parts } from "./ports.ts";
import type { CreditRecord, Grade, PayeeRecord, PaymentRecord } from "./records.ts";
import { afterPayment, type PaymentEvent, type PaymentState } from "./states.ts";
import { WalletTrouble } from "./troubles.ts";

type Signed = Receipt | Note;

/** What a receipt or note did. `creditMinor` can be spent again at once; the rest comes back when settled. */
export interface Taken {
  readonly payment: PaymentRecord;
  readonly creditMinor: bigint;
}

/** Take a receipt or note. Throws Refused, WalletTrouble about_no_payment; then nothing was changed. */
export async function takeAcknowledgement(parts: Parts, body: Octets): Promise<Taken> {
  const holdings = await hold(parts);
  const shown = decodeAcknowledgement(body);
  const payment = paymentAbout(parts, shown.statement);
  if (payment === undefined) throw new WalletTrouble("about_no_payment");
  const { skewS } = holdings.trust.policy(payment.currency);
  const known = await knownBy(parts, holdings, shown, skewS);
  const { statement, certificate } = await verifyAcknowledgement(
    { ...shown, certificate: undefined },
    {
      chequeId: payment.chequeId,
      asked: payment.requestHash,
      amountMinor: payment.amountMinor,
      payeeId: payment.payeeId === undefined ? undefined : PayeeId.of(payment.payeeId),
      // A receipt tells of the time at which it was signed: the terminal had to be in service then, and this device's
      // clock, which may be wrong, has no say in it.
      now: shown.statement.terms.time,
      knowledge: holdings.trust,
      ...{ known, skewS },
    },
  );
  const state = afterPayment(payment.state, eventOf(statement));
  if (state === undefined) throw new Refused("request_mismatch", "this cannot happen to that payment");
  const after = afterwards(payment, state, statement, certificate, holdings);
  const { credit, creditMinor } = await creditFrom(parts, holdings, after, statement, certificate);
  const payee: PayeeRecord = {
    terminalRef: certificate.ref,
    payeeId: certificate.terms.payeeId,
    payeeName: certificate.terms.payeeName,
    certificate: certificate.raw,
    metAt: holdings.now,
  };
  try {
    await parts.store.acknowledge(after, credit, payee, statement.terms.time);
  } catch (error) {
    throw error instanceof Conflict ? new WalletTrouble("wallet_changed") : error;
  }
  return { payment: after, creditMinor };
}

function paymentAbout(parts: Parts, statement: Signed): PaymentRecord | undefined {
  if (statement.kind === "receipt") return parts.store.payment(statement.terms.chequeId);
  const { subject } = statement.terms;
  if (cancels(statement)) return parts.store.paymentFor(RequestHash.of(subject));
  return parts.store.payment(StatementId.of(subject));
}

/**
 * The certificate shown, or that of a terminal met before, if it was in service when it signed and is believed.
 *
 * Throws Refused for a wrong one that is shown.
 */
async function knownBy(
  parts: Parts,
  holdings: Holdings,
  shown: Acknowledgement,
  skewS: number,
): Promise<VerifiedCertificate | undefined> {
  const { time: now, terminalRef } = shown.statement.terms;
  if (shown.certificate !== undefined) {
    return parts.found.certificate(shown.certificate, holdings.trust, { now, skewS });
  }
  const payee = parts.store.payee(terminalRef);
  if (payee === undefined) return undefined;
  try {
    return await parts.found.certificate(decodeCertificate(payee.certificate), holdings.trust, { now, skewS });
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

function cancels(statement: Signed): boolean {
  return statement.kind === "note" && statement.terms.noteKind === NoteKind.cancel;
}

function eventOf(statement: Signed): PaymentEvent {
  if (statement.kind === "receipt") return "receipt";
  return cancels(statement) ? "cancel_note" : "void_note";
}

/** The payment as it stands now. The lowest final amount that anybody signed for is the one that counts. */
function afterwards(
  payment: PaymentRecord,
  state: PaymentState,
  statement: Signed,
  certificate: VerifiedCertificate,
  holdings: Holdings,
): PaymentRecord {
  const finalMinor = finalMinorOf(payment.amountMinor, statement);
  const lowestMinor = payment.finalMinor === undefined ? finalMinor : smaller(finalMinor, payment.finalMinor);
  const moved = state !== payment.state || lowestMinor !== payment.finalMinor;
  return {
    ...payment,
    state,
    finalMinor: state === "returned" ? payment.finalMinor : lowestMinor,
    grade: payment.grade === "F3" ? payment.grade : gradeOf(payment, lowestMinor, statement, holdings),
    payeeId: payment.payeeId ?? certificate.terms.payeeId,
    payeeName: certificate.terms.payeeName,
    payeeProved: true,
    acknowledgement: moved || payment.acknowledgement === undefined ? rawOf(statement) : payment.acknowledgement,
    acknowledgedAt: moved ? statement.terms.time : payment.acknowledgedAt,
  };
}

/** What the payee keeps by this statement, minor units. */
function finalMinorOf(amountMinor: bigint, statement: Signed): bigint {
  if (statement.kind === "receipt") return statement.terms.finalMinor;
  return cancels(statement) ? 0n : amountMinor - statement.terms.backMinor;
}

/** F2 when the policy guarantees this payment to its payee, F1 otherwise; a full give-back has no grade. */
function gradeOf(payment: PaymentRecord, finalMinor: bigint, statement: Signed, holdings: Holdings): Grade | undefined {
  if (finalMinor === 0n) return undefined;
  const isScoped = liveOf(holdings, payment.topUpId)?.allowance.terms.audience !== undefined;
  const isBound = payment.form === "two_way" || isScoped;
  const { capMinor } = holdings.trust.guarantee(payment.currency, statement.terms.time);
  return isBound && finalMinor <= capMinor ? "F2" : "F1";
}

/** What this statement adds to its allowance, if a verifier would count it and it is the largest of its cheque. */
async function creditFrom(
  parts: Parts,
  holdings: Holdings,
  after: PaymentRecord,
  statement: Signed,
  certificate: VerifiedCertificate,
): Promise<{ readonly credit: CreditRecord | undefined; readonly creditMinor: bigint }> {
  const backMinor = after.amountMinor - finalMinorOf(after.amountMinor, statement);
  const live = liveOf(holdings, after.topUpId);
  if (backMinor <= 0n || live === undefined) return { credit: undefined, creditMinor: 0n };
  const { chequeId, topUpId } = after;
  const credit = { chequeId, topUpId, backMinor, statement: rawOf(statement), certificate: certificate.raw };
  if ((await verifiedCredit(parts, credit, after, live.allowance, holdings.trust)) === undefined) {
    return { credit: undefined, creditMinor: 0n };
  }
  const held = parts.store.credits(topUpId).find(([one]) => equal(one.chequeId, chequeId));
  if (held !== undefined && held[0].backMinor >= backMinor) {
    return { credit: undefined, creditMinor: held[0].backMinor };
  }
  return { credit, creditMinor: backMinor };
}

function rawOf(statement: Signed): Octets {
  return statement.envelope?.raw ?? new Uint8Array();
}
