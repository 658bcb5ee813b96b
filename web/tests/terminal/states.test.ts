/** Every cell of the till's two machines. That the tables are Python's is asked in tests/web/test_terminal_tables.py. */

import { describe, expect, test } from "vitest";
import { Verdict } from "../../protocol/answer.ts";
import * as states from "../../terminal/states.ts";
import { item } from "./world.ts";

const REQUESTS: Record<string, string> = {
  ...{ "open expire": "expired", "open accept": "accepted", "open settle": "settled", "open cancel": "cancelled" },
  ...{ "expired expire": "expired", "expired settle": "settled", "expired cancel": "cancelled" },
  ...{ "settled settle": "settled", "cancelled cancel": "cancelled" },
};
const CLAIMS: Record<string, string> = {
  ...{ "waiting batch": "sent", "sent pay": "settled", "sent hold": "contingent", "sent refuse": "refused" },
  ...{ "settled pay": "settled", "settled hold": "contingent", "settled refuse": "refused" },
  ...{ "contingent pay": "settled", "contingent hold": "contingent", "contingent refuse": "refused" },
  ...{ "refused pay": "settled", "refused hold": "contingent", "refused refuse": "refused" },
};

describe("the tables", () => {
  for (const state of states.REQUEST_STATES) {
    for (const event of states.REQUEST_EVENTS) {
      test(`a request that is ${state}, ${event}`, () => {
        expect(states.requestAfter(state, event)).toBe(REQUESTS[`${state} ${event}`]);
      });
    }
  }
  for (const state of states.CLAIM_STATES) {
    for (const event of states.CLAIM_EVENTS) {
      test(`a claim that is ${state}, ${event}`, () => {
        const after = CLAIMS[`${state} ${event}`];
        if (after === undefined) expect(() => states.claimAfter(state, event)).toThrow(states.NoSuchStep);
        else expect(states.claimAfter(state, event)).toBe(after);
      });
    }
  }
});

test("running out follows from the time and heals with it", () => {
  expect(states.requestStateAt("open", 100, 100)).toBe("open");
  expect(states.requestStateAt("open", 100, 101)).toBe("expired");
  for (const state of ["accepted", "settled", "cancelled"] as const) {
    expect(states.requestStateAt(state, 100, 101)).toBe(state);
  }
});

test("amounts of an answer decide before its verdict does", () => {
  expect(states.eventOf(item(Verdict.settled, 5n), 5n)).toBe("pay");
  expect(states.eventOf(item(Verdict.duplicate), 5n)).toBe("refuse");
  expect(states.eventOf(item(Verdict.duplicate), 0n)).toBe("pay");
  expect(states.eventOf(item(Verdict.refused), 0n)).toBe("refuse");
  expect(states.eventOf(item(Verdict.fork, 5n, 1n), 6n)).toBe("hold");
  expect(states.eventOf(item(Verdict.contingent), 6n)).toBe("hold");
  expect(states.noteEventOf(item(Verdict.noted))).toBe("pay");
  expect(states.noteEventOf(item(Verdict.late))).toBe("refuse");
});

test("later truth moves a claim by its amounts first", () => {
  const nothing = { paidMinor: 0n, waitingMinor: 0n };
  expect(states.eventTold("shared", { paidMinor: 3n, waitingMinor: 0n }, 5n)).toBe("pay");
  expect(states.eventTold("fork", { paidMinor: 3n, waitingMinor: 2n }, 5n)).toBe("hold");
  expect(states.eventTold("waiting", nothing, 5n)).toBe("hold");
  expect(states.eventTold("given_back", nothing, 0n)).toBe("pay");
  expect(states.eventTold("given_back", nothing, 5n)).toBe("refuse");
  expect(states.eventTold("unpaid", nothing, 0n)).toBe("refuse");
});

test("how sure it is", () => {
  expect(states.gradeOf("settled", false)).toBe("F3");
  expect(states.gradeOf("refused", true)).toBe("F0");
  expect(states.gradeOf("contingent", true)).toBe("F1");
  expect(states.gradeOf("waiting", true)).toBe("F2");
  expect(states.gradeOf("sent", false)).toBe("F1");
});
