/**
 * What the terminal needs from outside, as interfaces, and the names of its durable writes. Mirrors terminal/ports.py.
 *
 * The composition root (device.ts) chooses the real parts: sealed records behind the store, HTTP behind the link,
 * WebCrypto behind the keys. The store's reads are synchronous, from memory; its writes are asynchronous and all of
 * it or nothing. Every store runs the one acceptance suite (tests/terminal_store_suite.ts).
 */

import type { Link } from "../protocol/chain.ts";
import type { AllowanceRef, BatchId, PayeeId, RequestHash, StatementId } from "../protocol/ids.ts";
import type { Signer } from "../protocol/keys.ts";
import type { Octets } from "../protocol/octets.ts";
import type { TrustRoot } from "../protocol/trust.ts";
import type {
  Accepted,
  AskedRequest,
  BatchAnswer,
  ChainHead,
  Enrolment,
  GivenNote,
  HeardPage,
  HeldTrust,
  HistoryEntry,
  KeptProof,
  LoggedRefusal,
  NewAcceptance,
  NewNote,
  PaidRequest,
  Queue,
  QueuedClaim,
  QueuedNote,
  StoredBatch,
  ToldEvent,
  Totals,
} from "./records.ts";

/** Seconds since 1970, by this device. */
export type Clock = () => number;
/** That many unpredictable bytes. */
export type Randomness = (size: number) => Octets;

/** Every durable write of the terminal; a test can stop right before and right after each. */
export const WRITE_POINTS = {
  enrolKey: "terminal.enrol-key",
  enrol: "terminal.enrol",
  trust: "terminal.trust",
  request: "terminal.request",
  accept: "terminal.accept",
  note: "terminal.note",
  notice: "terminal.notice",
  batch: "terminal.batch",
  answer: "terminal.answer",
  clock: "terminal.clock",
  shift: "terminal.shift",
  refusal: "terminal.refusal",
  signOut: "terminal.sign-out",
  events: "terminal.events",
  proof: "terminal.proof",
} as const;
export type WritePoint = (typeof WRITE_POINTS)[keyof typeof WRITE_POINTS];

/** Codes of a device that can go on no more: locked while an answer was waited for, or its disk failed. */
export const DEVICE_STOPPED: ReadonlySet<string> = new Set(["vault_locked", "vault_damaged", "storage_failed"]);

/** The store met something else than its caller had read: nothing was written, and our program is wrong. */
export class Conflict extends Error {
  constructor(law: string) {
    super(law);
    this.name = "Conflict";
  }
}

/** A part of the program that is loaded when it is first needed could not be loaded. Nothing was begun. */
export class PartMissing extends Error {
  constructor(cause: unknown) {
    super("a part of the program is missing", { cause });
    this.name = "PartMissing";
  }
}

/** Makes the terminal's key and opens it again. What is kept goes into a sealed record and nowhere else. */
export interface KeyMaker {
  make(): Promise<Octets>;
  load(kept: Octets): Promise<Signer>;
}

/** What the operator answers to an enrolment; certificate unverified, token secret. */
export interface EnrolmentReply {
  readonly certificate: Octets;
  readonly token: string;
  readonly trustRoot: TrustRoot;
}

/** A trust pack as published, unverified, and the tag with which to ask whether it changed. */
export interface PackReply {
  readonly raw: Octets;
  readonly etag: string;
}

/** One change of one claim of the payee, at whichever of its terminals. `stands…` is how it stands after it. */
export interface EventReply {
  readonly number: number;
  readonly at: number;
  /** An `AdviceKind`, or what a newer operator says. */
  readonly kind: string;
  readonly chequeId: Octets;
  readonly standsPaidMinor: bigint;
  readonly standsWaitingMinor: bigint;
  readonly deadline: number;
}

/** The payee's statement, as far as a till reads it. */
export interface StatementReply {
  readonly events: readonly EventReply[];
}

/** The way to the operator. Every method throws `Coded` when it is refused or the world failed. */
export interface OperatorLink {
  /** The root keys of the deployment, asked for before enrolment: a proof of possession names the deployment. */
  trustRoot(): Promise<TrustRoot>;
  /** The same code with the same key gets the same answer. */
  enrolTerminal(asked: {
    readonly enrolmentCode: string;
    readonly terminalKey: Octets;
    readonly proof: Octets;
  }): Promise<EnrolmentReply>;
  /** The newest pack; undefined if it is the one that carried `etag`. */
  trustPack(etag?: string): Promise<PackReply | undefined>;
  /** The signed answer, unverified. The same batch gets the same bytes. */
  sendBatch(batch: Octets): Promise<Octets>;
  /** The payee's newest events; with `after` the next ones behind that number, none when all were heard. */
  payeeStatement(after?: number): Promise<StatementReply>;
}

