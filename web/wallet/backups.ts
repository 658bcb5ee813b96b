/**
 * Backups in the app: made of this wallet, and put back beside its own records, in one write. Loaded with their screen.
 *
 * What was put back is one record of its own, which nothing reads that draws, covers, counts or syncs: it is for looking
 * at, and stands in the next backup.
 */

import type { RecordValue } from "../platform/record_value.ts";
import type { RecordStore } from "../platform/store.ts";
import type { Octets } from "../protocol/octets.ts";
import { toHex } from "../protocol/octets.ts";
import type { BackupView, PaymentView } from "./app.ts";
import { backUp, checkPayer, decodeBackup, encodeBackup, type RestoredPayment } from "./backup.ts";
import { openBackup, sealBackup } from "./backup_sealed.ts";
import { FormUnknown, paymentIn } from "./record_forms.ts";
import type { PaymentRecord } from "./records.ts";
import type { Session } from "./session.ts";

/** The name of the write, so that a test can kill the app there. */
export const RESTORED_POINT = "wallet.restored";
const RESTORED = "restored";

/** What the screen asks for; `view` is how a payment looks to people. */
export class Backups {
  readonly #session: Session;
  readonly #view: (payment: PaymentRecord) => PaymentView;

  constructor(session: Session, view: (payment: PaymentRecord) => PaymentView) {
    this.#session = session;
    this.#view = view;
  }

  /** Payments that came from a backup, newest first. */
  restored(): readonly PaymentView[] {
    const found = restoredIn(this.#session.store).map(({ payment }) => payment);
    return found.sort((one, other) => other.drawnAt - one.drawnAt).map(this.#view);
  }

  /** The file. Throws BackupTrouble passphrase_weak. */
  async make(passphrase: string): Promise<Octets> {
    const { parts, store } = this.#session;
    return sealBackup(encodeBackup(await backUp(parts, restoredIn(store))), passphrase);
  }

  /** Those that are not here yet, in one write. Throws BackupTrouble; then nothing was changed. */
  async putBack(file: Octets, passphrase: string): Promise<BackupView> {
    const backup = decodeBackup(await openBackup(file, passphrase));
    const { parts, store, records } = this.#session;
    return this.#session.act(async () => {
      checkPayer(parts, backup);
      const held = restoredIn(store);
      const here = new Set([...records.payments(), ...held.map(({ payment }) => payment)].map(idOf));
      const added = backup.payments.filter(({ payment }) => !here.has(idOf(payment)));
      if (added.length > 0) await putRestored(store, [...held, ...added]);
      return { added: added.length, known: backup.payments.length - added.length };
    });
  }
}

/** What was put back so far. Throws FormUnknown. */
export function restoredIn(store: RecordStore): RestoredPayment[] {
  const held = store.records.get(RESTORED);
  if (held === undefined) return [];
  if (!Array.isArray(held)) throw new FormUnknown("no list");
  return held.map((one: unknown) => {
    const { payment, certificate } = fieldsOf(one);
    if (certificate !== undefined && !isOctets(certificate)) throw new FormUnknown("certificate");
    return { payment: paymentIn(payment), certificate };
  });
}

export function putRestored(store: RecordStore, payments: readonly RestoredPayment[]): Promise<void> {
  const record: RecordValue = payments.map(({ payment, certificate }) => ({ payment: { ...payment }, certificate }));
  return store.write(RESTORED_POINT, { put: new Map([[RESTORED, record]]) });
}

function idOf({ chequeId }: PaymentRecord): string {
  return toHex(chequeId);
}

function isOctets(value: unknown): value is Octets {
  return value instanceof Uint8Array;
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
