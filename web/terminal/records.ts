/**
 * What a till remembers, as values. Amounts are minor units of the terminal's currency, times seconds since 1970.
 *
 * The store gives and takes these; it keeps the bytes of every signed statement as they were received or made, because
 * those bytes are the evidence. Mirrors terminal/records.py; pure.
 */

import type { AnswerItem } from "../protocol/answer.ts";
import type { Contradiction, Link } from "../protocol/chain.ts";
import type { AllowanceRef, BatchId, PayeeId, RequestHash, StatementId } from "../protocol/ids.ts";
import type { Octets } from "../protocol/octets.ts";
import type { TrustRoot } from "../protocol/trust.ts";
import { type AdviceKind, type ClaimState, type Grade, gradeOf, isQueued, type RequestState } from "./states.ts";

/** Who this terminal is: its private key as its key maker keeps it, certificate, and the secret for its operator. */
export interface Enrolment {
  readonly deployment: string;
  readonly server: string;
  readonly key: Octets;
  readonly token: string;
  readonly certificate: Octets;
  readonly certificateId: StatementId;
}

/** The trust pack held: the root from which its bytes give a `Trust` again, the tag to ask for a newer one. */
export interface HeldTrust {
  readonly root: TrustRoot;
  readonly raw: Octets;
  readonly etag: string;
  readonly fetchedAt: number;
}

/** A request that was made. `shown` is what the payer sees: certificate and request, or a bare request. */
export interface AskedRequest {
  readonly requestHash: RequestHash;
  readonly payload: Octets;
  readonly shown: Octets;
  readonly amountMinor: bigint;
  readonly isMaximum: boolean;
  readonly reference: string;
  readonly time: number;
  readonly expiresAt: number;
  readonly state: RequestState;
}

/** Where the terminal's own chain of receipts and notes stands: the next counter, and what it must name. */
export interface ChainHead {
  readonly counter: number;
  readonly previous: Octets;
}

/** A receipt or note about to be stored. `shown` is what the payer sees: certificate and statement. */
export interface NewStatement {
  readonly statementId: StatementId;
  readonly counter: number;
  readonly raw: Octets;
  readonly shown: Octets;
  readonly time: number;
}

/**
 * Everything about one accepted cheque, stored in one transaction before its receipt is shown.
 *
 * `witnessedTime` is the payer's time as far as the till lets it testify which time it is, 0 if not at all.
 */
export interface NewAcceptance {
  readonly cheque: Octets;
  readonly link: Link;
  readonly witnessedTime: number;
  readonly allowance: Octets;
  readonly allowanceId: StatementId;
  readonly allowanceRef: AllowanceRef;
  readonly allowanceExpiresAt: number;
  readonly credits: Octets | undefined;
  readonly requestHash: RequestHash | undefined;
  readonly finalMinor: bigint;
  readonly guaranteedMinor: bigint;
  readonly deadline: number;
  readonly warn: boolean;
  readonly receipt: NewStatement;
}

/**
 * What the operator told of one claim after its answer; the amounts are how the claim stands since then.
 *
 * `nth` counts the events of this claim. `finalMinor` and `receiptCounter` name the payment.
 */
export interface ToldEvent {
  readonly number: number;
  readonly nth: number;
  readonly kind: AdviceKind;
  readonly at: number;
  readonly heardAt: number;
  readonly chequeId: StatementId;
  readonly receiptCounter: number;
  readonly finalMinor: bigint;
  readonly paidMinor: bigint;
  readonly waitingMinor: bigint;
  readonly deadline: number;
}

/**
 * An accepted cheque as the till holds it now. `backMinor` is what notes have given back so far.
 *
 * `answer` is the signed answer's and never changes; `told` is the operator's latest word after it, if any.
 */
