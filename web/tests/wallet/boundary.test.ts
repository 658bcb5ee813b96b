/** What each kind of key in a wallet allows offline, by the very rules that decide a payment (tests/wallet/test_boundary.py). */

import { expect, test } from "vitest";
import type { Capability } from "../../risk/boundary.ts";
import { boundary } from "../../wallet/boundary.ts";
import { passkeyFor } from "../../wallet/by_passkey.ts";
import { SoftPasskey } from "./soft_passkey.ts";
import { codeOf, PIN_HELD, SERVER, World } from "./world.ts";

async function enrolled(policy: Partial<World["operator"]["policy"]>): Promise<World> {
  const world = await World.make();
  world.operator.passkeyOrigin = SERVER;
  world.operator.policy = { ...world.operator.policy, ...policy };
  world.operator.news(); // a pack that says so
  await world.enrol();
  await world.topUp(1_000_00n);
  return world;
}

async function addPasskey(world: World): Promise<void> {
  const wanted = await world.act((wallet) => wallet.keyWanted());
  if (wanted === undefined) throw new Error("a top-up waits");
  const key = await passkeyFor(wanted, new SoftPasskey(SERVER));
  await world.act((wallet) => wallet.topUp(world.link(), 500_00n, key));
}

async function listed(world: World): Promise<ReadonlyMap<string, Capability>> {
  const found = await boundary(await world.wallet.holdings(), { reach: "not_tried", freeMinor: null });
  return new Map(found.map((one) => [one.what, one]));
}

const told = (one: Capability | undefined) => [one?.works, one?.upToMinor, one?.why];

test("each kind of key says what its tier allows, and paying agrees", async () => {
  const world = await enrolled({ oneWayLeastTier: 3, tierAboveMinor: 60_00n, leastTierAbove: 2 });
  const before = await listed(world);
  expect(told(before.get("key_software"))).toEqual([true, 60_00n, "stronger_key"]);
  expect(before.has("key_passkey")).toBe(false);
  expect(told(before.get("show_code"))).toEqual([false, 0n, "no_codes"]);
  const tried = (minor: bigint) => world.act(async (wallet) => wallet.consider(await world.terminal.asks(minor)));
  expect(await codeOf(tried(60_00n))).toBe("none");
  expect(await codeOf(tried(60_01n))).toBe("tier_too_low");
  expect(await codeOf(world.act((wallet) => wallet.oneWayCode(1_00n, PIN_HELD)))).toBe("tier_too_low");
  await addPasskey(world);
  const after = await listed(world);
  expect(told(after.get("key_software"))).toEqual([true, 60_00n, "stronger_key"]);
  expect(told(after.get("key_passkey"))).toEqual([true, 200_00n, "no_codes"]);
  expect(after.get("key_passkey")?.until).toBe(world.operator.clock.now + 72 * 3600);
});

test("a key that may pay nothing says so, and that it is no lack of money", async () => {
  const found = await listed(await enrolled({ tierAboveMinor: 0n, leastTierAbove: 2 }));
  for (const what of ["pay_request", "show_code", "key_software"]) {
    expect(told(found.get(what))).toEqual([false, 0n, "stronger_key"]);
  }
});

test("without a rule for tiers a key's limit is the allowance's", async () => {
  const found = await listed(await enrolled({}));
  expect(told(found.get("key_software"))).toEqual([true, 200_00n, null]);
});
