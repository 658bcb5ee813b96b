/**
 * Accepting: a cheque on a request, a one-way code, or the issuer's word that a request is paid. No network here.
 *
 * The order never changes: what was accepted before is answered with the same receipt; a stranger's bytes are verified;
 * our own choice is asked for where the guarantee ends; cheque, credits, receipt and counters are stored in one
 * transaction; and only then there is a receipt to show. A refusal changes nothing, but a fork seen is kept as evidence.
 * Mirrors terminal/accept.py.
 */

import { encodeClaim } from "../protocol/claim.ts";
import * as cose from "../protocol/cose.ts";
import type { RequestHash, StatementId } from "../protocol/ids.ts";
import { CLAIM_MAX_BYTES } from "../protocol/limits.ts";
import { type Octets, toHex } from "../protocol/octets.ts";
import { deadline } from "../protocol/policy.ts";
import { decodePayment, type Payment } from "../protocol/presentation.ts";
import { receiptPrefix, signReceipt } from "../protocol/receipt.ts";
import { Refused } from "../protocol/refusals.ts";
import { decodeRequest, type RequestTerms } from "../protocol/request.ts";
import type { VerifiedCheque } from "../protocol/verified.ts";
import { type Answering, type Remembered, type Taking, verifyPayment } from "../protocol/verify.ts";
import { type Desk, spelled } from "./desk.ts";
import {
  type Accepted,
  type AskedRequest,
  acceptedOf,
  type KeptProof,
  type NewAcceptance,
  type NewStatement,
} from "./records.ts";
import { requestAfter } from "./states.ts";
import { TerminalTrouble } from "./troubles.ts";

/** As much of a request's id in hex as names it to people. */
export const NAME_CHARS = 8;

/**
 * An accepted payment. `replayed` says that it had been accepted before: nothing was counted again.
 *
 * `shown` is what the payer is to see: the receipt with its certificate, or the latest note once one was given.
 */
export interface Acceptance {
  readonly accepted: Accepted;
  readonly shown: Octets;
  readonly replayed: boolean;
}

/** The refusal fork_seen with the proof that was kept; undefined if what was shown does not convict by itself. */
export class ForkSeen extends Refused {
  readonly proof: KeptProof | undefined;

  constructor(refused: Refused, proof: KeptProof | undefined) {
    super("fork_seen", refused.detail);
    this.proof = proof;
  }
}

/** How the counter answers: `requestHash` says which request, undefined finds it; `finalMinor` of a maximum. */
export interface Accepting {
  readonly requestHash?: RequestHash | undefined;
  readonly finalMinor?: bigint | undefined;
  readonly atOwnRisk?: boolean | undefined;
}

/** A payment that was verified and would be accepted: nothing is stored yet. */
export interface Weighed {
  readonly verified: VerifiedCheque;
  readonly request: AskedRequest | undefined;
  readonly payment: Payment;
  readonly now: number;
}

/**
 * Accept what a payer shows in answer to a request.
 *
 * Throws Refused (the payer's side) and TerminalTrouble (our rules); then the till is as it was.
 */
export async function accept(desk: Desk, body: Octets, accepting: Accepting = {}): Promise<Acceptance> {
  const weighed = await weigh(desk, body, accepting);
  return "accepted" in weighed ? weighed : store(desk, weighed, accepting.atOwnRisk ?? false);
}

/** What `accept` does before it stores: the acceptance of what was accepted before, or a payment found good. */
export async function weigh(desk: Desk, body: Octets, accepting: Accepting = {}): Promise<Acceptance | Weighed> {
  const { requestHash, finalMinor } = accepting;
  const payment = decodePayment(body);
  const before = acceptedBefore(desk, payment);
  if (before !== undefined) return before;
  const { request: answered } = payment.cheque.terms;
  if (answered === undefined) {
    if (payment.cheque.form === "one_way") throw new TerminalTrouble("one_way_code");
    throw new Refused("request_mismatch", "not an answer to a request");
  }
  const request = desk.store.request(requestHash ?? answered);
  if (request === undefined) {
    if (requestHash !== undefined) throw new TerminalTrouble("request_unknown");
    throw new Refused("request_mismatch", "no request of this terminal");
  }
  if (request.state === "cancelled") throw new TerminalTrouble("request_cancelled");
  const now = desk.begin("request");
  const asked: Answering = {
    kind: "answering",
    terms: termsOf(request),
    requestHash: request.requestHash,
    ...(finalMinor === undefined ? {} : { finalMinor }),
  };
  return verify(desk, payment, asked, request, now);
}

