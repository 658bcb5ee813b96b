/**
 * The two machines of a till, as tables: what a state becomes by an event (spec 05). Pure; mirrors terminal/states.py.
 *
 * An event that has no cell is refused; who calls says why in words for people. That a request has run out is never
 * stored: it follows from its time, so no timer has to run and a clock set right heals it. tests/web holds the tables
 * against Python's.
 */

import { type AnswerItem, Verdict } from "../protocol/answer.ts";

export const REQUEST_STATES = ["open", "expired", "accepted", "settled", "cancelled"] as const;
/** What became of a request. */
export type RequestState = (typeof REQUEST_STATES)[number];

export const REQUEST_EVENTS = ["expire", "accept", "settle", "cancel"] as const;
/** What can happen to a request: its time runs out, a cheque, the issuer's word that it is paid, a cancel note. */
export type RequestEvent = (typeof REQUEST_EVENTS)[number];

export const CLAIM_STATES = ["waiting", "sent", "settled", "contingent", "refused"] as const;
/** How far the claim of an accepted cheque has come. Waiting and sent are owed an answer: the queue. */
export type ClaimState = (typeof CLAIM_STATES)[number];

export const CLAIM_EVENTS = ["batch", "pay", "hold", "refuse"] as const;
/** What can happen to a claim: it goes into a batch, the signed answer names it, the operator tells of it later. */
export type ClaimEvent = (typeof CLAIM_EVENTS)[number];

export const ADVICE_KINDS = [
  ...(["settled", "waiting", "fork", "double_acceptance", "second_cheque"] as const),
  ...(["given_back", "shared", "unpaid", "missing"] as const),
] as const;
/** Why the operator tells of a claim later. */
export type AdviceKind = (typeof ADVICE_KINDS)[number];

/** How sure the payee can be (spec 07): F0 refused, F1 at own risk, F2 guaranteed, F3 final. */
export type Grade = "F0" | "F1" | "F2" | "F3";

/** The table has no cell for this event in this state: a programmer's mistake, since callers ask first. */
export class NoSuchStep extends Error {
  constructor(state: ClaimState, event: ClaimEvent) {
    super(`a claim that is ${state} cannot ${event}`);
    this.name = "NoSuchStep";
  }
}

export const REQUEST_STEPS: Readonly<Record<RequestState, Partial<Record<RequestEvent, RequestState>>>> = {
  open: { expire: "expired", accept: "accepted", settle: "settled", cancel: "cancelled" },
  // A payer may have answered in time what nobody read in time: it is given back, or the issuer says it is paid.
  expired: { expire: "expired", settle: "settled", cancel: "cancelled" },
  accepted: {},
  // Replaying what was done is harmless.
  settled: { settle: "settled" },
  cancelled: { cancel: "cancelled" },
};

export const CLAIM_STEPS: Readonly<Record<ClaimState, Partial<Record<ClaimEvent, ClaimState>>>> = {
  waiting: { batch: "sent" },
  sent: { pay: "settled", hold: "contingent", refuse: "refused" },
  // Later truth, from the payee's statement: the operator judges, the till says what it was told, whatever it held
  // before. What has no answer yet stays in the queue, so waiting and sent are moved by the answer alone.
  settled: { pay: "settled", hold: "contingent", refuse: "refused" },
  contingent: { pay: "settled", hold: "contingent", refuse: "refused" },
  refused: { pay: "settled", hold: "contingent", refuse: "refused" },
};

const PAID: ReadonlySet<Verdict> = new Set([Verdict.settled, Verdict.duplicate]);
const PAID_KINDS: ReadonlySet<AdviceKind> = new Set<AdviceKind>(["settled", "given_back"]);

/** Whether it has no answer yet. */
export function isQueued(state: ClaimState): boolean {
  return state === "waiting" || state === "sent";
}

/** The state after `event`, or undefined where the event is refused. */
export function requestAfter(state: RequestState, event: RequestEvent): RequestState | undefined {
  return REQUEST_STEPS[state][event];
}

/** The state after `event`. Throws NoSuchStep. */
export function claimAfter(state: ClaimState, event: ClaimEvent): ClaimState {
  const after = CLAIM_STEPS[state][event];
  if (after === undefined) throw new NoSuchStep(state, event);
  return after;
}

/** The state at `now`, seconds since 1970; the last second of a request still counts. */
export function requestStateAt(stored: RequestState, expiresAt: number, now: number): RequestState {
  return now <= expiresAt ? stored : (requestAfter(stored, "expire") ?? stored);
}

/**
 * What an answer's item does to its claim, of which this till's own notes left `keptMinor`.
 *
 * Amounts decide before the verdict does: a cheque of a fork is paid within the guarantee and waits outside it. And with
 * nothing paid and nothing waiting no friendly verdict makes it paid, unless this till gave it all back: the same code
 * may have been taken, claimed and given back at another till.
 */
export function eventOf(item: AnswerItem, keptMinor: bigint): ClaimEvent {
  if (item.waitingMinor > 0n || item.verdict === Verdict.contingent) return "hold";
  return item.paidMinor > 0n || (keptMinor === 0n && PAID.has(item.verdict)) ? "pay" : "refuse";
}

/** What an answer's item does to its note: it has no amount, so its verdict decides. */
export function noteEventOf(item: AnswerItem): ClaimEvent {
  return PAID.has(item.verdict) || item.verdict === Verdict.noted ? "pay" : "refuse";
}

/** How a claim stands, in the operator's latest word. */
export interface Standing {
  readonly paidMinor: bigint;
  readonly waitingMinor: bigint;
}

/** What the operator's later word does to a claim that now stands so; amounts decide first, as in an answer. */
export function eventTold(kind: AdviceKind, { paidMinor, waitingMinor }: Standing, keptMinor: bigint): ClaimEvent {
  if (waitingMinor > 0n || (kind === "waiting" && paidMinor === 0n)) return "hold";
  return paidMinor > 0n || (keptMinor === 0n && PAID_KINDS.has(kind)) ? "pay" : "refuse";
}

/**
 * How sure an accepted cheque is by now; before it is answered, what the counter was told.
 *
 * What the operator lets wait until D is not guaranteed, whatever the till believed.
 */
export function gradeOf(state: ClaimState, isGuaranteed: boolean): Grade {
  if (state === "settled") return "F3";
  if (state === "refused") return "F0";
  return state !== "contingent" && isGuaranteed ? "F2" : "F1";
}

/** Whether some text is a kind of later truth that this version knows. */
export function isAdviceKind(text: string): text is AdviceKind {
  return ADVICE_KINDS.some((kind) => kind === text);
}
