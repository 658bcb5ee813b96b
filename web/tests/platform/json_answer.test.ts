/** The operator's JSON is believed nothing: every wrong type, spelling or size is operator_answer_unreadable. */

import { anything, assert, property, uint8Array } from "fast-check";
import { expect, test } from "vitest";
import { Fields, jsonIn, readBytes, readInstant, spellBytes, spellInstant } from "../../platform/json_answer.ts";
import { LinkTrouble } from "../../platform/link_trouble.ts";
import { payeeStatementIn } from "../../platform/operator_payee.ts";
import { payerStatementIn } from "../../platform/operator_payer.ts";
import { utf8 } from "../../protocol/octets.ts";
import { Refused } from "../../protocol/refusals.ts";

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof LinkTrouble || error instanceof Refused) return error.code;
    throw error;
  }
  return "read";
}

test("bytes have one spelling", () => {
  assert(
    property(uint8Array(), (bytes) => {
      expect(readBytes(spellBytes(bytes))).toEqual(new Uint8Array(bytes));
    }),
  );
  for (const text of ["AA==", "AB", "A", "A+", "A/", "Ä", "AA\n"]) expect(readBytes(text)).toBeUndefined();
});

test("instants have one spelling", () => {
  expect(readInstant(spellInstant(1_800_000_000))).toBe(1_800_000_000);
  for (const text of [
    "2026-02-30T00:00:00Z",
    "2026-01-01T00:00:00.0Z",
    "2026-01-01T24:00:00Z",
    "1969-12-31T23:59:59Z",
    "2026-01-01T00:00:00+00:00",
  ]) {
    expect(readInstant(text), text).toBeUndefined();
  }
});

test.each([
  ["number", 1.5],
  ["number", "1"],
  ["number", 2 ** 53],
  ["number", true],
  ["number", undefined],
  ["amount", 2 ** 53],
  ["amount", null],
  ["text", 7],
  ["octets", "AA=="],
  ["instant", "today"],
  ["yes", 1],
  ["inner", []],
] as const)("%s refuses %s", (kind, value) => {
  expect(codeOf(() => new Fields({ field: value })[kind]("field"))).toBe("operator_answer_unreadable");
});

test("an amount is a bigint, the largest too", () => {
  expect(new Fields({ field: 2 ** 53 - 1 }).amount("field")).toBe(9_007_199_254_740_991n);
});

test("any JSON is a statement or a coded refusal", () => {
  assert(
    property(anything(), (value) => {
      for (const read of [payerStatementIn, payeeStatementIn])
        expect(codeOf(() => read(new Fields(value)))).not.toBe("read");
    }),
  );
  expect(codeOf(() => jsonIn(utf8("<html>")))).toBe("operator_answer_unreadable");
});

const PAYEE = {
  payee_id: "AAECAwQFBgc",
  name: "Café",
  currency: "EUR",
  balance_minor: 5,
  waiting_minor: 0,
  waiting: [],
};
const EVENT = {
  ...{ number: 1, at: "2026-11-22T10:00:00Z", cheque_id: "AA", deadline: "2026-11-29T10:00:00Z" },
  ...{ paid_minor: 5, waiting_minor: 0, stands_paid_minor: 5, stands_waiting_minor: 0 },
};

test("an event of a known kind is read, one of a newer operator's asks for an update", () => {
  const read = (kind: string) => payeeStatementIn(new Fields({ ...PAYEE, events: [{ ...EVENT, kind }] }));
  expect(read("settled").events[0]?.standsPaidMinor).toBe(5n);
  expect(codeOf(() => read("miracle"))).toBe("update_needed");
});

test("a cheque line that pays more than it counts is not believed", () => {
  const line = {
    ...{ cheque_id: "AA", ref: "AA", counter: 1, amount_minor: 100, deadline: "2026-11-29T10:00:00Z" },
    ...{ state: "settled", payees: 1, payee_name: null, paid_minor: 60, waiting_minor: 40 },
  };
  const payer = {
    ...{ payer_id: "AA", name: "A", currency: "EUR", free_minor: 0, reserved_minor: 0, allowances: [] },
    ...{ more: false, entries: [], missing: [] },
  };
  const read = (cheque: object) => payerStatementIn(new Fields({ ...payer, cheques: [cheque] }));
  expect(read(line).cheques).toHaveLength(1);
  expect(codeOf(() => read({ ...line, waiting_minor: 41 }))).toBe("operator_answer_unreadable");
  expect(codeOf(() => read({ ...line, paid_minor: -1 }))).toBe("operator_answer_unreadable");
});
