/** Allowances with what was claimed from them, and exposure: what is at stake for whom. */

import type { Fields } from "../../platform/json_answer.ts";
import { type Backing, backingIn } from "./holders.ts";
import { idIn } from "./ids.ts";
import type { Page } from "./page.ts";

const STATUSES = ["good", "suspended", "closed", "reserved"] as const;
export type AllowanceStatus = (typeof STATUSES)[number];

export const ALLOWANCE_STATES = ["open", "suspended", "forked", "closed"] as const;
/** What a list of allowances may be narrowed to. */
export type AllowanceFilter = (typeof ALLOWANCE_STATES)[number];

export interface Allowance extends Backing {
  readonly ref: string;
  readonly payerId: string;
  readonly deviceId: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly claimedMinor: bigint;
  readonly returnedMinor: bigint;
  readonly status: AllowanceStatus;
  readonly reason: string;
  readonly forked: boolean;
  readonly closed: boolean;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly deadline: number;
}

export interface Claim {
  readonly chequeId: string;
  readonly payeeId: string;
  readonly counter: number;
  readonly amountMinor: bigint;
  readonly paidMinor: bigint;
  readonly waitingMinor: bigint;
  readonly arrivedAt: number;
  readonly verdict: string;
}

export interface AllowanceDetail {
  readonly allowance: Allowance;
  readonly claims: readonly Claim[];
  /** Older ones were left out. */
  readonly more: boolean;
}

export interface ExposureLine extends Backing {
  readonly payerId: string;
  readonly currency: string;
  readonly allowances: number;
  readonly nextDeadline: number | null;
}

export function allowanceIn(fields: Fields): Allowance {
  return {
    ...backingIn(fields),
    ref: idIn(fields, "ref"),
    payerId: idIn(fields, "payer_id"),
    deviceId: idIn(fields, "device_id"),
    currency: fields.text("currency"),
    amountMinor: fields.amount("amount_minor"),
    claimedMinor: fields.amount("claimed_minor"),
    returnedMinor: fields.amount("returned_minor"),
    status: fields.choice("status", STATUSES),
    reason: fields.text("reason"),
    forked: fields.yes("forked"),
    closed: fields.yes("closed"),
    issuedAt: fields.instant("issued_at"),
    expiresAt: fields.instant("expires_at"),
    deadline: fields.instant("deadline"),
  };
}

export function allowancesIn(fields: Fields): Page<Allowance> {
  return { rows: fields.each("allowances", allowanceIn), next: fields.textOrNull("next") };
}

export function allowanceDetailIn(fields: Fields): AllowanceDetail {
  return {
    allowance: allowanceIn(fields.inner("allowance")),
    claims: fields.each("claims", (one) => ({
      chequeId: idIn(one, "cheque_id"),
      payeeId: idIn(one, "payee_id"),
      counter: one.number("counter"),
      amountMinor: one.amount("amount_minor"),
      paidMinor: one.amount("paid_minor"),
      waitingMinor: one.amount("waiting_minor"),
      arrivedAt: one.instant("arrived_at"),
      verdict: one.text("verdict"),
    })),
    more: fields.yes("more"),
  };
}

export function exposuresIn(fields: Fields): Page<ExposureLine> {
  const rows = fields.each("payers", (one) => ({
    ...backingIn(one),
    payerId: idIn(one, "payer_id"),
    currency: one.text("currency"),
    allowances: one.number("allowances"),
    nextDeadline: one.instantOrNull("next_deadline"),
  }));
  return { rows, next: fields.textOrNull("next") };
}
