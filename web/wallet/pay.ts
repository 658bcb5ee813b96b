/**
 * Paying: consider what a payee asks, burn a counter, and only then show the cheque (spec 07, Burn then show).
 *
 * There is no network here and no object that could reach one. Counter, signed cheque and state become durable in one
 * write before a byte is returned; the same request again returns the same bytes and never burns a second counter.
 */

import { HolderCheck, Tier } from "../protocol/allowance.ts";
import { decodeCertificate } from "../protocol/certificate.ts";
import { type ChequeTerms, chequePayload, decodeCheque, drawCheque } from "../protocol/cheque.ts";
import * as cose from "../protocol/cose.ts";
import { creditsHash } from "../protocol/credit.ts";
import type { PayeeId, StatementId } from "../protocol/ids.ts";
import type { Signer } from "../protocol/keys.ts";
import { PREVIOUS_BYTES } from "../protocol/limits.ts";
import { concat, equal, type Octets, slice } from "../protocol/octets.ts";
import { type Asking, decodeAsking } from "../protocol/presentation.ts";
import { Refused } from "../protocol/refusals.ts";
import { askedMinor, requestHash } from "../protocol/request.ts";
import type { VerifiedAllowance, VerifiedCertificate, VerifiedRequest } from "../protocol/verified.ts";
import { verifyDevice } from "../protocol/verify_allowance.ts";
import { verifyRequest } from "../protocol/verify_payee.ts";
import { grantsOf, type Holdings, hold, type Live, liveOf } from "./holdings.ts";
import { checkNotLocked, watch } from "./paying_lock.ts";
import { Conflict, type Parts } from "./ports.ts";
import type { AllowanceRecord, PaymentDraft, PaymentRecord } from "./records.ts";
import { age } from "./resume.ts";
import { type Advice, type Choice, choose, isWaiting, warnings } from "./spending.ts";
import { afterPayment } from "./states.ts";
import { WalletTrouble } from "./troubles.ts";
import { amountWords, instantWords } from "./wording.ts";

const CLOCK_SURELY_WRONG_S = 3600;

/**
 * What the holder is asked to consent to. `payeeName` is attested only if `payeeProved`.
 *
 * `holderCheckNeeded` says that this amount needs proof that the holder is there. `drawn` is the payment that answered
 * this same request before: consenting again shows its bytes once more and draws nothing.
 */
export interface Offer {
  readonly asked: Octets;
  readonly amountMinor: bigint;
  readonly upTo: boolean;
  readonly currency: string;
  readonly payeeName: string | undefined;
  readonly payeeProved: boolean;
  readonly reference: string | undefined;
  readonly expiresAt: number;
  readonly holderCheckNeeded: boolean;
  readonly warnings: readonly Advice[];
  readonly drawn?: PaymentRecord;
}

/** A payment and the bytes that go to the payee: allowance, cheque and, when it needs them, credits. */
export interface Shown {
  readonly payment: PaymentRecord;
  readonly body: Octets;
}

/** A request that was checked, and what it is to be paid from. `payeeName` is attested only by a certificate. */
interface Checked {
  readonly request: VerifiedRequest;
  readonly choice: Choice;
  readonly currency: string;
  readonly payeeName: string | undefined;
}

/** What a payee asks, checked and ready for consent. Throws Refused, WalletTrouble. Nothing is written. */
export async function consider(parts: Parts, body: Octets): Promise<Offer> {
  const holdings = await hold(parts);
  const asking = decodeAsking(body);
  const drawn = await drawnBefore(parts, holdings, asking);
  return drawn === undefined ? offerOf(parts, holdings, asking, body) : offerAgain(body, drawn);
}

/**
 * The cheque for an offer that the holder consented to: burned, then returned.
 *
 * `digits` are those of the holder's authenticator, where the allowance asks for them. Everything is checked anew, since time has passed since the offer. Throws Refused, WalletTrouble; then no counter was
 * burned.
 */