export interface Accepted {
  readonly chequeId: StatementId;
  readonly allowanceId: StatementId;
  /** Its signed bytes. */
  readonly allowance: Octets;
  readonly requestHash: RequestHash | undefined;
  readonly reference: string;
  readonly receiptCounter: number;
  readonly receiptShown: Octets;
  readonly amountMinor: bigint;
  readonly finalMinor: bigint;
  readonly guaranteedMinor: bigint;
  readonly deadline: number;
  readonly warn: boolean;
  readonly time: number;
  readonly state: ClaimState;
  readonly answer: AnswerItem | undefined;
  readonly told: ToldEvent | undefined;
  readonly backMinor: bigint;
}

/** What notes do: void an accepted cheque, or cancel a request for ever. The numbers are the wire's (receipt.ts). */
export type NoteKind = 1 | 2;

/** A note about to be stored. `backMinor` is all that is given back of the payee's take, 0 for a cancel note. */
export interface NewNote {
  readonly kind: NoteKind;
  readonly subject: Octets;
  readonly backMinor: bigint;
  readonly statement: NewStatement;
}

/** A note that was given. */
export interface GivenNote {
  readonly kind: NoteKind;
  readonly subject: Octets;
  readonly backMinor: bigint;
  readonly counter: number;
  readonly shown: Octets;
  readonly time: number;
  readonly state: ClaimState;
  readonly answer: AnswerItem | undefined;
}

/** A request that an issuer's settled notice says is paid: final. */
export interface PaidRequest {
  readonly requestHash: RequestHash;
  readonly notice: Octets;
  readonly finalMinor: bigint;
  readonly reference: string;
  readonly time: number;
}

/** What a till's history is made of. */
export type HistoryEntry =
  | { readonly entry: "accepted"; readonly accepted: Accepted }
  | { readonly entry: "note"; readonly note: GivenNote }
  | { readonly entry: "paid"; readonly paid: PaidRequest }
  | { readonly entry: "told"; readonly told: ToldEvent };

/** A claim that is in no batch yet: what the batch is built from. `receipt` is the signed receipt. */
export interface QueuedClaim {
  readonly chequeId: StatementId;
  readonly cheque: Octets;
  readonly allowance: Octets;
  readonly receipt: Octets;
  readonly requestPayload: Octets | undefined;
  readonly credits: Octets | undefined;
}

/** A note that is in no batch yet; `number` is its place in the store. */
export interface QueuedNote {
  readonly number: number;
  readonly raw: Octets;
}

/**
 * A signed batch, stored before it was ever sent; `answer` once the operator's is stored.
 *
 * `claims` are cheque ids and `notes` places in the store, in the order of the batch.
 */
export interface StoredBatch {
  readonly batchId: BatchId;
  readonly raw: Octets;
  readonly madeAt: number;
  readonly claims: readonly StatementId[];
  readonly notes: readonly number[];
  readonly answer: Octets | undefined;
}

/** What an answer says of one item of its batch, and the state into which it brings it. */
export interface Answered<Key> {
  readonly key: Key;
  readonly state: ClaimState;
  readonly item: AnswerItem;
}

/** The same of a claim, with the number of its receipt for people. */
export interface AnsweredClaim extends Answered<StatementId> {
  readonly receiptCounter: number;
}

/** A verified answer about to be stored with what it does to every claim and note of its batch. */
export interface BatchAnswer {
  readonly batchId: BatchId;
  readonly raw: Octets;
  readonly time: number;
  readonly clockAheadS: number;
  readonly claims: readonly AnsweredClaim[];
  readonly notes: readonly Answered<number>[];
}

/**
 * A numbered event of the payee's statement that concerns a claim of this till, about to be stored.
 *
 * `state` is the claim's after it; undefined while the claim has no answer, which alone takes it out of the queue.
 */
export interface NewEvent {
  readonly number: number;
  readonly kind: AdviceKind;
  readonly at: number;
  readonly chequeId: StatementId;
  readonly paidMinor: bigint;
  readonly waitingMinor: bigint;
  readonly deadline: number;
  readonly state: ClaimState | undefined;
}

