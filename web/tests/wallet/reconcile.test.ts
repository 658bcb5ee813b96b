/** What the operator's books say of a payment, state by state (tests/wallet/test_reconcile.py). */

import { expect, test } from "vitest";
import { AllowanceRef, StatementId } from "../../protocol/ids.ts";
import { toHex } from "../../protocol/octets.ts";
import type { ChequeLine, Statement } from "../../wallet/ports.ts";
import { reconcile } from "../../wallet/reconcile.ts";
import type { PaymentRecord } from "../../wallet/records.ts";
import { afterPayment, PAYMENT_STATES, type PaymentEvent, type PaymentState } from "../../wallet/states.ts";

const REF = AllowanceRef.of(new Uint8Array(8).fill(7));
const TOP_UP = new Uint8Array(16).fill(1);
const ID = StatementId.of(new Uint8Array(32).fill(3));
const TOP_UPS = new Map([[toHex(REF), TOP_UP]]);

function payment(state: PaymentState, more: Partial<PaymentRecord> = {}): PaymentRecord {
  const drawn = { chequeId: ID, topUpId: TOP_UP, counter: 1, cheque: new Uint8Array(3), form: "two_way" as const };
  const terms = { amountMinor: 45_00n, upTo: false, currency: "EUR", drawnAt: 1, expiresAt: 2, payeeProved: false };
  return { ...drawn, ...terms, state, ...more };
}

const LINE: ChequeLine = {
  ...{ chequeId: ID, ref: REF, paidMinor: 0n, waitingMinor: 0n, deadline: 99 },
  ...{ givenBack: false, forked: false, payeeName: "Café" },
};

function books(line: ChequeLine | undefined, closed = false, complete = true): Statement {
  const cheques = line === undefined ? [] : [line];
  return { currency: "EUR", freeMinor: 0n, reservedMinor: 0n, allowances: [{ ref: REF, closed, complete }], cheques };
}

const EVENTS: readonly (readonly [PaymentEvent, Statement])[] = [
  ["found_settled", books({ ...LINE, paidMinor: 45_00n })],
  ["found_contingent", books({ ...LINE, waitingMinor: 45_00n })],
  ["found_given_back", books({ ...LINE, givenBack: true })],
  ["found_refused", books(LINE)],
  ["found_returned", books(LINE, true)],
];
const CASES = PAYMENT_STATES.flatMap((state) => EVENTS.map(([event, statement]) => ({ state, event, statement })));

test.each(CASES)("$state, $event: as the table says", ({ state, event, statement }) => {
  const { changed } = reconcile(statement, [payment(state)], TOP_UPS, []);
  const after = afterPayment(state, event);
  expect(changed[0]?.state ?? state).toBe(after ?? state);
  if (after !== undefined && event === "found_settled")
    expect(changed[0]).toMatchObject({ grade: "F3", finalMinor: 45_00n });
  if (after !== undefined) expect(changed[0]).toMatchObject({ deadlineAt: 99, payeeName: "Café" });
});

test.each([
  ["over and complete", true, true, "returned"],
  ["over, not complete", true, false, "accepted"],
  ["not over", false, true, "accepted"],
] as const)("a payment that nobody claimed, D %s", (_, closed, complete, state) => {
  const { changed } = reconcile(books(undefined, closed, complete), [payment("accepted")], TOP_UPS, []);
  expect(changed[0]?.state ?? "accepted").toBe(state);
});

test("what was taken beyond a receipt is found, and the receipt's amount stays", () => {
  const signed = payment("contingent", { finalMinor: 30_00n, acknowledgement: new Uint8Array(3) });
  const { changed, findings } = reconcile(books({ ...LINE, paidMinor: 45_00n }), [signed], TOP_UPS, []);
  expect(changed[0]).toMatchObject({ state: "settled", finalMinor: 30_00n });
  expect(findings).toMatchObject([{ kind: "too_much", amountMinor: 15_00n }]);
});

test("findings of cheques that the books name no longer are kept, those named are judged anew", () => {
  const other = StatementId.of(new Uint8Array(32).fill(9));
  const held = [ID, other].map((chequeId) => ({
    chequeId,
    kind: "not_ours" as const,
    topUpId: TOP_UP,
    amountMinor: 1n,
  }));
  const { findings } = reconcile(books({ ...LINE, paidMinor: 45_00n }), [payment("shown")], TOP_UPS, held);
  expect(findings.map((one) => toHex(one.chequeId))).toEqual([toHex(other)]);
});

test("a cheque on another device's allowance is none of our business", () => {
  const ref = AllowanceRef.of(new Uint8Array(8).fill(8));
  expect(reconcile(books({ ...LINE, ref, paidMinor: 1n }), [], TOP_UPS, []).findings).toEqual([]);
});
