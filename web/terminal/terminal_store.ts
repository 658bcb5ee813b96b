/**
 * The till's store over sealed records: `ports.TerminalStore`, in a browser or in memory (platform/store.ts).
 *
 * Reads come from memory. Every method that writes is one durable transaction under a named write point, inside an act
 * that has the app's lock. What must never happen twice is checked here once more, not only by the rules above: one row a
 * cheque, one cheque a request, one cheque a counter of an allowance, one statement a counter of the own chain, one
 * cancel note a request. What was read as one thing and is found as another stops the write with `Conflict`: then
 * nothing was written, and our own program is wrong. Mirrors src/feiqian/storage/terminal_store.py.
 */

import type { RecordStore } from "../platform/store.ts";
import type { Link } from "../protocol/chain.ts";
import type { AllowanceRef, BatchId, PayeeId, RequestHash, StatementId } from "../protocol/ids.ts";
import { PREVIOUS_BYTES } from "../protocol/limits.ts";
import { equal, type Octets, slice } from "../protocol/octets.ts";
import { NoteKind } from "../protocol/receipt.ts";
import { Conflict, type TerminalStore, WRITE_POINTS, type WritePoint } from "./ports.ts";
import {
  type Accepted,
  type AskedRequest,
  type BatchAnswer,
  type ChainHead,
  type Enrolment,
  type GivenNote,
  type HeardPage,
  type HeldTrust,
  type HistoryEntry,
  type KeptProof,
  keptMinor,
  type LoggedRefusal,
  type NewAcceptance,
  type NewNote,
  type NewStatement,
  type PaidRequest,
  type Queue,
  type StoredBatch,
  type ToldEvent,
  type Totals,
} from "./records.ts";
import { isQueued, type RequestEvent, requestAfter } from "./states.ts";
import { acceptedIn, askedIn, batchIn, eventIn, held, historyOf, noteIn, paidIn, totalsOf } from "./terminal_reads.ts";
import { type ChainRow, type Kind, type Kinds, named, ONE, type Row, Rows } from "./terminal_rows.ts";
import { Change, law, rounds, shiftNow } from "./terminal_writes.ts";

const REFUSALS_MAX = 500;
/** Fork proofs kept, one an allowance; each is three statements at most. */
const PROOFS_MAX = 200;

/** A till over the records of an unlocked app. Whoever opened the records closes them. */
export class RecordTerminalStore implements TerminalStore {
  readonly #records: RecordStore;
  readonly #rows: Rows;

