/** What the terminal's screens show when: the rules behind them, without a browser. */

import { describe, expect, test } from "vitest";
import type { Decision, Grade, HistoryLine, ReadyView, SyncView, TotalsView } from "../../terminal/app.ts";
import { type Answer, mayTake, stepAfter } from "../../terminal/screens/checkout_steps.ts";
import { mayBeWrong } from "../../terminal/screens/disputes.tsx";
import { enrolWrong } from "../../terminal/screens/enrol.tsx";
import { FAKE_NOW, FakeApp } from "../../terminal/screens/fake_app.ts";
import { sampleReady } from "../../terminal/screens/fake_data.ts";
import { sizeWords } from "../../terminal/screens/files.tsx";
import { byDay } from "../../terminal/screens/history.tsx";
import { mayGiveBack } from "../../terminal/screens/payment.tsx";
import { checksOf } from "../../terminal/screens/ready.tsx";
import { secondsLeft } from "../../terminal/screens/request.tsx";
import { aboveGuarantee } from "../../terminal/screens/sell.tsx";
import { standingOf } from "../../terminal/screens/standing.ts";
import { hintOf } from "../../terminal/screens/sync.tsx";
import { acceptedInShift } from "../../terminal/screens/till.tsx";
import { waitLeft } from "../../terminal/screens/unlock.tsx";
import { en as seldomEn } from "../../terminal/seldom_words_en.ts";
import { zh as seldomZh } from "../../terminal/seldom_words_zh.ts";
import { en } from "../../terminal/words_en.ts";
import { zh } from "../../terminal/words_zh.ts";

const EN = { ...en, ...seldomEn };
const ZH = { ...zh, ...seldomZh };

function ready(day: "busy" | "empty" | "old" | "stopped"): ReadyView {
  return sampleReady(day, FAKE_NOW, (english) => english);
}

function confirm(why: "own_risk" | "final_amount"): Decision {
  const words = { title: "", detail: "" };
  return { kind: "confirm", why, grade: "F1", guaranteedMinor: 0n, maximumMinor: null, words };
}

describe("the steps of a payment", () => {
  test("a frame keeps the camera on and says how many there are", () => {
    const step = stepAfter({ kind: "frame", have: 1, of: 3 }, "x", {});
    expect(step).toEqual({ kind: "scanning", progress: { have: 1, of: 3 } });
  });

  test.each(["own_risk", "final_amount"] as const)("a question (%s) keeps what was scanned and agreed", (why) => {
    const agreed = { finalMinor: 5n };
    const step = stepAfter(confirm(why), "scanned", agreed);
    expect(step).toMatchObject({ kind: "asking", scanned: "scanned", agreed, asking: { why } });
  });

  test("a refusal ends it, with its sentences", () => {
    const refusal = { code: "code_expired", message: "m", safe: "s", next: "n" };
    const answer: Answer = { kind: "refused", refusal };
    expect(stepAfter(answer, "x", {})).toEqual({ kind: "decided", decided: answer });
  });

  test("nobody is asked twice: the amount that was agreed stays while the risk is asked for", async () => {
    const app = new FakeApp();
    const asked = await app.request({ upToMinor: 8_000n });
    const given = { requestHashHex: asked.hashHex };
    const first = await app.accept("F1", given);
    expect(first).toMatchObject({ kind: "confirm", why: "final_amount", maximumMinor: 8_000n });
    const second = stepAfter(await app.accept("F1", { ...given, finalMinor: 6_000n }), "F1", { finalMinor: 6_000n });
    expect(second).toMatchObject({ kind: "asking", asking: { why: "own_risk" }, agreed: { finalMinor: 6_000n } });
  });
});

test.each([
  [null, 100n, false],
  [0n, 100n, false],
  [100n, 100n, true],
  [101n, 100n, false],
  [101n, null, true],
])("a final amount of %s below %s may be taken: %s", (finalMinor, maximumMinor, may) => {
  expect(mayTake(finalMinor, maximumMinor)).toBe(may);
});

test("an amount is above the guarantee from the first unit on, and no amount never is", () => {
  expect(aboveGuarantee(20_000n, ready("busy"))).toBe(false);
  expect(aboveGuarantee(20_001n, ready("busy"))).toBe(true);
  expect(aboveGuarantee(null, ready("busy"))).toBe(false);
  expect(aboveGuarantee(1n, ready("stopped"))).toBe(false);
});

test("enrolment says beside each field what is wrong with it", () => {
  const good = { code: "7KQ2", pin: "739264", again: "739264" };
  expect(enrolWrong(good, EN, "en")).toEqual({ code: null, pin: null, again: null });
  expect(enrolWrong({ code: " ", pin: "123456", again: "1" }, EN, "en")).toEqual({
    code: EN.codeMissing,
    pin: expect.stringContaining("count up"),
    again: EN.pinsDiffer,
  });
});