/**
 * Accept a one-way code for `dueMinor`. Throws as `accept`.
 *
 * Without an audience nothing binds the code to this payee, so it is the payee's own risk. One instant decides here and
 * stands in the receipt: the issuer judges by it again, and with another one it could refuse what we accepted.
 */
export async function takeCode(
  desk: Desk,
  body: Octets,
  { dueMinor, atOwnRisk = false }: { readonly dueMinor: bigint; readonly atOwnRisk?: boolean | undefined },
): Promise<Acceptance> {
  const payment = decodePayment(body);
  const before = acceptedBefore(desk, payment);
  if (before !== undefined) return before;
  const latest = desk.latest(desk.begin("oneWay"));
  const asked: Taking = { kind: "taking", dueMinor, currency: desk.currency, latest };
  const weighed = await verify(desk, payment, asked, undefined, latest);
  return "accepted" in weighed ? weighed : store(desk, weighed, atOwnRisk);
}

/** The acceptance as it is shown now. */
export function acceptanceOf(desk: Desk, accepted: Accepted, replayed: boolean): Acceptance {
  const note = accepted.backMinor === 0n ? undefined : desk.store.noteOn(accepted.chequeId);
  return { accepted, shown: note === undefined ? accepted.receiptShown : note.shown, replayed };
}

/** The fast way for bytes accepted before: no time, no trust and no amount is asked, so no clock can change it. */
function acceptedBefore(desk: Desk, payment: Payment): Acceptance | undefined {
  const accepted = desk.store.acceptedBytes(payment.cheque.envelope.raw);
  return accepted === undefined ? undefined : acceptanceOf(desk, accepted, true);
}

async function verify(
  desk: Desk,
  payment: Payment,
  asked: Answering | Taking,
  request: AskedRequest | undefined,
  now: number,
): Promise<Acceptance | Weighed> {
  let verified: VerifiedCheque;
  try {
    verified = await verifyPayment(payment, {
      ...{ asked, receiver: desk.certificate.payeeId, now, knowledge: desk.trust, cache: desk.cache },
      remembered: remembered(desk, payment, request),
    });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.code === "already_accepted") return sameChequeAgain(desk, payment);
    if (error.code === "request_expired" && request !== undefined) {
      throw new TerminalTrouble("request_expired", { request: toHex(request.requestHash).slice(0, NAME_CHARS) });
    }
    if (error.code === "fork_seen") throw new ForkSeen(error, await proofKept(desk, payment));
    throw error;
  }
  if (request !== undefined && requestAfter(request.state, "accept") === undefined) {
    throw new TerminalTrouble("request_already_paid");
  }
  return { verified, request, payment, now };
}

/** What keeps evidence is loaded with the first fork. Where it cannot be, the payment is refused all the same. */
async function proofKept(desk: Desk, payment: Payment): Promise<KeptProof | undefined> {
  const evidence = await import("./evidence.ts").catch(() => undefined);
  return evidence?.keepForkProof(desk, payment);
}

async function store(desk: Desk, weighed: Weighed, atOwnRisk: boolean): Promise<Acceptance> {
  const { verified, request, now } = weighed;
  if (verified.guaranteedMinor < verified.finalMinor && !atOwnRisk) throw outsideGuarantee(desk, verified, now);
  const acceptance = await acceptanceNow(desk, weighed);
  await desk.store.accept(acceptance);
  return acceptanceOf(desk, acceptedOf(acceptance, request?.reference ?? ""), false);
}

