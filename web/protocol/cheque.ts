/**
 * Cheque: the device's signed order, drawn on an allowance (spec 03).
 *
 * Three forms share one layout: an answer to a request (two-way), a one-way code (marker with time to live), and the
 * closing cheque (amount 0, neither of them), after which the device draws nothing more on this allowance.
 */

import { HolderCheck, Tier } from "./allowance.ts";
import type { Envelope } from "./cose.ts";
import * as cose from "./cose.ts";
import { AllowanceRef, RequestHash, type StatementId } from "./ids.ts";
import type { Signer } from "./keys.ts";
import { amount, counter, id, instant, Layout, octets, optional, uint } from "./layout.ts";
import { CODE_BYTES, CREDITS_HASH_BYTES, PREVIOUS_BYTES, STATEMENT_MAX_BYTES, TTL_MAX_S } from "./limits.ts";
import type { Octets } from "./octets.ts";
import { Refused } from "./refusals.ts";

/** Which of the three forms a cheque has. */
export type ChequeForm = "two_way" | "one_way" | "closing";

/**
 * What a cheque says. Exactly one of `exactMinor` and `maximumMinor`; at most one of `request` and `ttlS`.
 *
 * `cumulativeMinor` is the gross total signed on this allowance including this cheque; it never falls.
 */
export interface ChequeTerms {
  readonly allowanceRef: AllowanceRef;
  readonly counter: number;
  readonly previous: Octets;
  readonly cumulativeMinor: bigint;
  readonly time: number;
  readonly holderCheck: number;
  readonly exactMinor?: bigint;
  readonly maximumMinor?: bigint;
  readonly request?: RequestHash;
  readonly ttlS?: number;
  readonly creditsHash?: Octets;
  readonly code?: Octets;
}

/** A decoded cheque, unverified; `amountMinor` and `form` are those of its terms. */
export interface Cheque {
  readonly terms: ChequeTerms;
  readonly envelope: Envelope;
  readonly amountMinor: bigint;
  readonly form: ChequeForm;
}

const LAYOUT = new Layout(
  "cheque",
  id(1, "allowanceRef", AllowanceRef),
  counter(2, "counter"),
  octets(3, "previous", PREVIOUS_BYTES),
  optional(amount(4, "exactMinor")),
  optional(amount(5, "maximumMinor")),
  amount(6, "cumulativeMinor"),
  instant(7, "time"),
  uint(8, "holderCheck", HolderCheck.biometric),
  optional(id(9, "request", RequestHash)),
  optional(uint(10, "ttlS", TTL_MAX_S, 1)),
  optional(octets(11, "creditsHash", CREDITS_HASH_BYTES)),
  optional(octets(12, "code", CODE_BYTES)),
);

/** The amount that the cumulative counts: exact, or the maximum, minor units. */
export function drawnMinor(terms: ChequeTerms): bigint {
  return terms.exactMinor ?? terms.maximumMinor ?? 0n;
}

/** Two-way, one-way or closing. */
export function formOf(terms: ChequeTerms): ChequeForm {
  if (terms.request !== undefined) return "two_way";
  return terms.ttlS === undefined ? "closing" : "one_way";
}

/** The cheque in these bytes, unverified. Throws Refused. */
export function decodeCheque(raw: Octets): Cheque {
  return chequeIn(cose.openEnvelope(raw, STATEMENT_MAX_BYTES, true));
}

/** The cheque in this envelope, unverified. Throws Refused. */
export function chequeIn(envelope: Envelope): Cheque {
  const terms: ChequeTerms = LAYOUT.decode(envelope.payload, STATEMENT_MAX_BYTES);
  if ((terms.exactMinor === undefined) === (terms.maximumMinor === undefined)) {
    throw new Refused("field_invalid", "a cheque has one amount");
  }
  if (terms.request !== undefined && terms.ttlS !== undefined) {
    throw new Refused("field_invalid", "a cheque is an answer or a one-way code, not both");
  }
  return { terms, envelope, amountMinor: drawnMinor(terms), form: formOf(terms) };
}

/** The signed cheque for `terms`. The caller has stored the counter before this leaves the device. */
export async function drawCheque(
  device: Signer,
  allowanceId: StatementId,
  deployment: string,
  terms: ChequeTerms,
): Promise<Octets> {
  return cose.sign(device, chequePrefix(allowanceId, deployment), chequePayload(terms));
}

/** What is signed of a cheque: what a passkey is asked about before there is a signature. */
export function chequePayload(terms: ChequeTerms): Octets {
  return LAYOUT.encode(terms);
}

/** The Sig_structure of all cheques on this allowance of this tier, up to the payload. */
export function chequePrefix(allowanceId: StatementId, deployment: string, tier: number = Tier.software): Octets {
  return cose.signingPrefix("cheque", deployment, allowanceId, tier === Tier.passkey);
}
