/** Paying by passkey: burned before anybody signs, checked before it is shown, and nothing lost whatever it does. */

import { expect, test } from "vitest";
import { assertionIn } from "../../platform/paying_passkey.ts";
import { Tier } from "../../protocol/allowance.ts";
import { contradiction, linkOf } from "../../protocol/chain.ts";
import { decodeCheque } from "../../protocol/cheque.ts";
import * as cose from "../../protocol/cose.ts";
import { equal, utf8 } from "../../protocol/octets.ts";
import { decodePayment } from "../../protocol/presentation.ts";
import { encodeText } from "../../protocol/qrtext.ts";
import { verifyDevice } from "../../protocol/verify_allowance.ts";
import { AppRefused } from "../../wallet/app_refused.ts";
import { closingSigned, passkeyFor, type Signing, signed } from "../../wallet/by_passkey.ts";
import type { Shown } from "../../wallet/pay.ts";
import { Site } from "./site.ts";
import { BS, SoftPasskey, UP, UV } from "./soft_passkey.ts";
import { Clock, CODE, codeOf, Operator, Terminal, World } from "./world.ts";

const ORIGIN = "https://operator.test";
const CHROMIUM_ADDS =
  ',"other_keys_can_be_added_here":"do not compare clientDataJSON against a template. See https://goo.gl/yabPex"';

/** A wallet with one allowance for the passkey `soft`, and nothing else to pay with. */
async function ready(amountMinor = 1_000_00n) {
  const world = await World.make();
  world.operator.passkeyOrigin = ORIGIN;
  world.operator.news();
  const soft = new SoftPasskey(ORIGIN);
  await world.enrol();
  await topUp(world, soft, amountMinor);
  return { world, soft };
}

async function topUp(world: World, soft: SoftPasskey, amountMinor: bigint) {
  const wanted = await world.act((wallet) => wallet.keyWanted());
  if (wanted === undefined) throw new Error("a top-up waits");
  const key = await passkeyFor(wanted, soft);
  await world.act((wallet) => wallet.topUp(world.link(), amountMinor, key));
}

async function drawn(world: World, asking: Uint8Array<ArrayBuffer>): Promise<Shown> {
  const offer = await world.act((wallet) => wallet.consider(asking));
  expect(offer.holderCheckNeeded).toBe(false);
  return world.act((wallet) => wallet.pay(offer, 0));
}

function sessionOf(world: World): Signing {
  return { wallet: world.wallet, act: (work) => world.act(work) };
}

function confirm(world: World, soft: SoftPasskey, { payment }: Shown): Promise<Shown> {
  return signed(sessionOf(world), payment, soft);
}

test("a payment signed by passkey passes at the terminal, offline and in one code", async () => {
  const { world, soft } = await ready();
  world.operator.calls = [];
  const asking = await world.terminal.asks(150_00n);
  const burned = await drawn(world, asking);
  expect(burned).toMatchObject({ payment: { state: "unsigned", counter: 1 }, body: new Uint8Array() });
  const shown = await confirm(world, soft, burned);
  expect(shown.payment.state).toBe("shown");
  expect(shown.body.length).toBeLessThanOrEqual(349);
  const cheque = await world.terminal.accepts(asking, shown.body);
  expect(cheque.guaranteedMinor).toBe(150_00n);
  expect(cheque.allowance.terms.tier).toBe(Tier.passkey);
  expect(cheque.cheque.terms.holderCheck).toBe(3);
  expect(world.operator.calls).toEqual([]);
  expect((await drawn(world, asking)).body).toEqual(shown.body);
});

test("what Chromium adds to the client data is no reason to ask again, and passes at the terminal in as few bytes", async () => {
  const { world, soft } = await ready();
  const asking = await world.terminal.asks(150_00n);
  soft.extra = CHROMIUM_ADDS;
  const before = soft.asked;
  const shown = await confirm(world, soft, await drawn(world, asking));
  expect(soft.asked - before).toBe(1);
  const [flags] = decodePayment(shown.body).cheque.envelope.signature;
  expect(flags).toBe(UP | UV | 0x02);
  expect(shown.body.length).toBeLessThanOrEqual(349);
  expect((await world.terminal.accepts(asking, shown.body)).guaranteedMinor).toBe(150_00n);
});

test("an authenticator that sets the bit by itself signs nothing that counts", async () => {
  const { world, soft } = await ready();
  const burned = await drawn(world, await world.terminal.asks(45_00n));
  soft.flags = UP | UV | 0x02;
  for (const extra of ["", CHROMIUM_ADDS]) {
    soft.extra = extra;
    expect(await codeOf(confirm(world, soft, burned))).toBe("passkey_not_accepted");
  }
});

