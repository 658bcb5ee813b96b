/** Anybody's bytes before the camera: a coded refusal, and nothing is written. */

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Octets } from "../../protocol/octets.ts";
import { REFUSAL_WORDS } from "../../protocol/refusals.ts";
import { WALLET_WORDS } from "../../wallet/troubles.ts";
import { codeOf, World } from "./world.ts";

const world = await World.ready();
const before = world.dump();
const asking = await world.terminal.asks(45_00n);
const receipt = await world.terminal.receipt((await (await World.ready()).pay(1_00n)).chequeId, 1_00n);

const bytes = fc.uint8Array({ maxLength: 600 }).map((drawn) => new Uint8Array(drawn));
/** A right message with some bytes changed, cut off, or put behind. */
const altered = fc
  .tuple(
    fc.constantFrom(asking, receipt),
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 }))),
    fc.nat(700),
    bytes,
  )
  .map(([whole, flips, cut, more]): Octets => {
    const body = new Uint8Array([...whole.subarray(0, cut), ...(flips.length % 2 === 0 ? [] : more)]);
    for (const [at, by] of flips) {
      if (body.length > 0) body.set([(body[at % body.length] ?? 0) ^ by], at % body.length);
    }
    return body;
  });

test.each([
  ["considered", (body: Octets) => world.act((wallet) => wallet.consider(body))],
  ["taken as a receipt", (body: Octets) => world.act((wallet) => wallet.takeAcknowledgement(body))],
])("any bytes %s", async (_, act) => {
  const known = new Set([...Object.keys(REFUSAL_WORDS.in("en")), ...Object.keys(WALLET_WORDS.in("en")), "none"]);
  await fc.assert(
    fc.asyncProperty(fc.oneof(bytes, altered), async (body) => {
      expect(known).toContain(await codeOf(act(body)));
      expect(world.dump()).toEqual(before);
    }),
    { numRuns: 300 },
  );
});
