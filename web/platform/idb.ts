/**
 * IndexedDB as promises: the one door to it. A transaction is durable when its promise is fulfilled, not before.
 *
 * `durability: "strict"` asks the browser to have the disk's word before `complete` (Indexed Database API 3.0
 * section 5.9.1): a counter that was shown must not come back after the power went.
 */

const META = "meta";
const RECORDS = "records";
const BY_VERSION = "at";
export type StoreName = typeof META | typeof RECORDS;

/** What the browser does not let us keep: the disk is full, storage is forbidden, or another version is open. */
export class StorageFailed extends Error {
  readonly why: string;
  constructor(why: string) {
    super(`storage: ${why}`);
    this.name = "StorageFailed";
    this.why = why;
  }
}

/** Opens the database of one app, and makes it when there is none. Throws StorageFailed. */
export function openDatabase(name: string): Promise<IDBDatabase> {
  return new Promise((opened, failed) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(META);
      request.result.createObjectStore(RECORDS).createIndex(BY_VERSION, "at");
    };
    request.onsuccess = () => {
      request.result.onversionchange = () => request.result.close(); // another tab erases everything
      opened(request.result);
    };
    request.onerror = () => failed(new StorageFailed(request.error?.name ?? "not opened"));
    request.onblocked = () => failed(new StorageFailed("blocked"));
  });
}

/** Deletes everything that one app keeps. */
export function eraseDatabase(name: string): Promise<void> {
  return new Promise((done, failed) => {
    const request = indexedDB.deleteDatabase(name);
    request.onsuccess = () => done();
    request.onerror = () => failed(new StorageFailed(request.error?.name ?? "not erased"));
  });
}

/** Asks the browser not to throw our storage away when the disk runs full; whether it promises that. */
export async function askToPersist(): Promise<boolean> {
  return (await navigator.storage?.persist?.()) ?? false;
}

/** What a strict transaction may do. `get` continues in the same transaction. */
export interface Writing {
  get(store: StoreName, key: string, then: (value: unknown) => void): void;
  put(store: StoreName, key: string, value: unknown): void;
  /** Nothing of this transaction is kept, and its promise fails with `why`. */
  abort(why: Error): void;
}

/** One transaction that is on the disk when the promise is fulfilled. Throws StorageFailed, or what `abort` was given. */
export function writeStrictly(database: IDBDatabase, work: (writing: Writing) => void): Promise<void> {
  return new Promise((durable, failed) => {
    const transaction = database.transaction([META, RECORDS], "readwrite", { durability: "strict" });
    let reason: Error | undefined;
    transaction.oncomplete = () => durable();
    transaction.onabort = () => failed(reason ?? new StorageFailed(transaction.error?.name ?? "aborted"));
    const writing: Writing = {
      get(store, key, then) {
        const request = transaction.objectStore(store).get(key);
        request.onsuccess = () => then(request.result);
      },
      put(store, key, value) {
        transaction.objectStore(store).put(value, key);
      },
      abort(why) {
        reason = why;
        transaction.abort();
      },
    };
    try {
      work(writing);
    } catch (error) {
      writing.abort(error instanceof Error ? error : new StorageFailed("not written"));
    }
  });
}

/** One value of the clear store. */
export function readMeta(database: IDBDatabase, key: string): Promise<unknown> {
  return new Promise((read, failed) => {
    const request = database.transaction(META, "readonly").objectStore(META).get(key);
    request.onsuccess = () => read(request.result);
    request.onerror = () => failed(new StorageFailed(request.error?.name ?? "not read"));
  });
}

/** The version, and every record written after `since`, read in one snapshot. */
export function readRecords(
  database: IDBDatabase,
  versionKey: string,
  since: number,
): Promise<{ version: unknown; records: [string, unknown][] }> {
  return new Promise((read, failed) => {
    const transaction = database.transaction([META, RECORDS], "readonly");
    const version = transaction.objectStore(META).get(versionKey);
    const index = transaction.objectStore(RECORDS).index(BY_VERSION);
    const values = index.getAll(IDBKeyRange.lowerBound(since, true));
    const names: string[] = [];
    const cursor = index.openKeyCursor(IDBKeyRange.lowerBound(since, true));
    cursor.onsuccess = () => {
      if (cursor.result === null) return;
      names.push(String(cursor.result.primaryKey));
      cursor.result.continue();
    };
    transaction.oncomplete = () => {
      const records = names.map((name, at): [string, unknown] => [name, values.result[at]]);
      read({ version: version.result, records });
    };
    transaction.onabort = () => failed(new StorageFailed(transaction.error?.name ?? "not read"));
  });
}
