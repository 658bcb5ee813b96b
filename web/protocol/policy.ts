/**
 * Policy: what an operator lets happen offline, and how it shrinks as knowledge grows old (spec 05).
 *
 * Policy travels in the trust pack. Terminal, wallet and operator compute the same caps from it, so that what the counter
 * shows as guaranteed is what the operator pays.
 */

import { amount, currency, Layout, optional, uint } from "./layout.ts";
import { AMOUNT_MAX_MINOR, TIER_KNOWN_MAX, TIER_MAX } from "./limits.ts";

const MONTH_S = 31 * 86_400;

/** Caps in minor units of `currency`, ages and windows in seconds. */
export interface Policy {
  readonly currency: string;
  readonly guaranteeCapMinor: bigint;
  readonly oneWayCapMinor: bigint;
  readonly unsignedCapMinor: bigint;
  readonly staleCapMinor: bigint;
  readonly listWarnAgeS: number;
  readonly listStaleAgeS: number;
  readonly skewS: number;
  readonly claimWindowS: number;
  readonly oneWayTtlS: number;
  /** The least tier of a key that may pay by one-way code. */
  readonly oneWayLeastTier?: number;
  /** Above this a payment needs a key of `leastTierAbove`; each says nothing without the other. */
  readonly tierAboveMinor?: bigint;
  readonly leastTierAbove?: number;
  /** Above this a payment from an allowance with a code anchor needs a one-time code. */
  readonly codeAboveMinor?: bigint;
}

/** Protocol defaults of spec 05, for whoever states a policy. */
export const POLICY_DEFAULTS: Omit<Policy, "currency"> = {
  guaranteeCapMinor: 200_00n,
  oneWayCapMinor: 50_00n,
  unsignedCapMinor: 20_00n,
  staleCapMinor: 50_00n,
  listWarnAgeS: 24 * 3600,
  listStaleAgeS: 72 * 3600,
  skewS: 120,
  claimWindowS: 7 * 86_400,
  oneWayTtlS: 60,
};

export const POLICY_LAYOUT = new Layout(
  undefined,
  currency(1),
  amount(2, "guaranteeCapMinor"),
  amount(3, "oneWayCapMinor"),
  amount(4, "unsignedCapMinor"),
  amount(5, "staleCapMinor"),
  uint(6, "listWarnAgeS", MONTH_S),
  uint(7, "listStaleAgeS", MONTH_S),
  uint(8, "skewS", 3600),
  uint(9, "claimWindowS", MONTH_S),
  uint(10, "oneWayTtlS", 3600, 1),
  optional(uint(11, "oneWayLeastTier", TIER_MAX, 1)),
  optional(amount(12, "tierAboveMinor")),
  optional(amount(13, "codeAboveMinor")),
  optional(uint(14, "leastTierAbove", TIER_MAX, 1)),
);

/** The most that a key of this tier may pay at once; 0 is nothing. A tier that is not known is the lowest. */
export function tierMostMinor(policy: Policy, tier: number, oneWay: boolean): bigint {
  const { tierAboveMinor, leastTierAbove = 0, oneWayLeastTier = 0 } = policy;
  const counted = tier <= TIER_KNOWN_MAX ? tier : 1;
  if (oneWay && counted < oneWayLeastTier) return 0n;
  return counted < leastTierAbove && tierAboveMinor !== undefined ? tierAboveMinor : AMOUNT_MAX_MINOR;
}

/**
 * What holds at one moment: `capMinor` a payment is guaranteed, above `acceptCapMinor` it is refused.
 *
 * `acceptCapMinor` is undefined while nothing need be refused for age alone. `warn` says that the knowledge is old,
 * `skewS` how far clocks may differ, `oneWayTtlS` how long a one-way code may live.
 */
export interface Guarantee {
  readonly capMinor: bigint;
  readonly acceptCapMinor: bigint | undefined;
  readonly oneWayCapMinor: bigint;
  readonly warn: boolean;
  readonly skewS: number;
  readonly oneWayTtlS: number;
}

/**
 * The guarantee of `policy` for lists that are `listAgeS` old; undefined when there is no valid knowledge at all.
 *
 * Age degrades, never bricks: fresh, then halved caps with a warning, then only small payments, and with no valid
 * knowledge small ones at the payee's own risk.
 */
export function guaranteeAt(policy: Policy, listAgeS: number | undefined): Guarantee {
  const { skewS, oneWayTtlS, staleCapMinor } = policy;
  const half = {
    oneWayCapMinor: policy.oneWayCapMinor / 2n,
    warn: true,
    ...{ skewS, oneWayTtlS },
  };
  if (listAgeS === undefined) return { ...half, capMinor: 0n, acceptCapMinor: staleCapMinor };
  const { guaranteeCapMinor, oneWayCapMinor } = policy;
  if (listAgeS < policy.listWarnAgeS) {
    return { ...half, capMinor: guaranteeCapMinor, acceptCapMinor: undefined, oneWayCapMinor, warn: false };
  }
  const halfMinor = guaranteeCapMinor / 2n;
  if (listAgeS < policy.listStaleAgeS) return { ...half, capMinor: halfMinor, acceptCapMinor: undefined };
  return { ...half, capMinor: halfMinor < staleCapMinor ? halfMinor : staleCapMinor, acceptCapMinor: staleCapMinor };
}

/** D, seconds since 1970: what has durably arrived at the issuer by then counts. */
export function deadline(policy: Policy, allowanceExpiresAt: number): number {
  return allowanceExpiresAt + policy.skewS + policy.claimWindowS;
}
