/** Newer lists from another device's screen: pieces in any order, checked like the operator's own, kept before it is told. */

import { expect, test } from "vitest";
import { split } from "../../protocol/frame.ts";
import type { Octets } from "../../protocol/octets.ts";
import { decodeText, encodeText } from "../../protocol/qrtext.ts";
import { AppRefused } from "../../wallet/app_refused.ts";
import { Site } from "./site.ts";
import { Clock, CODE, Operator, Terminal } from "./world.ts";

const PIN = "402896";
const DAY = 86_400;

async function enrolled() {
  const operator = await Operator.make(new Clock());
  const site = new Site(operator);
  await site.device.enrol({ code: CODE, pin: PIN });
  await site.device.topUp(1_000_00n);
  return { operator, site, app: site.device, held: await operator.heldPack() };
}

/** The next pack, which only another device has got. */
async function newer(operator: Operator): Promise<Octets> {
  operator.clock.now += DAY;
  operator.news();
  return operator.heldPack();
}

const codesOf = async (pack: Octets) => (await split(pack)).map(encodeText);

async function taken(app: Site["device"], pack: Octets) {
  let last: Awaited<ReturnType<typeof app.takePack>> | undefined;
  for (const text of await codesOf(pack)) last = await app.takePack(text);
  return last;
}

async function refusal(act: Promise<unknown>): Promise<string> {
  const failure = await act.then(() => undefined).catch((error: unknown) => error);
  if (!(failure instanceof AppRefused)) throw new Error("not refused", { cause: failure });
  expect(Object.values(failure.coded).every((part) => part.length > 0)).toBe(true);
  return failure.coded.code;
}

test("pieces in any order, repeated ones too, until all are there; then it is kept", async () => {
  const { operator, site, app } = await enrolled();
  const codes = (await codesOf(await newer(operator))).toReversed();
  const [first = "", second = "", ...rest] = codes;
  expect(await app.takePack(first)).toEqual({ kind: "frame", have: 1, of: codes.length });
  expect(await app.takePack(first)).toEqual({ kind: "frame", have: 1, of: codes.length });
  for (const text of rest) await app.takePack(text);
  const calls = site.asked.length;
  expect(await app.takePack(second)).toEqual({ kind: "pack", newer: true, issuedAt: operator.clock.now });
  expect(site.asked).toHaveLength(calls); // with no network
  expect(app.home().listsIssuedAt).toBe(operator.clock.now);
  app.lock();
  await app.unlock({ pin: PIN });
  expect(app.home().listsIssuedAt).toBe(operator.clock.now);
  await app.sync({ force: true });
  expect(app.syncState().steps[0]).toMatchObject({ id: "trust", state: "done", failure: null });
});

test("the same pack changes nothing", async () => {
  const { operator, site, app, held } = await enrolled();
  const before = site.durable;
  expect(await taken(app, held)).toMatchObject({ kind: "pack", newer: false, issuedAt: operator.issuedAt });
  expect(site.durable).toBe(before);
});

test("an older one is refused, and the newer one still counts", async () => {
  const { operator, site, app, held } = await enrolled();
  await taken(app, await newer(operator));
  const before = site.durable;
  expect(await refusal(taken(app, held))).toBe("version_rollback");
  expect(site.durable).toBe(before);
  expect(app.home().listsIssuedAt).toBe(operator.clock.now);
});

test("an altered one is refused wherever it was altered, and a true one is taken after it", async () => {
  const { operator, site, app } = await enrolled();
  const pack = await newer(operator);
  const before = site.durable;
  for (let place = pack.length - 1; place > 0; place -= 97) {
    const altered = pack.slice();
    altered[place] = (altered[place] ?? 0) ^ 1;
    expect(await refusal(taken(app, altered))).not.toBe("");
    expect(site.durable).toBe(before);
  }
  expect(await taken(app, pack)).toMatchObject({ newer: true });
});

test("another operator's pack is refused", async () => {
  const { operator, app } = await enrolled();
  const other = await Operator.make(operator.clock);
  expect(await refusal(taken(app, await newer(other)))).toBe("threshold_not_met");
});

test("a code that carries something else says so, and a picture of a menu too", async () => {
  const { operator, app } = await enrolled();
  const terminal = await Terminal.make(operator);
  expect(await refusal(app.takePack(encodeText(await terminal.asks(45_00n))))).toBe("not_a_pack");
  expect(await refusal(app.takePack("soup 4.50"))).toBe("not_feiqian");
  expect(decodeText((await codesOf(await operator.heldPack()))[0] ?? "").length).toBeLessThan(300);
});
