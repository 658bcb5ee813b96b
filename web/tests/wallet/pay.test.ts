/** Paying with no network: burn then show, own rules, the same bytes for the same request (tests/wallet/test_pay.py). */

import { describe, expect, test } from "vitest";
import { PayeeId } from "../../protocol/ids.ts";
import { equal, slice, utf8 } from "../../protocol/octets.ts";
import { decodePayment } from "../../protocol/presentation.ts";
import { decodeRequest, encodeRequest } from "../../protocol/request.ts";
import { codeOf, GRANT, PIN_HELD, Terminal, World } from "./world.ts";

async function payOf(world: World, asking: Uint8Array<ArrayBuffer>, check = PIN_HELD) {
  const offer = await world.act((wallet) => wallet.consider(asking));
  return world.act((wallet) => wallet.pay(offer, check));
}

test("a payment passes at the terminal and its name is attested", async () => {
  const world = await World.ready();
  const asking = await world.terminal.asks(45_00n, { reference: "table 4" });
  const offer = await world.act((wallet) => wallet.consider(asking));
  expect(offer).toMatchObject({ payeeName: "Café 茶馆", payeeProved: true, amountMinor: 45_00n, reference: "table 4" });
  const shown = await world.act((wallet) => wallet.pay(offer, PIN_HELD));
  expect((await world.terminal.accepts(asking, shown.body)).guaranteedMinor).toBe(45_00n);
  expect(shown.body.length).toBeLessThanOrEqual(349);
  expect(shown.payment.state).toBe("shown");
});

test("considering writes nothing", async () => {
  const world = await World.ready();
  const before = world.dump();
  await world.act(async (wallet) => wallet.consider(await world.terminal.asks(45_00n)));
  expect(world.dump()).toEqual(before);
});

test("it is burned before a byte is returned, and a burn that fails shows nothing", async () => {
  const world = await World.ready();
  const points: string[] = [];
  world.reopen((point, moment) => points.push(`${point}:${moment}`));
  const shown = await payOf(world, await world.terminal.asks(45_00n));
  expect(points).toEqual(["wallet.cheque:before", "wallet.cheque:after"]);
  const [burned] = world.store.payments();
  expect(equal(slice(shown.body, shown.body.length - (burned?.cheque.length ?? 0)), burned?.cheque)).toBe(true);
  world.reopen(() => {
    throw new Error("disk full");
  });
  await expect(payOf(world, await world.terminal.asks(45_00n))).rejects.toThrow("disk full");
  expect(world.store.payments()).toHaveLength(1);
});

test("the same request gives the same bytes for ever, signed or not, by an old offer or a new one", async () => {
  const world = await World.ready();
  const asking = await world.terminal.asks(45_00n);
  const old = await world.act((wallet) => wallet.consider(asking));
  const first = await payOf(world, asking);
  const unsigned = slice(asking, world.terminal.certificate.raw.length);
  expect((await world.act((wallet) => wallet.pay(old, PIN_HELD))).body).toEqual(first.body);
  world.reopen();
  world.clock.now += 10_000_000;
  expect((await payOf(world, asking)).body).toEqual(first.body);
  expect((await payOf(world, unsigned)).body).toEqual(first.body);
  expect(world.store.payments()).toHaveLength(1);
});

test("nothing on the way of a payment can reach a network", async () => {
  const world = await World.ready();
  world.operator.calls = [];
  world.operator.up = false;
  const { chequeId } = await world.pay(45_00n);
  const receipt = await world.terminal.receipt(chequeId, 45_00n);
  await world.act((wallet) => wallet.takeAcknowledgement(receipt));
  await world.act((wallet) => wallet.oneWayCode(10_00n, PIN_HELD));
  await world.act((wallet) => wallet.resume());
  await world.act((wallet) => wallet.spendable());
  expect(world.operator.calls).toEqual([]);
});

test("an amount up to is signed as a maximum", async () => {
  const world = await World.ready();
  const { terms } = decodePayment((await world.pay(45_00n, true)).body).cheque;
  expect([terms.exactMinor, terms.maximumMinor]).toEqual([undefined, 45_00n]);
});

