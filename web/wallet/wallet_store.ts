/**
 * The wallet's store: allowances, payments, credits and trust as records of `platform/store.ts`, behind `WalletStore`.
 *
 * Every method that writes is one transaction under its own `WritePoint`. What the rules forbid is refused here, too: two
 * payments at one counter, or two that answer one request, cannot be stored, whatever the code above believes; a head of
 * a chain moves only from the head that was read. The keys of records are numbers in the order in which they came, so
 * they tell how many there are and nothing else.
 */

import type { RecordValue } from "../platform/record_value.ts";
import { type RecordStore, Conflict as VersionConflict } from "../platform/store.ts";
import type { RequestHash, StatementId, TerminalRef } from "../protocol/ids.ts";
import { equal, type Octets } from "../protocol/octets.ts";
import { Conflict, type WalletStore, WritePoint } from "./ports.ts";
import {
  allowanceIn,
  creditIn,
  enrolmentIn,
  findingsIn,
  heardIn,
  lockIn,
  membershipIn,
  payeeIn,
  paymentIn,
  type Reader,
  trustIn,
} from "./record_forms.ts";
import {
  type AllowanceRecord,
  type CreditRecord,
  type Enrolment,
  type Finding,
  type Footing,
  type Guesses,
  type HeldTrust,
  type Membership,
  type PayeeRecord,
  type PayingLock,
  type PaymentRecord,
  statusOf,
} from "./records.ts";
import type { AllowanceState } from "./states.ts";

const PLACE_DIGITS = 8;

/** Records of one kind in the order in which they came, each under its key. */
class Shelf<T> {
  readonly kind: string;
  readonly #read: Reader<T>;
  /** What a value at rest says, by the value itself: values are never changed in place. */
  readonly #known = new WeakMap<object, T>();
  #records: ReadonlyMap<string, RecordValue> | undefined;
  #held: readonly (readonly [string, T])[] = [];

  constructor(kind: string, read: Reader<T>) {
    this.kind = kind;
    this.#read = read;
  }

  /** Key and record, oldest first. Throws FormUnknown. */
  of(records: ReadonlyMap<string, RecordValue>): readonly (readonly [string, T])[] {
    if (this.#records === records) return this.#held;
    const keys = [...records.keys()].filter((key) => key.startsWith(`${this.kind}/`)).sort();
    this.#held = keys.map((key) => [key, this.#one(records.get(key))]);
    this.#records = records;
    return this.#held;
  }

  /** The key of the next one. */
  next(records: ReadonlyMap<string, RecordValue>): string {
    const last =
      this.of(records)
        .at(-1)?.[0]
        .slice(this.kind.length + 1) ?? "0";
    return `${this.kind}/${String(Number(last) + 1).padStart(PLACE_DIGITS, "0")}`;
  }

  #one(value: RecordValue | undefined): T {
    const key = typeof value === "object" && value !== null ? value : undefined;
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    const read = this.#read(value);
    if (key !== undefined) this.#known.set(key, read);
    return read;
  }
}

/** A `WalletStore` over the records of an open device (or of a test). Writes belong into one act of the store. */
export class RecordWalletStore implements WalletStore {
  readonly #store: RecordStore;
  readonly #allowances = new Shelf("allowance", allowanceIn);
  readonly #payments = new Shelf("payment", paymentIn);
  readonly #credits = new Shelf("credit", creditIn);
  readonly #payees = new Shelf("payee", payeeIn);
  readonly #locks = new Shelf("lock", lockIn);
  readonly #guesses: () => Guesses;

  constructor(store: RecordStore, guesses: () => Guesses = () => ({ count: 0, endedAt: 0 })) {
    this.#store = store;
    this.#guesses = guesses;
  }

  // --- reading ---

  enrolment(): Enrolment | undefined {
    return this.#single("enrolment", enrolmentIn);
  }

  membership(): Membership | undefined {
    return this.#single("membership", membershipIn);
  }

  trust(): HeldTrust | undefined {
    const held = this.#single("trust", trustIn);
    if (held === undefined) return undefined;
    const { deployment, roots, threshold, pack } = held;
    return { root: { deployment, roots, threshold }, pack };
  }