  constructor(records: RecordStore) {
    this.#records = records;
    this.#rows = new Rows(records.records);
    records.subscribe((changed) => this.#rows.follow(records.records, changed));
  }

  // --- who this terminal is ---

  pendingKey(): Octets | undefined {
    return this.#rows.get("enrolment", ONE)?.pendingKey;
  }

  async keepPendingKey(pendingKey: Octets): Promise<void> {
    await this.#write(WRITE_POINTS.enrolKey, new Change().put("enrolment", ONE, { pendingKey }));
  }

  enrolment(): Enrolment | undefined {
    return this.#rows.get("enrolment", ONE)?.who;
  }

  async enrol(enrolment: Enrolment, trust: HeldTrust): Promise<void> {
    law(this.pendingKey() !== undefined && this.enrolment() === undefined, "an enrolment was begun and is not done");
    const change = new Change().put("enrolment", ONE, { who: { ...enrolment } }).put("trust", ONE, trustRow(trust));
    if (this.#rows.get("shift", ONE) === undefined) change.put("shift", ONE, { number: 1, beganAt: trust.fetchedAt });
    await this.#write(WRITE_POINTS.enrol, change);
  }

  async signOut(): Promise<void> {
    await this.#write(WRITE_POINTS.signOut, new Change().remove("enrolment", ONE));
  }

  trust(): HeldTrust | undefined {
    const row = this.#rows.get("trust", ONE);
    if (row === undefined) return undefined;
    const { deployment, roots, threshold, raw, etag, fetchedAt } = row;
    return { root: { deployment, roots, threshold }, raw, etag, fetchedAt };
  }

  async keepTrust(trust: HeldTrust): Promise<void> {
    await this.#write(WRITE_POINTS.trust, new Change().put("trust", ONE, trustRow(trust)));
  }

  // --- time ---

  operatorTime(): number {
    return this.#rows.get("moment", ONE)?.operatorTime ?? 0;
  }

  witnessedTimes(): readonly number[] {
    const times = this.#rows.all("allowance").map(([, row]) => row.seenTime);
    return times.sort((one, other) => other - one).slice(0, 2);
  }

  clockAheadS(): number | undefined {
    return this.#rows.get("moment", ONE)?.clockAheadS;
  }

  async keepClock(told: { readonly operatorTime: number; readonly clockAheadS: number }): Promise<void> {
    await this.#write(WRITE_POINTS.clock, this.#clock(new Change(), told.operatorTime, told.clockAheadS));
  }

  // --- requests and payments ---

  async addRequest(request: AskedRequest): Promise<void> {
    law(this.request(request.requestHash) === undefined, "a request is made once");
    await this.#write(WRITE_POINTS.request, new Change().put("asked", this.#rows.next("asked"), { ...request }));
  }

  request(requestHash: RequestHash): AskedRequest | undefined {
    const row = this.#found("asked", named("request", requestHash));
    return row === undefined ? undefined : askedIn(row);
  }

  openRequests(now: number): readonly AskedRequest[] {
    const open = this.#rows.all("asked").filter(([, row]) => row.state === "open" && row.expiresAt >= now);
    return open.map(([, row]) => askedIn(row));
  }

  staleRequests(now: number, limit: number): readonly AskedRequest[] {
    return this.#rows.latest("asked", limit, (row) => row.state === "open" && row.expiresAt < now).map(askedIn);
  }

  links(allowanceRef: AllowanceRef): readonly Link[] {
    const allowances = this.#rows.all("allowance").filter(([, row]) => equal(row.ref, allowanceRef));
    const cheques = allowances.flatMap(([number]) => this.#rows.chequesOn(number));
    const links = cheques.map(({ chequeId, counter, amountMinor, cumulativeMinor, previous }) => {
      return { chequeId, counter, amountMinor, cumulativeMinor, previous, closing: false };
    });
    return links.sort((one, other) => one.counter - other.counter);
  }

  accepted(chequeId: Octets): Accepted | undefined {
    return this.#accepted(named("cheque", chequeId));
  }

  acceptedBytes(cheque: Octets): Accepted | undefined {
    return this.#accepted(named("bytes", cheque));
  }

  acceptedOn(requestHash: RequestHash): Accepted | undefined {
    return this.#accepted(named("answers", requestHash));
  }

  acceptedAt(receiptCounter: number): Accepted | undefined {
    // The same number may stand in the chain of a certificate from before a sign-out: the latest is meant.
    return this.#accepted(`receipt/${receiptCounter}`);
  }

  chainHead(): ChainHead {
    const { certificateId } = this.#who();
    let last: ChainRow | undefined;
    for (const chain of this.#chain()) {
      if (equal(chain.certificateId, certificateId) && chain.counter > (last?.counter ?? 0)) last = chain;
    }
    const previous = slice(last?.statementId ?? certificateId, 0, PREVIOUS_BYTES);
    return { counter: (last?.counter ?? 0) + 1, previous };
  }

  async accept(acceptance: NewAcceptance): Promise<void> {
    const { link, requestHash, allowanceId, allowanceRef, credits } = acceptance;
    const change = new Change();
    if (requestHash !== undefined) {
      law(this.acceptedOn(requestHash) === undefined, "one cheque a request");
      this.#moveRequest(change, requestHash, "accept");
    }
    law(this.accepted(link.chequeId) === undefined, "one row a cheque");
    const known = this.#rows.find(named("allowance", allowanceId));
    const allowance = known ?? this.#rows.next("allowance");
    law(!this.#rows.chequesOn(allowance).some((row) => row.counter === link.counter), "one cheque a counter");
    const seenTime = Math.max(acceptance.witnessedTime, this.#rows.get("allowance", allowance)?.seenTime ?? 0);
    change.put("allowance", allowance, {
      ...{
        allowanceId,
        ref: allowanceRef,
        raw: acceptance.allowance,
        expiresAt: acceptance.allowanceExpiresAt,
        seenTime,
      },
    });
    change.put("accepted", this.#nextInChain(), {
      receipt: this.#chained(acceptance.receipt),
      cheque: acceptance.cheque,
      chequeId: link.chequeId,
      allowance,
      counter: link.counter,
      amountMinor: link.amountMinor,
      cumulativeMinor: link.cumulativeMinor,
      previous: link.previous,
      ...(requestHash === undefined ? {} : { requestHash }),
      ...(credits === undefined ? {} : { credits }),
      finalMinor: acceptance.finalMinor,
      guaranteedMinor: acceptance.guaranteedMinor,
      deadline: acceptance.deadline,
      warn: acceptance.warn,
      shift: shiftNow(this.#rows),
      backMinor: 0n,
      state: "waiting",
    });
    await this.#write(WRITE_POINTS.accept, change);
  }

  async addNote(note: NewNote): Promise<void> {
    const { kind, subject, backMinor } = note;
    const change = new Change();
    if (kind === NoteKind.cancel) {
      const [, asked] = this.#asked(subject);
      law(this.noteOn(subject) === undefined, "one cancel note a request");
      this.#moveRequest(change, asked.requestHash, "cancel");
    } else {
      const number = this.#rows.find(named("cheque", subject));
      const row = number === undefined ? undefined : this.#rows.get("accepted", number);
      if (number === undefined || row === undefined || backMinor <= row.backMinor || backMinor > row.finalMinor) {
        throw new Conflict("a note gives back more of an accepted cheque");
      }
      change.put("accepted", number, { ...row, backMinor });
    }
    const statement = this.#chained(note.statement);
    change.put("note", this.#nextInChain(), { statement, kind, subject, backMinor, state: "waiting" });
    await this.#write(WRITE_POINTS.note, change);
  }

  noteOn(subject: Octets): GivenNote | undefined {
    const row = this.#found("note", named("note", subject));
    return row === undefined ? undefined : noteIn(row);
  }

  async settleRequest(paid: PaidRequest, operatorTime: number): Promise<void> {
    const { requestHash, notice, finalMinor, time } = paid;
    law(this.paidRequest(requestHash) === undefined, "a request is paid once");
    const change = new Change();
    this.#moveRequest(change, requestHash, "settle");
    change.put("paid", this.#rows.next("paid"), { requestHash, notice, finalMinor, time, shift: shiftNow(this.#rows) });
    await this.#write(WRITE_POINTS.notice, this.#clock(change, operatorTime, this.clockAheadS()));
  }

  paidRequest(requestHash: RequestHash): PaidRequest | undefined {
    const row = this.#found("paid", named("paid", requestHash));
    return row === undefined ? undefined : paidIn(this.#rows, row);
  }

  // --- the queue ---

  queued(claimsMax: number) {
    const claims = this.#rows.all("accepted").filter(([, row]) => row.state === "waiting");
    const notes = this.#rows.all("note").filter(([, row]) => row.state === "waiting");
    return {
      claims: claims.slice(0, claimsMax).map(([, { chequeId, cheque, allowance, receipt, requestHash, credits }]) => ({
        chequeId,
        cheque,
        allowance: held(this.#rows.get("allowance", allowance)).raw,
        receipt: receipt.raw,
        requestPayload: requestHash === undefined ? undefined : this.request(requestHash)?.payload,
        credits,
      })),
      notes: notes.slice(0, claimsMax).map(([number, row]) => ({ number, raw: row.statement.raw })),
    };
  }

  async addBatch(batch: StoredBatch): Promise<void> {
    const { putBatch } = await rounds();
    const change = putBatch(new Change(), this.#rows, batch);
    await this.#write(WRITE_POINTS.batch, change);
  }

  unansweredBatches(): readonly StoredBatch[] {
    const waiting = this.#rows.all("batch").filter(([, row]) => row.answer === undefined);
    return waiting.map(([, row]) => batchIn(this.#rows, row));
  }

  batch(batchId: BatchId): StoredBatch | undefined {
    const row = this.#found("batch", named("batch", batchId));
    return row === undefined ? undefined : batchIn(this.#rows, row);
  }

  lastAnsweredBatch(): StoredBatch | undefined {
    const [row] = this.#rows.latest("batch", 1, (batch) => batch.answer !== undefined);
    return row === undefined ? undefined : batchIn(this.#rows, row);
  }

  async keepAnswer(answer: BatchAnswer): Promise<void> {
    const { putAnswer } = await rounds();
    const change = putAnswer(new Change(), this.#rows, answer);
    await this.#write(WRITE_POINTS.answer, this.#clock(change, answer.time, answer.clockAheadS));
  }

  queue(): Queue {
    let [claims, amountMinor, firstDeadline] = [0, 0n, Number.POSITIVE_INFINITY];
    for (const [, row] of this.#rows.all("accepted")) {
      if (!isQueued(row.state)) continue;
      claims += 1;
      amountMinor += keptMinor(row);
      firstDeadline = Math.min(firstDeadline, row.deadline);
    }
    const notes = this.#rows.all("note").filter(([, row]) => isQueued(row.state)).length;
    return { claims, notes, amountMinor, firstDeadline: claims === 0 ? undefined : firstDeadline };
  }

  // --- later truth ---

  heardUpTo(deployment: string, payeeId: PayeeId): number | undefined {
    return this.#found("heard", named(`heard/${deployment}`, payeeId))?.number;
  }

  async keepEvents(page: HeardPage): Promise<readonly ToldEvent[]> {
    const { putPage } = await rounds();
    const first = this.#rows.next("event");
    const change = putPage(new Change(), this.#rows, page);
    await this.#write(WRITE_POINTS.events, change);
    return this.#rows.all("event").flatMap(([number, row]) => (number >= first ? [eventIn(this.#rows, row)] : []));
  }

  told(chequeId: StatementId): readonly ToldEvent[] {
    const claim = this.#rows.find(named("cheque", chequeId));
    const events = this.#rows.all("event").filter(([, row]) => row.claim === claim);
    return events.map(([, row]) => eventIn(this.#rows, row));
  }

  // --- evidence ---

  chequeBytes(chequeId: StatementId): Octets | undefined {
    return this.#found("accepted", named("cheque", chequeId))?.cheque;
  }

  async keepProof(proof: KeptProof): Promise<void> {
    law(this.proofOn(proof.allowanceId) === undefined, "one proof an allowance");
    const number = this.#rows.next("proof");
    const change = new Change().put("proof", number, { ...proof });
    for (const old of this.#rows.numbers("proof")) if (old <= number - PROOFS_MAX) change.remove("proof", old);
    await this.#write(WRITE_POINTS.proof, change);
  }

  proofOn(allowanceId: StatementId): KeptProof | undefined {
    return this.#found("proof", named("proof", allowanceId));
  }

  proofs(): readonly KeptProof[] {
    return this.#rows.all("proof").map(([, row]) => row);
  }

  // --- the till ---

  totals(): Totals {
    return totalsOf(this.#rows);
  }

  async closeShift(now: number): Promise<Totals> {
    const ended = this.totals();
    const change = new Change().put("shift", ONE, { number: ended.shift + 1, beganAt: now });
    await this.#write(WRITE_POINTS.shift, change);
    return ended;
  }

  history(limit: number): readonly HistoryEntry[] {
    return historyOf(this.#rows, limit);
  }

  async logRefusal(refusal: LoggedRefusal): Promise<void> {
    const number = this.#rows.next("refusal");
    const change = new Change().put("refusal", number, { ...refusal });
    for (const old of this.#rows.numbers("refusal")) if (old <= number - REFUSALS_MAX) change.remove("refusal", old);
    await this.#write(WRITE_POINTS.refusal, change);
  }

  refusals(): readonly LoggedRefusal[] {
    return this.#rows.latest("refusal", REFUSALS_MAX);
  }

  // --- parts of reading and writing ---

  async #write(point: WritePoint, change: Change): Promise<void> {
    await this.#records.write(point, change.changes);
  }

  #found<K extends Kind>(kind: K, name: string): Row<K> | undefined {
    const number = this.#rows.find(name);
    return number === undefined ? undefined : this.#rows.get(kind, number);
  }

  #accepted(name: string): Accepted | undefined {
    const row = this.#found("accepted", name);
    return row === undefined ? undefined : acceptedIn(this.#rows, row);
  }

  #asked(requestHash: Octets): readonly [number, Row<"asked">] {
    const number = held(this.#rows.find(named("request", requestHash)));
    return [number, held(this.#rows.get("asked", number))];
  }

  #who(): Enrolment {
    const who = this.enrolment();
    if (who === undefined) throw new Conflict("no enrolment, so there is no chain");
    return who;
  }

  *#chain(): Generator<ChainRow> {
    for (const [, row] of this.#rows.all("accepted")) yield row.receipt;
    for (const [, row] of this.#rows.all("note")) yield row.statement;
  }

  /** Receipts and notes share one count of places. */
  #nextInChain(): number {
    return this.#rows.next("accepted", "note");
  }

  /** A statement at the end of the chain of the current certificate; one counter, one statement. */
  #chained({ counter, statementId, raw, shown, time }: NewStatement): ChainRow {
    law(counter === this.chainHead().counter, "one statement a counter");
    return { certificateId: this.#who().certificateId, counter, statementId, raw, shown, time };
  }

  /** Take a step of the request's table. Throws Conflict. */
  #moveRequest(change: Change, requestHash: RequestHash, event: RequestEvent): void {
    const [number, row] = this.#asked(requestHash);
    const state = requestAfter(row.state, event);
    if (state === undefined) throw new Conflict(`the request does not allow ${event}`);
    change.put("asked", number, { ...row, state });
  }

  /** Remember what an answer has told of the time. */
  #clock(change: Change, operatorTime: number, clockAheadS: number | undefined): Change {
    return change.put("moment", ONE, {
      operatorTime: Math.max(this.operatorTime(), operatorTime),
      ...(clockAheadS === undefined ? {} : { clockAheadS }),
    });
  }
}

function trustRow({ root, raw, etag, fetchedAt }: HeldTrust): Kinds["trust"] {
  return { deployment: root.deployment, roots: [...root.roots], threshold: root.threshold, raw, etag, fetchedAt };
}
