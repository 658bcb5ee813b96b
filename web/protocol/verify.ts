/**
 * The one check of a payment that terminal, wallet and operator share (spec 04).
 *
 * Bytes and what the verifier knows go in; a `VerifiedCheque` or the first refusal in normative order comes out. The
 * order puts what is cheap and what people can mend before signatures, so that junk costs little and an honest mistake
 * gets the most useful answer. The platform verifies asynchronously; one check awaits the one before it, so the order of
 * refusals is that of the code.
 */

import { type AllowanceTerms, Tier } from "./allowance.ts";
import { firstContradiction, type Link } from "./chain.ts";
import type { Cheque, ChequeTerms } from "./cheque.ts";
import type { Envelope } from "./cose.ts";
import { type Credit, creditsHash, decodeCredits } from "./credit.ts";
import type { AllowanceRef, PayeeId, RequestHash, StatementId } from "./ids.ts";
import type { Knowledge } from "./knowledge.ts";
import { equal, type Octets } from "./octets.ts";
import type { Guarantee } from "./policy.ts";
import type { Payment } from "./presentation.ts";
import { Refused } from "./refusals.ts";
import type { RequestTerms } from "./request.ts";
import { KeyRole } from "./trust_pack.ts";
import { type AllowanceCache, SEAL, type VerifiedAllowance, VerifiedCheque, type VerifiedCredit } from "./verified.ts";
import {
  checkAmounts,
  checkCode,
  checkCover,
  checkHolder,
  checkSignatureForm,
  checkTier,
  identifyAllowance,
  verifyDevice,
  verifyIssuer,
} from "./verify_allowance.ts";

/**
 * A two-way payment: the verifier knows the request that the cheque must answer.
 *
 * `finalMinor` is what the payee takes of an amount asked for as a maximum; without it all is taken.
 */
export interface Answering {
  readonly kind: "answering";
  readonly terms: RequestTerms;
  readonly requestHash: RequestHash;
  readonly finalMinor?: bigint;
}

/** A one-way code: the verifier states what is due. `latest` is the latest time it can attest. */
export interface Taking {
  readonly kind: "taking";
  readonly dueMinor: bigint;
  readonly currency: string;
  readonly latest: number;
}

/** What the verifier holds of this allowance and request: accepted cheques, and the one that answered. */
export interface Remembered {
  readonly links: readonly Link[];
  readonly answeredBy?: StatementId;
}

export const NOTHING_REMEMBERED: Remembered = { links: [] };

/** What the verifier acts for and knows. `now` is its clock, seconds since 1970. */
export interface Checking {
  readonly asked: Answering | Taking;
  /** The payee id (or allowance ref, person to person) that the verifier acts for. */
  readonly receiver: PayeeId | AllowanceRef;
  readonly now: number;
  readonly knowledge: Knowledge;
  readonly cache: AllowanceCache;
  readonly remembered?: Remembered;
}

/** The verified cheque of a presentation. Throws Refused, first reason in normative order (docs/spec/errors.md). */
export async function verifyPayment(payment: Payment, checking: Checking): Promise<VerifiedCheque> {
  const { cheque } = payment;
  const { asked, now, knowledge, cache } = checking;
  const { allowance, verifiedBefore, stands } = await identify(payment.allowance, knowledge, cache);
  const grant = allowance.terms;
  checkPurpose(cheque, allowance, asked, checking.receiver);
  const guarantee = knowledge.guarantee(grant.currency, now);
  const finalMinor = checkAmountAsked(cheque, asked);
  checkTime(cheque.terms, grant, asked, now, guarantee);
  checkLimits(cheque, grant, guarantee);
  const policy = knowledge.policy(grant.currency);
  if (grant.codeAnchor !== undefined) checkCode(cheque, policy);
  checkTier(cheque, grant, policy);
  checkSignatureForm(cheque, allowance);
  checkAmounts(cheque, allowance);
  const shown = await creditsCommitted(cheque.terms, payment.credits);
  if (!stands) checkStanding(allowance, knowledge);
  if (guarantee.acceptCapMinor !== undefined && cheque.amountMinor > guarantee.acceptCapMinor) {
    throw new Refused("trust_too_old");
  }
  if (!verifiedBefore) await verifyIssuer(payment.allowance, allowance, knowledge);
  if (!stands) cache.put(allowance, knowledge);
  const chequeId = await verifyDevice(cheque, allowance);
  const credits = shown.length === 0 ? [] : await crediting(shown, allowance, knowledge);
  checkCover(cheque.terms, allowance, credits);
  const guaranteedMinor = guaranteed(cheque, grant, guarantee, credits, finalMinor);
  const { warn } = guarantee;
  const parts = { cheque, chequeId, allowance, credits, finalMinor, guaranteedMinor, warn };
  const verified = new VerifiedCheque(SEAL, parts);
  checkMemory(verified.link, checking.remembered ?? NOTHING_REMEMBERED, credits);
  return verified;
}

