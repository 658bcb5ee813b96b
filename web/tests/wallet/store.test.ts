/** The wallet's store over records in memory keeps what every store of the wallet must keep. */

import { expect, test } from "vitest";
import { MemoryStore } from "../../platform/memory_store.ts";
import type { RecordValue } from "../../platform/record_value.ts";
import { FormUnknown } from "../../wallet/record_forms.ts";
import { RecordWalletStore } from "../../wallet/wallet_store.ts";
import { CASES } from "./store_acceptance.ts";
import { World } from "./world.ts";

test.each(CASES)("$name", async ({ run }) => {
  let durable: ReadonlyMap<string, RecordValue> = new Map();
  await run(async () => {
    const store = new MemoryStore(durable);
    store.subscribe(() => {
      durable = store.records;
    });
    return store;
  });
});

test("the keys of records tell how many there are and nothing else", async () => {
  const world = await World.ready();
  const { chequeId } = await world.pay(45_00n);
  await world.act(async (wallet) => wallet.takeAcknowledgement(await world.terminal.receipt(chequeId, 45_00n)));
  expect([...world.memory.records.keys()].sort()).toEqual([
    ...["allowance/00000001", "enrolment", "heard", "membership", "payee/00000001", "payment/00000001", "trust"],
  ]);
});

test("a record of another form is refused as a whole", async () => {
  const world = await World.ready();
  const [record] = world.store.allowances();
  const broken = new Map<string, RecordValue>([["allowance/00000001", { ...record, counter: -1 }]]);
  expect(() => new RecordWalletStore(new MemoryStore(broken)).allowances()).toThrow(FormUnknown);
});