test("seconds are counted up to the whole one, and never below none", () => {
  expect([waitLeft(null, 5), waitLeft(30, 5.2), waitLeft(30, 31)]).toEqual([0, 25, 0]);
  const [open] = new FakeApp().openRequests();
  expect(open === undefined ? null : secondsLeft(open, open.expiresAt - 0.5)).toBe(1);
  expect(open === undefined ? null : secondsLeft(open, open.expiresAt + 9)).toBe(0);
});

test("what a shift accepted leaves out what the operator refused", () => {
  const none = { count: 0, amountMinor: 0n };
  const byGrade = {
    F0: { count: 9, amountMinor: 900n },
    F1: { count: 1, amountMinor: 1n },
    F2: { count: 2, amountMinor: 20n },
    F3: { count: 3, amountMinor: 300n },
  };
  const totals: TotalsView = { ...new FakeApp({ day: "empty" }).totals(), byGrade, waiting: none };
  expect(acceptedInShift(totals)).toEqual({ count: 6, amountMinor: 321n });
});

function line(id: string, grade: Grade | null, status: HistoryLine["status"], kind: HistoryLine["kind"]): HistoryLine {
  return { id, kind, title: "", detail: "", amountMinor: 1n, time: Number(id), status, grade };
}

test("history stands by day in its own order", () => {
  const lines = ["3", "2", "1"].map((id) => line(id, "F2", "done", "accepted"));
  const days = byDay(lines, ({ time }) => (time > 1 ? "today" : "yesterday"));
  expect(days.map(({ name, lines: of }) => [name, of.map(({ id }) => id)])).toEqual([
    ["today", ["3", "2"]],
    ["yesterday", ["1"]],
  ]);
});

test("problems list payments that need a person or were refused, and nothing else", () => {
  const lines = [
    line("1", "F2", "active", "accepted"),
    line("2", "F1", "needs_you", "accepted"),
    line("3", "F0", "done", "accepted"),
    line("4", null, "needs_you", "told"),
  ];
  expect(mayBeWrong(lines).map(({ id }) => id)).toEqual(["2", "3"]);
});

test("what was refused, given back or not allowed offers no giving back", () => {
  const payment = new FakeApp().payment(148);
  expect(mayGiveBack(payment, true)).toBe(true);
  expect(mayGiveBack(payment, false)).toBe(false);
  expect(mayGiveBack({ ...payment, keptMinor: 0n }, true)).toBe(false);
  expect(mayGiveBack({ ...payment, grade: "F0" }, true)).toBe(false);
});

test.each([
  ["busy", "ready"],
  ["empty", "ready"],
  ["old", "limited"],
  ["stopped", "stopped"],
] as const)("a till on a day that is %s stands %s", (day, standing) => {
  expect(standingOf(ready(day))).toBe(standing);
});

test("each check says in words what its colour says", () => {
  const tones = (day: "busy" | "old" | "stopped") => checksOf(ready(day), EN, "en").map(({ tone }) => tone);
  expect(tones("busy")).toEqual(["good", "good", "good", "good", "info"]);
  expect(tones("old")).toEqual(["good", "warn", "warn", "good", "info"]);
  expect(tones("stopped")).toEqual(["bad", "bad", "good", "bad", "info"]);
  const slow = checksOf({ ...ready("old"), clockAheadS: -90 }, EN, "en").find(({ testid }) => testid === "check-clock");
  expect(slow?.said).toContain("slow");
});

test("the word on how long a sync takes is never made up", () => {
  const sync: SyncView = { ...new FakeApp().syncState(), running: true, expectedMs: null };
  const hint = (view: SyncView) => hintOf(view, EN, String, (ms) => `${ms} ms`);
  expect(hint(sync)).toBe(EN.syncUnknown);
  expect(hint({ ...sync, expectedMs: { low: 1, high: 2 } })).toBe(EN.syncExpected("1 ms", "2 ms"));
  expect(hint({ ...sync, running: false })).toBe(EN.syncLead);
  expect(hint({ ...new FakeApp({ sync: "done" }).syncState() })).toBe(EN.syncDone(String(FAKE_NOW - 60)));
  expect(hint({ ...new FakeApp({ sync: "failed" }).syncState() })).toBe(EN.syncStopped(String(FAKE_NOW - 60)));
});

test("a file's size is in bytes until it is a kilobyte", () => {
  expect([sizeWords(1_023), sizeWords(1_024), sizeWords(1_025)]).toEqual(["1023 B", "1 kB", "2 kB"]);
});

test("no grade below F3 says paid, in either language", () => {
  for (const grade of ["F0", "F1", "F2"] as const) {
    expect(EN.grades[grade]).not.toMatch(/paid/iu);
    expect(ZH.grades[grade]).not.toMatch(/已付/u);
  }
  expect([EN.grades.F3, ZH.grades.F3]).toEqual(["Paid, final", "已付，最终"]);
});

test("the guarantee names amount and deadline in both languages", () => {
  for (const words of [EN, ZH]) {
    expect(words.guarantee("X EUR", "DAY")).toContain("X EUR");
    expect(words.guarantee("X EUR", "DAY")).toContain("DAY");
  }
});
