/**
 * Whether a credit counts for an allowance (spec 04, Cover).
 *
 * A note (or a receipt below the maximum) is a credit only from the payee named in the request, and only together with
 * the cheque it gives back and that request. A received cheque is one only if it answers a request addressed to this
 * very allowance. Several credits on one cheque count once, at the largest amount.
 */

import { Capability, decodeCertificate } from "./certificate.ts";
import { linkOf } from "./chain.ts";
import { type Cheque, decodeCheque } from "./cheque.ts";
import * as cose from "./cose.ts";
import { type Credit, creditsHash, decodeCredits } from "./credit.ts";
import type { RequestHash, StatementId } from "./ids.ts";
import type { Knowledge } from "./knowledge.ts";
import { HOPS_MAX, STATEMENT_MAX_BYTES } from "./limits.ts";
import { equal, type Octets, toHex } from "./octets.ts";
import { decodeTerminalStatement, type Note, NoteKind, type Receipt } from "./receipt.ts";
import { Refused } from "./refusals.ts";
import { decodeRequest, type Request, requestHash } from "./request.ts";
import { KeyRole } from "./trust_pack.ts";
import { SEAL, type VerifiedAllowance, VerifiedCredit } from "./verified.ts";
import {
  checkAmounts,
  checkCover,
  checkHolder,
  identifyAllowance,
  verifyDevice,
  verifyIssuer,
} from "./verify_allowance.ts";
import { verifyCertificate, verifyTerminalStatement } from "./verify_payee.ts";

/** The credits that count for `allowance`, one a cheque. Throws Refused credit_invalid if any does not hold. */
export async function verifyCredits(
  credits: readonly Credit[],
  allowance: VerifiedAllowance,
  knowledge: Knowledge,
  hops = 0,
): Promise<readonly VerifiedCredit[]> {
  const largest = new Map<string, VerifiedCredit>();
  for (const credit of credits) {
    const found = await asCreditInvalid(verifyCredit(credit, allowance, knowledge, hops));
    const name = toHex(found.chequeId);
    const held = largest.get(name);
    if (held === undefined || held.amountMinor < found.amountMinor) largest.set(name, found);
  }
  return [...largest.values()];
}

/** Any refusal inside a credit makes the whole payment credit_invalid. */
async function asCreditInvalid<T>(attempt: Promise<T>): Promise<T> {
  try {
    return await attempt;
  } catch (error) {
    if (error instanceof Refused) throw new Refused("credit_invalid", error.message);
    throw error;
  }
}

async function verifyCredit(
  credit: Credit,
  allowance: VerifiedAllowance,
  knowledge: Knowledge,
  hops: number,
): Promise<VerifiedCredit> {
  const wanted = decodeRequest(credit.request);
  const { statement, certificate } = credit;
  if (statement !== undefined && certificate !== undefined) {
    return givenBack({ cheque: credit.cheque, statement, certificate }, wanted, allowance, knowledge);
  }
  return received(credit, wanted, allowance, knowledge, hops);
}

async function givenBack(
  credit: { readonly cheque: Octets; readonly statement: Octets; readonly certificate: Octets },
  wanted: Request,
  allowance: VerifiedAllowance,
  knowledge: Knowledge,
): Promise<VerifiedCredit> {
  const cheque = decodeCheque(credit.cheque);
  if (!equal(cheque.terms.allowanceRef, allowance.ref)) throw new Refused("wrong_allowance");
  const askedHash = await requestHash(wanted.payload, knowledge.deployment);
  if (!equal(cheque.terms.request, askedHash)) throw new Refused("request_mismatch");
  if (wanted.terms.currency !== allowance.terms.currency) throw new Refused("currency_mismatch");
  checkAmounts(cheque, allowance); // or device and terminal give back what no cumulative ever counted
  const chequeId = await verifyDevice(cheque, allowance);
  const statement = decodeTerminalStatement(credit.statement);
  const certificate = await verifyCertificate(decodeCertificate(credit.certificate), knowledge, {
    now: statement.terms.time,
    skewS: 0,
  });
  if (!equal(wanted.terms.payeeId, certificate.terms.payeeId)) throw new Refused("payee_not_named");
  if (certificate.terms.currency !== wanted.terms.currency) {
    throw new Refused("currency_mismatch", "the note cap is in another currency");
  }
  await verifyTerminalStatement(statement, certificate, knowledge.deployment);
  const amountMinor = backMinor(statement, chequeId, askedHash, cheque.amountMinor);
  const mayGiveBack = (certificate.terms.capabilities & Capability.notes) !== 0;
  if (amountMinor > certificate.terms.noteCapMinor || !mayGiveBack) {
    throw new Refused("field_invalid", "more than this terminal's notes may give back");
  }
  const link = linkOf(chequeId, cheque.terms);
  return new VerifiedCredit(SEAL, { chequeId, amountMinor, link, terminalRef: certificate.ref });
}

