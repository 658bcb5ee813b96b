/** What the operator answers is read field by field: made answers are understood, and broken ones refused, never guessed. */

import { describe, expect, test } from "vitest";
import * as allowances from "../../console/reading/allowances.ts";
import * as codes from "../../console/reading/codes.ts";
import * as holders from "../../console/reading/holders.ts";
import { shownId, wholeId } from "../../console/reading/ids.ts";
import { overviewIn } from "../../console/reading/overview.ts";
import * as records from "../../console/reading/records.ts";
import * as roots from "../../console/reading/roots.ts";
import * as series from "../../console/reading/series.ts";
import { sessionIn } from "../../console/reading/session.ts";
import * as trouble from "../../console/reading/trouble.ts";
import { answersOf } from "../../console/screens/fake_data.ts";
import { Fields } from "../../platform/json_answer.ts";
import { LinkTrouble } from "../../platform/link_trouble.ts";

type Json = Readonly<Record<string, unknown>>;

const SESSION: Json = {
  staff_id: "AAECAwQFBgc",
  name: "lin",
  role: "support",
  permissions: ["numbers", "holders", "from_a_newer_operator"],
  csrf: "c",
  idle_s: 1800,
  ends_at: "2026-11-22T20:00:00Z",
  password_change_needed: false,
  deployment: "test",
  currency: "EUR",
  on_trial: true,
};

const READERS: readonly [path: string, read: (fields: Fields) => unknown][] = [
  ["overview", overviewIn],
  ["payers", holders.payersIn],
  ["payers/one", holders.payerIn],
  ["payers/one/authenticators", codes.authenticatorsIn],
  ["wrong-codes", codes.wrongCodesIn],
  ["attestation-roots", roots.rootsIn],
  ["payees", holders.payeesIn],
  ["payees/one", holders.payeeIn],
  ["devices", holders.devicesIn],
  ["terminals", holders.terminalsIn],
  ["allowances", allowances.allowancesIn],
  ["allowances/one", allowances.allowanceDetailIn],
  ["exposures", allowances.exposuresIn],
  ["forks", trouble.forksIn],
  ["disputes", trouble.disputeListIn],
  ["disputes/one", trouble.disputeDetailIn],
  ["pool", trouble.poolIn],
  ["audit/leaves", records.leavesIn],
  ["audit/leaf", records.provedLeafIn],
  ["audit/acts", records.actsIn],
  ["keys", records.keysIn],
  ["staff", records.staffIn],
  ["roles", records.rolesIn],
  ["series/volume", series.volumeIn],
  ["series/exposure", series.exposureOverTimeIn],
  ["series/settling", series.settlingIn],
];

/** Fields that the console does not show, so that it need not read them. */
const UNREAD: ReadonlySet<string> = new Set([
  ...["deployment", "currency"].map((name) => `overview: ${name}`), // both stand in the session
  ...["payer.disputes", "devices[].payer_id", "exposure[].payer_id"].map((name) => `payers/one: ${name}`),
  "payers/one: exposure[].next_deadline",
  ...["device_id", "format", "identity"].map((name) => `payers/one: holder.keys[].${name}`),
  ...["disputes"].map((name) => `payees/one: payee.${name}`),
  "attestation-roots: roots[].certificate", // its fingerprint names it
  "keys: index.key_set_hash",
  ...["buckets", "buckets[].at", "buckets[].online", "buckets[].offline"].map((name) => `series/settling: ${name}`),
]);

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The same answer once for each field, in which that field is of another type. */
function* broken(content: Json, path = ""): Generator<readonly [string, Json]> {
  for (const [name, value] of Object.entries(content)) {
    yield [`${path}${name}`, { ...content, [name]: typeof value === "boolean" ? "yes" : true }];
    const first: unknown = Array.isArray(value) ? value[0] : undefined;
    if (isObject(value))
      for (const [where, worse] of broken(value, `${path}${name}.`)) yield [where, { ...content, [name]: worse }];
    if (isObject(first))
      for (const [where, worse] of broken(first, `${path}${name}[].`)) yield [where, { ...content, [name]: [worse] }];
  }
}

describe.each(READERS)("%s", (path, read) => {
  const content = answersOf("busy")[path] ?? {};

  test("is read, on a busy day and on the first one", () => {
    expect(read(new Fields(content))).toBeTypeOf("object");
    expect(read(new Fields(answersOf("empty")[path] ?? {}))).toBeTypeOf("object");
  });

  test("fails closed: a field of another type, or none at all, is refused", () => {
    const guessed = [];
    for (const [where, worse] of broken(content)) {
      try {
        read(new Fields(worse));
        guessed.push(where);
      } catch (error) {
        expect(error).toBeInstanceOf(LinkTrouble);
      }
    }
    expect(guessed.map((where) => `${path}: ${where}`).filter((where) => !UNREAD.has(where))).toEqual([]);
    expect(() => read(new Fields({}))).toThrow(LinkTrouble);
  });
});

describe("a session", () => {
  test("holds the permissions that this console knows, and no other", () => {
    expect([...sessionIn(new Fields(SESSION)).permissions]).toEqual(["numbers", "holders"]);
  });

  test.each([
    ["role", "owner"],
    ["idle_s", 0],
    ["permissions", "all"],
    ["permissions", [1]],
    ["staff_id", "not base64url!"],
  ])("with a %s of %j is refused", (name, value) => {
    expect(() => sessionIn(new Fields({ ...SESSION, [name]: value }))).toThrow(LinkTrouble);
  });
});

test("a count below nothing is refused: a chart would draw it upside down", () => {
  const content = answersOf("busy")["series/settling"];
  expect(() => series.settlingIn(new Fields({ ...content, claims: -1 }))).toThrow(LinkTrouble);
});

test("ids are shown in hex, as the command line does", () => {
  expect(shownId("AAECAwQFBgc")).toBe("0001020304050607");
  expect(shownId("AAECAwQFBgcICQoLDA0ODw")).toBe("0001020304050607");
  expect(wholeId("AAECAwQFBgcICQoLDA0ODw")).toBe("000102030405060708090a0b0c0d0e0f");
  expect(shownId("not an id")).toBe("not an id");
});
