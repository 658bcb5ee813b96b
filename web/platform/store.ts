/**
 * What a device keeps: encrypted records, read from memory, written in one strict transaction, the same in every tab.
 *
 * - **Write, then show.** `write` is fulfilled when the browser says that the disk has it; whoever shows something awaits
 *   it. All of one write survives a kill, or nothing of it.
 * - **One act at a time.** `exclusively` takes the app's lock over all tabs and first reads what other tabs wrote; each
 *   write also checks that the version is the one read, in its own transaction, and else keeps nothing (Conflict).
 * - `aside` lets the lock go while an act waits for the network: what was read before may have changed behind it.
 * - Keys of records stand in clear and tell nothing secret; a record is bound to its place by its additional data.
 *
 * Each write is also a `performance` measure named `feiqian.write`, its detail the write point: how long the disk takes
 * on this device can be looked up, and nothing about the money is in it.
 */

import { readRecords, StorageFailed, writeStrictly } from "./idb.ts";
import { type Hold, hold } from "./locks.ts";
import { packRecord, type RecordValue, unpackRecord } from "./record_value.ts";
import { isSealed, NotOurs, open, type Sealed, seal } from "./sealing.ts";
import type { Vault } from "./vault.ts";
import { VaultTrouble } from "./vault_trouble.ts";

const VERSION = "version";

/** What one write changes; a key is in one of them. */
export interface Changes {
  readonly put: ReadonlyMap<string, RecordValue>;
  readonly remove?: ReadonlySet<string>;
}

/** Somebody else wrote meanwhile: nothing was written. */
export class Conflict extends Error {
  constructor() {
    super("the store changed meanwhile");
    this.name = "Conflict";
  }
}

/** The store of an unlocked app. `MemoryStore` is its twin for tests. */
export interface RecordStore {
  /** Everything that is kept, decrypted, as of the last write or act. Never changed in place: hold it, compare it. */
  readonly records: ReadonlyMap<string, RecordValue>;
  /** Runs one act alone, over all tabs. Not within another one: that would wait for itself. */
  exclusively<T>(act: () => Promise<T>): Promise<T>;
  /** Within an act: lets the others in while `wait` runs, then goes on alone with what they left. */
  aside<T>(wait: () => Promise<T>): Promise<T>;
  /** Within an act: durable when fulfilled. `point` names the write. Throws Conflict, VaultTrouble storage_failed. */
  write(point: string, changes: Changes): Promise<void>;
  /** Calls back when records changed, by this tab or another. */
  subscribe(listener: (changed: ReadonlySet<string>) => void): () => void;
  /** Forgets everything that was decrypted. */
  close(): void;
}

/** A record at rest: the version that wrote it, and null where it was removed. */
interface Row {
  readonly at: number;
  readonly value: Sealed | null;
}

/** A vault whose data key is there. */
export type OpenVault = Pick<Vault, "database" | "name" | "key">;

/** The records of an open vault in IndexedDB. */
export class DeviceStore implements RecordStore {
  readonly #vault: OpenVault;
  readonly #key: CryptoKey;
  readonly #channel: BroadcastChannel;
  readonly #listeners = new Set<(changed: ReadonlySet<string>) => void>();
  #records: ReadonlyMap<string, RecordValue> = new Map();
  #version = 0;
  #hold: Hold | undefined;
  #closed = false;

  private constructor(vault: OpenVault) {
    this.#vault = vault;
    this.#key = vault.key;
    this.#channel = new BroadcastChannel(vault.name);
    this.#channel.onmessage = () => void this.#lookAround();
  }

