/**
 * The vault: one random data key for everything a device keeps, wrapped by the holder's PIN and, if wanted, by a passkey.
 *
 * Mirrors src/feiqian/storage/vault.py. Rules kept:
 *
 * - **Count, then check.** A try is on the disk as a failure before the PIN is looked at, and taken back after it proved
 *   right; killing the browser in between saves a thief no try.
 * - **A clock set back never shortens a wait**: it starts the wait anew.
 * - **Ten tries.** After the tenth no PIN is taken any more; a passkey still opens, since the platform counts its own.
 * - A new PIN rewraps the data key, and never rewrites a record: after any kill exactly one of the two PINs opens.
 * - `lock` forgets the data key. While it is open the key is in memory, extractable, because a passkey may be added.
 *
 * What it cannot do: whoever copies the profile tries PINs elsewhere without our count, and PBKDF2 with 600,000 rounds
 * holds six digits for days, not for years. A passkey (WebAuthn PRF) has no such weakness.
 */

import type { Octets } from "../protocol/octets.ts";
import { lockoutS } from "../risk/pin_waits.ts";
import type { Clock } from "./clock.ts";
import { askToPersist, eraseDatabase, openDatabase, readMeta, type Writing, writeStrictly } from "./idb.ts";
import { hold } from "./locks.ts";
import { deviceRandomness } from "./randomness.ts";
import {
  isSealed,
  keyOfPasskey,
  keyOfPin,
  NotOurs,
  newDataKey,
  PIN_ITERATIONS,
  SALT_BYTES,
  type Sealed,
  unwrap,
  wrap,
} from "./sealing.ts";
import { VaultTrouble } from "./vault_trouble.ts";

const HEADER = "vault";
const WRAP_DOMAIN = "feiqian/vault/data-key/1";
const DAY_S = 86_400;
const PIN_CHARACTERS_MAX = 64; // what is longer was never accepted as a PIN, so it is not hashed

interface PasskeyLock {
  readonly credentialId: Octets;
  readonly salt: Octets;
  readonly wrapped: Sealed;
}

/** What rests in clear: how the data key is wrapped, and the count of wrong PINs. */
interface Header {
  readonly form: 1;
  readonly salt: Octets;
  readonly iterations: number;
  readonly wrapped: Sealed;
  readonly passkey: PasskeyLock | null;
  readonly failures: number;
  readonly lastFailureAt: number;
  /** Wrong PINs before the right one came, and when that was; only where there were any. */
  readonly guesses?: number;
  readonly guessedAt?: number;
}

export type VaultState = "none" | "locked" | "open" | "blocked";

/** The vault of one app. `Vault.at` opens its database; what it holds can be read once it is unlocked. */
export class Vault {
  /** The database, for the store of records. */
  readonly database: IDBDatabase;
  readonly name: string;
  readonly #clock: Clock;
  #header: Header | undefined;
  #key: CryptoKey | undefined;

  private constructor(name: string, database: IDBDatabase, header: Header | undefined, clock: Clock) {
    this.name = name;
    this.database = database;
    this.#header = header;
    this.#clock = clock;
  }

  /** The vault named `feiqian-wallet` or `feiqian-terminal`, locked or not made yet. Throws StorageFailed, VaultTrouble. */
  static async at(name: string, clock: Clock): Promise<Vault> {
    const database = await openDatabase(name);
    return new Vault(name, database, headerIn(await readMeta(database, HEADER)), clock);
  }

