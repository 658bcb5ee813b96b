/** Backups of the fake app: any long passphrase opens one, and what comes back is some of what it has anyway. */

import type { BackupDesk, BackupView, PaymentView } from "../app.ts";
import { BackupTrouble } from "../backup_troubles.ts";

const LONG = 12;

export class FakeBackups implements BackupDesk {
  readonly #payments: readonly PaymentView[];
  #restored: readonly PaymentView[] = [];

  constructor(payments: readonly PaymentView[]) {
    this.#payments = payments;
  }

  restored(): readonly PaymentView[] {
    return this.#restored;
  }

  async make(passphrase: string): Promise<Uint8Array<ArrayBuffer>> {
    if (passphrase.length < LONG) throw new BackupTrouble("passphrase_weak");
    return new Uint8Array(LONG);
  }

  async putBack(_file: Uint8Array<ArrayBuffer>, passphrase: string): Promise<BackupView> {
    if (passphrase.length < LONG) throw new BackupTrouble("backup_passphrase_wrong");
    this.#restored = this.#payments.slice(0, 3);
    return { added: this.#restored.length, known: 2 };
  }
}