export async function pay(parts: Parts, offer: Offer, holderCheck: number, digits?: string): Promise<Shown> {
  const holdings = await hold(parts);
  const asking = decodeAsking(offer.asked);
  const drawn = await drawnBefore(parts, holdings, asking);
  if (drawn !== undefined) return show(parts, drawn);
  const { request, choice, currency, payeeName } = await check(parts, holdings, asking);
  const { terms } = request;
  return draw(parts, holdings, choice, [holderCheck, digits], {
    topUpId: choice.live.record.topUpId,
    form: "two_way",
    amountMinor: askedMinor(terms),
    upTo: terms.maximumMinor !== undefined,
    currency,
    drawnAt: holdings.now,
    expiresAt: terms.time + terms.ttlS,
    state: "shown",
    request: request.payload,
    requestHash: request.requestHash,
    payeeId: terms.payeeId ?? terms.receiverAllowance,
    payeeName,
    payeeProved: request.certificate !== undefined,
    reference: terms.reference,
  });
}

/**
 * A code that any payee may take within the policy's ttl, exact or up to an amount: burned, then returned.
 *
 * Throws WalletTrouble; then no counter was burned.
 */
export async function oneWayCode(
  parts: Parts,
  amountMinor: bigint,
  holderCheck: number,
  upTo: boolean,
  digits?: string,
): Promise<Shown> {
  const holdings = await hold(parts);
  await checkNotLocked(parts, holdings);
  const { currency } = holdings.membership;
  const choice = await choose(holdings, { form: "one_way", amountMinor, currency });
  return draw(parts, holdings, choice, [holderCheck, digits], {
    topUpId: choice.live.record.topUpId,
    form: "one_way",
    amountMinor,
    upTo,
    currency,
    drawnAt: holdings.now,
    expiresAt: holdings.now + holdings.trust.policy(currency).oneWayTtlS,
    state: "shown",
    payeeProved: false,
  });
}

/**
 * The same bytes again, for a payee that has not seen or not acknowledged them.
 *
 * Throws WalletTrouble code_hidden for a one-way code after its ttl: then it must not be seen any more.
 */
export async function show(parts: Parts, payment: PaymentRecord): Promise<Shown> {
  const holdings = await hold(parts);
  const record = parts.store.allowances().find(({ topUpId }) => equal(topUpId, payment.topUpId));
  if (record === undefined) throw new WalletTrouble("wallet_changed");
  if (
    payment.form === "one_way" &&
    (!(isWaiting(payment) || payment.state === "unsigned") || holdings.now > payment.expiresAt)
  ) {
    const [grant] = (await grantsOf(parts, holdings.trust, [record])).values();
    throw new WalletTrouble("code_hidden", { deadline: instantWords(grant?.deadlineAt ?? payment.expiresAt) });
  }
  if (payment.state === "abandoned") throw new Conflict("never signed");
  return { payment, body: bodyOf(record, payment) };
}

/** Throws Refused, WalletTrouble unless this request can be answered now. */
async function check(parts: Parts, holdings: Holdings, asking: Asking): Promise<Checked> {
  await checkNotLocked(parts, holdings);
  const { terms } = asking.request;
  const receiver = terms.receiverAllowance;
  if (receiver !== undefined && holdings.lives.some((live) => equal(live.allowance.ref, receiver))) {
    throw new WalletTrouble("own_request");
  }
  const good = holdings.lives.filter((live) => live.standing === "good");
  const isHeld = good.some((live) => live.allowance.terms.currency === terms.currency);
  const currency = isHeld ? terms.currency : holdings.membership.currency;
  const request = await verified(parts, holdings, asking, currency);
  const { payeeId } = terms;
  const choice = await choose(holdings, { form: "two_way", amountMinor: askedMinor(terms), currency, payeeId });
  const [known] = payeeId === undefined ? [] : parts.store.payees(payeeId);
  return { request, choice, currency, payeeName: request.certificate?.terms.payeeName ?? known?.payeeName };
}

async function offerOf(parts: Parts, holdings: Holdings, asking: Asking, body: Octets): Promise<Offer> {
  const { request, choice, currency, payeeName } = await check(parts, holdings, asking);
  const { terms } = request;
  const payeeProved = request.certificate !== undefined;
  const grant = choice.live.allowance.terms;
  const good = holdings.lives.filter((live) => live.standing === "good");
  const found = await warnings(holdings, good);
  return {
    asked: body,
    amountMinor: askedMinor(terms),
    upTo: terms.maximumMinor !== undefined,
    currency,
    payeeName,
    payeeProved,
    reference: terms.reference,
    expiresAt: terms.time + terms.ttlS,
    holderCheckNeeded: !isOfPasskey(choice.live) && askedMinor(terms) > grant.holderCheckAboveMinor,
    warnings: payeeProved ? found : ["payee_not_proved", ...found],
  };
}