  get state(): VaultState {
    if (this.#key !== undefined) return "open";
    if (this.#header === undefined) return "none";
    return lockoutS(this.#header.failures) === null ? "blocked" : "locked";
  }

  /** Until when no PIN is taken, seconds since 1970; null when one is taken now, or none ever again. */
  get pinWaitUntil(): number | null {
    const header = this.#header;
    if (header === undefined) return null;
    const waitS = lockoutS(header.failures);
    if (waitS === null || waitS === 0) return null;
    const now = this.#clock();
    const until = Math.min(header.lastFailureAt, now) + waitS; // a clock set back starts the wait anew
    return now < until ? until : null;
  }

  /** How many wrong PINs in a row came before the right one, within the last day, and when the right one came. */
  get guesses(): { readonly count: number; readonly endedAt: number } {
    return { count: this.#header?.guesses ?? 0, endedAt: this.#header?.guessedAt ?? 0 };
  }

  /** How many wrong PINs in a row there were. */
  get failures(): number {
    return this.#header?.failures ?? 0;
  }

  get passkeyEnrolled(): boolean {
    return (this.#header?.passkey ?? null) !== null;
  }

  /** Whether this browser says that it could keep a passkey with a secret. Only trying tells for sure. */
  static async passkeysPossible(): Promise<boolean> {
    if (typeof PublicKeyCredential === "undefined" || !window.isSecureContext) return false;
    return PublicKeyCredential.isUserVerifyingPlatformAuthenticatorAvailable();
  }

  /** The data key. Throws VaultTrouble vault_locked. */
  get key(): CryptoKey {
    if (this.#key === undefined) throw new VaultTrouble("vault_locked");
    return this.#key;
  }

  /** Makes the vault and opens it. Throws WeakPin, VaultTrouble vault_exists, StorageFailed. */
  async create(pin: string): Promise<void> {
    await checkChosen(pin);
    await askToPersist();
    const key = await newDataKey();
    const header = await wrappedByPin(key, pin, null);
    await this.#exclusively(async () => {
      await this.#change((held) => {
        if (held !== undefined) throw new VaultTrouble("vault_exists");
        return header;
      });
    });
    this.#key = key;
  }

  /** Opens with the PIN. Throws VaultTrouble wrong_pin, pin_waiting, pin_locked, vault_missing, vault_damaged. */
  async unlock(pin: string): Promise<void> {
    this.#key = await this.#exclusively(() => this.#guess(pin));
  }

  /** Whether the holder is there: counts as a try like `unlock`, and throws like it. */
  async checkPin(pin: string): Promise<void> {
    await this.#exclusively(() => this.#guess(pin));
  }

  /** Opens with the passkey. Throws VaultTrouble passkey_none, passkey_failed, vault_damaged. */
  async unlockWithPasskey(): Promise<void> {
    this.#key = await this.#byPasskey();
  }

  /** Whether the holder is there, by the passkey. Throws as `unlockWithPasskey`. */
  async checkPasskey(): Promise<void> {
    await this.#byPasskey();
  }

  /** Wraps the data key for a new passkey too. Throws VaultTrouble vault_locked, passkey_unavailable, passkey_failed. */
  async addPasskey(holderName: string): Promise<void> {
    const key = this.key;
    const salt = deviceRandomness(32);
    const { makePasskey } = await passkeys();
    const made = await makePasskey(holderName, salt);
    const wrapped = await wrap(await keyOfPasskey(made.secret, salt), WRAP_DOMAIN, key);
    const passkey = { credentialId: made.credentialId, salt, wrapped };
    await this.#exclusively(() => this.#change((held) => ({ ...present(held), passkey })));
  }

  /** Forgets the passkey: only the PIN opens from now on. */
  async removePasskey(): Promise<void> {
    await this.#exclusively(() => this.#change((held) => ({ ...present(held), passkey: null })));
  }

  /** Throws WeakPin for `next` (no try is counted then), and as `unlock` for `old`. */
  async changePin(old: string, next: string): Promise<void> {
    await this.#wrapAnew(next, () => this.#guess(old));
  }

  /** A new PIN for the data key, which came by another way and has opened what is kept; its tries begin anew. */
  async recover(key: CryptoKey, pin: string): Promise<void> {
    await this.#wrapAnew(pin, async () => key);
  }

  /** Forgets the data key. Whoever holds decrypted records forgets them too. */
  lock(): void {
    this.#key = undefined;
  }

  /** Reads what another tab may have changed: a new vault, a new PIN, a counted try. */
  async refresh(): Promise<void> {
    this.#header = headerIn(await readMeta(this.database, HEADER));
  }

  /** Deletes the vault and everything in it. */
  async erase(): Promise<void> {
    this.lock();
    this.database.close();
    await eraseDatabase(this.name);
    this.#header = undefined;
  }

  /** The data key, with the count taken back. The try is counted before the PIN is looked at. */
  async #guess(pin: string): Promise<CryptoKey> {
    const now = this.#clock();
    await this.#change((found) => {
      const held = present(found);
      const waitS = lockoutS(held.failures);
      if (waitS === null) throw new VaultTrouble("pin_locked");
      const since = Math.min(held.lastFailureAt, now); // a clock set back starts the wait anew
      if (waitS > 0 && now < since + waitS)
        return { kept: { ...held, lastFailureAt: since }, why: waiting(since + waitS) };
      return { ...held, failures: held.failures + 1, lastFailureAt: now };
    });
    const header = present(this.#header);
    const key = await unwrapped(header, pin);
    if (key === undefined) {
      const waitS = lockoutS(header.failures);
      throw waitS === null
        ? new VaultTrouble("pin_locked")
        : new VaultTrouble("wrong_pin", { failures: header.failures, waitS });
    }
    await this.#change((held) => opened(present(held), now));
    return key;
  }

