/**
 * What every store of the till promises, whatever lies under it: records in memory (vitest) or in IndexedDB, in a page of
 * a real browser that imports this module. Each case gets records of its own and throws when a promise is broken.
 */

import type { RecordStore } from "../platform/store.ts";
import type { AnswerItem } from "../protocol/answer.ts";
import { AllowanceRef, BatchId, PayeeId, RequestHash, StatementId } from "../protocol/ids.ts";
import type { Octets } from "../protocol/octets.ts";
import { Conflict } from "../terminal/ports.ts";
import type { AskedRequest, NewAcceptance, NewNote, StoredBatch } from "../terminal/records.ts";
import { RecordTerminalStore } from "../terminal/terminal_store.ts";

const NOW = 1_800_000_000;

/** A case: its name, and what runs over fresh records. `again` opens the same records as after a restart. */
export interface StoreCase {
  readonly name: string;
  readonly run: (records: RecordStore, again: () => Promise<RecordStore>) => Promise<void>;
}

const bytes = (fill: number, size = 32): Octets => new Uint8Array(size).fill(fill);
const ROOT = { deployment: "d", roots: [bytes(9, 33)], threshold: 1 };
const TRUST = { root: ROOT, raw: bytes(1, 90), etag: "e", fetchedAt: NOW };
const WHO = {
  ...{ deployment: "d", server: "s", key: bytes(2), token: "t", certificate: bytes(3, 80) },
  certificateId: StatementId.of(bytes(4)),
};
const PAYEE = PayeeId.of(bytes(5, 8));
const SETTLED: AnswerItem = { verdict: 1, paidMinor: 7n, waitingMinor: 0n, code: "" };

function asked(number: number, expiresAt = NOW + 120): AskedRequest {
  return {
    ...{ requestHash: RequestHash.of(bytes(number)), payload: bytes(number, 40), shown: bytes(number, 120) },
    ...{ amountMinor: 10n, isMaximum: false, reference: `r${number}`, time: NOW, expiresAt, state: "open" },
  };
}

function acceptance(number: number, request: number | undefined, counter: number, allowance = 50): NewAcceptance {
  return {
    ...{ cheque: bytes(number, 150), witnessedTime: NOW + number, allowance: bytes(allowance, 160) },
    link: {
      ...{ chequeId: StatementId.of(bytes(number)), counter: number, amountMinor: 10n, cumulativeMinor: 10n },
      ...{ previous: bytes(6, 16), closing: false },
    },
    ...{ allowanceId: StatementId.of(bytes(allowance)), allowanceRef: AllowanceRef.of(bytes(allowance, 8)) },
    ...{ allowanceExpiresAt: NOW + 9, credits: undefined, finalMinor: 10n, guaranteedMinor: 10n, deadline: NOW + 99 },
    ...{ requestHash: request === undefined ? undefined : RequestHash.of(bytes(request)), warn: false },
    receipt: statement(100 + counter, counter),
  };
}

function statement(number: number, counter: number) {
  const statementId = StatementId.of(bytes(number));
  return { statementId, counter, raw: bytes(number, 90), shown: bytes(number, 170), time: NOW };
}

function note(kind: 1 | 2, subject: number, backMinor: bigint, counter: number): NewNote {
  return { kind, subject: bytes(subject), backMinor, statement: statement(150 + counter, counter) };
}

function batch(number: number, claims: number[], notes: number[]): StoredBatch {
  const ids = claims.map((claim) => StatementId.of(bytes(claim)));
  return {
    batchId: BatchId.of(bytes(number, 16)),
    raw: bytes(number, 300),
    madeAt: NOW,
    claims: ids,
    notes,
    answer: undefined,
  };
}

