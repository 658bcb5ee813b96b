/**
 * Allowance: the issuer's signed word that a device key may spend up to a reserve until a time (spec 03).
 *
 * The money is set aside at the issuer before the allowance is issued. The device key and the pseudonym are new for
 * every allowance where the key store allows it, so that payees cannot link two of them.
 */

import type { Envelope } from "./cose.ts";
import * as cose from "./cose.ts";
import { AllowanceRef, KeyId, PayeeId, type StatementId } from "./ids.ts";
import { loadPublicKey, type PublicKey, type Signer } from "./keys.ts";
import { amount, counter, currency, id, instant, Layout, octets, optional, uint } from "./layout.ts";
import { CODE_BYTES, PUBLIC_KEY_BYTES, REF_BYTES, STATEMENT_MAX_BYTES, TIER_MAX } from "./limits.ts";
import { type Octets, slice } from "./octets.ts";

/** Where the device key lives; limits follow it. */
export const Tier = { software: 1, passkey: 2, tpm: 3, card: 4 } as const;

/** What the device did to make sure that its holder is present, weakest first. */
export const HolderCheck = { none: 0, pin: 1, oneTimeCode: 2, biometric: 3 } as const;

/** What an allowance says. Amounts are minor units of `currency` (ISO 4217), times seconds since 1970. */
export interface AllowanceTerms {
  readonly issuerKeyId: KeyId;
  readonly deviceKey: Octets;
  readonly pseudonym: Octets;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly perPaymentMinor: bigint;
  readonly countLimit: number;
  readonly notBefore: number;
  readonly expiresAt: number;
  readonly statusIndex: number;
  readonly tier: number;
  readonly holderCheckAboveMinor: bigint;
  readonly audience?: PayeeId;
  readonly codeAnchor?: Octets;
}

/** A decoded allowance: its terms and the bytes they came in. Nothing is verified yet. */
export interface Allowance {
  readonly terms: AllowanceTerms;
  readonly envelope: Envelope;
}

const LAYOUT = new Layout(
  "allowance",
  id(1, "issuerKeyId", KeyId),
  octets(2, "deviceKey", PUBLIC_KEY_BYTES),
  octets(3, "pseudonym", REF_BYTES),
  currency(4),
  amount(5, "amountMinor"),
  amount(6, "perPaymentMinor"),
  counter(7, "countLimit"),
  instant(8, "notBefore"),
  instant(9, "expiresAt"),
  uint(10, "statusIndex", 2 ** 32 - 1),
  uint(11, "tier", TIER_MAX, 1),
  amount(12, "holderCheckAboveMinor"),
  optional(id(13, "audience", PayeeId)),
  optional(octets(14, "codeAnchor", CODE_BYTES)),
);

/** The allowance in these bytes, unverified. Throws Refused. */
export function decodeAllowance(raw: Octets): Allowance {
  return allowanceIn(cose.openEnvelope(raw, STATEMENT_MAX_BYTES));
}

/** The allowance in this envelope, unverified. Throws Refused. */
export function allowanceIn(envelope: Envelope): Allowance {
  return { terms: LAYOUT.decode(envelope.payload, STATEMENT_MAX_BYTES), envelope };
}

/** The signed allowance for `terms`. */
export async function issueAllowance(issuer: Signer, deployment: string, terms: AllowanceTerms): Promise<Octets> {
  const payload = LAYOUT.encode(terms);
  return cose.sign(issuer, allowancePrefix(await loadPublicKey(issuer.publicKey), deployment), payload);
}

/** The 32-byte id: what cheques are bound to. */
export async function allowanceId(
  allowance: Allowance,
  issuerKey: PublicKey,
  deployment: string,
): Promise<StatementId> {
  return cose.digest(allowancePrefix(issuerKey, deployment), allowance.envelope.payload);
}

/** The 8 bytes by which a cheque looks its allowance up. */
export function allowanceRef(fullId: StatementId): AllowanceRef {
  return AllowanceRef.of(slice(fullId, 0, REF_BYTES));
}

/** The Sig_structure of this issuer key's allowances, up to the payload. */
export function allowancePrefix(issuerKey: PublicKey, deployment: string): Octets {
  return cose.signingPrefix("allowance", deployment, issuerKey.hash);
}
