/**
 * The store of records without a browser: for tests, and for the development pages that need no device.
 *
 * It keeps what DeviceStore promises (nothing is written outside of an act, acts do not overlap, all or nothing) and lets
 * a test step in before and after each write: what throws there is a kill at that moment.
 */

import { packRecord, type RecordValue, unpackRecord } from "./record_value.ts";
import { type Changes, Conflict, type RecordStore } from "./store.ts";

export type Interruption = (point: string, moment: "before" | "after") => void;

export class MemoryStore implements RecordStore {
  #records: ReadonlyMap<string, RecordValue>;
  readonly #interrupt: Interruption;
  readonly #listeners = new Set<(changed: ReadonlySet<string>) => void>();
  #turn: Promise<void> = Promise.resolve();
  #release: (() => void) | undefined;

  constructor(records: ReadonlyMap<string, RecordValue> = new Map(), interrupt: Interruption = () => undefined) {
    this.#records = records;
    this.#interrupt = interrupt;
  }

  get records(): ReadonlyMap<string, RecordValue> {
    return this.#records;
  }

  async exclusively<T>(act: () => Promise<T>): Promise<T> {
    await this.#take();
    try {
      return await act();
    } finally {
      this.#letGo();
    }
  }

  async aside<T>(wait: () => Promise<T>): Promise<T> {
    this.#letGo();
    try {
      return await wait();
    } finally {
      await this.#take();
    }
  }

  async write(point: string, changes: Changes): Promise<void> {
    if (this.#release === undefined) throw new Conflict();
    const records = new Map(this.#records);
    for (const [key, value] of changes.put) records.set(key, unpackRecord(packRecord(value)));
    for (const key of changes.remove ?? []) records.delete(key);
    this.#interrupt(point, "before");
    this.#records = records;
    this.#interrupt(point, "after");
    const keys = new Set([...changes.put.keys(), ...(changes.remove ?? [])]);
    for (const listener of this.#listeners) listener(keys);
  }

  subscribe(listener: (changed: ReadonlySet<string>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#letGo();
    this.#listeners.clear();
    this.#records = new Map();
  }

  async #take(): Promise<void> {
    const before = this.#turn;
    let release = (): void => undefined;
    this.#turn = new Promise((done) => {
      release = done;
    });
    await before;
    this.#release = release;
  }

  #letGo(): void {
    this.#release?.();
    this.#release = undefined;
  }
}