/**
 * The request, by the certificate shown or one of those known of this payee.
 *
 * A payee may have several terminals, so all that are known are tried; the first refusal counts.
 */
async function verified(parts: Parts, holdings: Holdings, asking: Asking, currency: string): Promise<VerifiedRequest> {
  const { trust: knowledge, now } = holdings;
  let first: Refused | undefined;
  for (const [shown, known] of await waysToKnow(parts, holdings, asking, currency)) {
    try {
      const request = await verifyRequest(shown, { currency, now, knowledge, known });
      if (request.certificate !== undefined) parts.found.meet(request.certificate, knowledge);
      return request;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.code === "request_expired") blameClock(asking, holdings);
      first ??= error;
    }
  }
  throw first ?? new Refused("acquirer_unknown");
}

/** The request with each certificate that may prove it. One that is shown again need not be checked again. */
async function waysToKnow(
  parts: Parts,
  holdings: Holdings,
  asking: Asking,
  currency: string,
): Promise<readonly (readonly [Asking, VerifiedCertificate | undefined])[]> {
  const { certificate: shown, request } = asking;
  const { payeeId } = request.terms;
  if (request.envelope === undefined || payeeId === undefined) return [[asking, undefined]];
  if (shown === undefined) {
    const known = await knownCertificates(parts, holdings, payeeId, request.terms.currency);
    return [...known.map((one) => [asking, one] as const), [asking, undefined]];
  }
  const { skewS } = holdings.trust.policy(currency);
  const met = parts.found.met(shown.envelope.raw, holdings.trust, { now: holdings.now, skewS });
  if (met === undefined || !equal(met.terms.payeeId, payeeId)) return [[asking, undefined]];
  return [[{ certificate: undefined, request }, met]];
}

async function knownCertificates(
  parts: Parts,
  holdings: Holdings,
  payeeId: PayeeId,
  currency: string,
): Promise<readonly VerifiedCertificate[]> {
  const { skewS } = holdings.trust.policy(currency);
  const found: VerifiedCertificate[] = [];
  for (const payee of parts.store.payees(payeeId)) {
    try {
      const certificate = decodeCertificate(payee.certificate);
      found.push(await parts.found.certificate(certificate, holdings.trust, { now: holdings.now, skewS }));
    } catch (error) {
      if (!(error instanceof Refused)) throw error; // expired or retired since: its payee shows a newer one
    }
  }
  return found;
}

/** A request that looks far out of date is a wrong clock more often than an old code: says so instead. */
function blameClock(asking: Asking, holdings: Holdings): void {
  const { terms } = asking.request;
  const { skewS } = holdings.trust.policy(terms.currency);
  if (holdings.now < terms.time - skewS || holdings.now > terms.time + terms.ttlS + CLOCK_SURELY_WRONG_S) {
    throw new WalletTrouble("clocks_differ", { theirs: instantWords(terms.time), ours: instantWords(holdings.now) });
  }
}

/** The payment that answered this very request, whatever the clock says now. */
async function drawnBefore(parts: Parts, holdings: Holdings, asking: Asking): Promise<PaymentRecord | undefined> {
  return parts.store.paymentFor(await requestHash(asking.request.payload, holdings.trust.deployment));
}

function offerAgain(body: Octets, drawn: PaymentRecord): Offer {
  return {
    asked: body,
    amountMinor: drawn.amountMinor,
    upTo: drawn.upTo,
    currency: drawn.currency,
    payeeName: drawn.payeeName,
    payeeProved: drawn.payeeProved,
    reference: drawn.reference,
    expiresAt: drawn.expiresAt,
    holderCheckNeeded: false,
    warnings: [],
    drawn,
  };
}

/** What the next cheque carries of the holder's digits; an allowance that asks for no codes takes none. */
async function codeOf(
  parts: Parts,
  holdings: Holdings,
  live: Live,
  draft: PaymentDraft,
  digits: string | undefined,
): Promise<Octets | undefined> {
  const { codeKey } = live.record;
  if (codeKey === undefined) return undefined;
  const { codeInCheque } = await import("./one_time_code.ts");
  return codeInCheque(parts, holdings, live, codeKey, draft, digits);
}

