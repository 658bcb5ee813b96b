/**
 * Resume: after a crash, or just later, every open operation has one way on, and it is said which (spec 07).
 *
 * Whatever was burned may have been seen. So the ways on are the same bytes again for a receipt, a void or cancel note
 * from the payee, or waiting until D; never a second cheque. Whatever was only intended is asked again under its id.
 */

import { type Octets, toHex } from "../protocol/octets.ts";
import type { Grant } from "./found.ts";
import { grantsOf, type Holdings, hold } from "./holdings.ts";
import type { Parts } from "./ports.ts";
import type { AllowanceRecord, PaymentRecord } from "./records.ts";
import { isWaiting } from "./spending.ts";
import { afterPayment, type PaymentEvent } from "./states.ts";

/**
 * What the holder does about an open operation.
 *
 * show_again: show the same bytes again for a receipt, or ask the payee for a cancel note; else it is pending until D.
 * wait: nothing to do; sync tells what became of it, and what nobody claimed returns by D. top_up_again: ask the operator
 * again under the same id. hand_in_again: hand the closing cheque in again.
 */
export type WayOn = "show_again" | "wait" | "top_up_again" | "hand_in_again";

/** One open operation and its way on. `until` is D, seconds since 1970; undefined where no money is at stake. */
export interface OpenItem {
  readonly wayOn: WayOn;
  readonly until: number | undefined;
  readonly payment?: PaymentRecord;
  readonly allowance?: AllowanceRecord;
}

/** All open operations, and the payments whose state changed with time alone. */
export interface Resumed {
  readonly items: readonly OpenItem[];
  readonly aged: readonly PaymentRecord[];
}

type Grants = ReadonlyMap<string, Grant>;

/** Bring every payment to the state that time has led it to, and list what is open. No network is used. */
export async function resume(parts: Parts): Promise<Resumed> {
  const holdings = await hold(parts);
  const aged = await age(parts, holdings);
  const records = parts.store.allowances();
  const grants = await grantsOf(parts, holdings.trust, records);
  const items: OpenItem[] = parts.store.openPayments().map((payment) => paymentItem(payment, grants));
  for (const allowance of records) {
    if (allowance.state === "asked") items.push({ wayOn: "top_up_again", until: undefined, allowance });
    if (allowance.state === "closing") {
      items.push({ wayOn: "hand_in_again", until: deadlineOf(allowance.topUpId, grants), allowance });
    }
  }
  return { items, aged };
}

/** Hide one-way codes after their ttl, and mark payments whose request has ended without a receipt. */
export async function age(parts: Parts, holdings: Holdings): Promise<readonly PaymentRecord[]> {
  const aged: PaymentRecord[] = [];
  for (const payment of parts.store.openPayments()) {
    const event = timeEvent(payment, holdings);
    const state = event === undefined ? undefined : afterPayment(payment.state, event);
    if (state !== undefined && state !== payment.state) aged.push({ ...payment, state });
  }
  if (aged.length > 0) await parts.store.age(aged);
  return aged;
}

/** D of the allowance that a payment was drawn on, as far as it is known. */
export function deadlineOf(topUpId: Octets, grants: Grants): number | undefined {
  return grants.get(toHex(topUpId))?.deadlineAt;
}

function timeEvent(payment: PaymentRecord, holdings: Holdings): PaymentEvent | undefined {
  if (payment.state !== "shown" && payment.state !== "unsigned") return undefined;
  if (payment.form === "one_way") return holdings.now > payment.expiresAt ? "ttl_passed" : undefined;
  const { skewS } = holdings.trust.policy(payment.currency);
  return holdings.now > payment.expiresAt + skewS ? "no_receipt" : undefined;
}

function paymentItem(payment: PaymentRecord, grants: Grants): OpenItem {
  const unsigned = payment.state === "unsigned";
  const shownAgain = payment.form === "two_way" && isWaiting(payment);
  const stillShown = unsigned || (payment.form === "one_way" && payment.state === "shown");
  const until = payment.deadlineAt ?? deadlineOf(payment.topUpId, grants);
  return { wayOn: shownAgain || stillShown ? "show_again" : "wait", until, payment };
}
