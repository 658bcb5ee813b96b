/**
 * `Terminal`: everything a payee's device does, behind one door. Mirrors terminal/terminal.py.
 *
 * The composition root builds it from real parts (ports.ts) and calls it within one act of the store at a time. Paying
 * never touches a network; only `enrol` and `sync` take a link. Every method may be repeated after a crash: what was
 * stored is found again. What is read only is read from memory and needs no act.
 */

import { masked, type RequestHash } from "../protocol/ids.ts";
import type { Octets } from "../protocol/octets.ts";
import type { Coded } from "../protocol/words.ts";
import type { Capability, Reach } from "../risk/boundary.ts";
import * as accepting from "./accept.ts";
import * as limits from "./boundary.ts";
import { Desk, type Outside } from "./desk.ts";
import type { NoticeTaken } from "./notice.ts";
import { type OperatorLink, PartMissing } from "./ports.ts";
import { type Readiness, readiness } from "./readiness.ts";
import type { Accepted, AskedRequest, BatchAnswer, HistoryEntry, StoredBatch, Totals } from "./records.ts";
import { type Asked, type Asking, cancellable, makeRequest } from "./request.ts";
import type * as syncing from "./sync.ts";
import { TerminalTrouble } from "./troubles.ts";
import type * as giving from "./void.ts";

/** What talks to the operator, and what gives back: loaded when it is first needed. Accepting needs none of it. */
export const online = () =>
  import("./online.ts").catch((cause: unknown) => {
    throw new PartMissing(cause);
  });

const noticing = () =>
  import("./notice.ts").catch((cause: unknown) => {
    throw new PartMissing(cause);
  });

/** As much of what was shown as its log line masks. */
const SHOWN_TAIL_BYTES = 32;

/** One payee's device over one open store. */
export class Terminal {
  readonly #outside: Outside;
  #desk: Desk | undefined;

  constructor(outside: Outside) {
    this.#outside = outside;
  }

  // --- who it is ---

  get isEnrolled(): boolean {
    return this.#outside.store.enrolment() !== undefined;
  }

  /** Whether the desk stands ready. */
  get isOpen(): boolean {
    return this.#desk !== undefined && this.isEnrolled;
  }