  footing(): Footing | undefined {
    const [membership, trust] = [this.membership(), this.trust()];
    if (membership === undefined || trust === undefined) return undefined;
    return { membership, trust, heardAt: this.#single("heard", heardIn)?.at ?? 0 };
  }

  allowances(): readonly AllowanceRecord[] {
    return this.#all(this.#allowances);
  }

  currentAllowances(endedBefore: number): readonly AllowanceRecord[] {
    const isCurrent = ({ state, expiresAt = endedBefore }: AllowanceRecord) =>
      state !== "dropped" && expiresAt >= endedBefore;
    return this.allowances().filter(isCurrent);
  }

  payment(chequeId: StatementId): PaymentRecord | undefined {
    return this.#all(this.#payments).find((payment) => equal(payment.chequeId, chequeId));
  }

  paymentFor(requestHash: RequestHash): PaymentRecord | undefined {
    return this.#all(this.#payments).find((payment) => equal(payment.requestHash, requestHash));
  }

  payments(): readonly PaymentRecord[] {
    return this.#all(this.#payments).toReversed();
  }

  openPayments(): readonly PaymentRecord[] {
    return this.payments().filter((payment) => statusOf(payment) !== "done");
  }

  credits(topUpId: Octets): readonly (readonly [CreditRecord, PaymentRecord])[] {
    const found: (readonly [CreditRecord, PaymentRecord])[] = [];
    for (const credit of this.#all(this.#credits)) {
      const payment = equal(credit.topUpId, topUpId) ? this.payment(credit.chequeId) : undefined;
      if (payment !== undefined) found.push([credit, payment]);
    }
    return found.sort(([one], [other]) => Number(other.backMinor - one.backMinor));
  }

  payee(terminalRef: TerminalRef): PayeeRecord | undefined {
    return this.#all(this.#payees).find((payee) => equal(payee.terminalRef, terminalRef));
  }

  payees(payeeId: Octets): readonly PayeeRecord[] {
    const found = this.#all(this.#payees).filter((payee) => equal(payee.payeeId, payeeId));
    return found.sort((one, other) => other.metAt - one.metAt);
  }

  findings(): readonly Finding[] {
    return this.#single("findings", findingsIn) ?? [];
  }

  locks(): readonly PayingLock[] {
    return this.#all(this.#locks);
  }

  payingLock(): PayingLock | undefined {
    return this.locks().find(({ endedAt }) => endedAt === undefined);
  }

  guesses(): Guesses {
    return this.#guesses();
  }

  // --- writing ---

  async beginEnrolment(enrolment: Enrolment): Promise<void> {
    if (this.membership() !== undefined) throw new Conflict("enrolled already");
    await this.#write(WritePoint.enrolment, [["enrolment", { ...enrolment }]]);
  }

  async finishEnrolment(membership: Membership, trust: HeldTrust): Promise<void> {
    if (this.membership() !== undefined) throw new Conflict("enrolled already");
    const records: [string, RecordValue][] = [["membership", { ...membership }]];
    await this.#write(WritePoint.membership, [...records, ["trust", atRest(trust)]]);
  }

  async putTrust(trust: HeldTrust): Promise<void> {
    await this.#write(WritePoint.trust, [["trust", atRest(trust)]]);
  }

  async beginTopUp(record: AllowanceRecord): Promise<void> {
    if (this.#allowance(record.topUpId) !== undefined) throw new Conflict("a top-up of this id");
    await this.#write(WritePoint.topUp, [[this.#allowances.next(this.#store.records), { ...record }]]);
  }

  async holdAllowance(record: AllowanceRecord): Promise<void> {
    const { raw, lastId, expiresAt, codeKey } = record;
    const held = { state: "held", raw, lastId, expiresAt, codeKey } as const;
    await this.#moveAllowance(WritePoint.allowance, record.topUpId, "asked", held);
  }

  async dropTopUp(topUpId: Octets): Promise<void> {
    await this.#moveAllowance(WritePoint.declined, topUpId, "asked", { state: "dropped" });
  }

  async burn(payment: PaymentRecord, before: AllowanceRecord, after: AllowanceRecord): Promise<void> {
    const head = this.#movedHead(before, after);
    for (const held of this.#all(this.#payments)) {
      const sameCounter = equal(held.topUpId, payment.topUpId) && held.counter === payment.counter;
      const sameRequest = payment.requestHash !== undefined && equal(held.requestHash, payment.requestHash);
      if (sameCounter || sameRequest || equal(held.chequeId, payment.chequeId)) throw new Conflict("drawn already");
    }
    await this.#write(WritePoint.cheque, [head, [this.#payments.next(this.#store.records), { ...payment }]]);
  }

  async sign(payment: PaymentRecord): Promise<void> {
    const held = this.#payments.of(this.#store.records).find(([, one]) => equal(one.chequeId, payment.chequeId));
    if (held?.[1].state !== "unsigned") throw new Conflict("no payment that is unsigned");
    const { cheque, state } = payment;
    await this.#write(WritePoint.signed, [[held[0], { ...held[1], cheque, state }]]);
  }

  async burnClosing(before: AllowanceRecord, after: AllowanceRecord): Promise<void> {
    await this.#write(WritePoint.closing, [this.#movedHead(before, after)]);
  }

  async signClosing(topUpId: Octets, closing: Octets): Promise<void> {
    await this.#moveAllowance(WritePoint.signed, topUpId, "closing_unsigned", { state: "closing", closing });
  }

  async confirmClosing(topUpId: Octets): Promise<void> {
    await this.#moveAllowance(WritePoint.closed, topUpId, "closing", { state: "closed" });
  }

  async age(payments: readonly PaymentRecord[]): Promise<void> {
    await this.#write(
      WritePoint.aged,
      payments.map((payment) => this.#changedPayment(payment)),
    );
  }

  async acknowledge(
    payment: PaymentRecord,
    credit: CreditRecord | undefined,
    payee: PayeeRecord,
    heardAt: number,
  ): Promise<void> {
    const changes = [this.#changedPayment(payment), this.#metPayee(payee)];
    if (credit !== undefined) changes.push(...this.#largerCredit(credit));
    const at = Math.max(heardAt, this.#single("heard", heardIn)?.at ?? 0);
    await this.#write(WritePoint.acknowledgement, [...changes, ["heard", { at }]]);
  }

  async applyStatement(payments: readonly PaymentRecord[], findings: readonly Finding[]): Promise<void> {
    const changes = payments.map((payment) => this.#changedPayment(payment));
    await this.#write(WritePoint.statement, [...changes, ["findings", findings.map((one) => ({ ...one }))]]);
  }

  async putLock(lock: PayingLock, heardAt?: number): Promise<void> {
    const standing = this.payingLock();
    if (standing !== undefined && !equal(standing.lockId, lock.lockId)) throw new Conflict("another lock stands");
    const held = this.#locks.of(this.#store.records).find(([, one]) => equal(one.lockId, lock.lockId));
    const changes: [string, RecordValue][] = [[held?.[0] ?? this.#locks.next(this.#store.records), { ...lock }]];
    if (heardAt !== undefined) changes.push(["heard", { at: heardAt }]);
    await this.#write(WritePoint.lock, changes);
  }

  // --- parts ---

  #single<T>(key: string, read: Reader<T>): T | undefined {
    const value = this.#store.records.get(key);
    return value === undefined ? undefined : read(value);
  }

  #all<T>(shelf: Shelf<T>): readonly T[] {
    return shelf.of(this.#store.records).map(([, record]) => record);
  }

  #allowance(topUpId: Octets): readonly [string, AllowanceRecord] | undefined {
    return this.#allowances.of(this.#store.records).find(([, record]) => equal(record.topUpId, topUpId));
  }

  async #moveAllowance(
    point: WritePoint,
    topUpId: Octets,
    from: AllowanceState,
    to: Partial<AllowanceRecord>,
  ): Promise<void> {
    const held = this.#allowance(topUpId);
    if (held === undefined || held[1].state !== from) throw new Conflict(`no allowance that is ${from}`);
    await this.#write(point, [[held[0], { ...held[1], ...to }]]);
  }

  /** The chain's head goes from what was read to what was drawn, or nothing is written at all. */
  #movedHead(before: AllowanceRecord, after: AllowanceRecord): [string, RecordValue] {
    const held = this.#allowance(before.topUpId);
    const isHead =
      held !== undefined &&
      held[1].state === "held" &&
      held[1].counter === before.counter &&
      held[1].cumulativeMinor === before.cumulativeMinor &&
      equal(held[1].lastId, before.lastId);
    if (!isHead) throw new Conflict("another head");
    const { counter, cumulativeMinor, lastId, state, closing } = after;
    return [held[0], { ...held[1], counter, cumulativeMinor, lastId, state, closing }];
  }

  /** What may change of a payment. The cheque and what it answers never do. */
  #changedPayment(payment: PaymentRecord): [string, RecordValue] {
    const held = this.#payments.of(this.#store.records).find(([, one]) => equal(one.chequeId, payment.chequeId));
    if (held === undefined) throw new Conflict("no such payment");
    const { state, finalMinor, grade, acknowledgement, acknowledgedAt, deadlineAt } = payment;
    const { payeeId, payeeName, payeeProved } = payment;
    const told = { state, finalMinor, grade, acknowledgement, acknowledgedAt, deadlineAt };
    return [held[0], { ...held[1], ...told, payeeId, payeeName, payeeProved }];
  }

  #metPayee(payee: PayeeRecord): [string, RecordValue] {
    const met = this.#payees.of(this.#store.records).find(([, one]) => equal(one.terminalRef, payee.terminalRef));
    if (met === undefined) return [this.#payees.next(this.#store.records), { ...payee }];
    return [met[0], { ...met[1], metAt: payee.metAt }];
  }

  #largerCredit(credit: CreditRecord): readonly [string, RecordValue][] {
    const held = this.#credits.of(this.#store.records).find(([, one]) => equal(one.chequeId, credit.chequeId));
    if (held === undefined) return [[this.#credits.next(this.#store.records), { ...credit }]];
    return credit.backMinor > held[1].backMinor ? [[held[0], { ...credit }]] : [];
  }

  async #write(point: WritePoint, changes: readonly (readonly [string, RecordValue])[]): Promise<void> {
    try {
      await this.#store.write(point, { put: new Map(changes) });
    } catch (error) {
      throw error instanceof VersionConflict ? new Conflict("another tab wrote") : error;
    }
  }
}

function atRest({ root, pack }: HeldTrust): RecordValue {
  return { deployment: root.deployment, roots: root.roots, threshold: root.threshold, pack };
}
