/** The lock of paying: durable before it is told, bars paying and topping up only, and goes when the operator says so. */

import { expect, test } from "vitest";
import { ANOMALY_TERMS } from "../../risk/anomaly.ts";
import { PayingLocked } from "../../wallet/stopped.ts";
import { codeOf, GRANT, PIN_HELD, World } from "./world.ts";

async function afterBurst(): Promise<World> {
  const world = await World.make();
  world.operator.grant = { ...GRANT, countLimit: 100 };
  await world.enrol();
  await world.topUp(500_00n);
  for (let n = 0; n < ANOMALY_TERMS.minutePayments; n += 1) await world.pay(1_00n);
  return world;
}

const code = (world: World) => codeOf(world.act((wallet) => wallet.oneWayCode(1_00n, PIN_HELD)));

test("a burst locks paying and topping up, and nothing else", async () => {
  const world = await afterBurst();
  const asking = await world.terminal.asks(3_00n);
  const offer = await world.act((wallet) => wallet.consider(asking));
  const refused = await world.act((wallet) => wallet.pay(offer, PIN_HELD)).catch((error) => error);
  expect(refused).toBeInstanceOf(PayingLocked);
  expect(refused.code).toBe("locked_burst");
  expect(refused.words("en").message).toContain("21 payments");
  expect(refused.words("zh").message).toContain("21 次");
  world.clock.now += 9 * 3600;
  expect(await code(world)).toBe("locked_burst");
  expect(await codeOf(world.act((wallet) => wallet.consider(asking)))).toBe("locked_burst");
  expect(await codeOf(world.topUp(10_00n))).toBe("locked_burst");
  const payments = await world.act(async (wallet) => wallet.history());
  expect(payments).toHaveLength(ANOMALY_TERMS.minutePayments);
});

test("a sync tells the operator, who lets it pay again", async () => {
  const world = await afterBurst();
  expect(await code(world)).toBe("locked_burst");
  await world.act((wallet) => wallet.sync(world.link()));
  expect(await code(world)).toBe("locked_burst");
  world.operator.answersLock = "refused";
  await world.act((wallet) => wallet.sync(world.link()));
  expect(await code(world)).toBe("locked_burst");
  world.operator.answersLock = "allowed";
  await world.act((wallet) => wallet.sync(world.link()));
  expect(new Set(world.operator.locks.map(({ lockId }) => String(lockId))).size).toBe(1);
  expect(await code(world)).toBe("none");
  const told = world.operator.locks.length;
  await world.act((wallet) => wallet.sync(world.link()));
  expect(world.operator.locks).toHaveLength(told);
});

test("a clock far behind locks until it is set", async () => {
  const world = await World.ready();
  world.clock.now -= ANOMALY_TERMS.clockBackS;
  expect(await code(world)).toBe("none");
  world.clock.now -= 1;
  expect(await code(world)).toBe("locked_clock_back");
  world.clock.now += ANOMALY_TERMS.clockBackS + 1;
  expect(await code(world)).toBe("none");
});