/** What must outlive the tab. What a writing method wrote, once it is fulfilled, survives any kill. */
export interface TerminalStore {
  // --- who this terminal is ---
  pendingKey(): Octets | undefined;
  /** Keep the key before the operator hears of it. */
  keepPendingKey(key: Octets): Promise<void>;
  enrolment(): Enrolment | undefined;
  enrol(enrolment: Enrolment, trust: HeldTrust): Promise<void>;
  /** Forget key, token and certificate. What was accepted stays as evidence. */
  signOut(): Promise<void>;
  trust(): HeldTrust | undefined;
  keepTrust(trust: HeldTrust): Promise<void>;

  // --- time ---
  /** The highest time that an operator has signed in what was stored, 0 if none. */
  operatorTime(): number;
  /** The highest `witnessedTime` of what was accepted of different allowances, highest first, two at most. */
  witnessedTimes(): readonly number[];
  /** How far this device's clock was ahead of the operator's at the last answer; undefined before the first. */
  clockAheadS(): number | undefined;
  /** Remember what an answer without items has told of the time. */
  keepClock(told: { readonly operatorTime: number; readonly clockAheadS: number }): Promise<void>;

  // --- requests and payments ---
  addRequest(request: AskedRequest): Promise<void>;
  request(requestHash: RequestHash): AskedRequest | undefined;
  /** Requests that may still be answered at `now`, oldest first. */
  openRequests(now: number): readonly AskedRequest[];
  /** The latest requests that have run out unanswered, newest first. */
  staleRequests(now: number, limit: number): readonly AskedRequest[];
  /** The links of all cheques accepted on this allowance, by counter. */
  links(allowanceRef: AllowanceRef): readonly Link[];
  accepted(chequeId: Octets): Accepted | undefined;
  /** The accepted cheque of exactly these bytes, signature and all. */
  acceptedBytes(cheque: Octets): Accepted | undefined;
  acceptedOn(requestHash: RequestHash): Accepted | undefined;
  acceptedAt(receiptCounter: number): Accepted | undefined;
  chainHead(): ChainHead;
  /** Store an accepted cheque with its receipt, and close its request. */
  accept(acceptance: NewAcceptance): Promise<void>;
  /** Store a note; a cancel note closes its request. */
  addNote(note: NewNote): Promise<void>;
  /** The latest note on a cheque or request. */
  noteOn(subject: Octets): GivenNote | undefined;
  /** Store a settled notice and close its request. */
  settleRequest(paid: PaidRequest, operatorTime: number): Promise<void>;
  paidRequest(requestHash: RequestHash): PaidRequest | undefined;

  // --- the queue ---
  /** What is in no batch yet, oldest first, at most `claimsMax` of each. */
  queued(claimsMax: number): { readonly claims: readonly QueuedClaim[]; readonly notes: readonly QueuedNote[] };
  /** Store a signed batch before it is sent; its claims and notes are in it from now on. */
  addBatch(batch: StoredBatch): Promise<void>;
  unansweredBatches(): readonly StoredBatch[];
  batch(batchId: BatchId): StoredBatch | undefined;
  lastAnsweredBatch(): StoredBatch | undefined;
  /** Store an answer and what it says of every claim and note; only now they leave the queue. */
  keepAnswer(answer: BatchAnswer): Promise<void>;
  queue(): Queue;

  // --- later truth ---
  /** The number of the last event heard of this payee's statement; undefined if it was never listened to. */
  heardUpTo(deployment: string, payeeId: PayeeId): number | undefined;
  /** Store a page and what it does to claims; the stored events. Throws Conflict for a page that does not go on. */
  keepEvents(page: HeardPage): Promise<readonly ToldEvent[]>;
  /** All that was told of a claim, oldest first. */
  told(chequeId: StatementId): readonly ToldEvent[];

  // --- evidence ---
  chequeBytes(chequeId: StatementId): Octets | undefined;
  /** Keep a fork proof, one an allowance; a bounded number, the oldest goes when it is full. */
  keepProof(proof: KeptProof): Promise<void>;
  proofOn(allowanceId: StatementId): KeptProof | undefined;
  proofs(): readonly KeptProof[];

  // --- the till ---
  totals(): Totals;
  /** End the shift, begin the next, and return the one that ended. */
  closeShift(now: number): Promise<Totals>;
  /** The latest acts and news, newest first. */
  history(limit: number): readonly HistoryEntry[];
  /** Add a line to the bounded log of refusals; the oldest goes when it is full. */
  logRefusal(refusal: LoggedRefusal): Promise<void>;
  refusals(): readonly LoggedRefusal[];
}
