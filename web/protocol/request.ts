/**
 * Request: what a payee asks for (spec 03). Unsigned below a small amount, signed by the terminal above it.
 *
 * Its hash is the same in both forms, so a cheque answers the request and not the way it travelled. The challenge makes
 * every request, and so every cheque that answers one, unique.
 */

import type { Envelope } from "./cose.ts";
import * as cose from "./cose.ts";
import { AllowanceRef, PayeeId, RequestHash, type StatementId } from "./ids.ts";
import type { Signer } from "./keys.ts";
import { amount, currency, id, instant, Layout, octets, optional, text, uint } from "./layout.ts";
import { CHALLENGE_BYTES, REFERENCE_MAX_BYTES, STATEMENT_MAX_BYTES, TTL_MAX_S } from "./limits.ts";
import type { Octets } from "./octets.ts";
import { Refused } from "./refusals.ts";

/** What is asked. Exactly one of `payeeId` and `receiverAllowance`, exactly one of exact and maximum amount. */
export interface RequestTerms {
  readonly challenge: Octets;
  readonly currency: string;
  readonly time: number;
  readonly ttlS: number;
  readonly payeeId?: PayeeId;
  readonly receiverAllowance?: AllowanceRef;
  readonly exactMinor?: bigint;
  readonly maximumMinor?: bigint;
  readonly reference?: string;
}

/** A decoded request. `envelope` is undefined when it came unsigned. */
export interface Request {
  readonly terms: RequestTerms;
  readonly payload: Octets;
  readonly envelope: Envelope | undefined;
}

const LAYOUT = new Layout(
  "request",
  optional(id(1, "payeeId", PayeeId)),
  octets(2, "challenge", CHALLENGE_BYTES),
  optional(amount(3, "exactMinor")),
  optional(amount(4, "maximumMinor")),
  currency(5),
  instant(6, "time"),
  uint(7, "ttlS", TTL_MAX_S, 1),
  optional(text(8, "reference", REFERENCE_MAX_BYTES)),
  optional(id(9, "receiverAllowance", AllowanceRef)),
);

/** The amount asked for, exact or the most it may become, minor units. */
export function askedMinor(terms: RequestTerms): bigint {
  return terms.exactMinor ?? terms.maximumMinor ?? 0n;
}

/** The request in these bytes, signed or bare, unverified. Throws Refused. */
export function decodeRequest(raw: Octets): Request {
  if (!cose.isEnvelope(raw)) return request(raw, undefined);
  const envelope = cose.openEnvelope(raw, STATEMENT_MAX_BYTES);
  return request(envelope.payload, envelope);
}

/** The bytes of a request as they travel. */
export function rawRequest(request: Request): Octets {
  return request.envelope?.raw ?? request.payload;
}

/** The payload, which is also the unsigned form. */
export function encodeRequest(terms: RequestTerms): Octets {
  return LAYOUT.encode(terms);
}

/** The signed form of a request's payload. */
export async function signRequest(
  terminal: Signer,
  certificateId: StatementId,
  deployment: string,
  payload: Octets,
): Promise<Octets> {
  return cose.sign(terminal, cose.signingPrefix("request", deployment, certificateId), payload);
}

/** H(request), 32 bytes: what the cheque that answers it carries. */
export async function requestHash(payload: Octets, deployment: string): Promise<RequestHash> {
  return RequestHash.of(await cose.domainHash("request", deployment, payload));
}

function request(payload: Octets, envelope: Envelope | undefined): Request {
  const terms: RequestTerms = LAYOUT.decode(payload, STATEMENT_MAX_BYTES);
  if ((terms.payeeId === undefined) === (terms.receiverAllowance === undefined)) {
    throw new Refused("field_invalid", "a request names one receiver");
  }
  if ((terms.exactMinor === undefined) === (terms.maximumMinor === undefined) || askedMinor(terms) === 0n) {
    throw new Refused("field_invalid", "a request asks for one amount above zero");
  }
  return { terms, payload, envelope };
}