  /** Reads and decrypts everything. Throws VaultTrouble vault_locked, vault_damaged, storage_failed. */
  static async open(vault: OpenVault): Promise<DeviceStore> {
    const store = new DeviceStore(vault);
    await store.#refresh();
    return store;
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
    if (this.#hold === undefined || this.#closed) throw new VaultTrouble("vault_locked");
    const began = performance.now();
    const [before, after] = [this.#version, this.#version + 1];
    const rows = await Promise.all([
      ...[...changes.put].map(([key, value]) => this.#sealed(key, value, after)),
      ...[...(changes.remove ?? [])].map(async (key): Promise<[string, Row]> => [key, { at: after, value: null }]),
    ]);
    try {
      await writeStrictly(this.#vault.database, (writing) => {
        writing.get("meta", VERSION, (found) => {
          if ((found ?? 0) !== before) {
            writing.abort(new Conflict());
            return;
          }
          for (const [key, row] of rows) writing.put("records", key, row);
          writing.put("meta", VERSION, after);
        });
      });
    } catch (error) {
      throw error instanceof StorageFailed ? new VaultTrouble("storage_failed", { why: error.why }) : error;
    }
    performance.measure("feiqian.write", { start: began, end: performance.now(), detail: point });
    this.#version = after;
    this.#changed(new Map<string, RecordValue | undefined>([...changes.put, ...gone(changes.remove)]));
    this.#channel.postMessage(after);
  }

  subscribe(listener: (changed: ReadonlySet<string>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closed = true;
    this.#letGo();
    this.#channel.close();
    this.#listeners.clear();
    this.#records = new Map();
  }

  async #take(): Promise<void> {
    const taken = await hold(this.#vault.name);
    if (this.#closed) {
      taken.letGo();
      throw new VaultTrouble("vault_locked");
    }
    this.#hold = taken;
    try {
      await this.#refresh();
    } catch (error) {
      this.#letGo();
      throw error;
    }
  }

  #letGo(): void {
    this.#hold?.letGo();
    this.#hold = undefined;
  }

  /** Another tab wrote; an act that runs here has the lock, so it has read everything already. */
  async #lookAround(): Promise<void> {
    if (this.#closed || this.#hold !== undefined) return;
    try {
      await this.#refresh();
    } catch (error) {
      if (!(error instanceof VaultTrouble)) throw error; // the next act meets it too, and says it to a person
    }
  }

  /** Reads what was written since the version known here. */
  async #refresh(): Promise<void> {
    const { version, records } = await this.#read();
    const held = typeof version === "number" ? version : 0;
    const changed = new Map<string, RecordValue | undefined>();
    const opened = records.map(async ([key, row]): Promise<void> => {
      changed.set(key, await this.#opened(key, row));
    });
    await Promise.all(opened);
    if (this.#closed || held <= this.#version) return; // an act of this tab was quicker
    this.#version = held;
    this.#changed(changed);
  }

  async #read(): Promise<{ version: unknown; records: [string, unknown][] }> {
    try {
      return await readRecords(this.#vault.database, VERSION, this.#version);
    } catch (error) {
      throw new VaultTrouble("storage_failed", { why: error instanceof Error ? error.name : "not read" });
    }
  }

  #changed(changed: ReadonlyMap<string, RecordValue | undefined>): void {
    const records = new Map(this.#records);
    for (const [key, value] of changed) {
      if (value === undefined) records.delete(key);
      else records.set(key, value);
    }
    this.#records = records;
    const keys = new Set(changed.keys());
    for (const listener of this.#listeners) listener(keys);
  }

  async #sealed(key: string, value: RecordValue, at: number): Promise<[string, Row]> {
    return [key, { at, value: await seal(this.#key, this.#place(key), packRecord(value)) }];
  }

  async #opened(key: string, row: unknown): Promise<RecordValue | undefined> {
    if (!isRow(row)) throw new VaultTrouble("vault_damaged");
    if (row.value === null) return undefined;
    try {
      return unpackRecord(await open(this.#key, this.#place(key), row.value));
    } catch (error) {
      if (error instanceof NotOurs || error instanceof SyntaxError || error instanceof RangeError) {
        throw new VaultTrouble("vault_damaged");
      }
      throw error;
    }
  }

  #place(key: string): string {
    return `${this.#vault.name}/${key}`;
  }
}

function isRow(found: unknown): found is Row {
  if (typeof found !== "object" || found === null || !("at" in found) || !("value" in found)) return false;
  return typeof found.at === "number" && (found.value === null || isSealed(found.value));
}

function gone(removed: ReadonlySet<string> | undefined): [string, undefined][] {
  return [...(removed ?? [])].map((key) => [key, undefined]);
}
