/** Newer lists from another device's screen at the till: checked like the operator's own, kept before it is told. */

import { beforeEach, expect, test } from "vitest";
import { codesOf, Scans } from "../../platform/scanned.ts";
import type { PackTaken } from "../../platform/shown_pack.ts";
import type { Octets } from "../../protocol/octets.ts";
import { encodeText } from "../../protocol/qrtext.ts";
import { takeShownPack } from "../../terminal/packs.ts";
import { Counter, DAY, makePack, NOW, Operator, Payer, refusal } from "./world.ts";

const PACK = await makePack();
const NEWER = await makePack({ version: 2, issuedAt: NOW + DAY });
let [counter, scans]: [Counter, Scans] = [new Counter(), new Scans()];

beforeEach(async () => {
  counter = await Counter.at(new Operator(PACK));
  scans = new Scans();
});

async function taken(pack: Octets): Promise<PackTaken | undefined> {
  let last: PackTaken | undefined;
  for (const text of await codesOf(pack)) last = await counter.act(() => takeShownPack(counter.terminal, scans, text));
  return last;
}

test("a newer one is kept and believed at once, also after a restart; the next sync goes on from it", async () => {
  counter.clock = NOW + DAY;
  expect(await taken(NEWER)).toEqual({ kind: "pack", newer: true, issuedAt: NOW + DAY });
  expect(counter.terminal.desk.trust.index.version).toBe(2);
  counter.reopen();
  expect((await counter.terminal.open()).trust.index.version).toBe(2);
  const outcome = await counter.sync(new Operator(NEWER));
  expect([outcome.troubles, outcome.packAdvanced, outcome.packCurrent]).toEqual([[], false, true]);
});

test("who was suspended meanwhile is refused from then on", async () => {
  const payer = await Payer.of();
  const asked = (await counter.ask(10_00n)).shown;
  await taken(await makePack({ version: 2, issuedAt: NOW + 10, suspended: [1] }));
  expect(await refusal(async () => counter.accept(await payer.answer(asked)))).toBe("allowance_suspended");
});

test("the same, an older and an altered one change nothing", async () => {
  expect(await taken(PACK)).toEqual({ kind: "pack", newer: false, issuedAt: NOW });
  await taken(NEWER);
  const before = counter.records.records;
  expect(await refusal(() => taken(PACK))).toBe("version_rollback");
  const altered = (await makePack({ version: 3, issuedAt: NOW + 2 * DAY })).slice();
  const last = altered.length - 1;
  altered[last] = (altered[last] ?? 0) ^ 1;
  expect(await refusal(() => taken(altered))).not.toBe("");
  expect(counter.records.records).toBe(before);
});

test("a payment is no pack", async () => {
  const payer = await Payer.of();
  const payment = await payer.answer((await counter.ask(10_00n)).shown);
  const text = encodeText(payment);
  expect(await refusal(() => counter.act(() => takeShownPack(counter.terminal, scans, text)))).toBe("not_a_pack");
});
