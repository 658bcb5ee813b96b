/** The till's store over records in memory; the same cases run over IndexedDB in a browser. */

import { describe, expect, test } from "vitest";
import { MemoryStore } from "../../platform/memory_store.ts";
import { RecordTerminalStore } from "../../terminal/terminal_store.ts";
import { TERMINAL_STORE_CASES } from "../terminal_store_suite.ts";
import { Counter, makePack, Operator, Payer } from "./world.ts";

describe("over records in memory", () => {
  test.each(TERMINAL_STORE_CASES.map((one) => [one.name, one.run] as const))("%s", async (_, run) => {
    const records = new MemoryStore();
    await run(records, async () => new MemoryStore(records.records));
  });
});

test("what another tab writes is seen at once", async () => {
  const counter = await Counter.at(new Operator(await makePack()));
  const other = new RecordTerminalStore(counter.records);
  const { chequeId } = await counter.paid(await Payer.of(), 10_00n);
  expect(other.accepted(chequeId)).toEqual(counter.store.accepted(chequeId));
  expect(other.chainHead()).toEqual(counter.store.chainHead());
});