/** Few payments lean on credits: what checks them is loaded with the first. Where it cannot be, nothing is verified. */
async function crediting(shown: readonly Credit[], allowance: VerifiedAllowance, knowledge: Knowledge) {
  const { verifyCredits } = await import("./verify_credit.ts");
  return verifyCredits(shown, allowance, knowledge);
}

/**
 * The allowance, whether its signature was verified before, and whether this very knowledge found it good.
 *
 * An unknown one is returned for the cheap checks that come before its signature; it leaves this module only after
 * `verifyIssuer`.
 */
async function identify(
  envelope: Envelope,
  knowledge: Knowledge,
  cache: AllowanceCache,
): Promise<{ allowance: VerifiedAllowance; verifiedBefore: boolean; stands: boolean }> {
  const held = cache.get(envelope.raw);
  if (held !== undefined) {
    const { allowance, standsUnder } = held;
    if (standsUnder === knowledge) return { allowance, verifiedBefore: true, stands: true };
    const key = await knowledge.key(KeyRole.issuer, allowance.terms.issuerKeyId);
    const moved = allowance.terms.tier === Tier.passkey; // whose origin is this knowledge's to say
    if (!moved && equal(key?.point, allowance.issuerKey.point)) {
      return { allowance, verifiedBefore: true, stands: false };
    }
  }
  return { allowance: await identifyAllowance(envelope, knowledge), verifiedBefore: false, stands: false };
}

function checkPurpose(cheque: Cheque, allowance: VerifiedAllowance, asked: Answering | Taking, receiver: Octets): void {
  if (!equal(cheque.terms.allowanceRef, allowance.ref)) throw new Refused("wrong_allowance");
  if (cheque.form === "closing" && cheque.amountMinor === 0n) throw new Refused("closing_cheque");
  if (asked.kind === "answering") {
    if (!equal(cheque.terms.request, asked.requestHash)) throw new Refused("request_mismatch");
    if (!equal(receiver, asked.terms.payeeId ?? asked.terms.receiverAllowance)) throw new Refused("payee_not_named");
  } else if (cheque.form !== "one_way") {
    throw new Refused("request_mismatch", "a one-way code was expected");
  }
  const { audience, currency } = allowance.terms;
  if (audience !== undefined && !equal(audience, receiver)) throw new Refused("audience_mismatch");
  const wanted = asked.kind === "answering" ? asked.terms.currency : asked.currency;
  if (currency !== wanted) throw new Refused("currency_mismatch");
}

/** The final amount that the payee takes, minor units. */
function checkAmountAsked(cheque: Cheque, asked: Answering | Taking): bigint {
  const { exactMinor, maximumMinor } = cheque.terms;
  if (asked.kind === "answering") {
    if (exactMinor !== asked.terms.exactMinor || maximumMinor !== asked.terms.maximumMinor) {
      throw new Refused("amount_mismatch");
    }
    if (asked.finalMinor === undefined) return cheque.amountMinor;
  }
  const finalMinor = asked.kind === "answering" ? (asked.finalMinor ?? 0n) : asked.dueMinor;
  const exactDiffers = exactMinor !== undefined && exactMinor !== finalMinor;
  if (finalMinor <= 0n || finalMinor > cheque.amountMinor || exactDiffers) {
    throw new Refused("amount_mismatch", "what is taken is not what the cheque allows");
  }
  return finalMinor;
}

