/** Forks with their proofs, disputes, and the guarantee pool that stands behind both. */

import type { Fields } from "../../platform/json_answer.ts";
import { type DisputeReply, disputeIn, disputesIn } from "../../platform/operator_disputes.ts";
import { idIn } from "./ids.ts";
import type { Page } from "./page.ts";

export interface Fork {
  readonly ref: string;
  readonly reason: string;
  readonly foundAt: number;
  readonly payerId: string;
  readonly deviceId: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly fromPoolMinor: bigint;
  readonly fromLossMinor: bigint;
}

export const DISPUTE_FILTERS = ["open", "to_decide", "done"] as const;
export type DisputeFilter = (typeof DISPUTE_FILTERS)[number];

export interface Disputes {
  readonly disputes: readonly DisputeReply[];
  /** Older ones were left out. */
  readonly more: boolean;
}

export interface DisputeDetail {
  readonly dispute: DisputeReply;
  /** Not in a payee's dispute: there is nothing that could go back. */
  readonly refundPossible: boolean;
}

export interface PoolMove {
  readonly at: number;
  readonly reason: string;
  readonly currency: string;
  readonly amountMinor: bigint;
}

export interface Pool {
  readonly pools: readonly {
    readonly currency: string;
    readonly poolMinor: bigint;
    readonly lossMinor: bigint;
    /** The newest, what was added with a plus. */
    readonly moves: readonly PoolMove[];
  }[];
}

export function forksIn(fields: Fields): Page<Fork> {
  const rows = fields.each("forks", (one) => ({
    ref: idIn(one, "ref"),
    reason: one.text("reason"),
    foundAt: one.instant("found_at"),
    payerId: idIn(one, "payer_id"),
    deviceId: idIn(one, "device_id"),
    currency: one.text("currency"),
    amountMinor: one.amount("amount_minor"),
    fromPoolMinor: one.amount("from_pool_minor"),
    fromLossMinor: one.amount("from_loss_minor"),
  }));
  return { rows, next: fields.textOrNull("next") };
}

export function disputeListIn(fields: Fields): Disputes {
  return { disputes: disputesIn(fields), more: fields.yes("more") };
}

export function disputeDetailIn(fields: Fields): DisputeDetail {
  return { dispute: disputeIn(fields.inner("dispute")), refundPossible: fields.yes("refund_possible") };
}

export function poolIn(fields: Fields): Pool {
  return {
    pools: fields.each("pools", (one) => ({
      currency: one.text("currency"),
      poolMinor: one.amount("pool_minor"),
      lossMinor: one.amount("loss_minor"),
      moves: one.each("moves", (move) => ({
        at: move.instant("at"),
        reason: move.text("reason"),
        currency: move.text("currency"),
        amountMinor: move.amount("amount_minor"),
      })),
    })),
  };
}
