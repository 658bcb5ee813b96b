/** The privacy page names every kind of record that the wallet writes, and no other; both languages name the same. */

import { expect, test } from "vitest";
import { MemoryStore } from "../../platform/memory_store.ts";
import type { RecordValue } from "../../platform/record_value.ts";
import { NOTHING_TOLD, putSettings, putTold } from "../../wallet/app_records.ts";
import { putRestored } from "../../wallet/backups.ts";
import type { PayingLock } from "../../wallet/records.ts";
import en from "../../wallet/seldom_kept_en.json" with { type: "json" };
import zh from "../../wallet/seldom_kept_zh.json" with { type: "json" };
import { RecordWalletStore } from "../../wallet/wallet_store.ts";
import { CASES } from "./store_acceptance.ts";

const LOCK: PayingLock = {
  ...{ lockId: new Uint8Array(16), reason: "clock_back", lockedAt: 1, seen: 2, allowed: 1, answer: "waiting" },
};

/** The kinds of all records that any write of the wallet makes. */
async function written(): Promise<ReadonlySet<string>> {
  const kinds = new Set<string>();
  const opened = (records?: ReadonlyMap<string, RecordValue>) => {
    const store = new MemoryStore(records);
    store.subscribe((keys) => {
      for (const key of keys) kinds.add(key.split("/")[0] ?? "");
    });
    return store;
  };
  for (const { run } of CASES) {
    let durable: ReadonlyMap<string, RecordValue> = new Map();
    await run(async () => {
      const store = opened(durable);
      store.subscribe(() => {
        durable = store.records;
      });
      return store;
    });
  }
  const store = opened();
  await store.exclusively(async () => {
    await new RecordWalletStore(store).putLock(LOCK);
    await putSettings(store, { autoLockS: 60, hideAmounts: true });
    await putTold(store, NOTHING_TOLD);
    await putRestored(store, []);
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