/**
 * All bounds are inclusive. The request's ttl runs on its maker's clock, so only that one gets no skew.
 *
 * A one-way code lives no longer than policy lets it, whatever its maker wrote: its life is the replay window.
 */
function checkTime(
  terms: ChequeTerms,
  grant: AllowanceTerms,
  asked: Answering | Taking,
  now: number,
  guarantee: Guarantee,
): void {
  const { skewS, oneWayTtlS } = guarantee;
  if (asked.kind === "answering") {
    if (now > asked.terms.time + asked.terms.ttlS) throw new Refused("request_expired");
  } else {
    const ends = terms.time + Math.min(terms.ttlS ?? 0, oneWayTtlS) + skewS;
    if (asked.latest < terms.time - skewS || asked.latest > ends) throw new Refused("code_expired");
  }
  if (now < grant.notBefore - skewS) throw new Refused("not_yet_valid");
  if (now > grant.expiresAt + skewS) throw new Refused("allowance_expired");
}

function checkLimits(cheque: Cheque, grant: AllowanceTerms, guarantee: Guarantee): void {
  if (cheque.amountMinor > grant.perPaymentMinor) throw new Refused("over_per_payment");
  if (cheque.terms.counter > grant.countLimit) throw new Refused("over_count");
  if (cheque.amountMinor > guarantee.oneWayCapMinor && cheque.form === "one_way") {
    throw new Refused("over_one_way_cap");
  }
  checkHolder(cheque, grant);
}

/** The credits shown, decoded, if they are the ones that the cheque commits to. */
async function creditsCommitted(terms: ChequeTerms, bundle: Octets | undefined): Promise<readonly Credit[]> {
  if (bundle === undefined) {
    if (terms.creditsHash !== undefined) throw new Refused("credits_mismatch", "the cheque's credits were not shown");
    return [];
  }
  if (!equal(terms.creditsHash, await creditsHash(bundle))) throw new Refused("credits_mismatch");
  return decodeCredits(bundle);
}

function checkStanding(allowance: VerifiedAllowance, knowledge: Knowledge): void {
  const grant = allowance.terms;
  knowledge.checkKeyAge(KeyRole.issuer, allowance.issuerKey, grant.notBefore);
  if (knowledge.status(grant.issuerKeyId, grant.statusIndex) !== "good") throw new Refused("allowance_suspended");
}

/** What the verifier holds decides last. A credit's own cheque was signed by this device, so it testifies too. */
function checkMemory(link: Link, remembered: Remembered, credits: readonly VerifiedCredit[]): void {
  const { links, answeredBy } = remembered;
  if (equal(answeredBy, link.chequeId) || links.some((known) => equal(known.chequeId, link.chequeId))) {
    throw new Refused("already_accepted");
  }
  if (answeredBy !== undefined) throw new Refused("request_answered");
  const shown = credits.flatMap((credit) => (credit.link === undefined ? [] : [credit.link]));
  const found = firstContradiction(link, [...links, ...shown]);
  if (found !== undefined) throw new Refused("fork_seen", found.why);
}

/**
 * What the issuer owes in any case: all of it within the cap, nothing outside.
 *
 * A one-way code binds no payee, so one signature could be shown at many terminals; only an audience binds it. What
 * leans on a cheque received from another payer is as sure as that one: not our issuer's word.
 */
function guaranteed(
  cheque: Cheque,
  grant: AllowanceTerms,
  guarantee: Guarantee,
  credits: readonly VerifiedCredit[],
  finalMinor: bigint,
): bigint {
  const bound = cheque.form === "two_way" || grant.audience !== undefined;
  const leans = credits.some((credit) => credit.link === undefined);
  return bound && !leans && finalMinor <= guarantee.capMinor ? finalMinor : 0n;
}
