/**
 * The writes of a round with the operator, or of what goes by file: a batch, its answer, what was told later.
 *
 * They are loaded with the first of them (terminal_store.ts); taking a payment needs none of it.
 */

import { type Answered, type BatchAnswer, type HeardPage, isNews, type StoredBatch } from "./records.ts";
import { isQueued } from "./states.ts";
import { held } from "./terminal_reads.ts";
import { named, type Row, type Rows } from "./terminal_rows.ts";
import { type Change, law, shiftNow } from "./terminal_writes.ts";

/** A signed batch; its claims and notes are in it from now on. */
export function putBatch(change: Change, rows: Rows, batch: StoredBatch): Change {
  const { batchId, raw, madeAt, notes } = batch;
  law(rows.find(named("batch", batchId)) === undefined, "a batch is made once");
  const number = rows.next("batch");
  const claims = batch.claims.map((chequeId) => held(rows.find(named("cheque", chequeId))));
  change.put("batch", number, { batchId, raw, madeAt, claims, notes: [...notes] });
  const wasInNone = (row: Row<"accepted" | "note"> | undefined): boolean => row?.state === "waiting";
  for (const place of claims) {
    const row = held(rows.get("accepted", place));
    law(wasInNone(row), "what goes into a batch was in none");
    change.put("accepted", place, { ...row, state: "sent", batch: number });
  }
  for (const place of notes) {
    const row = held(rows.get("note", place));
    law(wasInNone(row), "what goes into a batch was in none");
    change.put("note", place, { ...row, state: "sent", batch: number });
  }
  return change;
}

/** An answer, with what it says of every claim and note of its batch. */
export function putAnswer(change: Change, rows: Rows, answer: BatchAnswer): Change {
  const number = held(rows.find(named("batch", answer.batchId)));
  const batch = held(rows.get("batch", number));
  law(batch.answer === undefined, "a batch is answered once");
  change.put("batch", number, { ...batch, answer: answer.raw });
  const answered = <Key>(row: Row<"accepted" | "note">, { state, item }: Answered<Key>) => {
    law(row.state === "sent" && row.batch === number, "an item is answered once, with its batch");
    return { state, answer: { ...item } };
  };
  for (const claim of answer.claims) {
    const place = held(rows.find(named("cheque", claim.key)));
    const row = held(rows.get("accepted", place));
    change.put("accepted", place, { ...row, ...answered(row, claim) });
  }
  for (const note of answer.notes) {
    const row = held(rows.get("note", note.key));
    change.put("note", note.key, { ...row, ...answered(row, note) });
  }
  return change;
}

/** Events of the payee's statement with what they do to claims, and how far it was heard. */
export function putPage(change: Change, rows: Rows, page: HeardPage): Change {
  const { deployment, payeeId, before, upTo } = page;
  const known = rows.get("heard", rows.find(named(`heard/${deployment}`, payeeId)) ?? 0)?.number;
  law(known === before, "a page goes on where the one before has ended");
  const place = rows.find(named(`heard/${deployment}`, payeeId)) ?? rows.next("heard");
  change.put("heard", place, { deployment, payeeId, number: upTo });
  const moved = new Map<number, Row<"accepted">>();
  const counts = new Map<number, number>();
  let next = rows.next("event");
  for (const event of page.events) {
    const { number, kind, at, paidMinor, waitingMinor, deadline, state } = event;
    const claim = held(rows.find(named("cheque", event.chequeId)));
    const row = moved.get(claim) ?? held(rows.get("accepted", claim));
    law(rows.find(`event/${deployment}/${number}`) === undefined, "an event is heard once");
    law(isQueued(row.state) === (state === undefined), "an event moves a claim that has its answer, and no other");
    const nth = (counts.get(claim) ?? rows.all("event").filter(([, told]) => told.claim === claim).length) + 1;
    counts.set(claim, nth);
    change.put("event", next, {
      ...{ deployment, number, claim, nth, kind, at, heardAt: page.time, paidMinor, waitingMinor, deadline },
      ...{ isNews: isNews(kind, nth), shift: shiftNow(rows) },
    });
    moved.set(claim, { ...row, told: next, ...(state === undefined ? {} : { state }) });
    next += 1;
  }
  for (const [number, row] of moved) change.put("accepted", number, row);
  return change;
}
