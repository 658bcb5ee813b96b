/** What this terminal can do right now, so that nobody learns it from a payment that is refused (spec 07). */

import { Capability } from "../protocol/certificate.ts";
import type { Guarantee, Policy } from "../protocol/policy.ts";
import { Refused } from "../protocol/refusals.ts";
import type { Desk } from "./desk.ts";
import type { Queue } from "./records.ts";

/**
 * The state of clock, lists, certificate and queue; amounts in minor units of `currency`.
 *
 * `listsAgeS` is undefined once the key set has expired; `guarantee` when the operator no longer serves the currency.
 * `clockAheadS` was measured at the last answer, `clockHealedS` is by how much the device's clock is behind what
 * operators have signed, which is made good. `updateNeeded` says that the operator asks for `leastApp` or newer than this
 * `appVersion`; it stops nothing.
 */
export interface Readiness {
  readonly payeeName: string;
  readonly currency: string;
  readonly now: number;
  readonly listsIssuedAt: number;
  readonly listsAgeS: number | undefined;
  readonly guarantee: Guarantee | undefined;
  readonly clockAheadS: number | undefined;
  readonly clockHealedS: number;
  readonly clockIsOff: boolean;
  readonly certificateExpiresAt: number;
  readonly mayRequest: boolean;
  readonly mayTakeCodes: boolean;
  readonly mayVoid: boolean;
  readonly queue: Queue;
  readonly openRequests: number;
  readonly appVersion: string;
  readonly leastApp: string;
  readonly updateNeeded: boolean;
}

/** As things stand now. */
export function readiness(desk: Desk): Readiness {
  const now = desk.now();
  const { certificate, trust, store } = desk;
  const policy = policyHeld(desk);
  const guarantee = policy === undefined ? undefined : trust.guarantee(desk.currency, now);
  const skewS = policy?.skewS ?? 0;
  const clockAheadS = store.clockAheadS();
  const clockHealedS = now - desk.ownClock();
  const usable = now <= certificate.expiresAt && guarantee !== undefined;
  return {
    payeeName: certificate.payeeName,
    currency: desk.currency,
    now,
    listsIssuedAt: trust.index.issuedAt,
    listsAgeS: trust.listAgeS(now),
    guarantee,
    clockAheadS,
    clockHealedS,
    clockIsOff: clockHealedS > skewS || (clockAheadS !== undefined && Math.abs(clockAheadS) > skewS),
    certificateExpiresAt: certificate.expiresAt,
    mayRequest: usable && (certificate.capabilities & Capability.request) !== 0,
    mayTakeCodes: usable && (certificate.capabilities & Capability.oneWay) !== 0,
    mayVoid: usable && (certificate.capabilities & Capability.notes) !== 0,
    queue: store.queue(),
    openRequests: store.openRequests(now).length,
    appVersion: desk.outside.appVersion,
    leastApp: trust.keySet.leastApp,
    updateNeeded: trust.updateNeeded(desk.outside.appVersion),
  };
}

/** The policy; undefined when the currency is not served any more: nothing can be accepted, and that is shown. */
export function policyHeld(desk: Desk): Policy | undefined {
  try {
    return desk.policy;
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}