test("a cancelled payment stays, asks again for the same bytes, and survives a crash", async () => {
  const { world, soft } = await ready();
  const asking = await world.terminal.asks(45_00n);
  const burned = await drawn(world, asking);
  soft.cancels = true;
  expect(await codeOf(confirm(world, soft, burned))).toBe("passkey_not_confirmed");
  world.reopen();
  soft.cancels = false;
  const again = await drawn(world, asking);
  expect(again.payment).toEqual(burned.payment);
  const shown = await confirm(world, soft, again);
  await world.terminal.accepts(asking, shown.body);
  expect(world.store.payments()).toHaveLength(1);
});

test("a payment that was never signed is counted, so its signature may turn up late and contradict nothing", async () => {
  const { world, soft } = await ready(100_00n);
  const burned = await drawn(world, await world.terminal.asks(60_00n));
  const late = await soft.ask(utf8("a soft credential"), burned.payment.chequeId);
  world.clock.now += 1_000;
  await world.act((wallet) => wallet.resume());
  expect(world.store.payments()[0]?.state).toBe("abandoned");
  const over = world.act(async (wallet) => wallet.consider(await world.terminal.asks(60_00n)));
  expect(await codeOf(over)).toBe("not_enough");
  const asking = await world.terminal.asks(40_00n);
  const shown = await confirm(world, soft, await drawn(world, asking));
  const verified = await world.terminal.accepts(asking, shown.body);
  const [live] = (await world.act((wallet) => wallet.holdings())).lives;
  if (live === undefined) throw new Error("nothing to spend");
  const cheque = decodeCheque(cose.withAssertion(burned.payment.cheque, assertionIn(late) ?? new Uint8Array()));
  const one = linkOf(await verifyDevice(cheque, live.allowance), cheque.terms);
  expect(contradiction(one, verified.link)).toBeUndefined();
  expect(await codeOf(confirm(world, soft, burned))).toBe("passkey_too_late");
});

test.each([
  ["nobody was verified", (soft: SoftPasskey) => (soft.flags = UP)],
  ["it was copied", (soft: SoftPasskey) => (soft.flags = UP | UV | BS)],
  ["its browser adds to the client data", (soft: SoftPasskey) => (soft.extra = ',"more":1')],
  ["its browser adds twice what is known", (soft: SoftPasskey) => (soft.extra = CHROMIUM_ADDS.repeat(2))],
  ["it lost its key", (soft: SoftPasskey) => soft.reset()],
])("what no terminal would take is not shown: %s", async (_, spoil) => {
  const { world, soft } = await ready();
  const asking = await world.terminal.asks(45_00n);
  const burned = await drawn(world, asking);
  await spoil(soft);
  const before = soft.asked;
  expect(await codeOf(confirm(world, soft, burned))).toBe("passkey_not_accepted");
  expect(soft.asked - before).toBe(soft.extra === "" ? 1 : 4); // only a form that may not come again is asked for again
  expect(world.store.payments()[0]?.state).toBe("unsigned");
  expect((await drawn(world, asking)).body).toEqual(new Uint8Array());
});

test("the assertion of one payment signs no other", async () => {
  const { world, soft } = await ready();
  const first = await drawn(world, await world.terminal.asks(10_00n));
  const second = await drawn(world, await world.terminal.asks(10_00n));
  const other = { ...soft, ask: (id: Uint8Array<ArrayBuffer>) => soft.ask(id, first.payment.chequeId) };
  expect(await codeOf(signed(sessionOf(world), second.payment, other))).toBe("passkey_not_accepted");
});

test("an allowance whose passkey left a payment unsigned is drawn on last", async () => {
  const { world, soft } = await ready();
  await world.topUp(500_00n);
  await drawn(world, await world.terminal.asks(10_00n));
  const shown = await world.act(async (wallet) =>
    wallet.pay(await wallet.consider(await world.terminal.asks(10_00n)), 1),
  );
  expect(decodePayment(shown.body).cheque.envelope.signature).toHaveLength(64);
  expect(soft.asked).toBe(2);
});

test("one passkey serves several top-ups, and says so by itself", async () => {
  const { world, soft } = await ready();
  const asked = soft.asked;
  await topUp(world, soft, 200_00n);
  expect(soft.asked).toBe(asked + 1);
  const [one, other] = world.store.allowances();
  expect(equal(one?.deviceKey, other?.deviceKey)).toBe(true);
  expect(one?.evidence?.length).toBeLessThan(8_192);
});