describe("own rules", () => {
  test.each([
    [200_01n, "over_one_payment"],
    [200_00n, "none"],
    [1n, "none"],
  ])("one payment of %d: %s", async (amountMinor, code) => {
    const world = await World.ready();
    const asking = await world.terminal.asks(amountMinor);
    expect(await codeOf(world.act((wallet) => wallet.consider(asking)))).toBe(code);
  });

  test("more than is left is refused with what is left", async () => {
    const world = await World.ready();
    for (const amountMinor of [200_00n, 200_00n, 200_00n, 200_00n, 150_00n]) await world.pay(amountMinor);
    const asking = await world.terminal.asks(50_01n);
    const trouble = await world.act((wallet) => wallet.consider(asking)).catch((error) => error);
    expect(trouble.code).toBe("not_enough");
    expect(trouble.words("en").message).toContain("50.00 EUR");
    await world.pay(50_00n);
  });

  test("the number of cheques is limited", async () => {
    const world = await World.make();
    world.operator.grant = { ...GRANT, countLimit: 2 };
    await world.enrol();
    await world.topUp(1_000_00n);
    await world.pay(1_00n);
    await world.pay(1_00n);
    const asking = await world.terminal.asks(1_00n);
    expect(await codeOf(world.act((wallet) => wallet.consider(asking)))).toBe("cheques_used_up");
  });

  test("nothing is drawn after its end", async () => {
    const world = await World.ready();
    world.clock.now += 72 * 3600 + 1;
    const asking = await world.terminal.asks(1_00n);
    expect(await codeOf(world.act((wallet) => wallet.consider(asking)))).toBe("allowances_expired");
  });

  test("nothing is drawn before its beginning, by a clock that was set back", async () => {
    const world = await World.make();
    await world.enrol();
    world.clock.now += 1000;
    await world.topUp(1_000_00n);
    world.clock.now -= 500;
    const asking = await world.terminal.asks(1_00n);
    expect(await codeOf(world.act((wallet) => wallet.consider(asking)))).toBe("allowance_not_begun");
  });

  test("a holder check is asked for above the limit, and burns nothing without it", async () => {
    const world = await World.ready();
    const asking = await world.terminal.asks(50_01n);
    const offer = await world.act((wallet) => wallet.consider(asking));
    expect(offer.holderCheckNeeded).toBe(true);
    expect(await codeOf(world.act((wallet) => wallet.pay(offer, 0)))).toBe("holder_check_needed");
    expect(world.store.payments()).toEqual([]);
    await world.terminal.accepts(asking, (await world.act((wallet) => wallet.pay(offer, PIN_HELD))).body);
  });

  test("an allowance for one payee pays no other", async () => {
    const world = await World.make();
    world.operator.grant = { ...GRANT, audience: PayeeId.of(utf8("payee-02")) };
    await world.enrol();
    await world.topUp(1_000_00n);
    const asking = await world.terminal.asks(1_00n);
    expect(await codeOf(world.act((wallet) => wallet.consider(asking)))).toBe("other_payee_only");
    const theirs = await Terminal.make(world.operator, PayeeId.of(utf8("payee-02")));
    expect(await codeOf(world.act(async (wallet) => wallet.consider(await theirs.asks(1_00n))))).toBe("none");
  });

  test("a suspended allowance stops after the next pack", async () => {
    const world = await World.ready();
    world.operator.suspended = [0];
    world.operator.news();
    await world.act((wallet) => wallet.sync(world.link()));
    const asking = await world.terminal.asks(1_00n);
    expect(await codeOf(world.act((wallet) => wallet.consider(asking)))).toBe("allowance_stopped");
  });

  test("a request far out of date blames the clock, a little one the request", async () => {
    const world = await World.ready();
    const ofCode = (asking: Uint8Array<ArrayBuffer>) => codeOf(world.act((wallet) => wallet.consider(asking)));
    expect(await ofCode(await world.terminal.asks(1_00n, { at: world.clock.now - 300 }))).toBe("request_expired");
    expect(await ofCode(await world.terminal.asks(1_00n, { at: world.clock.now - 7200 }))).toBe("clocks_differ");
    expect(await ofCode(await world.terminal.asks(1_00n, { at: world.clock.now + 7200 }))).toBe("clocks_differ");
  });

  test("an unsigned request pays small amounts only and proves nobody", async () => {
    const world = await World.ready();
    const small = await world.terminal.asks(20_00n, { signed: false });
    const offer = await world.act((wallet) => wallet.consider(small));
    expect([offer.payeeProved, offer.warnings]).toEqual([false, ["payee_not_proved"]]);
    const large = await world.terminal.asks(20_01n, { signed: false });
    expect(await codeOf(world.act((wallet) => wallet.consider(large)))).toBe("over_unsigned_cap");
  });

  test("a payee met before need not show its certificate, a stranger must", async () => {
    const world = await World.ready();
    const bare = await world.terminal.asks(1_00n, { certificate: false });
    expect(await codeOf(world.act((wallet) => wallet.consider(bare)))).toBe("acquirer_unknown");
    const { chequeId } = await world.pay(1_00n);
    const receipt = await world.terminal.receipt(chequeId, 1_00n);
    await world.act((wallet) => wallet.takeAcknowledgement(receipt));
    world.reopen();
    const offer = await world.act((wallet) => wallet.consider(bare));
    expect([offer.payeeName, offer.payeeProved]).toEqual(["Café 茶馆", true]);
  });
});