/**
 * A page of the payee's statement about to be stored: all of it in one transaction, with how far it goes.
 *
 * `before` is how far the till had heard this payee's statement of this deployment, undefined if never; `upTo` is the
 * number of the page's last event, ours or not.
 */
export interface HeardPage {
  readonly deployment: string;
  readonly payeeId: PayeeId;
  readonly before: number | undefined;
  readonly upTo: number;
  readonly time: number;
  readonly events: readonly NewEvent[];
}

/** A fork proof made at this counter: two cheques of one allowance that contradict each other. */
export interface KeptProof {
  readonly proofId: Octets;
  readonly raw: Octets;
  readonly allowanceId: StatementId;
  readonly reason: Contradiction;
  readonly time: number;
}

/** How many payments of one grade, and what is left of them after notes. */
export interface GradeTotal {
  readonly count: number;
  readonly amountMinor: bigint;
}

/**
 * The till of one shift. `paidMinor` and `contingentMinor` are the operator's latest word.
 *
 * By grade counts what is really there: what was paid as final, what still waits as at risk. `unpaidMinor` is what was
 * accepted, not given back, and will not be paid. `told` is the latest of what changed in this shift, newest first, of
 * `toldCount` in all; it may concern payments of earlier shifts.
 */
export interface Totals {
  readonly shift: number;
  readonly beganAt: number;
  readonly byGrade: Readonly<Record<Grade, GradeTotal>>;
  readonly givenBackMinor: bigint;
  readonly waiting: GradeTotal;
  readonly paidMinor: bigint;
  readonly contingentMinor: bigint;
  readonly refused: GradeTotal;
  readonly unpaidMinor: bigint;
  readonly notesWaiting: number;
  readonly told: readonly ToldEvent[];
  readonly toldCount: number;
}

/** What is owed an answer, of all shifts. `firstDeadline` is the earliest D among it. */
export interface Queue {
  readonly claims: number;
  readonly notes: number;
  readonly amountMinor: bigint;
  readonly firstDeadline: number | undefined;
}

/** One line of the bounded log of refusals: `subject` is masked, nothing in it can be used. */
export interface LoggedRefusal {
  readonly time: number;
  readonly code: string;
  readonly subject: string;
}

/** The accepted cheque as the store holds it from now on; `reference` is its request's. */
export function acceptedOf(acceptance: NewAcceptance, reference: string): Accepted {
  return {
    chequeId: acceptance.link.chequeId,
    allowanceId: acceptance.allowanceId,
    allowance: acceptance.allowance,
    requestHash: acceptance.requestHash,
    reference,
    receiptCounter: acceptance.receipt.counter,
    receiptShown: acceptance.receipt.shown,
    amountMinor: acceptance.link.amountMinor,
    finalMinor: acceptance.finalMinor,
    guaranteedMinor: acceptance.guaranteedMinor,
    deadline: acceptance.deadline,
    warn: acceptance.warn,
    time: acceptance.receipt.time,
    state: "waiting",
    answer: undefined,
    told: undefined,
    backMinor: 0n,
  };
}

/** The operator's latest word; undefined before its answer. */
export function standsOf(accepted: Accepted): ToldEvent | AnswerItem | undefined {
  return isQueued(accepted.state) ? undefined : (accepted.told ?? accepted.answer);
}

/** How sure it is by now. */
export function gradeIn(accepted: Accepted): Grade {
  return gradeOf(accepted.state, accepted.guaranteedMinor >= accepted.finalMinor);
}

/** What is left for the payee after notes. */
export function keptMinor(accepted: Pick<Accepted, "finalMinor" | "backMinor">): bigint {
  return accepted.finalMinor - accepted.backMinor;
}

/** False for the first word on a claim when it only repeats an answer's: settled, or waits. */
export function isNews(kind: AdviceKind, nth: number): boolean {
  return (kind !== "settled" && kind !== "waiting") || nth > 1;
}
