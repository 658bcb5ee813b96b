/** What may be done in a dispute, by whom, and how it is said. */

import { expect, test } from "vitest";
import { disputeView, disputeViews } from "../../terminal/disputes.ts";
import { movedWords, stateWords, wordFor } from "../../terminal/screens/cases.tsx";
import { en } from "../../terminal/seldom_dispute_words_en.ts";
import { money } from "../../ui/format.ts";
import { made } from "./dispute.ts";
import { NOW } from "./world.ts";

const nothingHere = { accepted: () => undefined };
const view = (changed: Parameters<typeof made>[0]) => disputeView(made(changed), nothingHere, NOW);

test.each([
  ["opened", "payer", true, false],
  ["contested", "payer", true, false],
  ["unanswered", "payer", true, false],
  ["opened", "payee", false, true],
  ["contested", "payee", false, true],
  ["unanswered", "payee", false, true],
  ["accepted", "payer", false, false],
  ["refunded", "payer", false, false],
  ["upheld", "payee", false, false],
  ["withdrawn", "payee", false, false],
  ["lapsed", "payer", false, false],
  ["a state of a newer operator", "payer", false, false],
] as const)("%s, opened by the %s: answer %s, take back %s", (state, opener, answer, withdraw) => {
  const { mayAnswer, mayWithdraw } = view({ state, opener });
  expect([mayAnswer, mayWithdraw]).toEqual([answer, withdraw]);
});

test("what was contested can still be accepted, and is not contested twice", () => {
  const may = (state: string) => [view({ state }).mayContest, view({ state }).mayAnswer];
  expect([may("opened"), may("contested"), may("unanswered"), may("upheld")]).toEqual([
    [true, true],
    [false, true],
    [true, true],
    [false, false],
  ]);
  expect(view({ state: "opened", opener: "payee" }).mayContest).toBe(false);
});

test("where it stands is said as this payee sees it", () => {
  expect(stateWords(view({ state: "accepted" }), en)).toBe("Accepted by you");
  expect(stateWords(view({ state: "accepted", opener: "payee" }), en)).toBe(en.states.accepted);
  expect(stateWords(view({ state: "refunded" }), en)).toBe(en.states.refunded);
  expect(stateWords(view({ state: "split" }), en)).toBe("split");
});

test("money moves only once the payment is final, and until then it is said when that is", () => {
  expect(view({ deadline: NOW }).acceptsAfter).toBe(NOW);
  expect(view({ deadline: NOW - 1 }).acceptsAfter).toBeNull();
});

test("what asks for something stands first, then what is open, and of each the newest", () => {
  const found = [
    made({ status: "done", openedAt: 9 }),
    made({ status: "active", openedAt: 1 }),
    made({ status: "active", openedAt: 2 }),
    made({ status: "needs_you", openedAt: 0 }),
  ];
  expect(disputeViews(found, nothingHere, NOW).map(({ status, openedAt }) => `${status} ${openedAt}`)).toEqual([
    "needs_you 0",
    "active 2",
    "active 1",
    "done 9",
  ]);
});

test("evidence that is there can be saved, and none is none", () => {
  const step = { at: NOW, by: "payer", act: "open", amountMinor: 0n, words: "It never came." };
  const { steps } = view({
    steps: [
      { ...step, evidence: new Uint8Array([1]) },
      { ...step, evidence: new Uint8Array() },
    ],
  });
  expect(steps.map(({ evidence, said }) => [evidence?.length ?? null, said])).toEqual([
    [1, "It never came."],
    [null, "It never came."],
  ]);
});

test("which way money went is said, and a word of a newer operator is shown as it is", () => {
  const sum = money(2_50n, "EUR");
  expect(movedWords(view({}), en)).toBe(en.movedNot);
  expect(movedWords(view({ movedMinor: 2_50n }), en)).toBe(`${sum} went back to the payer.`);
  expect(movedWords(view({ movedMinor: -2_50n }), en)).toBe(`${sum} came to you.`);
  expect([wordFor(en.states, "lapsed"), wordFor(en.states, "split")]).toEqual([en.states.lapsed, "split"]);
  expect(wordFor(en.states, "toString")).toBe("toString");
});