export const TERMINAL_STORE_CASES: readonly StoreCase[] = [
  {
    name: "an enrolment is begun, done, and found after a restart",
    async run(records, again) {
      const store = new RecordTerminalStore(records);
      await records.exclusively(async () => {
        await conflict(() => store.enrol(WHO, TRUST));
        await store.keepPendingKey(WHO.key);
        await store.enrol(WHO, TRUST);
        await conflict(() => store.enrol(WHO, TRUST));
      });
      const found = new RecordTerminalStore(await again());
      same([found.enrolment(), found.trust(), found.pendingKey()], [WHO, TRUST, undefined]);
      same([found.totals().shift, found.chainHead()], [1, { counter: 1, previous: bytes(4, 16) }]);
    },
  },
  {
    name: "a request is stored once, answered once, and runs out by the clock alone",
    async run(records, again) {
      const store = await enrolled(records);
      await records.exclusively(async () => {
        await store.addRequest(asked(10));
        await store.addRequest(asked(11, NOW + 5));
        await conflict(() => store.addRequest(asked(10)));
      });
      same(
        store.openRequests(NOW + 6).map((one) => one.reference),
        ["r10"],
      );
      same(
        store.staleRequests(NOW + 6, 5).map((one) => one.reference),
        ["r11"],
      );
      await records.exclusively(async () => {
        await store.accept(acceptance(20, 10, 1));
        await conflict(() => store.accept(acceptance(21, 10, 2)));
        await conflict(() => store.accept(acceptance(20, undefined, 2))); // one row a cheque
        await conflict(() => store.accept(acceptance(22, undefined, 1))); // one statement a counter
      });
      const found = new RecordTerminalStore(await again());
      same(found.accepted(bytes(20)), store.accepted(bytes(20)));
      same(found.acceptedOn(RequestHash.of(bytes(10)))?.reference, "r10");
      same([found.acceptedBytes(bytes(20, 150))?.receiptCounter, found.acceptedAt(1)?.finalMinor], [1, 10n]);
      same(found.links(AllowanceRef.of(bytes(50, 8))).length, 1);
      same(found.request(RequestHash.of(bytes(10)))?.state, "accepted");
      same(found.chainHead().counter, 2);
    },
  },
  {
    name: "notes give back upwards only, and a request is cancelled once",
    async run(records) {
      const store = await enrolled(records);
      await records.exclusively(async () => {
        await store.addRequest(asked(10));
        await store.accept(acceptance(20, undefined, 1));
        await store.addNote(note(1, 20, 3n, 2));
        await conflict(() => store.addNote(note(1, 20, 3n, 3)));
        await conflict(() => store.addNote(note(1, 20, 11n, 3)));
        await store.addNote(note(1, 20, 10n, 3));
        await store.addNote(note(2, 10, 0n, 4));
        await conflict(() => store.addNote(note(2, 10, 0n, 5)));
        await conflict(() => store.settleRequest(paid(10), NOW)); // a cancelled one is not paid any more
      });
      same([store.accepted(bytes(20))?.backMinor, store.noteOn(bytes(20))?.counter], [10n, 3]);
      same(store.totals().notesWaiting, 3);
    },
  },
  {
    name: "a batch is made, answered once, and only then leaves the queue",
    async run(records, again) {
      const store = await enrolled(records);
      await records.exclusively(async () => {
        await store.accept(acceptance(20, undefined, 1));
        await store.addNote(note(1, 20, 3n, 2));
        const { claims, notes } = store.queued(9);
        same([claims.length, notes.map((one) => one.number)], [1, [2]]);
        await store.addBatch(batch(60, [20], [2]));
        await conflict(() => store.addBatch(batch(61, [20], [])));
      });
      const open = new RecordTerminalStore(await again());
      same([open.queue().claims, open.queue().notes, open.queued(9).claims.length], [1, 1, 0]);
      same(open.unansweredBatches(), [batch(60, [20], [2])]);
      const claim = { key: StatementId.of(bytes(20)), receiptCounter: 1, state: "settled", item: SETTLED } as const;
      const answer = { batchId: BatchId.of(bytes(60, 16)), raw: bytes(61, 90), time: NOW + 5, clockAheadS: -5 };
      await records.exclusively(async () => {
        await store.keepAnswer({ ...answer, claims: [claim], notes: [{ key: 2, state: "settled", item: SETTLED }] });
        await conflict(() => store.keepAnswer({ ...answer, claims: [], notes: [] }));
      });
      const found = new RecordTerminalStore(await again());
      same([found.queue().claims, found.queue().notes, found.unansweredBatches().length], [0, 0, 0]);
      same([found.lastAnsweredBatch()?.answer, found.operatorTime(), found.clockAheadS()], [answer.raw, NOW + 5, -5]);
      same([found.accepted(bytes(20))?.state, found.accepted(bytes(20))?.answer], ["settled", SETTLED]);
    },
  },
  {
    name: "a page of events goes on where the one before has ended",
    async run(records) {
      const store = await enrolled(records);
      const chequeId = StatementId.of(bytes(20));
      const page = { deployment: "d", payeeId: PAYEE, time: NOW };
      const event = { at: NOW, chequeId, paidMinor: 1n, waitingMinor: 0n, deadline: NOW + 9, state: undefined };
      await records.exclusively(async () => {
        await store.accept(acceptance(20, undefined, 1));
        await store.keepEvents({ ...page, before: undefined, upTo: 5, events: [] });
        await conflict(() => store.keepEvents({ ...page, before: undefined, upTo: 9, events: [] }));
        const told = await store.keepEvents({
          ...{ ...page, before: 5, upTo: 9 },
          events: [
            { ...event, number: 7, kind: "settled" },
            { ...event, number: 9, kind: "fork" },
          ],
        });
        same(
          told.map(({ number, nth, receiptCounter }) => [number, nth, receiptCounter]),
          [
            [7, 1, 1],
            [9, 2, 1],
          ],
        );
        const moves = { ...event, number: 10, kind: "fork", state: "settled" } as const;
        await conflict(() => store.keepEvents({ ...page, before: 9, upTo: 10, events: [moves] })); // it is queued
      });
      same([store.heardUpTo("d", PAYEE), store.told(chequeId).length, store.totals().toldCount], [9, 2, 1]);
    },
  },
  {
    name: "proofs, notices, shifts and the clock are kept",
    async run(records, again) {
      const store = await enrolled(records);
      const proof = { proofId: bytes(70), raw: bytes(71, 99), allowanceId: StatementId.of(bytes(50)), time: NOW };
      await records.exclusively(async () => {
        await store.keepProof({ ...proof, reason: "same_counter" });
        await conflict(() => store.keepProof({ ...proof, reason: "same_counter" }));
        await store.addRequest(asked(10));
        await store.settleRequest(paid(10), NOW + 3);
        await conflict(() => store.settleRequest(paid(10), NOW + 3));
        await store.keepClock({ operatorTime: NOW + 1, clockAheadS: 4 });
        await store.closeShift(NOW + 50);
      });
      const found = new RecordTerminalStore(await again());
      same([found.proofs().length, found.paidRequest(RequestHash.of(bytes(10)))?.reference], [1, "r10"]);
      same([found.operatorTime(), found.clockAheadS()], [NOW + 3, 4]);
      same([found.totals().shift, found.totals().beganAt], [2, NOW + 50]);
      same(
        found.history(5).map(({ entry }) => entry),
        ["paid"],
      );
    },
  },
  {
    name: "who signs out keeps the evidence",
    async run(records, again) {
      const store = await enrolled(records);
      await records.exclusively(async () => {
        await store.accept(acceptance(20, undefined, 1));
        await store.signOut();
        await conflict(async () => store.chainHead());
      });
      const found = new RecordTerminalStore(await again());
      same(
        [found.enrolment(), found.history(5).length, found.chequeBytes(StatementId.of(bytes(20)))],
        [undefined, 1, bytes(20, 150)],
      );
    },
  },
];

async function enrolled(records: RecordStore): Promise<RecordTerminalStore> {
  const store = new RecordTerminalStore(records);
  await records.exclusively(async () => {
    await store.keepPendingKey(WHO.key);
    await store.enrol(WHO, TRUST);
  });
  return store;
}

function paid(request: number) {
  const requestHash = RequestHash.of(bytes(request));
  return { requestHash, notice: bytes(80, 90), finalMinor: 10n, reference: `r${request}`, time: NOW };
}

/** The act must be stopped by a law, with nothing written. */
async function conflict(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (error instanceof Conflict) return;
    throw error;
  }
  throw new Error("a law was broken and nobody said so");
}

function same(found: unknown, expected: unknown): void {
  const [one, other] = [spelled(found), spelled(expected)];
  if (one !== other) throw new Error(`found ${one}\nexpected ${other}`);
}

/** Values as text: bytes as numbers, amounts with their mark, names in one order, what is absent left out. */
function spelled(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "bigint") return `${part}n`;
    if (part instanceof Uint8Array) return [...part];
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}
