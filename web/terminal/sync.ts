/**
 * Syncing, the one talk with the operator: send what waits, store the answers, fetch newer lists, hear later truth.
 *
 * A batch is stored before it is sent and the same bytes are sent until they are answered, however often the network
 * breaks. The queue is forgotten only when the signed answer is stored, in one transaction with what it says of every
 * item. What one batch or item meets never keeps the others; only a network that is not there ends the round.
 *
 * Every round begins with a batch that holds nothing: its answer says which time it is, and so the batches behind it prove
 * what our clock is worth, to the operator and to ourselves (spec 05.4.1). Nothing is lost with it, so it is not stored.
 *
 * While an answer is waited for, the till may be in use at the counter: the link lets the store go around each call. So
 * whatever was read before a call is read again behind it, and an answer is held against what is stored at that moment.
 * Mirrors terminal/sync.py.
 */

import { type Answer, type AnswerItem, answerPrefix, batchHash, decodeAnswer } from "../protocol/answer.ts";
import { encodeClaim, signBatch } from "../protocol/claim.ts";
import * as cose from "../protocol/cose.ts";
import { BatchId, type StatementId } from "../protocol/ids.ts";
import { BATCH_ID_BYTES, BATCH_MAX_BYTES, CLAIMS_MAX, STATEMENT_MAX_BYTES } from "../protocol/limits.ts";
import { equal, type Octets, toHex } from "../protocol/octets.ts";
import { Refused } from "../protocol/refusals.ts";
import { advance } from "../protocol/trust.ts";
import { KeyRole } from "../protocol/trust_pack.ts";
import { Coded, WORLD_FAILED } from "../protocol/words.ts";
import type { Desk } from "./desk.ts";
import { heldTrust } from "./enrolment.ts";
import { beginListening, hear } from "./hearing.ts";
import { DEVICE_STOPPED, type OperatorLink } from "./ports.ts";
import {
  type AnsweredClaim,
  type BatchAnswer,
  keptMinor,
  type QueuedClaim,
  type QueuedNote,
  type StoredBatch,
  type ToldEvent,
} from "./records.ts";
import { claimAfter, eventOf, eventTold, noteEventOf } from "./states.ts";
import { TerminalTrouble } from "./troubles.ts";

/** What claims may take of a batch; the rest is for a thousand notes. */
const BATCH_ROOM_BYTES = BATCH_MAX_BYTES - 512 * 1024;

/** The parts of a round, as people are told of them. */
export type SyncPart = "trust" | "batch" | "events";

/** What a round of syncing did. `troubles` are what went wrong; whatever else is named here is done for good. */
export interface SyncOutcome {
  readonly answered: readonly BatchAnswer[];
  /** Batches sent again on purpose that got the same bytes as before. */
  readonly resent: number;
  readonly packAdvanced: boolean;
  readonly packCurrent: boolean;
  /** What the operator told of claims that were answered before, oldest first: news only. */
  readonly told: readonly ToldEvent[];
  readonly troubles: readonly SyncTrouble[];
}

export interface SyncTrouble {
  readonly part: SyncPart;
  readonly trouble: Coded;
}

/** Told when a part begins, and of every step within it. */
export type SyncWatch = (part: SyncPart, outcome: SyncOutcome) => void;

/** One round. Never throws Coded: what went wrong is in the outcome, and repeating the round is always safe. */
export async function sync(
  desk: Desk,
  link: OperatorLink,
  { resend = false, watch = () => undefined }: { readonly resend?: boolean; readonly watch?: SyncWatch } = {},
): Promise<SyncOutcome> {
  const round = new Round(desk, link, watch);
  await round.run(resend);
  return round.outcome;
}

/** Sign and store a batch of what is in none yet; undefined if there is nothing. */
export async function buildBatch(desk: Desk): Promise<StoredBatch | undefined> {
  const queued = desk.store.queued(CLAIMS_MAX);
  const [claims, notes] = [fitting(queued.claims), queued.notes];
  if (claims.length === 0 && notes.length === 0) return undefined;
  const batchId = BatchId.of(desk.outside.randomness(BATCH_ID_BYTES));
  const batch: StoredBatch = {
    batchId,
    raw: await signed(desk, batchId, claims, notes),
    madeAt: desk.now(),
    claims: claims.map((claim) => claim.chequeId),
    notes: notes.map((note) => note.number),
    answer: undefined,
  };
  await desk.store.addBatch(batch);
  return batch;
}

/**
 * Take the operator's answer, however it came; undefined if it was taken before. Throws Refused, TerminalTrouble.
 *
 * An answer that does not verify, or not to the last item, changes nothing.
 */