async function received(
  credit: Credit,
  wanted: Request,
  allowance: VerifiedAllowance,
  knowledge: Knowledge,
  hops: number,
): Promise<VerifiedCredit> {
  if (hops >= HOPS_MAX) throw new Refused("too_many_credits", `more than ${HOPS_MAX} hops`);
  if (!equal(wanted.terms.receiverAllowance, allowance.ref) || wanted.terms.exactMinor === undefined) {
    throw new Refused("payee_not_named");
  }
  const envelope = cose.openEnvelope(credit.allowance ?? new Uint8Array(), STATEMENT_MAX_BYTES);
  const source = await identifyAllowance(envelope, knowledge);
  const cheque = decodeCheque(credit.cheque);
  if (!equal(cheque.terms.allowanceRef, source.ref) || equal(source.ref, allowance.ref)) {
    throw new Refused("wrong_allowance");
  }
  const askedHash = await requestHash(wanted.payload, knowledge.deployment);
  if (!equal(cheque.terms.request, askedHash)) throw new Refused("request_mismatch");
  const { currency } = source.terms;
  if (currency !== allowance.terms.currency || wanted.terms.currency !== currency) {
    throw new Refused("currency_mismatch");
  }
  if (cheque.terms.exactMinor !== wanted.terms.exactMinor) throw new Refused("amount_mismatch");
  if (source.terms.audience !== undefined) throw new Refused("audience_mismatch");
  checkSourceLimits(cheque, source, knowledge);
  checkAmounts(cheque, source);
  if ((cheque.terms.creditsHash === undefined) !== (credit.credits === undefined)) {
    throw new Refused("credits_mismatch");
  }
  knowledge.checkKeyAge(KeyRole.issuer, source.issuerKey, source.terms.notBefore);
  await verifyIssuer(envelope, source, knowledge);
  const chequeId = await verifyDevice(cheque, source);
  let inner: readonly VerifiedCredit[] = [];
  if (credit.credits !== undefined) {
    if (!equal(await creditsHash(credit.credits), cheque.terms.creditsHash)) throw new Refused("credits_mismatch");
    inner = await verifyCredits(decodeCredits(credit.credits), source, knowledge, hops + 1);
  }
  checkCover(cheque.terms, source, inner);
  const { amountMinor } = cheque;
  return new VerifiedCredit(SEAL, { chequeId, amountMinor, link: undefined, terminalRef: undefined });
}

/** What the receiver had to refuse is no credit for the next one either. Expiry was the receiver's to see. */
function checkSourceLimits(cheque: Cheque, source: VerifiedAllowance, knowledge: Knowledge): void {
  const grant = source.terms;
  if (cheque.amountMinor > grant.perPaymentMinor) throw new Refused("over_per_payment");
  if (cheque.terms.counter > grant.countLimit) throw new Refused("over_count");
  checkHolder(cheque, grant);
  if (knowledge.status(grant.issuerKeyId, grant.statusIndex) !== "good") throw new Refused("allowance_suspended");
}

/** How much a terminal's statement gives back of this cheque, minor units. */
function backMinor(statement: Receipt | Note, chequeId: StatementId, asked: RequestHash, amountMinor: bigint): bigint {
  const notAbout = new Refused("request_mismatch", `this ${statement.kind} is about another cheque`);
  if (statement.kind === "note" && statement.terms.noteKind === NoteKind.cancel) {
    if (!equal(statement.terms.subject, asked)) throw notAbout;
    return amountMinor;
  }
  const [subject, givenMinor] =
    statement.kind === "note"
      ? [statement.terms.subject, statement.terms.backMinor]
      : [statement.terms.chequeId, amountMinor - statement.terms.finalMinor];
  if (!equal(subject, chequeId)) throw notAbout;
  if (givenMinor <= 0n || givenMinor > amountMinor) {
    throw new Refused("amount_invalid", "nothing, or more than the cheque, is given back");
  }
  return givenMinor;
}