/** Sign in memory, burn in the store, return. What was signed and not stored never leaves this function. */
async function draw(
  parts: Parts,
  holdings: Holdings,
  { live, credits }: Choice,
  [holderCheck, digits]: readonly [number, string | undefined],
  draft: PaymentDraft,
): Promise<Shown> {
  const { record: before, allowance } = live;
  const { holderCheckAboveMinor, currency } = allowance.terms;
  const byPasskey = isOfPasskey(live); // which asks its holder itself, and says so in what it signs
  if (draft.amountMinor > holderCheckAboveMinor && holderCheck === HolderCheck.none && !byPasskey) {
    throw new WalletTrouble("holder_check_needed", { limit: amountWords(holderCheckAboveMinor, currency) });
  }
  await watch(parts, holdings, draft.amountMinor);
  const code = await codeOf(parts, holdings, live, draft, digits);
  const stated = code === undefined ? holderCheck : HolderCheck.oneTimeCode;
  const terms: ChequeTerms = {
    allowanceRef: allowance.ref,
    counter: before.counter + 1,
    previous: slice(before.lastId, 0, PREVIOUS_BYTES),
    cumulativeMinor: before.cumulativeMinor + draft.amountMinor,
    time: holdings.now,
    holderCheck: byPasskey ? HolderCheck.biometric : stated,
    ...(draft.upTo ? { maximumMinor: draft.amountMinor } : { exactMinor: draft.amountMinor }),
    ...(draft.requestHash === undefined ? {} : { request: draft.requestHash }),
    ...(draft.form === "one_way" ? { ttlS: draft.expiresAt - holdings.now } : {}),
    ...(credits === undefined ? {} : { creditsHash: await creditsHash(credits) }),
    ...(code === undefined ? {} : { code }),
  };
  const [cheque, chequeId] = byPasskey
    ? await unsigned(terms, allowance)
    : await drawn(await parts.keys.load(before.deviceKey), holdings.trust.deployment, terms, allowance);
  const state = byPasskey ? "unsigned" : draft.state;
  const payment: PaymentRecord = { ...draft, state, chequeId, counter: terms.counter, cheque, credits };
  const { counter, cumulativeMinor } = terms;
  try {
    await parts.store.burn(payment, before, { ...before, counter, cumulativeMinor, lastId: chequeId });
  } catch (error) {
    throw error instanceof Conflict ? new WalletTrouble("wallet_changed") : error;
  }
  return { payment, body: bodyOf(before, payment) };
}

/**
 * What a passkey signed of a burned cheque, checked as a terminal does, kept and shown.
 *
 * An assertion for a payment that was signed meanwhile changes nothing: the statement is the same. Throws Refused for
 * what no terminal would accept, Conflict when the request or code has ended.
 */
export async function sign(parts: Parts, payment: PaymentRecord, assertion: Octets): Promise<Shown> {
  const holdings = await hold(parts);
  await age(parts, holdings);
  const held = parts.store.payment(payment.chequeId);
  const live = liveOf(holdings, payment.topUpId);
  if (held === undefined || live === undefined) throw new Conflict("no such payment");
  const state = afterPayment(held.state, "signed");
  if (state === undefined) return show(parts, held);
  const cheque = cose.withAssertion(held.cheque, assertion);
  await verifyDevice(decodeCheque(cheque), live.allowance);
  const signed: PaymentRecord = { ...held, cheque, state };
  await parts.store.sign(signed);
  return show(parts, signed);
}

/** Burned before anybody signs: the payload and its id. */
async function unsigned(terms: ChequeTerms, allowance: VerifiedAllowance): Promise<readonly [Octets, StatementId]> {
  const payload = chequePayload(terms);
  return [payload, await cose.digest(allowance.chequePrefix, payload)];
}

async function drawn(
  device: Signer,
  deployment: string,
  terms: ChequeTerms,
  allowance: VerifiedAllowance,
): Promise<readonly [Octets, StatementId]> {
  const cheque = await drawCheque(device, allowance.allowanceId, deployment, terms);
  return [cheque, await verifyDevice(decodeCheque(cheque), allowance)];
}

function isOfPasskey({ allowance }: Live): boolean {
  return allowance.terms.tier === Tier.passkey;
}

/** What is shown to the payee; of what nobody signed, nothing. */
function bodyOf(allowance: AllowanceRecord, { cheque, credits, state }: PaymentRecord): Octets {
  if (state === "unsigned" || state === "abandoned") return new Uint8Array();
  return concat(allowance.raw ?? new Uint8Array(), cheque, credits ?? new Uint8Array());
}
