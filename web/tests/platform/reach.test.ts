/** Wait hints: none without experience, and near what comes after a few syncs. */

import { expect, test } from "vitest";
import { paceAfter, type SyncPace, type WaitHint, waitHint } from "../../platform/pace.ts";
import { ReachWatch } from "../../platform/reach.ts";

test("nothing is said before the first sync", () => {
  expect(waitHint(null, { calls: 3, bytes: 1_000 })).toBeNull();
});

test("after some syncs at least eight of ten hints hold, on a steady and on a wavering network", () => {
  for (const waver of [0.05, 0.25]) {
    let pace: SyncPace | null = null;
    let held = 0;
    for (let turn = 0; turn < 16; turn += 1) {
      const size = { calls: 3 + (turn % 3), bytes: 2_000 + 900 * turn };
      const took = (80 * size.calls + size.bytes / 100) * (1 + waver * Math.sin(turn * 2.1));
      const hint = waitHint(pace, size);
      if (turn >= 6 && hint !== null && took >= hint.low && took <= hint.high) held += 1;
      pace = paceAfter(pace, size, took);
    }
    expect(held, `wavering by ${waver}`).toBeGreaterThanOrEqual(8);
  }
});

test("a slower network is learnt", () => {
  let pace: SyncPace | null = null;
  for (let turn = 0; turn < 5; turn += 1) pace = paceAfter(pace, { calls: 3, bytes: 3_000 }, 100);
  for (let turn = 0; turn < 8; turn += 1) pace = paceAfter(pace, { calls: 3, bytes: 3_000 }, 4_000);
  expect(waitHint(pace, { calls: 3, bytes: 3_000 })?.high).toBeGreaterThan(3_000);
});

test("one sync on another network is enough to know it, and to know the old one again", () => {
  let pace: SyncPace | null = null;
  const size = { calls: 4, bytes: 5_000 };
  for (const tookMs of [200, 210, 190, 6_000]) pace = paceAfter(pace, size, tookMs);
  expect(middle(waitHint(pace, size))).toBeCloseTo(6_000, -2);
  for (const tookMs of [5_000, 200]) pace = paceAfter(pace, size, tookMs);
  expect(middle(waitHint(pace, size))).toBeCloseTo(200, -2);
});

function middle(hint: WaitHint | null): number {
  return hint === null ? 0 : (hint.low + hint.high) / 2;
}

test("reach is what our own last request met, and a change is told once", () => {
  const told: string[] = [];
  const watch: ReachWatch = new ReachWatch(() => told.push(watch.reach));
  expect(watch.reach).toBe("not_tried");
  for (const reached of [true, true, false]) watch.heard({ reached, ms: 5, bytes: 10 });
  expect(told).toEqual(["yes", "no"]);
  expect(watch.takeSize()).toEqual({ calls: 3, bytes: 30 });
  expect(watch.takeSize()).toEqual({ calls: 0, bytes: 0 });
});