export async function takeAnswer(desk: Desk, raw: Octets): Promise<BatchAnswer | undefined> {
  const answer = decodeAnswer(raw);
  const batch = desk.store.batch(answer.batchId);
  if (batch === undefined || !equal(answer.terminalRef, desk.ref)) {
    throw new TerminalTrouble("answer_mismatch", { why: "another batch" });
  }
  await checkAnswers(desk, answer, batch.raw, batch.claims.length, batch.notes.length);
  if (batch.answer !== undefined) {
    if (!equal(batch.answer, raw)) throw new TerminalTrouble("answer_changed");
    return undefined;
  }
  const taken: BatchAnswer = {
    batchId: batch.batchId,
    raw,
    time: answer.time,
    clockAheadS: desk.ownClock() - answer.time,
    claims: paired(batch.claims, answer.claims, (key, item) => answeredClaim(desk, key, item)),
    notes: paired(batch.notes, answer.notes, (key, item) => ({
      key,
      state: claimAfter("sent", noteEventOf(item)),
      item,
    })),
  };
  await desk.store.keepAnswer(taken);
  return taken;
}

/** One round on its way. */
class Round {
  readonly outcome = {
    answered: [] as BatchAnswer[],
    resent: 0,
    packAdvanced: false,
    packCurrent: false,
    told: [] as ToldEvent[],
    troubles: [] as SyncTrouble[],
  };
  readonly #desk: Desk;
  readonly #link: OperatorLink;
  readonly #watch: SyncWatch;

  constructor(desk: Desk, link: OperatorLink, watch: SyncWatch) {
    this.#desk = desk;
    this.#link = link;
    this.#watch = watch;
  }

