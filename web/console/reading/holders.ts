/** Payers and payees, their devices and terminals, and the codes with which a new one enrols. */

import type { Fields } from "../../platform/json_answer.ts";
import { type PayeeStatement, payeeStatementIn } from "../../platform/operator_payee.ts";
import { type PayerStatement, payerStatementIn } from "../../platform/operator_payer.ts";
import { idIn } from "./ids.ts";
import type { Page } from "./page.ts";

export interface PayerLine {
  readonly payerId: string;
  /** Empty once it was erased. */
  readonly name: string;
  readonly currency: string;
  readonly freeMinor: bigint;
  readonly reservedMinor: bigint;
  readonly devices: number;
}

export interface Device {
  readonly deviceId: string;
  readonly payerId: string;
  readonly payerName: string;
  readonly signedIn: boolean;
  readonly boundAt: number;
  readonly openAllowances: number;
}

/** What is set aside, and what was paid beyond it: out of the payer's free money, by the pool, or as a loss. */
export interface Backing {
  readonly reservedMinor: bigint;
  readonly fromFreeMinor: bigint;
  readonly fromPoolMinor: bigint;
  readonly fromLossMinor: bigint;
}

export interface PayerExposure extends Backing {
  readonly currency: string;
  readonly allowances: number;
}

/** How somebody made sure who a payer is, and what was shown of its keys, newest first. */
export interface Holder {
  readonly identity: {
    readonly kind: string;
    readonly reference: string;
    readonly checkedBy: string;
    readonly checkedAt: number;
  } | null;
  readonly keys: readonly {
    readonly key: string;
    readonly tier: string;
    readonly maker: string;
    readonly model: string;
    readonly attestedAt: number;
    /** Whether the root that vouched for it is believed still. */
    readonly trusted: boolean;
  }[];
}

/** What more is said of a payer who is enrolled. */
export interface NewPayer {
  readonly identity: { readonly kind: string; readonly reference: string } | null;
  readonly withPin: boolean;
}

export interface PayerDetail {
  readonly statement: PayerStatement;
  readonly holder: Holder;
  readonly devices: readonly Device[];
  readonly exposure: readonly PayerExposure[];
}

export interface PayeeLine {
  readonly payeeId: string;
  readonly name: string;
  readonly currency: string;
  readonly balanceMinor: bigint;
  readonly waitingMinor: bigint;
  readonly terminals: number;
}

export interface Terminal {
  readonly terminalRef: string;
  readonly payeeId: string;
  readonly payeeName: string;
  readonly enrolledAt: number;
  readonly lastBatchAt: number | null;
  /** Nothing that it signs from here on counts; null while it does. */
  readonly revokedAt: number | null;
}

export interface PayeeDetail {
  readonly statement: PayeeStatement;
  readonly terminals: readonly Terminal[];
}

/** Told once; whoever enrols types it. */
export interface EnrolmentCode {
  readonly code: string;
  readonly expiresAt: number;
  /** Six digits that are told another way; null where the code has none. */
  readonly pin: string | null;
}

export interface Suspended {
  readonly ref: string;
  readonly atRiskMinor: bigint;
  readonly currency: string;
  readonly deadline: number;
}

export function backingIn(fields: Fields): Backing {
  return {
    reservedMinor: fields.amount("reserved_minor"),
    fromFreeMinor: fields.amount("from_free_minor"),
    fromPoolMinor: fields.amount("from_pool_minor"),
    fromLossMinor: fields.amount("from_loss_minor"),
  };
}

export function payersIn(fields: Fields): Page<PayerLine> {
  const rows = fields.each("payers", (one) => ({
    payerId: idIn(one, "payer_id"),
    name: one.text("name"),
    currency: one.text("currency"),
    freeMinor: one.amount("free_minor"),
    reservedMinor: one.amount("reserved_minor"),
    devices: one.number("devices"),
  }));
  return { rows, next: fields.textOrNull("next") };
}

export function payerIn(fields: Fields): PayerDetail {
  return {
    statement: payerStatementIn(fields.inner("payer")),
    holder: holderIn(fields.inner("holder")),
    devices: fields.each("devices", deviceIn),
    exposure: fields.each("exposure", (one) => ({
      ...backingIn(one),
      currency: one.text("currency"),
      allowances: one.number("allowances"),
    })),
  };
}

function holderIn(fields: Fields): Holder {
  const who = fields.innerOrNull("identity");
  const identity = who && {
    kind: who.text("kind"),
    reference: who.text("reference"),
    checkedBy: who.text("checked_by"),
    checkedAt: who.instant("checked_at"),
  };
  const keys = fields.each("keys", (one) => ({
    key: one.text("key"),
    tier: one.text("tier"),
    maker: one.text("maker"),
    model: one.text("model"),
    attestedAt: one.instant("attested_at"),
    trusted: one.yes("trusted"),
  }));
  return { identity, keys };
}

export function deviceIn(fields: Fields): Device {
  return {
    deviceId: idIn(fields, "device_id"),
    payerId: idIn(fields, "payer_id"),
    payerName: fields.text("payer_name"),
    signedIn: fields.yes("signed_in"),
    boundAt: fields.instant("bound_at"),
    openAllowances: fields.number("open_allowances"),
  };
}

export function devicesIn(fields: Fields): Page<Device> {
  return { rows: fields.each("devices", deviceIn), next: fields.textOrNull("next") };
}

export function payeesIn(fields: Fields): Page<PayeeLine> {
  const rows = fields.each("payees", (one) => ({
    payeeId: idIn(one, "payee_id"),
    name: one.text("name"),
    currency: one.text("currency"),
    balanceMinor: one.amount("balance_minor"),
    waitingMinor: one.amount("waiting_minor"),
    terminals: one.number("terminals"),
  }));
  return { rows, next: fields.textOrNull("next") };
}

export function payeeIn(fields: Fields): PayeeDetail {
  return { statement: payeeStatementIn(fields.inner("payee")), terminals: fields.each("terminals", terminalIn) };
}

export function terminalIn(fields: Fields): Terminal {
  return {
    terminalRef: idIn(fields, "terminal_ref"),
    payeeId: idIn(fields, "payee_id"),
    payeeName: fields.text("payee_name"),
    enrolledAt: fields.instant("enrolled_at"),
    lastBatchAt: fields.instantOrNull("last_batch_at"),
    revokedAt: fields.instantOrNull("revoked_at"),
  };
}

export function terminalsIn(fields: Fields): Page<Terminal> {
  return { rows: fields.each("terminals", terminalIn), next: fields.textOrNull("next") };
}

export function codeIn(fields: Fields): EnrolmentCode {
  const expiresAt = fields.instant("code_expires_at");
  return { code: fields.text("enrolment_code"), expiresAt, pin: fields.textOrNull("pin") };
}

export function suspendedIn(fields: Fields): readonly Suspended[] {
  return fields.each("suspensions", (one) => ({
    ref: idIn(one, "ref"),
    atRiskMinor: one.amount("at_risk_minor"),
    currency: one.text("currency"),
    deadline: one.instant("deadline"),
  }));
}
