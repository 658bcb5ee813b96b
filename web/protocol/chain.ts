/**
 * The chain rule: when two cheques of one allowance contradict each other (spec 04).
 *
 * Two cheques i < j are consistent iff cumulative_j - amount_j >= cumulative_i, with equality and previous_j = id(i)
 * when j = i + 1. Two ids at one counter, or anything after a closing cheque, never are. If all cheques of an allowance
 * are good and consistent, their final amounts add up to at most the amount reserved plus what was received; so any
 * overspending shows as a pair that convicts the device, with no witness needed but its own signatures.
 */

import { type ChequeTerms, drawnMinor, formOf } from "./cheque.ts";
import type { StatementId } from "./ids.ts";
import { PREVIOUS_BYTES } from "./limits.ts";
import { equal, type Octets } from "./octets.ts";

/** Why two statements of one party cannot both be honest. */
export type Contradiction = "same_counter" | "after_closing" | "broken_link" | "cumulative_gap" | "cumulative_falls";

/** A cheque as the chain rule sees it. Amounts are minor units. */
export interface Link {
  readonly chequeId: StatementId;
  readonly counter: number;
  readonly amountMinor: bigint;
  readonly cumulativeMinor: bigint;
  readonly previous: Octets;
  readonly closing: boolean;
}

/** The link that a cheque forms. */
export function linkOf(chequeId: StatementId, terms: ChequeTerms): Link {
  const { counter, cumulativeMinor, previous } = terms;
  const closing = formOf(terms) === "closing";
  return { chequeId, counter, amountMinor: drawnMinor(terms), cumulativeMinor, previous, closing };
}

/** Why these two links of the same allowance contradict each other, or undefined if they can both be honest. */
export function contradiction(one: Link, other: Link): Contradiction | undefined {
  if (one.counter === other.counter) return equal(one.chequeId, other.chequeId) ? undefined : "same_counter";
  const [first, second] = one.counter < other.counter ? [one, other] : [other, one];
  if (first.closing) return "after_closing";
  const beforeMinor = second.cumulativeMinor - second.amountMinor;
  if (beforeMinor < first.cumulativeMinor) return "cumulative_falls";
  if (second.counter !== first.counter + 1) return undefined;
  if (beforeMinor !== first.cumulativeMinor) return "cumulative_gap";
  return equal(second.previous, first.chequeId.subarray(0, PREVIOUS_BYTES)) ? undefined : "broken_link";
}

/** The first remembered link that contradicts `link`, and why; undefined if all agree. */
export function firstContradiction(
  link: Link,
  remembered: readonly Link[],
): { readonly known: Link; readonly why: Contradiction } | undefined {
  for (const known of remembered) {
    const why = contradiction(known, link);
    if (why !== undefined) return { known, why };
  }
  return undefined;
}
