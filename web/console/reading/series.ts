/** Figures over time for the charts. Buckets are hours or days in UTC, oldest first; the last one still runs. */

import { type Fields, unreadable } from "../../platform/json_answer.ts";

const STEPS = ["hour", "day"] as const;
export type Step = (typeof STEPS)[number];

interface Buckets {
  readonly step: Step;
  /** From when on the figures are complete. */
  readonly since: number;
}

export interface Volume extends Buckets {
  readonly currencies: readonly {
    readonly currency: string;
    readonly buckets: readonly {
      readonly at: number;
      readonly onArrivalMinor: bigint;
      readonly atDeadlineMinor: bigint;
      readonly chargedBackMinor: bigint;
    }[];
  }[];
}

export interface ExposureOverTime extends Buckets {
  readonly currencies: readonly {
    readonly currency: string;
    readonly buckets: readonly { readonly at: number; readonly reservedMinor: bigint; readonly poolMinor: bigint }[];
  }[];
}

export interface Settling extends Buckets {
  readonly claims: number;
  readonly onlineWithinS: number;
  readonly currencies: readonly {
    readonly currency: string;
    readonly buckets: readonly { readonly at: number; readonly onlineMinor: bigint; readonly offlineMinor: bigint }[];
  }[];
  /** How many claims came within so many seconds of their receipt, and not sooner; null: later than all. */
  readonly delays: readonly { readonly upToS: number | null; readonly claims: number }[];
  readonly refusals: readonly { readonly reason: string; readonly claims: number }[];
}

function count(fields: Fields, name: string): number {
  const value = fields.number(name);
  if (value < 0) throw unreadable(`field ${name}`);
  return value;
}

function bucketsIn(fields: Fields): Buckets {
  return { step: fields.choice("step", STEPS), since: fields.instant("since") };
}

export function volumeIn(fields: Fields): Volume {
  return {
    ...bucketsIn(fields),
    currencies: fields.each("currencies", (one) => ({
      currency: one.text("currency"),
      buckets: one.each("buckets", (bucket) => ({
        at: bucket.instant("at"),
        onArrivalMinor: bucket.amount("on_arrival_minor"),
        atDeadlineMinor: bucket.amount("at_deadline_minor"),
        chargedBackMinor: bucket.amount("charged_back_minor"),
      })),
    })),
  };
}

export function exposureOverTimeIn(fields: Fields): ExposureOverTime {
  return {
    ...bucketsIn(fields),
    currencies: fields.each("currencies", (one) => ({
      currency: one.text("currency"),
      buckets: one.each("buckets", (bucket) => ({
        at: bucket.instant("at"),
        reservedMinor: bucket.amount("reserved_minor"),
        poolMinor: bucket.amount("pool_minor"),
      })),
    })),
  };
}

export function settlingIn(fields: Fields): Settling {
  return {
    ...bucketsIn(fields),
    claims: count(fields, "claims"),
    onlineWithinS: count(fields, "online_within_s"),
    currencies: fields.each("currencies", (one) => ({
      currency: one.text("currency"),
      buckets: one.each("buckets", (bucket) => ({
        at: bucket.instant("at"),
        onlineMinor: bucket.amount("online_minor"),
        offlineMinor: bucket.amount("offline_minor"),
      })),
    })),
    delays: fields.each("delays", (one) => ({ upToS: one.numberOrNull("up_to_s"), claims: count(one, "claims") })),
    refusals: fields.each("refusals", (one) => ({ reason: one.text("reason"), claims: count(one, "claims") })),
  };
}