  async run(resend: boolean): Promise<void> {
    const [desk, link] = [this.#desk, this.#link];
    await this.#step("trust", () => this.#fetchPack());
    if (this.#isOver()) return;
    await this.#step("events", () => beginListening(desk, link));
    if (this.#isOver()) return;
    await this.#step("batch", () => this.#measureClock());
    if (this.#isOver()) return;
    if (resend) await this.#step("batch", () => this.#resend());
    for (const batch of desk.store.unansweredBatches()) {
      await this.#step("batch", () => this.#send(batch));
      if (this.#isOver()) return;
    }
    while (!this.#isOver()) {
      const fresh = await buildBatch(desk);
      if (fresh === undefined) break;
      await this.#step("batch", () => this.#send(fresh));
    }
    if (this.#isOver()) return;
    await this.#step("events", () =>
      hear(desk, link, (event) => {
        this.outcome.told.push(event);
        this.#watch("events", this.outcome);
      }),
    );
  }

  async #step(part: SyncPart, act: () => Promise<void>): Promise<void> {
    this.#watch(part, this.outcome);
    try {
      await act();
    } catch (error) {
      if (!(error instanceof Coded)) throw error;
      this.outcome.troubles.push({ part, trouble: error });
    }
    this.#watch(part, this.outcome);
  }

  #isOver(): boolean {
    return this.outcome.troubles.some(({ trouble: { code } }) => WORLD_FAILED.has(code) || DEVICE_STOPPED.has(code));
  }

  async #fetchPack(): Promise<void> {
    const desk = this.#desk;
    const held = desk.store.trust();
    const reply = await this.#link.trustPack(held === undefined || held.etag === "" ? undefined : held.etag);
    await desk.refresh();
    const overtaken = held !== undefined && !equal(held.raw, desk.trust.raw); // by another tab: no news, no rollback
    if (reply !== undefined && !overtaken) {
      const trust = await advance(desk.trust, reply.raw);
      this.outcome.packAdvanced = trust !== desk.trust;
      await desk.store.keepTrust(heldTrust(trust, reply.etag, desk.ownClock()));
      desk.trust = trust;
    }
    this.outcome.packCurrent = true;
  }

  /** A batch with nothing in it, and the operator's time from its answer. */
  async #measureClock(): Promise<void> {
    const desk = this.#desk;
    const raw = await signed(desk, BatchId.of(desk.outside.randomness(BATCH_ID_BYTES)), [], []);
    try {
      const answer = decodeAnswer(await this.#answerTo(raw));
      await checkAnswers(desk, answer, raw, 0, 0);
      await desk.store.keepClock({ operatorTime: answer.time, clockAheadS: desk.ownClock() - answer.time });
    } catch (error) {
      // It has arrived, which is all that the operator needs of it.
      if (!(error instanceof Coded && error.code === "batch_received")) throw error;
    }
  }

  async #resend(): Promise<void> {
    const batch = this.#desk.store.lastAnsweredBatch();
    if (batch === undefined) return;
    if ((await takeAnswer(this.#desk, await this.#answerTo(batch.raw))) === undefined) this.outcome.resent += 1;
  }

  async #send(batch: StoredBatch): Promise<void> {
    const taken = await takeAnswer(this.#desk, await this.#answerTo(batch.raw));
    if (taken !== undefined) this.outcome.answered.push(taken);
  }

  async #answerTo(batch: Octets): Promise<Octets> {
    const raw = await this.#link.sendBatch(batch);
    await this.#desk.refresh();
    return raw;
  }
}

/** By the answer, unless the operator's later word was heard before it arrived. */
function answeredClaim(desk: Desk, key: StatementId, item: AnswerItem): AnsweredClaim {
  const accepted = desk.store.accepted(key);
  if (accepted === undefined) throw new RangeError("the store does not hold what it has batched");
  const { told, receiptCounter } = accepted;
  const kept = keptMinor(accepted);
  const event = told === undefined ? eventOf(item, kept) : eventTold(told.kind, told, kept);
  return { key, receiptCounter, state: claimAfter("sent", event), item };
}

/** The signed batch: our own clock as it is, and beside it what is known for certain of the time. */
/**
 * Keep a pack that another device showed, if it is newer; true if it was. Throws Refused for any other.
 *
 * Whoever hands it over need not be trusted: it is checked as one from the operator is.
 */
export async function takePack(desk: Desk, raw: Octets): Promise<boolean> {
  await desk.refresh();
  const trust = await advance(desk.trust, raw);
  if (trust === desk.trust) return false;
  await desk.store.keepTrust(heldTrust(trust, "", desk.ownClock()));
  desk.trust = trust;
  return true;
}

async function signed(
  desk: Desk,
  batchId: BatchId,
  claims: readonly QueuedClaim[],
  notes: readonly QueuedNote[],
): Promise<Octets> {
  const { certificateId, deployment } = desk.enrolment;
  return signBatch(desk.signer, certificateId, deployment, {
    terminalRef: desk.ref,
    batchId,
    time: desk.ownClock(),
    indexVersion: desk.trust.index.version,
    allowances: [...new Map(claims.map((claim) => [toHex(claim.allowance), claim.allowance])).values()],
    claims: claims.map(encoded),
    notes: notes.map((note) => note.raw),
    counter: desk.store.chainHead().counter - 1,
    attestedAt: desk.attested(),
  });
}

/** Refuses an answer to anything but this batch, with so many claims and notes. */
async function checkAnswers(desk: Desk, answer: Answer, batch: Octets, claims: number, notes: number): Promise<void> {
  await checkSignature(desk, answer);
  if (!equal(answer.batchHash, await batchHash(batch))) {
    throw new TerminalTrouble("answer_mismatch", { why: "another content" });
  }
  if (answer.claims.length !== claims || answer.notes.length !== notes) {
    throw new TerminalTrouble("answer_mismatch", { why: "another number of items" });
  }
}

async function checkSignature(desk: Desk, answer: Answer): Promise<void> {
  const key = await desk.trust.key(KeyRole.acquirer, answer.acquirerKeyId);
  if (key === undefined) throw new Refused("acquirer_unknown");
  desk.trust.checkKeyAge(KeyRole.acquirer, key, answer.time);
  const prefix = answerPrefix(key, desk.enrolment.deployment);
  await cose.verify(answer.envelope, prefix, key, "acquirer_signature_invalid");
}

function encoded({ cheque, receipt, requestPayload, credits }: QueuedClaim): Octets {
  return encodeClaim({
    cheque,
    receipt: cose.openEnvelope(receipt, STATEMENT_MAX_BYTES).payload,
    ...(requestPayload === undefined ? {} : { request: requestPayload }),
    ...(credits === undefined ? {} : { credits }),
  });
}

/** The oldest claims that fit into one batch of bytes. */
function fitting(claims: readonly QueuedClaim[]): readonly QueuedClaim[] {
  let room = BATCH_ROOM_BYTES;
  for (const [number, { cheque, allowance, receipt, requestPayload, credits }] of claims.entries()) {
    for (const part of [cheque, allowance, receipt, requestPayload, credits]) room -= part?.length ?? 0;
    room -= 64;
    if (room < 0) return claims.slice(0, number);
  }
  return claims;
}

/** Each key with its item; the lengths were checked to be the same. */
function paired<Key, T>(
  keys: readonly Key[],
  items: readonly AnswerItem[],
  of: (key: Key, item: AnswerItem) => T,
): T[] {
  return keys.flatMap((key, place) => {
    const item = items[place];
    return item === undefined ? [] : [of(key, item)];
  });
}
