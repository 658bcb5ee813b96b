/**
 * A backup: what this wallet remembers, without anything that could pay (spec 07.5). Mirrors wallet/backup.py byte for byte.
 *
 * It holds payments with the payer's papers, and where the wallet is enrolled. It holds no private key, no data key, no
 * token of the operator's, no key of one-time codes, no allowance and no head of a chain. What comes back from it is a
 * `RestoredPayment`, which no payment is drawn on. Deterministic CBOR; any other bytes are refused.
 */

import { type CborMap, type CborValue, decodeMap, encode, isMap } from "../protocol/cbor.ts";
import { decodeCheque } from "../protocol/cheque.ts";
import * as cose from "../protocol/cose.ts";
import { StatementId } from "../protocol/ids.ts";
import { kindOf } from "../protocol/layout.ts";
import {
  CREDITS_MAX_BYTES,
  DEPLOYMENT_MAX_BYTES,
  ID_BYTES,
  REFERENCE_MAX_BYTES,
  STATEMENT_MAX_BYTES,
  TIME_MAX_S,
} from "../protocol/limits.ts";
import { equal, type Octets, toHex, utf8 } from "../protocol/octets.ts";
import { noteIn, receiptIn } from "../protocol/receipt.ts";
import { Refused } from "../protocol/refusals.ts";
import { BackupTrouble } from "./backup_troubles.ts";
import { grantsOf, stand } from "./holdings.ts";
import { papersOf } from "./papers.ts";
import type { Parts } from "./ports.ts";
import { GRADES, type PaymentRecord } from "./records.ts";
import { PAYMENT_STATES, type PaymentState } from "./states.ts";
import { WalletTrouble } from "./troubles.ts";

const CONTENT_VERSION = 1n;
export const CONTENT_MAX_BYTES = 32 * 1024 * 1024;
const PAYMENTS_MAX = 50_000;
const NAME_MAX_BYTES = 256;
const SERVER_MAX_BYTES = 2_048;
const CURRENCY_BYTES = 3;
/** States before a passkey has signed: there is no cheque yet. */
const UNSIGNED: ReadonlySet<PaymentState> = new Set<PaymentState>(["unsigned", "abandoned"]);

/** A payment of another device, to be looked at: `topUpId` is the ref of its allowance, which is not here. */
export interface RestoredPayment {
  readonly payment: PaymentRecord;
  /** Of the terminal that signed for it. */
  readonly certificate?: Octets | undefined;
}

/** What a backup says. `madeAt` is that device's clock; `server` is where it was enrolled. */
export interface Backup {
  readonly madeAt: number;
  readonly deployment: string;
  readonly payerId: Octets;
  readonly payerName: string;
  readonly currency: string;
  readonly server: string;
  readonly payments: readonly RestoredPayment[];
}

/** Everything that is worth keeping elsewhere; `restored` are payments that came from a backup before. */
export async function backUp(parts: Parts, restored: readonly RestoredPayment[]): Promise<Backup> {
  const { footing, trust } = await stand(parts);
  const server = parts.store.enrolment()?.server;
  if (server === undefined) throw new WalletTrouble("not_enrolled");
  const grants = await grantsOf(parts, trust, parts.store.allowances());
  const own = parts.store
    .payments()
    .filter(({ state }) => !UNSIGNED.has(state))
    .map((payment) => {
      const deadlineAt = payment.deadlineAt ?? grants.get(toHex(payment.topUpId))?.deadlineAt;
      return { payment: { ...payment, deadlineAt }, certificate: papersOf(parts.store, payment).papers.certificate };
    });
  const { payerId, payerName, currency } = footing.membership;
  const { deployment } = footing.trust.root;
  const payments = [...own, ...restored];
  return { madeAt: parts.clock(), deployment, payerId, payerName, currency, server, payments };
}

/** A wallet takes only its own payer's. Throws BackupTrouble. */
export function checkPayer(parts: Parts, backup: Backup): void {
  const footing = parts.store.footing();
  if (footing === undefined) throw new WalletTrouble("not_enrolled");
  const { membership, trust } = footing;
  if (equal(backup.payerId, membership.payerId) && backup.deployment === trust.root.deployment) return;
  throw new BackupTrouble("backup_other_payer");
}

