/**
 * An allowance and one cheque on it, by themselves: who signed, and whether the arithmetic holds (spec 04).
 *
 * The pieces that the check of a payment, of a credit and of a fork proof are made of.
 */

import { type AllowanceTerms, allowanceIn, allowancePrefix, allowanceRef, HolderCheck, Tier } from "./allowance.ts";
import { type Cheque, type ChequeTerms, chequePrefix } from "./cheque.ts";
import type { Envelope } from "./cose.ts";
import * as cose from "./cose.ts";
import type { StatementId } from "./ids.ts";
import { loadPublicKey } from "./keys.ts";
import type { Knowledge } from "./knowledge.ts";
import { PREVIOUS_BYTES, SIGNATURE_BYTES } from "./limits.ts";
import { equal } from "./octets.ts";
import { PasskeyKey } from "./passkey.ts";
import { type Policy, tierMostMinor } from "./policy.ts";
import { Refused } from "./refusals.ts";
import { KeyRole } from "./trust_pack.ts";
import { SEAL, VerifiedAllowance, type VerifiedCredit } from "./verified.ts";

/** What an allowance would be if its signature holds; issuer_unknown without a key that could have signed it. */
export async function identifyAllowance(envelope: Envelope, knowledge: Knowledge): Promise<VerifiedAllowance> {
  const { terms } = allowanceIn(envelope);
  const issuerKey = await knowledge.key(KeyRole.issuer, terms.issuerKeyId);
  if (issuerKey === undefined) throw new Refused("issuer_unknown");
  const allowanceId = await cose.digest(allowancePrefix(issuerKey, knowledge.deployment), envelope.payload);
  const deviceKey = await loadPublicKey(terms.deviceKey);
  return new VerifiedAllowance(SEAL, {
    terms,
    allowanceId,
    ref: allowanceRef(allowanceId),
    raw: envelope.raw,
    issuerKey,
    deviceKey: terms.tier === Tier.passkey ? new PasskeyKey(deviceKey, knowledge.passkeyOrigin) : deviceKey,
    chequePrefix: chequePrefix(allowanceId, knowledge.deployment, terms.tier),
  });
}

/** Refuses issuer_signature_invalid unless the issuer signed this allowance. */
export async function verifyIssuer(
  envelope: Envelope,
  allowance: VerifiedAllowance,
  knowledge: Knowledge,
): Promise<void> {
  const prefix = allowancePrefix(allowance.issuerKey, knowledge.deployment);
  await cose.verify(envelope, prefix, allowance.issuerKey, "issuer_signature_invalid");
}

/**
 * The cheque's id; refuses device_signature_invalid unless the allowance's device signed it.
 *
 * Before that, refuses as `checkSignatureForm` does.
 */
export async function verifyDevice(cheque: Cheque, allowance: VerifiedAllowance): Promise<StatementId> {
  checkSignatureForm(cheque, allowance);
  return cose.verify(cheque.envelope, allowance.chequePrefix, allowance.deviceKey, "device_signature_invalid");
}

/** Refuses unless the cheque is signed as the allowance's tier signs: by an assertion if and only if by a passkey. */
export function checkSignatureForm(cheque: Cheque, { deviceKey }: VerifiedAllowance): void {
  const { signature } = cheque.envelope;
  if (deviceKey instanceof PasskeyKey) deviceKey.checkAssertion(signature, cheque.terms.holderCheck);
  else if (signature.length !== SIGNATURE_BYTES) throw new Refused("signature_form_mismatch");
}

/** The arithmetic of one cheque: 0 < amount <= cumulative (or 0 = amount when closing), and counter 1's base. */
export function checkAmounts(cheque: Cheque, allowance: VerifiedAllowance): void {
  const { terms, amountMinor } = cheque;
  if ((amountMinor === 0n) !== (cheque.form === "closing") || amountMinor > terms.cumulativeMinor) {
    throw new Refused("amount_invalid");
  }
  if (terms.counter !== 1) return;
  const base = allowance.allowanceId.subarray(0, PREVIOUS_BYTES);
  if (terms.cumulativeMinor !== amountMinor || !equal(terms.previous, base)) {
    throw new Refused("amount_invalid", "the first cheque starts the chain");
  }
}

/** Refuses holder_check_missing above the allowance's limit without a check, or for a code that is not there. */
export function checkHolder(cheque: Cheque, grant: AllowanceTerms): void {
  const stated = cheque.terms.holderCheck;
  if (stated === HolderCheck.oneTimeCode && cheque.terms.code === undefined) {
    throw new Refused("holder_check_missing", "the one-time code is missing");
  }
  if (stated === HolderCheck.none && cheque.amountMinor > grant.holderCheckAboveMinor) {
    throw new Refused("holder_check_missing");
  }
}

/** Refuses holder_check_missing above the policy's limit without a one-time code; for allowances with an anchor. */
export function checkCode(cheque: Cheque, { codeAboveMinor }: Policy): void {
  const needed = codeAboveMinor !== undefined && cheque.amountMinor > codeAboveMinor;
  if (needed && cheque.terms.code === undefined) {
    throw new Refused("holder_check_missing", "this amount needs a one-time code");
  }
}

/** Refuses tier_too_low for a key of a lower tier than the policy asks for. */
export function checkTier(cheque: Cheque, grant: AllowanceTerms, policy: Policy): void {
  if (cheque.amountMinor > tierMostMinor(policy, grant.tier, cheque.form === "one_way"))
    throw new Refused("tier_too_low");
}

/** Refuses not_covered above what is reserved plus the distinct credits shown with the cheque. */
export function checkCover(terms: ChequeTerms, allowance: VerifiedAllowance, credits: readonly VerifiedCredit[]): void {
  const coveredMinor = credits.reduce((sum, credit) => sum + credit.amountMinor, allowance.terms.amountMinor);
  if (terms.cumulativeMinor > coveredMinor) throw new Refused("not_covered");
}
