/**
 * The wallet: one door to everything the payer's device does. It composes the small files beside it and adds nothing.
 *
 * Calls that need a network take the operator's link as an argument; the others have none, so that nothing on the way of
 * a payment can reach out. Every method may be repeated after a crash. Each is one act: whoever calls it holds the lock
 * of the store (`RecordStore.exclusively`), which a call to the operator lets go of while it waits.
 */

import { equal, type Octets } from "../protocol/octets.ts";
import { type Taken, takeAcknowledgement } from "./acknowledgement.ts";
import type { KeyWanted, TopUpKey } from "./allowances.ts";
import type { Joined } from "./enrolment.ts";
import { byNumber, search } from "./history.ts";
import { type Holdings, hold } from "./holdings.ts";
import { consider, type Offer, oneWayCode, pay, type Shown, show, sign } from "./pay.ts";
import { type OperatorLink, PartMissing, type Parts } from "./ports.ts";
import type { AllowanceRecord, PaymentRecord } from "./records.ts";
import { type Resumed, resume } from "./resume.ts";
import { type Spendable, spendable } from "./spending.ts";
import type { Progress, Synced } from "./sync.ts";

/** What talks to the operator is loaded when it is first needed: a payment needs none of it. */
export const online = () =>
  import("./online.ts").catch((cause: unknown) => {
    throw new PartMissing(cause);
  });

export class Wallet {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  // --- with a network ---

  /** Become a payer's device. */
  async enrol(link: OperatorLink, server: string, code: string, digits?: string): Promise<Joined> {
    return (await online()).enrol(this.#parts, link, server, code, digits);
  }

  /** Have this amount set aside and come to this device as an allowance, for this key or a new one. */
  async topUp(link: OperatorLink, amountMinor: bigint, key?: TopUpKey): Promise<AllowanceRecord> {
    return (await online()).topUp(this.#parts, link, amountMinor, key);
  }

  /** What a passkey for a new top-up is asked for; undefined when one was begun. */
  async keyWanted(): Promise<KeyWanted | undefined> {
    return (await online()).keyWanted(this.#parts);
  }

  /** End an allowance early. One whose passkey has to sign its end is closing_unsigned until then. */
  async close(link: OperatorLink, ref?: Octets): Promise<AllowanceRecord> {
    return (await online()).close(this.#parts, link, ref);
  }

  /** What a passkey signed of the end of an allowance, kept. Throws Refused, Conflict; then nothing changed. */
  async signClosing(record: AllowanceRecord, assertion: Octets): Promise<void> {
    return (await online()).signClosing(this.#parts, record, assertion);
  }

  /** Newest trust, open top-ups and closings, and what became of the payments. */
  async sync(link: OperatorLink, tell?: (progress: Progress) => void): Promise<Synced> {
    return (await online()).sync(this.#parts, link, tell);
  }

  // --- without one ---

  /** What a payee asks for, checked, for the holder to consent to. */
  consider(asking: Octets): Promise<Offer> {
    return consider(this.#parts, asking);
  }

  /** The cheque for an offer, durable before it is returned; the same offer again gives the same bytes. */
  pay(offer: Offer, holderCheck: number, digits?: string): Promise<Shown> {
    return pay(this.#parts, offer, holderCheck, digits);
  }

  /** A code that any payee may take for a short time. */
  oneWayCode(amountMinor: bigint, holderCheck: number, upTo = false, digits?: string): Promise<Shown> {
    return oneWayCode(this.#parts, amountMinor, holderCheck, upTo, digits);
  }

  /** The key of a payment, as it is kept. */
  deviceKeyOf({ topUpId }: PaymentRecord): Octets {
    const found = this.#parts.store.allowances().find((record) => equal(record.topUpId, topUpId));
    return found?.deviceKey ?? new Uint8Array();
  }

  /** What a passkey signed of an unsigned payment, kept, to be shown. Throws Refused, Conflict; then nothing changed. */
  sign(payment: PaymentRecord, assertion: Octets): Promise<Shown> {
    return sign(this.#parts, payment, assertion);
  }

  /** The same bytes of an earlier payment. Throws WalletTrouble payment_unknown, code_hidden. */
  async showAgain(number: string): Promise<Shown> {
    return show(this.#parts, this.payment(number));
  }

  /** Take a receipt, a void note or a cancel note. */
  takeAcknowledgement(body: Octets): Promise<Taken> {
    return takeAcknowledgement(this.#parts, body);
  }

  /** What is open, and the way on for each. */
  resume(): Promise<Resumed> {
    return resume(this.#parts);
  }

  /** What can be spent offline now, until when, what waits. */
  async spendable(): Promise<Spendable> {
    const { store } = this.#parts;
    return spendable(await hold(this.#parts), store.payments(), store.findings());
  }

  /** Payments in which all words are found, newest first. */
  history(words = ""): readonly PaymentRecord[] {
    return search(this.#parts.store.payments(), words);
  }

  /** The payment of this number. Throws WalletTrouble payment_unknown. */
  payment(number: string): PaymentRecord {
    return byNumber(this.#parts.store.payments(), number);
  }

  /** Everything held at this moment, verified. */
  holdings(): Promise<Holdings> {
    return hold(this.#parts);
  }

  /** Lock: of what was found nothing stays in memory. */
  lock(): void {
    this.#parts.found.forget();
  }
}