/** The one way to write it; what could not be read again is not written. */
export function encodeBackup(backup: Backup): Octets {
  const fields = new Map<bigint, CborValue>([
    [0n, CONTENT_VERSION],
    [1n, BigInt(backup.madeAt)],
    [2n, backup.deployment],
    [3n, backup.payerId],
    [4n, backup.payerName],
    [5n, backup.currency],
    [6n, backup.server],
    [7n, backup.payments.map(fieldsOf)],
  ]);
  const content = encode(fields);
  if (content.length > CONTENT_MAX_BYTES || backup.payments.length > PAYMENTS_MAX) {
    throw new BackupTrouble("backup_too_large");
  }
  decodeBackup(content);
  return content;
}

/** What these bytes say. Throws BackupTrouble backup_unreadable or backup_too_new, nothing else. */
export function decodeBackup(content: Octets): Backup {
  try {
    const fields = decodeMap(content, CONTENT_MAX_BYTES);
    const version = fields.get(0n);
    if (typeof version === "bigint" && version > CONTENT_VERSION) throw new BackupTrouble("backup_too_new");
    if (version !== CONTENT_VERSION) throw new Wrong();
    const read = new Reader(fields, 0n);
    const backup: Backup = {
      madeAt: read.number(1n, TIME_MAX_S),
      deployment: read.text(2n, DEPLOYMENT_MAX_BYTES),
      payerId: read.octets(3n, ID_BYTES),
      payerName: read.text(4n, NAME_MAX_BYTES),
      currency: read.text(5n, CURRENCY_BYTES),
      server: read.text(6n, SERVER_MAX_BYTES),
      payments: read.items(7n).map(paymentIn),
    };
    read.end();
    if (new Set(backup.payments.map(({ payment }) => toHex(payment.chequeId))).size !== backup.payments.length) {
      throw new Wrong();
    }
    return backup;
  } catch (error) {
    if (error instanceof Wrong || error instanceof Refused) throw new BackupTrouble("backup_unreadable");
    throw error;
  }
}

/** A field that is not what it must be. */
class Wrong extends Error {}

/** A map's fields, each taken once and of the type and size that is asked for. */
class Reader {
  readonly #fields: Map<bigint, CborValue>;

  constructor(fields: CborMap, ...known: readonly bigint[]) {
    this.#fields = new Map(fields);
    for (const key of known) this.#fields.delete(key);
  }

  text(key: bigint, maxBytes: number): string {
    const value = this.#take(key);
    if (typeof value !== "string" || utf8(value).length > maxBytes) throw new Wrong();
    return value;
  }

  octets(key: bigint, maxBytes: number): Octets {
    const value = this.#take(key);
    if (!(value instanceof Uint8Array) || value.length > maxBytes) throw new Wrong();
    return value;
  }

  amount(key: bigint, most: bigint): bigint {
    const value = this.#take(key);
    if (typeof value !== "bigint" || value < 0n || value > most) throw new Wrong();
    return value;
  }

  number(key: bigint, most: number): number {
    return Number(this.amount(key, BigInt(most)));
  }

  items(key: bigint): readonly CborValue[] {
    const value = this.#take(key);
    if (!Array.isArray(value) || value.length > PAYMENTS_MAX) throw new Wrong();
    return value;
  }

  maybe<T>(key: bigint, read: (key: bigint) => T): T | undefined {
    return this.#fields.has(key) ? read(key) : undefined;
  }

  /** Nothing is left: what this version does not know may change what the rest means. */
  end(): void {
    if (this.#fields.size > 0) throw new Wrong();
  }

  #take(key: bigint): CborValue | undefined {
    const value = this.#fields.get(key);
    this.#fields.delete(key);
    return value;
  }
}

