/** What the console's pages show when: the rules behind them, without a browser. */

import { beforeAll, describe, expect, test } from "vitest";
import { MENU, menuFor, needed, UNDER } from "../../console/menu.ts";
import { PERMISSIONS, ROLES } from "../../console/reading/session.ts";
import { movedWords, refundOf } from "../../console/screens/disputes.tsx";
import { FAKE_ROLES } from "../../console/screens/fake_operator.ts";
import { pointOf } from "../../console/screens/figures.tsx";
import { atRisk } from "../../console/screens/holder_acts.tsx";
import { passwordWrong, signInWrong } from "../../console/screens/sign_in.tsx";
import { actorOf, keyState } from "../../console/screens/trust.tsx";
import { holdWords } from "../../console/tongue.ts";
import { named, refusalName, VERDICTS } from "../../console/words_values.ts";

beforeAll(holdWords);

const opened = (role: (typeof ROLES)[number]): readonly string[] =>
  menuFor(MENU, new Set(FAKE_ROLES[role])).flatMap(({ items }) => items.map(({ to }) => to));

describe("the menu", () => {
  test.each([
    ["viewer", ["home", "figures"]],
    [
      "support",
      ["home", "figures", "payers", "payees", "devices", "terminals", "allowances", "wrong-codes", "disputes"],
    ],
    ["risk", ["home", "figures", "exposure", "forks", "pool", "keys", "roots"]],
  ] as const)("of the role %s", (role, pages) => {
    expect(opened(role)).toEqual(pages);
  });

  test("has every page for an admin, and no empty group for anybody", () => {
    expect(opened("admin")).toHaveLength(MENU.flatMap(({ items }) => items).length);
    for (const role of ROLES)
      expect(menuFor(MENU, new Set(FAKE_ROLES[role])).every(({ items }) => items.length > 0)).toBe(true);
  });

  test("needs of a page of one thing what its list needs; an unknown page opens for nobody", () => {
    for (const [page, list] of Object.entries(UNDER)) expect(needed(page)).toBe(needed(list));
    expect(needed("payer")).toBe("holders");
    expect(needed("toString")).toBeNull();
    expect(needed("account")).toBe("nothing");
    expect(PERMISSIONS).toContain(needed("keys"));
  });
});

describe("a refund", () => {
  test.each([
    ["uphold", "", 0n],
    ["all", "", 48_00n],
    ["part", "24", 24_00n],
    ["part", "48", 48_00n],
    ["part", "48.01", null],
    ["part", "0", null],
    ["part", "many", null],
  ] as const)("by %s with %j typed is %s", (choice, typed, found) => {
    expect(refundOf(choice, typed, 48_00n)).toBe(found);
  });

  test("is told with whom the money is now", () => {
    expect(movedWords({ movedMinor: 0n, currency: "EUR" })).toBe("No money has moved.");
    expect(movedWords({ movedMinor: 100n, currency: "EUR" })).toContain("back to the payer");
    expect(movedWords({ movedMinor: -100n, currency: "EUR" })).toContain("1.00\u00a0EUR went to the payee");
  });
});

test("amounts at risk are added by currency, never across", () => {
  const one = { ref: "r", deadline: 0 };
  const found = atRisk([
    { ...one, atRiskMinor: 100n, currency: "EUR" },
    { ...one, atRiskMinor: 50n, currency: "EUR" },
    { ...one, atRiskMinor: 7n, currency: "CNY" },
  ]);
  expect(found).toEqual(["1.50\u00a0EUR", "0.07\u00a0CNY"]);
});

test("signing in says beside each field what is missing", () => {
  expect(signInWrong({ name: "lin", password: "p", code: "123456" })).toBeNull();
  expect(signInWrong({ name: "", password: "", code: "12345" })).toEqual({
    name: "Type your name.",
    password: "Type your password.",
    code: "Type the six digits that your app shows now.",
  });
});

test.each([
  ["short", "short", "At least 12 characters.", null],
  ["seven calm otters", "seven calm otter", null, "The two are not the same."],
])("a new password %j, again %j", (next, again, wrongNext, wrongAgain) => {
  expect(passwordWrong(next, again)).toEqual({ next: wrongNext, again: wrongAgain });
});

test("twelve characters are enough, counted as people count them", () => {
  expect(passwordWrong("十二个字的密码就已经够了", "十二个字的密码就已经够了")).toBeNull();
});

test.each([
  [{ notBefore: 10, notAfter: 20, revokedAt: null }, 15, "valid"],
  [{ notBefore: 10, notAfter: 20, revokedAt: 12 }, 15, "revoked"],
  [{ notBefore: 10, notAfter: 20, revokedAt: null }, 9, "notYet"],
  [{ notBefore: 10, notAfter: 20, revokedAt: null }, 20, "valid"],
  [{ notBefore: 10, notAfter: 20, revokedAt: null }, 21, "expired"],
] as const)("a key %j at %s is %s", (key, now, state) => {
  expect(keyState(key, now)).toBe(state);
});

test("who did something is a name, the command line, or nobody that is known", () => {
  expect(actorOf({ staffId: "AAECAwQFBgc", name: "lin", act: "decide" })).toBe("lin");
  expect(actorOf({ staffId: null, name: null, act: "sign_in_refused" })).toBe("a name that does not exist");
  expect(actorOf({ staffId: null, name: null, act: "staff_added" })).toBe("at the command line");
});

test("a refusal is named by its verdict, else by the sentence of its code, else as the operator says it", () => {
  expect(refusalName("late")).toBe("After the deadline");
  expect(refusalName("device_signature_invalid")).toMatch(/not signed by the device/u);
  expect(refusalName("some_newer_code")).toBe("some newer code");
  expect(named(VERDICTS, "constructor")).toBe("constructor");
});

test("days of a chart are those of UTC, whatever the reader's clock says", () => {
  expect(pointOf(Date.UTC(2026, 10, 22) / 1000, "month").label).toBe("22 Nov");
  expect(pointOf(Date.UTC(2026, 10, 22, 23) / 1000, "month").label).toBe("22 Nov");
});