  async #wrapAnew(pin: string, given: () => Promise<CryptoKey>): Promise<void> {
    await checkChosen(pin);
    await this.#exclusively(async () => {
      const made = await wrappedByPin(await given(), pin, null);
      await this.#change((held) => ({ ...made, passkey: present(held).passkey }));
    });
  }

  async #byPasskey(): Promise<CryptoKey> {
    await this.refresh();
    const passkey = present(this.#header).passkey;
    if (passkey === null) throw new VaultTrouble("passkey_none");
    const { passkeySecret } = await passkeys();
    const secret = await passkeySecret(passkey.credentialId, passkey.salt);
    const key = await openedBy(await keyOfPasskey(secret, passkey.salt), passkey.wrapped);
    if (key === undefined) throw new VaultTrouble("vault_damaged");
    await this.#exclusively(() => this.#change((held) => ({ ...present(held), failures: 0, lastFailureAt: 0 })));
    return key;
  }

  /** Reads the header, decides, and writes it, in one strict transaction. What `decide` throws, nothing is written of. */
  async #change(decide: (held: Header | undefined) => Header | Kept): Promise<void> {
    let next: Header | undefined;
    let why: Error | undefined;
    const decideAndPut = (writing: Writing, found: unknown): void => {
      try {
        const decided = decide(headerIn(found));
        next = "kept" in decided ? decided.kept : decided;
        why = "kept" in decided ? decided.why : undefined;
        writing.put("meta", HEADER, next);
      } catch (error) {
        writing.abort(error instanceof Error ? error : new VaultTrouble("vault_damaged"));
      }
    };
    await writeStrictly(this.database, (writing) => {
      writing.get("meta", HEADER, (found) => decideAndPut(writing, found));
    });
    this.#header = next;
    if (why !== undefined) throw why;
  }

  async #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const held = await hold(`${this.name}-vault`);
    try {
      return await work();
    } finally {
      held.letGo();
    }
  }
}

/** A decision that keeps something and is a refusal all the same: the wait that starts anew. */
interface Kept {
  readonly kept: Header;
  readonly why: Error;
}

function waiting(until: number): VaultTrouble {
  return new VaultTrouble("pin_waiting", { until });
}

async function wrappedByPin(key: CryptoKey, pin: string, passkey: PasskeyLock | null): Promise<Header> {
  const salt = deviceRandomness(SALT_BYTES);
  const wrapped = await wrap(await keyOfPin(pin, salt, PIN_ITERATIONS), WRAP_DOMAIN, key);
  return { form: 1, salt, iterations: PIN_ITERATIONS, wrapped, passkey, failures: 0, lastFailureAt: 0 };
}

async function unwrapped(header: Header, pin: string): Promise<CryptoKey | undefined> {
  if (pin.length > PIN_CHARACTERS_MAX) return undefined;
  return openedBy(await keyOfPin(pin, header.salt, header.iterations), header.wrapped);
}

async function openedBy(by: CryptoKey, wrapped: Sealed): Promise<CryptoKey | undefined> {
  try {
    return await unwrap(by, WRAP_DOMAIN, wrapped);
  } catch (error) {
    if (error instanceof NotOurs) return undefined;
    throw error;
  }
}

/** The header with the count taken back, and what it was; a try that proved right was counted, too. */
function opened(held: Header, now: number): Header {
  const { guesses, guessedAt, ...rest } = held;
  const fresh = guessedAt !== undefined && guesses !== undefined && now >= guessedAt && now - guessedAt <= DAY_S;
  const before =
    held.failures > 1 ? { guesses: held.failures - 1, guessedAt: now } : fresh ? { guesses, guessedAt } : {};
  return { ...rest, ...before, failures: 0, lastFailureAt: 0 };
}

function present(header: Header | undefined): Header {
  if (header === undefined) throw new VaultTrouble("vault_missing");
  return header;
}

/** The header as it came out of the database. Throws VaultTrouble vault_damaged. */
function headerIn(found: unknown): Header | undefined {
  if (found === undefined) return undefined;
  if (!isHeader(found)) throw new VaultTrouble("vault_damaged");
  return found;
}

function isHeader(found: unknown): found is Header {
  if (typeof found !== "object" || found === null) return false;
  const parts: Partial<Record<keyof Header, unknown>> = found;
  return (
    parts.form === 1 &&
    parts.salt instanceof Uint8Array &&
    isCount(parts.iterations) &&
    isSealed(parts.wrapped) &&
    (parts.passkey === null || isPasskeyLock(parts.passkey)) &&
    isCount(parts.failures) &&
    isCount(parts.lastFailureAt) &&
    (parts.guesses === undefined || isCount(parts.guesses)) &&
    (parts.guessedAt === undefined || isCount(parts.guessedAt))
  );
}

function isPasskeyLock(found: unknown): found is PasskeyLock {
  if (typeof found !== "object" || found === null) return false;
  const parts: Partial<Record<keyof PasskeyLock, unknown>> = found;
  return parts.credentialId instanceof Uint8Array && parts.salt instanceof Uint8Array && isSealed(parts.wrapped);
}

function isCount(found: unknown): found is number {
  return typeof found === "number" && Number.isSafeInteger(found) && found >= 0;
}

/** Most holders have no passkey: what asks for one is not loaded before. Throws VaultTrouble passkey_failed. */
async function passkeys() {
  return import("./passkey.ts").catch(() => {
    throw new VaultTrouble("passkey_failed");
  });
}

/** A PIN is chosen once: what is known of bad ones is not loaded before. */
async function checkChosen(pin: string): Promise<void> {
  (await import("../risk/pin.ts")).checkPinStrength(pin);
}
