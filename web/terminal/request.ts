/** Making a request: what the payee asks for, stored before anybody sees it. Mirrors terminal/request.py. */

import type { RequestHash } from "../protocol/ids.ts";
import { CHALLENGE_BYTES } from "../protocol/limits.ts";
import type { Octets } from "../protocol/octets.ts";
import type { Guarantee } from "../protocol/policy.ts";
import {
  askedMinor,
  decodeRequest,
  encodeRequest,
  type RequestTerms,
  requestHash,
  signRequest,
} from "../protocol/request.ts";
import { type Desk, spelled } from "./desk.ts";
import type { AskedRequest } from "./records.ts";
import { TerminalTrouble } from "./troubles.ts";

export const TTL_S = 120;
/** How long after a request ran out its payer may still stand at the counter. */
const LATE_S = 3600;
const STALE_MAX = 100;

/** What is asked for: an exact amount, or up to a maximum. */
export interface Asking {
  readonly exactMinor?: bigint;
  readonly maximumMinor?: bigint;
  readonly reference?: string;
  readonly ttlS?: number;
  /** Unsigned it is small enough for any screen, but nothing ties it to the payee: below the policy's small amount. */
  readonly signed?: boolean;
  readonly withCertificate?: boolean;
}

/** A request ready to be shown, and what will be guaranteed of a payment that answers it now. */
export interface Asked {
  readonly request: AskedRequest;
  readonly currency: string;
  readonly guarantee: Guarantee;
}

/** Ask for an exact amount, or up to a maximum. Throws TerminalTrouble, Refused field_invalid out of bounds. */
export async function makeRequest(desk: Desk, asking: Asking): Promise<Asked> {
  const { exactMinor, maximumMinor, reference, ttlS = TTL_S, signed = true, withCertificate = true } = asking;
  const time = desk.begin("request");
  const terms: RequestTerms = {
    challenge: desk.outside.randomness(CHALLENGE_BYTES),
    currency: desk.currency,
    time,
    ttlS,
    payeeId: desk.certificate.payeeId,
    ...(exactMinor === undefined ? {} : { exactMinor }),
    ...(maximumMinor === undefined ? {} : { maximumMinor }),
    ...(reference === undefined || reference === "" ? {} : { reference }),
  };
  const payload = encodeRequest(terms);
  decodeRequest(payload); // what a wallet would refuse is not asked
  const amountMinor = askedMinor(terms);
  const { unsignedCapMinor } = desk.policy;
  if (!signed && amountMinor > unsignedCapMinor) {
    throw new TerminalTrouble("unsigned_over_cap", { cap: spelled(unsignedCapMinor, desk.currency) });
  }
  const request: AskedRequest = {
    requestHash: await hashOf(desk, payload),
    payload,
    shown: await shown(desk, payload, signed, withCertificate),
    amountMinor,
    isMaximum: maximumMinor !== undefined,
    reference: reference ?? "",
    time,
    expiresAt: time + ttlS,
    state: "open",
  };
  await desk.store.addRequest(request);
  return { request, currency: desk.currency, guarantee: desk.trust.guarantee(desk.currency, time) };
}

async function hashOf(desk: Desk, payload: Octets): Promise<RequestHash> {
  return requestHash(payload, desk.enrolment.deployment);
}

async function shown(desk: Desk, payload: Octets, signed: boolean, withCertificate: boolean): Promise<Octets> {
  if (!signed) return payload;
  const { certificateId, deployment } = desk.enrolment;
  const statement = await signRequest(desk.signer, certificateId, deployment, payload);
  return withCertificate ? desk.signedShown(statement) : statement;
}

/**
 * The requests that somebody who says no more than "cancel" can mean, newest first.
 *
 * Those that are open, and those that ran out a short while ago: a payer may have answered in time what nobody read in
 * time. Where there are none, all that ran out unanswered, as far as anybody may still ask for them.
 */
export function cancellable(desk: Desk): readonly AskedRequest[] {
  const now = desk.now();
  const stale = desk.store.staleRequests(now, STALE_MAX);
  const recent = [...desk.store.openRequests(now), ...stale.filter((asked) => asked.expiresAt >= now - LATE_S)];
  return [...(recent.length > 0 ? recent : stale)].sort((one, other) => other.time - one.time);
}
