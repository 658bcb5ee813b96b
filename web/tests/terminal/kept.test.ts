/** The privacy page names every kind of record that the till writes, and no other; both languages name the same. */

import { expect, test } from "vitest";
import { MemoryStore } from "../../platform/memory_store.ts";
import type { RecordValue } from "../../platform/record_value.ts";
import { putAutoLock, putPace } from "../../terminal/app_records.ts";
import en from "../../terminal/seldom_kept_en.json" with { type: "json" };
import zh from "../../terminal/seldom_kept_zh.json" with { type: "json" };
import { RecordTerminalStore } from "../../terminal/terminal_store.ts";
import { TERMINAL_STORE_CASES } from "../terminal_store_suite.ts";

/** The kinds of all records that any write of the till makes. */
async function written(): Promise<ReadonlySet<string>> {
  const kinds = new Set<string>();
  const heard = (store: MemoryStore): MemoryStore => {
    store.subscribe((keys) => {
      for (const key of keys) kinds.add(key.split("/")[0] ?? "");
    });
    return store;
  };
  for (const { run } of TERMINAL_STORE_CASES) {
    const records = heard(new MemoryStore());
    const again = (held: ReadonlyMap<string, RecordValue>) => heard(new MemoryStore(held));
    await run(records, async () => again(records.records));
  }
  const store = heard(new MemoryStore());
  await store.exclusively(async () => {
    await new RecordTerminalStore(store).logRefusal({ time: 1, code: "over_cap", subject: "" });
    await putAutoLock(store, 60);
    await putPace(store, { syncs: 1, perCallMs: 1, perKilobyteMs: 1, offBy: 1 });
  });
  return kinds;
}

test("every kind of record is named, and none that there is not", async () => {
  const places = en.kept.flatMap(({ where }) => where.split(" "));
  expect(new Set(places).size).toBe(places.length);
  const records = places.filter((place) => place.startsWith("records/")).map((place) => place.slice(8));
  expect(new Set(records)).toEqual(await written());
});

test("both languages name the same places and leave nothing unsaid", () => {
  expect(zh.kept.map(({ where }) => where)).toEqual(en.kept.map(({ where }) => where));
  for (const one of [...en.kept, ...zh.kept]) {
    expect(Object.values(one).every((text) => text.length > 0)).toBe(true);
  }
});
