/** What the wallet's screens show when: filters, words, limits, outcomes and the codes of links. */

import { afterEach, describe, expect, test, vi } from "vitest";
import { setLanguage } from "../../ui/words.ts";
import type { Capability } from "../../wallet/app.ts";
import { FakeApp, USUAL_PLAY } from "../../wallet/screens/fake_app.ts";
import { samplePayment, samplePayments } from "../../wallet/screens/fake_payments.ts";
import {
  awaitsReceipt,
  byDay,
  canEnd,
  filtered,
  firstFilter,
  isOver,
  leftShare,
  noticeTone,
  syncOutcome,
  waitWords,
} from "../../wallet/screens/looking.ts";
import {
  adviceWords,
  amountTrouble,
  codeLimitMinor,
  costMinor,
  costPrefix,
  givenBackMinor,
  homeCapabilities,
  payeeWords,
  paymentLook,
  whatWords,
  whyWords,
} from "../../wallet/screens/showing.ts";
import { en as seldomEn } from "../../wallet/seldom_words_en.ts";
import { zh as seldomZh } from "../../wallet/seldom_words_zh.ts";
import { en } from "../../wallet/words_en.ts";
import { zh } from "../../wallet/words_zh.ts";

vi.stubGlobal("document", { documentElement: { lang: "" } });
vi.stubGlobal("localStorage", { setItem: () => undefined });

afterEach(() => setLanguage("en"));

const payments = samplePayments("EUR");
const states = (filter: Parameters<typeof filtered>[1]) => filtered(payments, filter).map((one) => one.state);

describe("history", () => {
  test("filters by what a payment asks of its holder", () => {
    expect(states("all")).toHaveLength(payments.length);
    expect(states("needs_you")).toEqual(["unconfirmed"]);
    expect(states("active")).toEqual(["hidden", "refused", "contingent"]);
    expect(states("done")).not.toContain("unconfirmed");
  });

  test("the address may ask for a filter, and nothing else", () => {
    expect(firstFilter("#/history?filter=needs_you")).toBe("needs_you");
    expect(firstFilter("#/history?filter=__proto__")).toBe("all");
    expect(firstFilter("#/history")).toBe("all");
  });

  test("days keep the order and every payment", () => {
    const days = byDay(payments);
    expect(days.flatMap((day) => day.payments)).toEqual(payments);
    expect(new Set(days.map((day) => new Date(day.at * 1000).toDateString())).size).toBe(days.length);
  });

  test("every word of a search must be found", () => {
    const app = new FakeApp(USUAL_PLAY);
    expect(app.payments("lindenhof").map((one) => one.number)).toEqual(["7f3a9c21"]);
    expect(app.payments("lindenhof bakery")).toEqual([]);
  });
});

describe("a payment", () => {
  test("says up to only as long as nobody has named the final amount", () => {
    const open = samplePayment("shown", { upTo: true, amountMinor: 6_000n });
    expect([costMinor(open), costPrefix(open), givenBackMinor(open)]).toEqual([6_000n, "up to", 0n]);
    const taken = samplePayment("accepted", { upTo: true, amountMinor: 6_000n, finalMinor: 4_812n });
    expect([costMinor(taken), costPrefix(taken), givenBackMinor(taken)]).toEqual([4_812n, undefined, 1_188n]);
  });

  test("takes a receipt only while one is awaited", () => {
    const awaited = payments.filter(awaitsReceipt).map((one) => one.state);
    expect(awaited).toEqual(["unconfirmed"]);
    expect(awaitsReceipt(samplePayment("shown", {}))).toBe(true);
  });

  test("is over for people only when it is settled or came back, not when it was accepted", () => {
    expect(payments.filter(isOver).map((one) => one.state)).toEqual(["settled", "voided"]);
  });

  test("looks final only when it is", () => {
    for (const payment of payments) {
      expect(paymentLook(payment).tone === "good").toBe(payment.state === "settled");
      expect(noticeTone(payment) === "good").toBe(payment.state === "settled");
    }
  });

  test("an unknown payee is said to be unknown, and a code to be a code", () => {
    expect(payeeWords({ payeeName: null })).toBe("Unknown payee");
    expect(payeeWords({ payeeName: null, oneWay: true })).toBe("One-way code");
    setLanguage("zh");
    expect(payeeWords({ payeeName: null })).toBe("未知收款方");
  });
});

describe("limits", () => {
  const code = (works: boolean): Capability => ({
    what: "show_code",
    works,
    upToMinor: 5_000n,
    until: null,
    why: null,
  });

  test("a code needs an amount within the limit, and a limit at all", () => {
    expect(codeLimitMinor([code(true)])).toBe(5_000n);
    expect(codeLimitMinor([code(false)])).toBeNull();
    expect(codeLimitMinor([])).toBeNull();
    expect(amountTrouble(null, 5_000n)).toBe("none");
    expect(amountTrouble(5_000n, 5_000n)).toBeNull();
    expect(amountTrouble(5_001n, 5_000n)).toBe("too_much");
    expect(amountTrouble(5_001n, null)).toBeNull();
  });

  test("home shows the three that people ask for first", () => {
    const all = new FakeApp(USUAL_PLAY).home().capabilities;
    expect(homeCapabilities(all).map((one) => one.what)).toEqual(["pay_request", "show_code", "top_up"]);
  });

  test("only what can still be paid from is ended early", () => {
    const [good, , closing] = new FakeApp(USUAL_PLAY).home().allowances;
    if (good === undefined || closing === undefined) throw new Error("no samples");
    expect([canEnd(good), canEnd(closing)]).toEqual([true, false]);
    expect(leftShare(good)).toBe(48);
    expect(leftShare({ ...good, amountMinor: 0n })).toBe(0);
  });
});

describe("words", () => {
  test("what is known by name is said in the reader's language, what is not as it came", () => {
    expect(whatWords("top_up", "zh")).toBe("充值");
    expect(whatWords("fly", "en")).toBe("fly");
    expect(whyWords("nothing_to_spend", "en")).toContain("Top up");
    expect(whyWords(null, "en")).toBeNull();
    expect(adviceWords("payee_not_proved")).toContain("Nobody vouches");
    expect(adviceWords("something_new")).toBe("something_new");
  });

  test("both languages fill the same places", () => {
    const places = (text: string) => [...text.matchAll(/\{\w+\}/gu)].map(([place]) => place).sort();
    const flat = (table: object, above = ""): (readonly [string, string])[] =>
      Object.entries(table).flatMap(([name, words]) =>
        typeof words === "string" ? [[above + name, words] as const] : flat(words, `${above}${name}.`),
      );
    for (const [english, chinese] of [
      [en, zh],
      [seldomEn, seldomZh],
    ] as const) {
      const twins = new Map(flat(chinese));
      for (const [name, words] of flat(english)) expect(places(twins.get(name) ?? ""), name).toEqual(places(words));
    }
  });

  test("waits are said as people say them", () => {
    expect(waitWords(300, "en")).toBe("1 s");
    expect(waitWords(85_000, "en")).toBe("1 min 25 s");
    expect(waitWords(120_000, "zh")).toBe("2 分");
  });
});

test("a sync is done only if no step failed, and says nothing before it ended", () => {
  const outcome = (sync: "none" | "running" | "done" | "failed") =>
    syncOutcome(new FakeApp({ ...USUAL_PLAY, sync }).syncState());
  expect([outcome("none"), outcome("running"), outcome("done"), outcome("failed")]).toEqual([
    null,
    null,
    "done",
    "part",
  ]);
});
