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
import { passkeyFor, type Signing, signed } from "../../wallet/by_passkey.ts";
import type { Shown } from "../../wallet/pay.ts";
import { Site } from "./site.ts";
import { BS, SoftPasskey, UP, UV } from "./soft_passkey.ts";
import { Clock, CODE, codeOf, Operator, Terminal, World } from "./world.ts";

const ORIGIN = "https://operator.test";

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
  const cheque = decodeCheque(cose.withAssertion(burned.payment.cheque, assertionIn(late)));
  const one = linkOf(await verifyDevice(cheque, live.allowance), cheque.terms);
  expect(contradiction(one, verified.link)).toBeUndefined();
  expect(await codeOf(confirm(world, soft, burned))).toBe("passkey_too_late");
});

test.each([
  ["nobody was verified", (soft: SoftPasskey) => (soft.flags = UP)],
  ["it was copied", (soft: SoftPasskey) => (soft.flags = UP | UV | BS)],
  ["its browser adds to the client data", (soft: SoftPasskey) => (soft.extra = ',"more":1')],
  ["it lost its key", (soft: SoftPasskey) => soft.reset()],
])("what no terminal would take is not shown: %s", async (_, spoil) => {
  const { world, soft } = await ready();
  const asking = await world.terminal.asks(45_00n);
  const burned = await drawn(world, asking);
  await spoil(soft);
  expect(await codeOf(confirm(world, soft, burned))).toBe("passkey_not_accepted");
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
  expect(await codeOf(world.act((wallet) => wallet.close(world.link(), undefined)))).toBe("nothing_to_close");
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
});
