/**
 * A till that its PIN has locked is opened again, with all that waits in it. Mirrors `feiqian terminal recover`.
 *
 * The sealed data key lies in `meta`, in clear sight and of no use to whoever has not the operator's private half. Rules
 * kept: nothing is changed before the key has opened every record; what is sealed is for the operator and the terminal that
 * this till belongs to now.
 */

import { equal, type Octets, toHex } from "../protocol/octets.ts";
import { readMeta, StorageFailed, writeStrictly } from "./idb.ts";
import { NotOurs } from "./sealing.ts";
import { DeviceStore } from "./store.ts";
import { openAsPayee, type SealedTill, sealForOperator } from "./till_recovery.ts";
import { type RecoveryFile, readRecoveryFile, writeRecoveryFile } from "./till_recovery_file.ts";
import { RecoveryTrouble } from "./till_recovery_trouble.ts";
import type { Vault } from "./vault.ts";
import { VaultTrouble } from "./vault_trouble.ts";

const KEPT = "recovery";

/** What opens a till again. */
export interface GivenBack {
  /** The operator's answer file. */
  readonly answer: Uint8Array;
  /** The one-time code that came by another way. */
  readonly code: string;
  /** The PIN from now on. */
  readonly pin: string;
}

export class VaultRecovery {
  readonly #vault: Vault;

  constructor(vault: Vault) {
    this.#vault = vault;
  }

  /**
   * Seals the data key of the open vault for this till's operator, unless that was done. `recoveryKey` is asked only then;
   * an operator of an older version has none. Throws VaultTrouble, and what `recoveryKey` throws.
   */
  async keep(till: SealedTill, recoveryKey: () => Promise<Octets | undefined>): Promise<void> {
    const held = await this.#kept();
    if (held?.deployment === till.deployment && equal(held.terminalRef, till.terminalRef)) return;
    const theirs = await recoveryKey();
    if (theirs === undefined) return;
    const { deployment, terminalRef } = till;
    const sealed = await sealForOperator(theirs, this.#vault.key, till);
    const kept: RecoveryFile = { deployment, terminalRef, sealed };
    await stored(writeStrictly(this.#vault.database, (writing) => writing.put("meta", KEPT, kept)));
  }

  /** The file for the operator; it opens nothing by itself. Throws RecoveryTrouble recovery_missing. */
  async request(): Promise<{ readonly name: string; readonly bytes: Octets }> {
    const kept = await this.#known();
    const name = `till-${toHex(kept.terminalRef)}.recovery.json`;
    return { name, bytes: writeRecoveryFile("till-recovery-request", kept) };
  }

  /** Gives the till a new PIN. Throws RecoveryTrouble, WeakPin, VaultTrouble vault_damaged; then nothing was changed. */
  async open({ answer, code, pin }: GivenBack): Promise<void> {
    const kept = await this.#known();
    const given = readRecoveryFile("till-recovery-answer", answer);
    if (given.deployment !== kept.deployment || !equal(given.terminalRef, kept.terminalRef)) {
      throw new RecoveryTrouble("recovery_code_wrong");
    }
    const key = await openAsPayee(code, given.sealed, given).catch((error: unknown) => {
      throw error instanceof NotOurs ? new RecoveryTrouble("recovery_code_wrong") : error;
    });
    await this.#prove(key);
    await stored(this.#vault.recover(key, pin));
  }

  /** Whether this key opens everything that is kept; an enrolled till keeps something. Throws VaultTrouble vault_damaged. */
  async #prove(key: CryptoKey): Promise<void> {
    const { database, name } = this.#vault;
    const store = await DeviceStore.open({ database, name, key });
    const { size } = store.records;
    store.close();
    if (size === 0) throw new VaultTrouble("vault_damaged");
  }

  async #known(): Promise<RecoveryFile> {
    const kept = await this.#kept();
    if (kept === undefined) throw new RecoveryTrouble("recovery_missing");
    return kept;
  }

  /** What is not ours counts as nothing: it is sealed anew, or said to be missing. */
  async #kept(): Promise<RecoveryFile | undefined> {
    const found = await stored(readMeta(this.#vault.database, KEPT));
    if (typeof found !== "object" || found === null) return undefined;
    const { deployment, terminalRef, sealed }: Partial<Record<keyof RecoveryFile, unknown>> = found;
    if (typeof deployment !== "string" || !isOctets(terminalRef) || !isOctets(sealed)) return undefined;
    return { deployment, terminalRef, sealed };
  }
}

function isOctets(value: unknown): value is Octets {
  return value instanceof Uint8Array;
}

async function stored<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof StorageFailed ? new VaultTrouble("storage_failed", { why: error.why }) : error;
  }
}