function remembered(desk: Desk, payment: Payment, request: AskedRequest | undefined): Remembered {
  const answer = request?.state === "accepted" ? desk.store.acceptedOn(request.requestHash) : undefined;
  const links = desk.store.links(payment.cheque.terms.allowanceRef);
  return answer === undefined ? { links } : { links, answeredBy: answer.chequeId };
}

/** The verifier found this very cheque, under another signature of the same device: the same receipt. */
function sameChequeAgain(desk: Desk, payment: Payment): Acceptance {
  const { allowanceRef, counter } = payment.cheque.terms;
  for (const link of desk.store.links(allowanceRef)) {
    const accepted = desk.store.accepted(link.chequeId);
    if (link.counter === counter && accepted !== undefined) return acceptanceOf(desk, accepted, true);
  }
  throw new Refused("already_accepted");
}

function outsideGuarantee(desk: Desk, verified: VerifiedCheque, now: number): TerminalTrouble {
  const { capMinor } = desk.trust.guarantee(desk.currency, now);
  const cap = spelled(capMinor, desk.currency);
  if (verified.terms.request === undefined && verified.allowance.terms.audience === undefined) {
    return new TerminalTrouble("outside_guarantee_code");
  }
  if (verified.credits.some((credit) => credit.link === undefined))
    return new TerminalTrouble("outside_guarantee_credit");
  const aged = verified.finalMinor <= desk.policy.guaranteeCapMinor;
  return new TerminalTrouble(aged ? "outside_guarantee_age" : "outside_guarantee_cap", { cap });
}

async function acceptanceNow(desk: Desk, { verified, request, payment, now }: Weighed): Promise<NewAcceptance> {
  const { allowance, finalMinor, guaranteedMinor, warn } = verified;
  const { policy } = desk;
  const receipt = await receiptFor(desk, verified.chequeId, finalMinor, now);
  checkClaimable(payment, request, receipt);
  return {
    cheque: verified.raw,
    link: verified.link,
    // A code carries any time its payer likes; an answer was made after our request, and not later than now.
    witnessedTime: request === undefined ? 0 : Math.min(verified.terms.time, now + policy.skewS),
    allowance: allowance.raw,
    allowanceId: allowance.allowanceId,
    allowanceRef: allowance.ref,
    allowanceExpiresAt: allowance.terms.expiresAt,
    credits: payment.credits,
    requestHash: request?.requestHash,
    finalMinor,
    guaranteedMinor,
    deadline: deadline(policy, allowance.terms.expiresAt),
    warn,
    receipt,
  };
}

/** Refuses what is good, but would be too large an item for a batch: one such item would stop the whole batch. */
function checkClaimable(payment: Payment, request: AskedRequest | undefined, receipt: NewStatement): void {
  const claim = encodeClaim({
    cheque: payment.cheque.envelope.raw,
    receipt: payloadOf(receipt.raw),
    ...(request === undefined ? {} : { request: request.payload }),
    ...(payment.credits === undefined ? {} : { credits: payment.credits }),
  });
  if (claim.length > CLAIM_MAX_BYTES) throw new Refused("too_large", `a claim of more than ${CLAIM_MAX_BYTES} bytes`);
}

async function receiptFor(desk: Desk, chequeId: StatementId, finalMinor: bigint, time: number): Promise<NewStatement> {
  const { counter, previous } = desk.store.chainHead();
  const { certificateId, deployment } = desk.enrolment;
  const indexVersion = desk.trust.index.version;
  const terms = { terminalRef: desk.ref, chequeId, finalMinor, time, counter, previous, indexVersion };
  const raw = await signReceipt(desk.signer, certificateId, deployment, terms);
  const statementId = await cose.digest(receiptPrefix(certificateId, deployment), payloadOf(raw));
  return { statementId, counter, raw, shown: desk.signedShown(raw), time };
}

function payloadOf(raw: Octets): Octets {
  return cose.openEnvelope(raw, raw.length).payload;
}

/** What the request says. */
export function termsOf(request: AskedRequest): RequestTerms {
  return decodeRequest(request.payload).terms;
}
