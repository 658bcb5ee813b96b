/** What the screens of the terminal may ask of it: the one interface between screens and everything below. */

import type { PackTaken } from "../platform/shown_pack.ts";

export type Coded = { code: string; message: string; safe: string; next: string };
export type Phase = "new" | "locked" | "open" | "blocked";
export type Grade = "F0" | "F1" | "F2" | "F3";

export interface RequestView {
  hashHex: string;
  amountMinor: bigint;
  isMaximum: boolean;
  reference: string;
  time: number;
  expiresAt: number;
  state: string;
  qr: readonly string[];
}
export interface AcceptedView {
  receiptCounter: number;
  chequeHex: string;
  amountMinor: bigint;
  finalMinor: bigint;
  backMinor: bigint;
  keptMinor: bigint;
  guaranteedMinor: bigint;
  deadline: number;
  time: number;
  reference: string;
  grade: Grade;
  state: string;
  status: "active" | "needs_you" | "done";
  paidMinor: bigint;
  waitingMinor: bigint;
  words: { title: string; detail: string; next: string | null };
  receiptQr: readonly string[];
  tier: number | null; // where the payer's key lives (spec 03.1)
}
export type Decision =
  | { kind: "accepted"; accepted: AcceptedView; again: boolean }
  | {
      kind: "confirm";
      why: "own_risk" | "final_amount";
      grade: Grade;
      guaranteedMinor: bigint;
      maximumMinor: bigint | null;
      words: { title: string; detail: string };
    } // ask a person, then call again
  /** `note`: the cancel note to show the payer; `proofKept`: two contradicting cheques are kept as evidence. */
  | { kind: "refused"; refusal: Coded; note?: NoteView; proofKept?: boolean };
export interface NoteView {
  kind: "void" | "cancel";
  backMinor: bigint;
  qr: readonly string[];
  time: number;
}
export interface TotalsView {
  shift: number;
  beganAt: number;
  byGrade: Readonly<Record<Grade, { count: number; amountMinor: bigint }>>;
  givenBackMinor: bigint;
  waiting: { count: number; amountMinor: bigint };
  paidMinor: bigint;
  contingentMinor: bigint;
  refused: { count: number; amountMinor: bigint };
  unpaidMinor: bigint;
  notesWaiting: number;
  told: readonly { title: string; at: number }[];
}
export interface Capability {
  what: string;
  works: boolean;
  upToMinor: bigint | null;
  until: number | null;
  why: string | null;
}
export interface ReadyView {
  payeeName: string;
  currency: string;
  now: number;
  listsIssuedAt: number;
  listsAgeS: number | null;
  guaranteeMinor: bigint | null;
  clockAheadS: number | null;
  clockIsOff: boolean;
  certificateExpiresAt: number;
  mayRequest: boolean;
  mayTakeCodes: boolean;
  mayVoid: boolean;
  queueClaims: number;
  queueNotes: number;
  queueMinor: bigint;
  firstDeadline: number | null;
  openRequests: number;
  updateNeeded: boolean;
  capabilities: readonly Capability[];
}
export interface HistoryLine {
  id: string;
  kind: "accepted" | "void" | "cancel" | "notice" | "told";
  title: string;
  detail: string;
  amountMinor: bigint | null;
  time: number;
  status: "active" | "needs_you" | "done";
  grade: Grade | null;
}
export interface SyncStep {
  id: "batch" | "events" | "trust";
  state: "waiting" | "running" | "done" | "failed" | "skipped";
  failure: Coded | null;
  count: number;
  of: number;
}
export interface SyncView {
  running: boolean;
  startedAt: number | null;
  expectedMs: { low: number; high: number } | null;
  steps: readonly SyncStep[];
  items: readonly { id: string; words: string; state: string }[];
  finishedAt: number | null;
}
/** A file that is made to be carried to somebody. */
export interface MadeFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}
export interface DisputeStepView {
  at: number;
  by: string;
  act: string;
  amountMinor: bigint;
  said: string;
  evidence: Uint8Array | null;
}
/** A dispute with a payer. `state` and `reason` may be words that this version does not know. */
export interface DisputeView {
  idHex: string;
  isOurs: boolean;
  reason: string;
  receiptCounter: number | null; // null: another till of this payee took the payment, or none did
  amountMinor: bigint;
  movedMinor: bigint; // to the payer; below zero to us
  currency: string;
  state: string;
  status: "active" | "needs_you" | "done";
  openedAt: number;
  until: number | null;
  deadline: number;
  mayAnswer: boolean; // accept, as long as it is open
  mayContest: boolean; // once
  acceptsAfter: number | null; // money moves only once the payment is final
  mayWithdraw: boolean;
  steps: readonly DisputeStepView[];
}

/** Acts reject with an Error that has `coded: Coded` (class AppRefused). Every act may be repeated. */
export interface TerminalApp {
  readonly phase: Phase;
  readonly pinWait: number | null;
  readonly prfAvailable: boolean;
  readonly prfEnrolled: boolean;
  subscribe(listener: () => void): () => void;
  enrol(options: { code: string; pin: string }): Promise<void>;
  unlock(way: { pin: string } | "passkey"): Promise<void>;
  lock(): void;
  addPasskey(): Promise<void>;
  changePin(old: string, next: string): Promise<void>;
  /** Locked or blocked: the till's key, sealed for its operator, which opens nothing by itself. */
  recoveryFile(): Promise<MadeFile>;
  /** Opens the till again with the operator's answer file and the code that came by another way. */
  recover(given: { answer: Uint8Array; code: string; pin: string }): Promise<void>;
  request(options: {
    exactMinor?: bigint;
    upToMinor?: bigint;
    reference?: string;
    ttlS?: number;
  }): Promise<RequestView>;
  openRequests(): readonly RequestView[];
  /** What was scanned in answer to a request; frames are kept until all are there. */
  accept(
    scanned: string,
    options: { requestHashHex?: string; finalMinor?: bigint; atOwnRisk?: boolean },
  ): Promise<Decision | { kind: "frame"; have: number; of: number }>;
  takeCode(
    scanned: string,
    options: { dueMinor: bigint; atOwnRisk?: boolean },
  ): Promise<Decision | { kind: "frame"; have: number; of: number }>;
  voidPayment(receiptCounter: number, totalMinor: bigint | null): Promise<NoteView>;
  cancel(requestHashHex: string): Promise<NoteView>;
  cancellable(): readonly RequestView[];
  history(search: string): readonly HistoryLine[];
  payment(receiptCounter: number): AcceptedView;
  totals(): TotalsView;
  closeShift(): Promise<TotalsView>;
  ready(): ReadyView;
  export(): Promise<readonly MadeFile[]>;
  takeAnswer(bytes: Uint8Array): Promise<void>;
  takePack(text: string): Promise<PackTaken>; // a trust pack from another device's screen, piece by piece
  /** `force`: send everything again. `quiet`: nobody asked for it. */
  sync(options?: { force?: boolean; quiet?: boolean }): Promise<void>;
  syncState(): SyncView;
  dispute(receiptCounter: number, options: { reason: string; words: string }): Promise<void>;
  disputes(): Promise<readonly DisputeView[]>; // asks the operator; what needs an answer first
  answerDispute(idHex: string, options: { accept: boolean; words: string }): Promise<DisputeView>;
  withdrawDispute(idHex: string, words: string): Promise<DisputeView>;
  disputesNeedYou(): number; // as the operator said when it was last asked
  signOut(): Promise<void>; // refused while anything waits
  settings(): { autoLockS: number; language: "en" | "zh" };
  set(options: Partial<{ autoLockS: number; language: "en" | "zh" }>): void;
}
