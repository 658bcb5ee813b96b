/**
 * An allowance and one cheque on it, by themselves: who signed, and whether the arithmetic holds (spec 04).
 *
 * The pieces that the check of a payment, of a credit and of a fork proof are made of.
 */

import { type AllowanceTerms, allowanceIn, allowancePrefix, allowanceRef, HolderCheck } from "./allowance.ts";
import { type Cheque, type ChequeTerms, chequePrefix } from "./cheque.ts";
import type { Envelope } from "./cose.ts";
import * as cose from "./cose.ts";
import type { StatementId } from "./ids.ts";
import { loadPublicKey } from "./keys.ts";
import type { Knowledge } from "./knowledge.ts";
import { PREVIOUS_BYTES } from "./limits.ts";
import { equal } from "./octets.ts";
import { Refused } from "./refusals.ts";
import { KeyRole } from "./trust_pack.ts";
import { SEAL, VerifiedAllowance, type VerifiedCredit } from "./verified.ts";

/** What an allowance would be if its signature holds; issuer_unknown without a key that could have signed it. */
export async function identifyAllowance(envelope: Envelope, knowledge: Knowledge): Promise<VerifiedAllowance> {
  const { terms } = allowanceIn(envelope);
  const issuerKey = await knowledge.key(KeyRole.issuer, terms.issuerKeyId);
  if (issuerKey === undefined) throw new Refused("issuer_unknown");
  const allowanceId = await cose.digest(allowancePrefix(issuerKey, knowledge.deployment), envelope.payload);
  return new VerifiedAllowance(SEAL, {
    terms,
    allowanceId,
    ref: allowanceRef(allowanceId),
    raw: envelope.raw,
    issuerKey,
    deviceKey: await loadPublicKey(terms.deviceKey),
    chequePrefix: chequePrefix(allowanceId, knowledge.deployment),
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

/** The cheque's id; refuses device_signature_invalid unless the allowance's device signed it. */
export async function verifyDevice(cheque: Cheque, allowance: VerifiedAllowance): Promise<StatementId> {
  return cose.verify(cheque.envelope, allowance.chequePrefix, allowance.deviceKey, "device_signature_invalid");
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

/** Refuses not_covered above what is reserved plus the distinct credits shown with the cheque. */
export function checkCover(terms: ChequeTerms, allowance: VerifiedAllowance, credits: readonly VerifiedCredit[]): void {
  const coveredMinor = credits.reduce((sum, credit) => sum + credit.amountMinor, allowance.terms.amountMinor);
  if (terms.cumulativeMinor > coveredMinor) throw new Refused("not_covered");
}
