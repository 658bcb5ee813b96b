/** The numbers now, and what asks for attention. */

import type { Fields } from "../../platform/json_answer.ts";

/** One currency's money; amounts of different currencies are never added. */
export interface MoneyNow {
  readonly currency: string;
  readonly reservedMinor: bigint;
  readonly fromFreeMinor: bigint;
  readonly fromPoolMinor: bigint;
  readonly fromLossMinor: bigint;
  readonly waitingMinor: bigint;
  readonly poolMinor: bigint;
  readonly freeMinor: bigint;
  readonly payeesMinor: bigint;
}

export interface Warning {
  readonly code: string;
  readonly message: string;
  readonly next: string;
}

export interface Overview {
  readonly at: number;
  readonly onTrial: boolean;
  readonly payers: number;
  readonly payees: number;
  readonly devices: number;
  readonly terminals: number;
  readonly allowancesOpen: number;
  readonly staff: number;
  readonly money: readonly MoneyNow[];
  readonly forks: number;
  readonly disputesOpen: number;
  readonly disputesToDecide: number;
  /** Null where batches are settled without a queue. */
  readonly batchesWaiting: number | null;
  readonly batchesAside: number | null;
  readonly audit: {
    readonly size: number;
    readonly queued: number;
    readonly newestAt: number | null;
    readonly cosignedSize: number | null;
    readonly witnesses: number;
  };
  readonly keys: {
    readonly keySetVersion: number;
    readonly keySetExpiresAt: number;
    readonly indexVersion: number | null;
    readonly indexIssuedAt: number | null;
    readonly listVersion: number | null;
  };
  readonly warnings: readonly Warning[];
}

export function overviewIn(fields: Fields): Overview {
  const audit = fields.inner("audit");
  const keys = fields.inner("keys");
  return {
    at: fields.instant("at"),
    onTrial: fields.yes("on_trial"),
    payers: fields.number("payers"),
    payees: fields.number("payees"),
    devices: fields.number("devices"),
    terminals: fields.number("terminals"),
    allowancesOpen: fields.number("allowances_open"),
    staff: fields.number("staff"),
    money: fields.each("money", (one) => ({
      currency: one.text("currency"),
      reservedMinor: one.amount("reserved_minor"),
      fromFreeMinor: one.amount("from_free_minor"),
      fromPoolMinor: one.amount("from_pool_minor"),
      fromLossMinor: one.amount("from_loss_minor"),
      waitingMinor: one.amount("waiting_minor"),
      poolMinor: one.amount("pool_minor"),
      freeMinor: one.amount("free_minor"),
      payeesMinor: one.amount("payees_minor"),
    })),
    forks: fields.number("forks"),
    disputesOpen: fields.number("disputes_open"),
    disputesToDecide: fields.number("disputes_to_decide"),
    batchesWaiting: fields.numberOrNull("batches_waiting"),
    batchesAside: fields.numberOrNull("batches_aside"),
    audit: {
      size: audit.number("size"),
      queued: audit.number("queued"),
      newestAt: audit.instantOrNull("newest_at"),
      cosignedSize: audit.numberOrNull("cosigned_size"),
      witnesses: audit.number("witnesses"),
    },
    keys: {
      keySetVersion: keys.number("key_set_version"),
      keySetExpiresAt: keys.instant("key_set_expires_at"),
      indexVersion: keys.numberOrNull("index_version"),
      indexIssuedAt: keys.instantOrNull("index_issued_at"),
      listVersion: keys.numberOrNull("list_version"),
    },
    warnings: fields.each("warnings", (one) => ({
      code: one.text("code"),
      message: one.text("message"),
      next: one.text("next"),
    })),
  };
}