test("an allowance of a passkey is ended early by a closing cheque that it signs", async () => {
  const { world, soft } = await ready();
  const asking = await world.terminal.asks(45_00n);
  const paid = await confirm(world, soft, await drawn(world, asking));
  const cheque = await world.terminal.accepts(asking, paid.body);
  const burned = await world.act((wallet) => wallet.close(world.link()));
  expect(burned).toMatchObject({ state: "closing_unsigned", counter: 2 });
  expect(world.operator.closings).toEqual([]);
  await world.act((wallet) => wallet.sync(world.link())); // hands in nothing that nobody signed
  expect(world.operator.closings).toEqual([]);
  world.reopen();
  soft.extra = CHROMIUM_ADDS;
  await closingSigned(sessionOf(world), burned, soft);
  await closingSigned(sessionOf(world), burned, soft); // another tab did it, too
  expect((await world.act((wallet) => wallet.close(world.link()))).state).toBe("closed");
  const [raw] = world.operator.closings;
  const closing = decodeCheque(raw ?? new Uint8Array());
  expect([closing.form, closing.amountMinor, closing.terms.holderCheck]).toEqual(["closing", 0n, 3]);
  const link = linkOf(await verifyDevice(closing, cheque.allowance), closing.terms);
  expect(contradiction(cheque.link, link)).toBeUndefined();
  expect(await codeOf(world.act(async (wallet) => wallet.consider(await world.terminal.asks(1_00n))))).toBe(
    "no_allowance",
  );
});

test.each([
  ["it is cancelled", (soft: SoftPasskey) => (soft.cancels = true)],
  ["nobody was verified", (soft: SoftPasskey) => (soft.flags = UP)],
  ["its browser adds to the client data", (soft: SoftPasskey) => (soft.extra = ',"more":1')],
  ["it lost its key", (soft: SoftPasskey) => soft.reset()],
])("an end that the passkey did not sign stays burned, and can be confirmed again: %s", async (_, spoil) => {
  const { world, soft } = await ready();
  const burned = await world.act((wallet) => wallet.close(world.link()));
  await spoil(soft);
  expect(await codeOf(closingSigned(sessionOf(world), burned, soft))).toBe("closing_not_confirmed");
  world.reopen();
  expect(world.store.allowances()[0]).toEqual(burned);
  expect(await codeOf(world.act(async (wallet) => wallet.consider(await world.terminal.asks(1_00n))))).toBe(
    "no_allowance",
  );
  const again = await world.act((wallet) => wallet.close(world.link()));
  expect(again).toEqual(burned); // the same id, which is asked for again
});

test("a top-up that lost its answer is asked again with the same evidence, and no passkey", async () => {
  const world = await World.make();
  world.operator.passkeyOrigin = ORIGIN;
  world.operator.news();
  const soft = new SoftPasskey(ORIGIN);
  await world.enrol();
  world.operator.up = false;
  expect(await codeOf(topUp(world, soft, 100_00n))).toBe("operator_unreachable");
  world.operator.up = true;
  const asked = soft.asked;
  expect(await world.act((wallet) => wallet.keyWanted())).toBeUndefined();
  await world.act((wallet) => wallet.topUp(world.link(), 100_00n));
  expect(soft.asked).toBe(asked);
  expect(world.store.allowances()[0]?.state).toBe("held");
});

test("the app asks the passkey instead of the PIN, and tells what became of it", async () => {
  const operator = await Operator.make(new Clock());
  operator.passkeyOrigin = ORIGIN;
  const terminal = await Terminal.make(operator);
  const site = new Site(operator);
  const { device: app, passkey } = site;
  await app.enrol({ code: CODE, pin: "402896" });
  expect(app.passkeyPays).toBe(true);
  await app.topUp(1_000_00n, true);
  expect(app.home().paysByPasskey).toBe(true);
  const offer = await app.consider(encodeText(await terminal.asks(150_00n)));
  passkey.cancels = true;
  const failure = await app.pay(offer.offerId, "none").catch((error: unknown) => error);
  expect(failure instanceof AppRefused && failure.coded.code).toBe("passkey_not_confirmed");
  const [waiting] = app.payments("");
  expect(waiting).toMatchObject({ state: "unsigned", status: "needs_you", canShowAgain: true });
  passkey.cancels = false;
  const shown = await app.showAgain(waiting?.number ?? "");
  expect(shown).toMatchObject({ payment: { state: "shown" } });
  expect(shown.qr).toHaveLength(1);
  expect(await app.oneWayCode({ amountMinor: 10_00n, upTo: false, holder: "none" })).toMatchObject({
    payment: { state: "shown", oneWay: true },
  });
  const [one] = app.home().allowances;
  passkey.cancels = true;
  const unsigned = await app.close(one?.refHex ?? "").catch((error: unknown) => error);
  expect(unsigned instanceof AppRefused && unsigned.coded.code).toBe("closing_not_confirmed");
  expect(app.home().allowances[0]).toMatchObject({ standing: "closing", endUnsigned: true });
  passkey.cancels = false;
  await app.close(one?.refHex ?? "");
  expect(operator.closings).toHaveLength(1);
  expect(app.home().allowances[0]).toMatchObject({ standing: "closing", endUnsigned: false });
});
