/** One-time codes at the wallet: asked for above the policy's amount, bound to the cheque, used once (spec 03.4). */

import { expect, test } from "vitest";
import { HolderCheck } from "../../protocol/allowance.ts";
import { codeValue } from "../../protocol/one_time_code.ts";
import { POLICY_DEFAULTS } from "../../protocol/policy.ts";
import { decodePayment } from "../../protocol/presentation.ts";
import { codeOf, GRANT, PIN_HELD, World } from "./world.ts";

const CODE_KEY = Uint8Array.from({ length: 32 }, (_, at) => at);
const CODE = "287082";

/** A wallet whose allowance asks for codes above 60.00. */
async function coded(): Promise<World> {
  const world = await World.make();
  world.operator.grant = { ...GRANT, codeKey: CODE_KEY };
  world.operator.policy = { currency: "EUR", ...POLICY_DEFAULTS, codeAboveMinor: 60_00n };
  world.operator.news();
  await world.enrol();
  await world.topUp(500_00n);
  return world;
}

async function offered(world: World, amountMinor: bigint) {
  const asking = await world.terminal.asks(amountMinor);
  return world.act((wallet) => wallet.consider(asking));
}

test("a code is bound to the cheque, said in it, and passes at the terminal", async () => {
  const world = await coded();
  const asking = await world.terminal.asks(60_01n);
  const offer = await world.act((wallet) => wallet.consider(asking));
  const { body } = await world.act((wallet) => wallet.pay(offer, PIN_HELD, "287 082"));
  const { terms } = decodePayment(body).cheque;
  const [live] = (await world.act((wallet) => wallet.holdings())).lives;
  if (live === undefined) throw new Error("no allowance");
  expect(terms.holderCheck).toBe(HolderCheck.oneTimeCode);
  expect(terms.code).toEqual(await codeValue(CODE_KEY, live.allowance.allowanceId, 1, terms.request, CODE));
  await world.terminal.accepts(asking, body);
});

test("above the amount nothing is paid without a code, and nothing is burned", async () => {
  const world = await coded();
  const offer = await offered(world, 60_01n);
  const before = world.dump();
  const tried = (digits?: string) => codeOf(world.act((wallet) => wallet.pay(offer, PIN_HELD, digits)));
  expect(await tried()).toBe("one_time_code_needed");
  for (const digits of ["28708", "abcdef", ""]) expect(await tried(digits)).toBe("one_time_code_malformed");
  expect(world.dump()).toEqual(before);
});

test("at the amount none is needed, and an allowance without a code key takes none", async () => {
  const world = await coded();
  const offer = await offered(world, 60_00n);
  const { body } = await world.act((wallet) => wallet.pay(offer, PIN_HELD));
  expect(decodePayment(body).cheque.terms.code).toBeUndefined();
  const plain = await World.ready();
  const other = await offered(plain, 100_00n);
  const shown = await plain.act((wallet) => wallet.pay(other, PIN_HELD, CODE));
  expect(decodePayment(shown.body).cheque.terms).toMatchObject({ holderCheck: PIN_HELD });
  expect(decodePayment(shown.body).cheque.terms.code).toBeUndefined();
});

test("the same code goes into no second payment, also of another tab", async () => {
  const world = await coded();
  const first = await offered(world, 61_00n);
  await world.act((wallet) => wallet.pay(first, PIN_HELD, CODE));
  world.reopen();
  const offer = await offered(world, 62_00n);
  expect(await codeOf(world.act((wallet) => wallet.pay(offer, PIN_HELD, CODE)))).toBe("one_time_code_used");
  const byCode = world.act((wallet) => wallet.oneWayCode(40_00n, PIN_HELD, false, CODE));
  expect(await codeOf(byCode)).toBe("one_time_code_used");
  expect(world.store.payments()).toHaveLength(1);
  const { payment } = await world.act((wallet) => wallet.pay(offer, PIN_HELD, "287083"));
  expect(payment.counter).toBe(2);
});

test("an allowance that does not fit its code key is not kept", async () => {
  const world = await World.make();
  await world.enrol();
  const { operator } = world;
  const topUp = operator.topUp.bind(operator);
  for (const told of [CODE_KEY, undefined]) {
    operator.grant = { ...GRANT, ...(told === undefined ? { codeKey: CODE_KEY } : {}) };
    operator.topUp = async (asked) => ({ raw: (await topUp(asked)).raw, codeKey: told });
    operator.issued.clear();
    expect(await codeOf(world.topUp(100_00n))).toBe("allowance_not_as_asked");
  }
});