describe("one-way codes", () => {
  test("pay anybody within their ttl, and burn even when nobody takes them", async () => {
    const world = await World.ready();
    const shown = await world.act((wallet) => wallet.oneWayCode(10_00n, PIN_HELD));
    expect(shown.payment.expiresAt - world.clock.now).toBe(60);
    expect((await world.terminal.takes(shown.body, 10_00n)).guaranteedMinor).toBe(0n);
    const next = await world.act((wallet) => wallet.oneWayCode(10_00n, PIN_HELD, true));
    expect(next.payment.counter).toBe(shown.payment.counter + 1);
    expect((await world.terminal.takes(next.body, 4_00n)).finalMinor).toBe(4_00n);
  });

  test("have their own limit", async () => {
    const world = await World.ready();
    expect(await codeOf(world.act((wallet) => wallet.oneWayCode(50_01n, PIN_HELD)))).toBe("over_one_way");
  });

  test("are shown again within their time and never after it", async () => {
    const world = await World.ready();
    const { body, payment } = await world.act((wallet) => wallet.oneWayCode(10_00n, PIN_HELD));
    const [held] = world.store.payments();
    const number = Buffer.from(held?.chequeId ?? payment.chequeId)
      .toString("hex")
      .slice(0, 12);
    expect((await world.act((wallet) => wallet.showAgain(number))).body).toEqual(body);
    world.clock.now += 61;
    expect(await codeOf(world.act((wallet) => wallet.showAgain(number)))).toBe("code_hidden");
    const { aged } = await world.act((wallet) => wallet.resume());
    expect(aged.map((one) => one.state)).toEqual(["hidden"]);
  });
});

test("every cheque of a chain leans on the one before it", async () => {
  const world = await World.ready();
  const bodies = [await world.pay(1_00n), await world.pay(2_00n), await world.pay(3_00n)];
  const terms = bodies.map(({ body }) => decodePayment(body).cheque.terms);
  expect(terms.map((one) => [one.counter, one.cumulativeMinor])).toEqual([
    [1, 1_00n],
    [2, 3_00n],
    [3, 6_00n],
  ]);
  expect(equal(terms[2]?.previous, bodies[1]?.chequeId.subarray(0, 16))).toBe(true);
});

test("a request to one of our own allowances is refused", async () => {
  const world = await World.ready();
  const { lives } = await world.act((wallet) => wallet.holdings());
  const asking = await world.terminal.asks(1_00n, { signed: false });
  const { terms } = decodeRequest(asking);
  const { payeeId: _, ...rest } = terms;
  const receiverAllowance = lives[0]?.allowance.ref;
  if (receiverAllowance === undefined) throw new Error("no allowance");
  const own = encodeRequest({ ...rest, receiverAllowance });
  expect(await codeOf(world.act((wallet) => wallet.consider(own)))).toBe("own_request");
});
