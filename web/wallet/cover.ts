/**
 * Cover: what an allowance still carries, and which credits a cheque must show for it (spec 04, Cover).
 *
 * A cheque is covered while its cumulative stays within what was reserved plus the credits shown with that very cheque.
 * The cumulative never falls, so once it has passed the reserve every later cheque shows credits again; at most three
 * travel with one cheque, in at most 2 KiB. Pure.
 */

import type { AllowanceTerms } from "../protocol/allowance.ts";
import { type Credit, encodeCredits } from "../protocol/credit.ts";
import { COUNTER_MAX, CREDITS_MAX, CREDITS_MAX_BYTES } from "../protocol/limits.ts";
import type { Octets } from "../protocol/octets.ts";
import { Refused } from "../protocol/refusals.ts";

/** How many credits are tried in combination, the largest first: 92 combinations. */
export const CONSIDERED_MAX = 8;

/** A credit that was verified for the allowance, with what it adds. */
export interface HeldCredit {
  readonly amountMinor: bigint;
  readonly credit: Credit;
}

/** Credits that travel together: what they add, and their bytes. */
export interface Bundle {
  readonly amountMinor: bigint;
  readonly raw: Octets;
}

/**
 * What one allowance still carries offline.
 *
 * `paymentMinor` is the most that one payment can be, `totalMinor` the most that all can be together, `cheques` how many
 * are left.
 */
export interface Room {
  readonly paymentMinor: bigint;
  readonly totalMinor: bigint;
  readonly cheques: number;
}

/** The head of an allowance's chain, as far as it decides what is left. */
export interface Head {
  readonly counter: number;
  readonly cumulativeMinor: bigint;
}

/** The room of an allowance whose chain stands at this head. */
export function roomOf(terms: AllowanceTerms, head: Head, bundles: readonly Bundle[]): Room {
  const cheques = chequesLeft(terms, head.counter);
  const mostMinor = largest(bundles.map((bundle) => bundle.amountMinor));
  const leftMinor = largest([terms.amountMinor + mostMinor - head.cumulativeMinor]);
  return {
    paymentMinor: cheques > 0 ? smaller(leftMinor, terms.perPaymentMinor) : 0n,
    totalMinor: smaller(leftMinor, terms.perPaymentMinor * BigInt(cheques)),
    cheques,
  };
}

/** How many cheques an allowance still carries whose chain stands at `counter`. */
export function chequesLeft(terms: AllowanceTerms, counter: number): number {
  return Math.max(0, Math.min(terms.countLimit, COUNTER_MAX) - counter);
}

/** Every bundle that may travel, those with fewer bytes first. */
export function bundlesOf(credits: readonly HeldCredit[]): readonly Bundle[] {
  const considered = [...credits].sort((one, other) => order(other.amountMinor, one.amountMinor));
  const found: Bundle[] = [];
  for (let size = 1; size <= CREDITS_MAX; size += 1) {
    for (const chosen of combinations(considered.slice(0, CONSIDERED_MAX), size)) {
      const raw = encoded(chosen.map((held) => held.credit));
      const amountMinor = chosen.reduce((sum, held) => sum + held.amountMinor, 0n);
      if (raw !== undefined) found.push({ amountMinor, raw });
    }
  }
  return found.sort((one, other) => one.raw.length - other.raw.length || order(other.amountMinor, one.amountMinor));
}

/** Whether a cheque with this cumulative is covered, and by which credits: none when the reserve suffices. */
export function cover(
  terms: AllowanceTerms,
  cumulativeMinor: bigint,
  bundles: readonly Bundle[],
): { readonly covered: boolean; readonly credits?: Octets } {
  const missingMinor = cumulativeMinor - terms.amountMinor;
  if (missingMinor <= 0n) return { covered: true };
  const found = bundles.find((bundle) => bundle.amountMinor >= missingMinor);
  return found === undefined ? { covered: false } : { covered: true, credits: found.raw };
}

/** The largest of these amounts; 0 when there is none above it. */
export function largest(amountsMinor: readonly bigint[]): bigint {
  return amountsMinor.reduce((most, one) => (one > most ? one : most), 0n);
}

/** The smaller of two amounts. */
export function smaller(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

/** Below 0, 0 or above 0 as `one` is less than, equal to or more than `other`. */
export function order(one: bigint, other: bigint): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** The bundle's bytes; undefined when it would be larger than a bundle may be. */
function encoded(credits: readonly Credit[]): Octets | undefined {
  try {
    const raw = encodeCredits(credits);
    return raw.length <= CREDITS_MAX_BYTES ? raw : undefined;
  } catch (error) {
    if (error instanceof Refused && error.code === "too_large") return undefined;
    throw error;
  }
}

function* combinations<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  if (size === 0) yield [];
  for (const [place, first] of items.entries()) {
    if (size === 0) return;
    for (const rest of combinations(items.slice(place + 1), size - 1)) yield [first, ...rest];
  }
}