/** A payment as it is written. What stands in its cheque is not said again. */
function fieldsOf({ payment, certificate }: RestoredPayment): CborMap {
  const whole = (value: number | undefined) => (value === undefined ? undefined : BigInt(value));
  const fields: readonly (readonly [bigint, CborValue | undefined])[] = [
    [0n, payment.chequeId],
    [1n, payment.cheque],
    [2n, payment.currency],
    [3n, BigInt(payment.expiresAt)],
    [4n, payment.state],
    [5n, payment.payeeProved ? 1n : 0n],
    [6n, payment.request],
    [7n, payment.credits],
    [8n, payment.payeeId],
    [9n, payment.payeeName],
    [10n, payment.reference],
    [11n, payment.finalMinor],
    [12n, payment.grade],
    [13n, payment.acknowledgement],
    [14n, whole(payment.acknowledgedAt)],
    [15n, whole(payment.deadlineAt)],
    [16n, certificate],
  ];
  const written = new Map<bigint, CborValue>();
  for (const [key, value] of fields) if (value !== undefined) written.set(key, value);
  return written;
}

/** A payment of another device. Throws Wrong, Refused. */
function paymentIn(fields: CborValue): RestoredPayment {
  if (!isMap(fields)) throw new Wrong();
  const read = new Reader(fields);
  const octets = (most: number) => (key: bigint) => read.octets(key, most);
  const text = (most: number) => (key: bigint) => read.text(key, most);
  const instant = (key: bigint) => read.number(key, TIME_MAX_S);
  const cheque = read.octets(1n, STATEMENT_MAX_BYTES);
  const { terms, amountMinor, form } = decodeCheque(cheque);
  const chequeId = read.octets(0n, ID_BYTES);
  const [said, grade] = [read.text(4n, NAME_MAX_BYTES), read.maybe(12n, text(2))];
  const state = PAYMENT_STATES.find((one) => one === said);
  const known = grade === undefined ? undefined : GRADES.find((one) => one === grade);
  const isWhole = form !== "closing" && amountMinor > 0n && chequeId.length === ID_BYTES && known === grade;
  if (!isWhole || state === undefined || UNSIGNED.has(state)) throw new Wrong();
  const payment: PaymentRecord = {
    chequeId: StatementId.of(chequeId),
    topUpId: terms.allowanceRef,
    counter: terms.counter,
    cheque,
    credits: read.maybe(7n, octets(CREDITS_MAX_BYTES)),
    form,
    amountMinor,
    upTo: terms.maximumMinor !== undefined,
    currency: read.text(2n, CURRENCY_BYTES),
    drawnAt: terms.time,
    expiresAt: instant(3n),
    // As time alone would have left it: this device shows no code of another one.
    state: state === "shown" ? (form === "one_way" ? "hidden" : "unconfirmed") : state,
    request: read.maybe(6n, octets(STATEMENT_MAX_BYTES)),
    requestHash: terms.request,
    payeeId: read.maybe(8n, octets(ID_BYTES)),
    payeeName: read.maybe(9n, text(NAME_MAX_BYTES)),
    payeeProved: read.number(5n, 1) === 1,
    reference: read.maybe(10n, text(REFERENCE_MAX_BYTES)),
    finalMinor: read.maybe(11n, (key) => read.amount(key, amountMinor)),
    grade: known,
    acknowledgement: read.maybe(13n, octets(STATEMENT_MAX_BYTES)),
    acknowledgedAt: read.maybe(14n, instant),
    deadlineAt: read.maybe(15n, instant),
  };
  const certificate = read.maybe(16n, octets(STATEMENT_MAX_BYTES));
  read.end();
  if (certificate !== undefined && payment.acknowledgement !== undefined) checkSigned(payment.acknowledgement);
  return { payment, certificate };
}

/** What a terminal is said to have signed can be read, or the file is refused. Throws Refused. */
function checkSigned(acknowledgement: Octets): void {
  if (acknowledgement.length === 0) return;
  const envelope = cose.openEnvelope(acknowledgement, STATEMENT_MAX_BYTES);
  if (kindOf(envelope.payload, STATEMENT_MAX_BYTES) === "note") noteIn(envelope);
  else receiptIn(envelope);
}
