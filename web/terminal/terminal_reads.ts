/** Rows of the till's store as the terminal's records: the history, and the sums of a shift. Reads only. */

import type { AnswerItem } from "../protocol/answer.ts";
import { Conflict } from "./ports.ts";
import {
  type Accepted,
  type AskedRequest,
  type GivenNote,
  type GradeTotal,
  type HistoryEntry,
  keptMinor,
  type PaidRequest,
  type StoredBatch,
  type ToldEvent,
  type Totals,
} from "./records.ts";
import { gradeOf, isQueued } from "./states.ts";
import { named, ONE, type Row, type Rows } from "./terminal_rows.ts";

const TOLD_SHOWN_MAX = 20;
/** Of one second, news stand above acts. */
const NUMBER_BEHIND_ALL = 2 ** 40;

export function askedIn(row: Row<"asked">): AskedRequest {
  return { ...row };
}

/** The row of an accepted cheque with its request's reference and the operator's latest word. */
export function acceptedIn(rows: Rows, row: Row<"accepted">): Accepted {
  const { receipt, requestHash, state, answer } = row;
  const event = row.told === undefined ? undefined : rows.get("event", row.told);
  const { allowanceId, raw } = held(rows.get("allowance", row.allowance));
  return {
    chequeId: row.chequeId,
    ...{ allowanceId, allowance: raw },
    requestHash,
    reference: requestHash === undefined ? "" : referenceOf(rows, requestHash),
    receiptCounter: receipt.counter,
    receiptShown: receipt.shown,
    amountMinor: row.amountMinor,
    finalMinor: row.finalMinor,
    guaranteedMinor: row.guaranteedMinor,
    deadline: row.deadline,
    warn: row.warn,
    time: receipt.time,
    backMinor: row.backMinor,
    state,
    answer,
    told: event === undefined ? undefined : toldIn(row, event),
  };
}

/** An event with the payment that it is about. */
export function toldIn(accepted: Row<"accepted">, event: Row<"event">): ToldEvent {
  const { number, nth, kind, at, heardAt, paidMinor, waitingMinor, deadline } = event;
  const { chequeId, finalMinor } = accepted;
  const receiptCounter = accepted.receipt.counter;
  return { number, nth, kind, at, heardAt, chequeId, receiptCounter, finalMinor, paidMinor, waitingMinor, deadline };
}

export function eventIn(rows: Rows, event: Row<"event">): ToldEvent {
  return toldIn(held(rows.get("accepted", event.claim)), event);
}

export function noteIn({ kind, subject, backMinor, statement, state, answer }: Row<"note">): GivenNote {
  const { counter, shown, time } = statement;
  return { kind, subject, backMinor, counter, shown, time, state, answer };
}

export function paidIn(rows: Rows, { requestHash, notice, finalMinor, time }: Row<"paid">): PaidRequest {
  return { requestHash, notice, finalMinor, reference: referenceOf(rows, requestHash), time };
}

export function batchIn(rows: Rows, { batchId, raw, madeAt, claims, notes, answer }: Row<"batch">): StoredBatch {
  const ids = claims.map((number) => held(rows.get("accepted", number)).chequeId);
  return { batchId, raw, madeAt, claims: ids, notes, answer };
}

/** The latest acts and news, newest first; news stand where the till heard them. */
export function historyOf(rows: Rows, limit: number): readonly HistoryEntry[] {
  const acts: { readonly at: number; readonly place: number; readonly entry: HistoryEntry }[] = [];
  for (const event of rows.latest("event", limit, (row) => row.isNews)) {
    const told = eventIn(rows, event);
    acts.push({ at: told.heardAt, place: NUMBER_BEHIND_ALL + told.nth, entry: { entry: "told", told } });
  }
  for (const row of rows.latest("accepted", limit)) {
    const accepted = acceptedIn(rows, row);
    acts.push({ at: accepted.time, place: accepted.receiptCounter, entry: { entry: "accepted", accepted } });
  }
  for (const row of rows.latest("note", limit)) {
    const note = noteIn(row);
    acts.push({ at: note.time, place: note.counter, entry: { entry: "note", note } });
  }
  for (const row of rows.latest("paid", limit)) {
    acts.push({ at: row.time, place: 0, entry: { entry: "paid", paid: paidIn(rows, row) } });
  }
  acts.sort((one, other) => other.at - one.at || other.place - one.place);
  return acts.slice(0, limit).map(({ entry }) => entry);
}