  /** Opens the desk, or takes over what another tab has changed. Throws TerminalTrouble not_enrolled. */
  async open(): Promise<Desk> {
    try {
      if (this.#desk === undefined) this.#desk = await Desk.open(this.#outside);
      else await this.#desk.refresh();
    } catch (error) {
      if (!(error instanceof TerminalTrouble)) throw error;
      this.#desk = undefined; // signed out, and perhaps enrolled anew
      this.#desk = await Desk.open(this.#outside);
    }
    return this.#desk;
  }

  /** The desk as it was opened last. Throws TerminalTrouble not_enrolled. */
  get desk(): Desk {
    if (this.#desk === undefined || !this.isEnrolled) throw new TerminalTrouble("not_enrolled");
    return this.#desk;
  }

  /** Become a payee's terminal, see enrolment.ts. */
  async enrol(link: OperatorLink, given: { readonly server: string; readonly code: string }): Promise<void> {
    await (await online()).enrol(this.#outside, link, given);
    await this.open();
  }

  /** Forget the key and leave. Throws TerminalTrouble queue_waiting while anything has no answer yet. */
  async signOut(): Promise<void> {
    const { store } = await this.open();
    const { claims, notes } = store.queue();
    if (claims + notes > 0) throw new TerminalTrouble("queue_waiting", { count: String(claims + notes) });
    await store.signOut();
    this.#desk = undefined;
  }

  // --- at the counter, with no network ---

  /** Ask for an exact amount or up to one; stored before it is returned to be shown. */
  async request(asking: Asking): Promise<Asked> {
    return makeRequest(await this.open(), asking);
  }

  /** Accept what a payer shows in answer to a request, see accept.ts. */
  async accept(payment: Octets, how: accepting.Accepting = {}): Promise<accepting.Acceptance> {
    return accepting.accept(await this.open(), payment, how);
  }

  /** What `accept` would decide, with nothing stored. */
  async weigh(payment: Octets, how: accepting.Accepting = {}): Promise<accepting.Acceptance | accepting.Weighed> {
    return accepting.weigh(await this.open(), payment, how);
  }

  /** Accept a one-way code, see accept.ts. */
  async takeCode(
    payment: Octets,
    how: { readonly dueMinor: bigint; readonly atOwnRisk?: boolean | undefined },
  ): Promise<accepting.Acceptance> {
    return accepting.takeCode(await this.open(), payment, how);
  }

  /** Take the issuer's word that a request is paid, see accept.ts. */
  async acceptNotice(notice: Octets): Promise<NoticeTaken> {
    const { acceptNotice } = await noticing();
    return acceptNotice(await this.open(), notice);
  }

  /** Give back an accepted payment, all of it or `totalMinor` in all, see void.ts. */
  async void(receiptCounter: number, totalMinor?: bigint): Promise<giving.NoteGiven> {
    return (await online()).voidPayment(await this.open(), this.payment(receiptCounter), totalMinor);
  }

  /** Cancel a request for ever, see void.ts. */
  async cancel(requestHash: RequestHash): Promise<giving.NoteGiven> {
    return (await online()).cancel(await this.open(), requestHash);
  }

  /** Note a refusal in the bounded log: its code, and the last bytes shown, masked. */
  async logRefusal(refusal: Coded, shown: Octets): Promise<void> {
    const { store } = this.desk;
    const subject = shown.length === 0 ? "" : masked(shown.subarray(-SHOWN_TAIL_BYTES));
    await store.logRefusal({ time: this.desk.now(), code: refusal.code, subject });
  }

  /** End the shift: its last totals; the next one begins. */
  async closeShift(): Promise<Totals> {
    const desk = await this.open();
    return desk.store.closeShift(desk.now());
  }

  // --- what the till holds ---

  /** An accepted payment by its receipt's number. Throws TerminalTrouble payment_unknown. */
  payment(receiptCounter: number): Accepted {
    const found = this.desk.store.acceptedAt(receiptCounter);
    if (found === undefined) throw new TerminalTrouble("payment_unknown");
    return found;
  }

  /** Whether this is a request of ours for up to an amount. */
  isMaximum(requestHash: RequestHash | undefined): boolean {
    return requestHash !== undefined && this.desk.store.request(requestHash)?.isMaximum === true;
  }

  /** The requests that a bare "cancel" can mean, see void.ts. */
  cancellable(): readonly AskedRequest[] {
    return cancellable(this.desk);
  }

  /** Requests that may still be answered, oldest first. */
  openRequests(): readonly AskedRequest[] {
    return this.desk.store.openRequests(this.desk.now());
  }

  /** The till of this shift. */
  totals(): Totals {
    return this.desk.store.totals();
  }

  /** The latest acts, and what the operator told later, newest first. */
  history(limit: number): readonly HistoryEntry[] {
    return this.desk.store.history(limit);
  }

  /** What is possible now. */
  ready(): Readiness {
    return readiness(this.desk);
  }

  /** What works now, up to how much, until when, and why not. */
  boundary(reach: Reach): readonly Capability[] {
    return limits.boundary(this.desk, reach);
  }

  // --- with a network, or by file ---

  /** Send, hear, learn, see sync.ts; `resend` sends the last answered batch again on purpose. */
  async sync(
    link: OperatorLink,
    how: { readonly resend?: boolean; readonly watch?: syncing.SyncWatch } = {},
  ): Promise<syncing.SyncOutcome> {
    return (await online()).sync(await this.open(), link, how);
  }

  /** All batches without an answer, signed, for a network that does not come back. Throws queue_empty. */
  async export(): Promise<readonly StoredBatch[]> {
    const desk = await this.open();
    const { buildBatch } = await online();
    while ((await buildBatch(desk)) !== undefined);
    const batches = desk.store.unansweredBatches();
    if (batches.length === 0) throw new TerminalTrouble("queue_empty");
    return batches;
  }

  /** Take an answer that came by file, see sync.ts. */
  async takeAnswer(answer: Octets): Promise<BatchAnswer | undefined> {
    return (await online()).takeAnswer(await this.open(), answer);
  }
}
