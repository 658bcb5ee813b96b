/** The store's twin for tests keeps the store's promises, and a kill before or after a write is one. */

import { expect, test } from "vitest";
import { MemoryStore } from "../../platform/memory_store.ts";
import { Conflict } from "../../platform/store.ts";

const put = (value: bigint) => ({ put: new Map([["counter", value]]) });

async function next(store: MemoryStore): Promise<bigint> {
  return store.exclusively(async () => {
    const held = store.records.get("counter");
    const drawn = (typeof held === "bigint" ? held : 0n) + 1n;
    await Promise.resolve();
    await store.write("test.counter", put(drawn));
    return drawn;
  });
}

test("acts do not overlap: no counter is drawn twice", async () => {
  const store = new MemoryStore();
  const drawn = await Promise.all(Array.from({ length: 50 }, () => next(store)));
  expect(new Set(drawn).size).toBe(50);
});

test("aside lets others in, and goes on with what they left", async () => {
  const store = new MemoryStore();
  const seen = await store.exclusively(async () => {
    await store.aside(() => next(store));
    return store.records.get("counter");
  });
  expect(seen).toBe(1n);
});

test("nothing is written outside of an act", async () => {
  await expect(new MemoryStore().write("test.counter", put(1n))).rejects.toBeInstanceOf(Conflict);
});

test.each([
  ["before", undefined],
  ["after", 1n],
] as const)("killed %s the write", async (when, left) => {
  const store = new MemoryStore(new Map(), (_, moment) => {
    if (moment === when) throw new Error("killed");
  });
  await expect(next(store)).rejects.toThrow("killed");
  expect(store.records.get("counter")).toBe(left);
});

test("what was handed out before does not change", async () => {
  const store = new MemoryStore();
  await next(store);
  const before = store.records;
  await next(store);
  expect(before.get("counter")).toBe(1n);
});