/** The sums of the current shift. What the operator said last counts; before it has answered, nothing is paid. */
export function totalsOf(rows: Rows): Totals {
  const { number: shift, beganAt } = held(rows.get("shift", ONE));
  const byGrade = { F0: new Sum(), F1: new Sum(), F2: new Sum(), F3: new Sum() };
  const [waiting, refused] = [new Sum(), new Sum()];
  let [givenBackMinor, paidMinor, contingentMinor, unpaidMinor] = [0n, 0n, 0n, 0n];
  for (const [, row] of rows.all("accepted")) {
    if (row.shift !== shift) continue;
    const { state, backMinor } = row;
    const kept = keptMinor(row);
    const stands = standing(rows, row);
    const finalMinor = least(stands.paidMinor, kept);
    const heldMinor = least(stands.waitingMinor, kept > stands.paidMinor ? kept - stands.paidMinor : 0n);
    const really = { settled: finalMinor, contingent: heldMinor, waiting: kept, sent: kept, refused: kept };
    byGrade[gradeOf(state, row.guaranteedMinor >= row.finalMinor)].add(1, really[state]);
    if (state === "contingent") byGrade.F3.add(0, finalMinor); // what is paid of it already is final
    if (isQueued(state)) waiting.add(1, kept);
    else unpaidMinor += kept - finalMinor - heldMinor;
    if (state === "refused") refused.add(1, kept);
    givenBackMinor += backMinor;
    paidMinor += stands.paidMinor;
    contingentMinor += stands.waitingMinor;
  }
  for (const [, paid] of rows.all("paid")) {
    if (paid.shift !== shift) continue;
    byGrade.F3.add(1, paid.finalMinor);
    paidMinor += paid.finalMinor;
  }
  const news = rows.latest("event", Number.POSITIVE_INFINITY, (row) => row.isNews && row.shift === shift);
  return {
    ...{ shift, beganAt, givenBackMinor, paidMinor, contingentMinor, unpaidMinor },
    byGrade: { F0: byGrade.F0.total, F1: byGrade.F1.total, F2: byGrade.F2.total, F3: byGrade.F3.total },
    waiting: waiting.total,
    refused: refused.total,
    notesWaiting: rows.all("note").filter(([, note]) => isQueued(note.state)).length,
    told: news.slice(0, TOLD_SHOWN_MAX).map((event) => eventIn(rows, event)),
    toldCount: news.length,
  };
}

/** What must be there, or what is stored is not what we stored. */
export function held<T>(found: T | undefined): T {
  if (found === undefined) throw new Conflict("a row names another that is not there");
  return found;
}

function standing(rows: Rows, row: Row<"accepted">): Pick<AnswerItem, "paidMinor" | "waitingMinor"> {
  const event = row.told === undefined ? undefined : rows.get("event", row.told);
  return (row.answer === undefined ? undefined : (event ?? row.answer)) ?? { paidMinor: 0n, waitingMinor: 0n };
}

function referenceOf(rows: Rows, requestHash: Uint8Array): string {
  const number = rows.find(named("request", requestHash));
  return number === undefined ? "" : (rows.get("asked", number)?.reference ?? "");
}

class Sum {
  #count = 0;
  #amountMinor = 0n;

  add(count: number, amountMinor: bigint): void {
    this.#count += count;
    this.#amountMinor += amountMinor;
  }

  get total(): GradeTotal {
    return { count: this.#count, amountMinor: this.#amountMinor };
  }
}

function least(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}
