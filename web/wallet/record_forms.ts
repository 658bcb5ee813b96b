/**
 * The forms of the wallet's records at rest: which fields each has, and of what kind.
 *
 * Records are written by this app only and authenticated where they rest; the form is checked all the same when they are
 * read, so that what an older or newer version left is refused as a whole and never half understood.
 */

import { typed } from "../protocol/typed.ts";
import {
  type AllowanceRecord,
  type CreditRecord,
  type Enrolment,
  FINDING_KINDS,
  type Finding,
  GRADES,
  LOCK_ANSWERS,
  type Membership,
  type PayeeRecord,
  type PayingLock,
  type PaymentRecord,
} from "./records.ts";
import { ALLOWANCE_STATES, PAYMENT_STATES } from "./states.ts";

/** What is at rest is no record of this version. */
export class FormUnknown extends Error {
  constructor(why: string) {
    super(`a record at rest: ${why}`);
    this.name = "FormUnknown";
  }
}

type Check = (value: unknown) => boolean;
type Fields<T> = { readonly [name in keyof Required<T>]: Check };

const bytes: Check = (value) => value instanceof Uint8Array;
const id =
  (size: number): Check =>
  (value) =>
    value instanceof Uint8Array && value.length === size;
const text: Check = (value) => typeof value === "string";
const whole: Check = (value) => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
const amount: Check = (value) => typeof value === "bigint" && value >= 0n;
const flag: Check = (value) => typeof value === "boolean";
const list =
  (item: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(item);
const one =
  (...choices: readonly string[]): Check =>
  (value) =>
    choices.some((choice) => choice === value);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);

/** How a record of one kind is read. Throws FormUnknown. */
export type Reader<T> = (value: unknown) => T;

function form<T>(fields: Fields<T>): Reader<T> {
  const checks: readonly [string, Check][] = Object.entries<Check>(fields);
  return (value) => {
    if (typeof value !== "object" || value === null) throw new FormUnknown("no fields");
    const held: Readonly<Record<string, unknown>> = { ...value };
    for (const [name, check] of checks) {
      if (!check(held[name])) throw new FormUnknown(name);
    }
    return typed<T>(value); // every field was checked against the table
  };
}

/** Pinned roots and the pack, side by side. */
export interface TrustAtRest {
  readonly deployment: string;
  readonly roots: readonly Uint8Array<ArrayBuffer>[];
  readonly threshold: number;
  readonly pack: Uint8Array<ArrayBuffer>;
}

export const enrolmentIn = form<Enrolment>({ server: text, accountKey: bytes, begunAt: whole });
export const membershipIn = form<Membership>({
  payerId: bytes,
  payerName: text,
  deviceId: bytes,
  deviceToken: text,
  currency: text,
});
export const trustIn = form<TrustAtRest>({ deployment: text, roots: list(bytes), threshold: whole, pack: bytes });
export const heardIn = form<{ readonly at: number }>({ at: whole });
export const allowanceIn = form<AllowanceRecord>({
  topUpId: bytes,
  deviceKey: bytes,
  amountMinor: amount,
  currency: text,
  askedAt: whole,
  state: one(...ALLOWANCE_STATES),
  raw: optional(bytes),
  counter: whole,
  cumulativeMinor: amount,
  lastId: bytes,
  closing: optional(bytes),
  expiresAt: optional(whole),
  evidence: optional(bytes),
  codeKey: optional(id(32)),
});
export const paymentIn = form<PaymentRecord>({
  chequeId: id(32),
  topUpId: bytes,
  counter: whole,
  cheque: bytes,
  credits: optional(bytes),
  form: one("two_way", "one_way"),
  amountMinor: amount,
  upTo: flag,
  currency: text,
  drawnAt: whole,
  expiresAt: whole,
  state: one(...PAYMENT_STATES),
  request: optional(bytes),
  requestHash: optional(id(32)),
  payeeId: optional(id(8)),
  payeeName: optional(text),
  payeeProved: flag,
  reference: optional(text),
  finalMinor: optional(amount),
  grade: optional(one(...GRADES)),
  acknowledgement: optional(bytes),
  acknowledgedAt: optional(whole),
  deadlineAt: optional(whole),
});
export const creditIn = form<CreditRecord>({
  chequeId: id(32),
  topUpId: bytes,
  backMinor: amount,
  statement: bytes,
  certificate: bytes,
});
export const payeeIn = form<PayeeRecord>({
  terminalRef: id(8),
  payeeId: bytes,
  payeeName: text,
  certificate: bytes,
  metAt: whole,
});
export const lockIn = form<PayingLock>({
  lockId: id(16),
  reason: text,
  lockedAt: whole,
  seen: whole,
  allowed: whole,
  answer: one(...LOCK_ANSWERS),
  endedAt: optional(whole),
});
const findingIn = form<Finding>({ chequeId: id(32), kind: one(...FINDING_KINDS), topUpId: bytes, amountMinor: amount });

export const findingsIn: Reader<readonly Finding[]> = (value) => {
  if (!Array.isArray(value)) throw new FormUnknown("no list");
  return value.map(findingIn);
};
