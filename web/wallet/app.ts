/** What the screens of the wallet may ask of it: the one interface between screens and everything below. */

import type { PackTaken } from "../platform/shown_pack.ts";

export type Coded = { code: string; message: string; safe: string; next: string };
export type Phase = "new" | "locked" | "open" | "blocked"; // blocked: ten wrong PINs
export type PaymentStatus = "active" | "needs_you" | "done";

export interface AllowanceView {
  refHex: string;
  standing: string;
  amountMinor: bigint;
  paymentMinor: bigint;
  totalMinor: bigint;
  cheques: number;
  expiresAt: number;
  deadlineAt: number;
  endUnsigned: boolean; // ended early, and its passkey has not signed that yet
}
export interface Capability {
  what: string;
  works: boolean;
  upToMinor: bigint | null;
  until: number | null;
  why: string | null;
} // see boundary.ts
/** On other devices: the most that may still be claimed there, what of it is claimed, and when the last of it is decided. */
export interface ElsewhereView {
  reservedMinor: bigint;
  waitingMinor: bigint;
  until: number;
}
export interface HomeView {
  payerName: string;
  currency: string;
  spendableMinor: bigint;
  perPaymentMinor: bigint;
  until: number | null;
  waitingMinor: bigint;
  waitingCount: number;
  needsYou: number;
  topUpSuggested: boolean;
  paysByPasskey: boolean; // what is spent first is signed by the passkey, which asks its holder itself
  freeMinor: bigint | null;
  elsewhere: ElsewhereView | null;
  allowances: readonly AllowanceView[];
  capabilities: readonly Capability[];
  lastSyncAt: number | null;
  listsIssuedAt: number;
  updateNeeded: boolean;
  warnings: readonly Coded[];
}
export interface PaymentView {
  number: string;
  status: PaymentStatus;
  state: string;
  grade: "F0" | "F1" | "F2" | "F3" | null;
  oneWay: boolean;
  amountMinor: bigint;
  finalMinor: bigint | null;
  upTo: boolean;
  currency: string;
  payeeName: string | null;
  payeeProved: boolean;
  reference: string | null;
  drawnAt: number;
  expiresAt: number;
  deadlineAt: number | null;
  acknowledgedAt: number | null;
  canShowAgain: boolean;
  words: { title: string; detail: string; next: string | null };
}
export interface OfferView {
  offerId: string;
  amountMinor: bigint;
  upTo: boolean;
  currency: string;
  payeeName: string | null;
  payeeProved: boolean;
  reference: string | null;
  expiresAt: number;
  holderCheckNeeded: boolean;
  warnings: readonly string[];
  drawn: PaymentView | null;
}
export interface ShownView {
  payment: PaymentView;
  qr: readonly string[] /* FQ1 texts: one, or frames to be shown in turn */;
  hideAt: number | null;
}
export interface SyncStep {
  id: "trust" | "top_up" | "closing" | "statement" | "papers";
  state: "waiting" | "running" | "done" | "failed" | "skipped";
  failure: Coded | null;
  count: number;
}
export interface SyncView {
  running: boolean;
  startedAt: number | null;
  expectedMs: { low: number; high: number } | null;
  steps: readonly SyncStep[];
  finishedAt: number | null;
}
export interface FindingView {
  kind: string;
  amountMinor: bigint;
  number: string | null;
  words: { title: string; detail: string; next: string };
}

/** What a backup brought: `known` payments were here before. */
export interface BackupView {
  added: number;
  known: number;
}
/** Backups: history and papers in a file under a passphrase. What was put back is for looking at; nothing of it pays. */
export interface BackupDesk {
  restored(): readonly PaymentView[];
  make(passphrase: string): Promise<Uint8Array<ArrayBuffer>>;
  putBack(file: Uint8Array<ArrayBuffer>, passphrase: string): Promise<BackupView>;
}

/** Acts reject with an Error that has `coded: Coded` (class AppRefused). Every act may be repeated. */
export interface WalletApp {
  readonly phase: Phase;
  readonly pinWait: number | null; // epoch seconds until which no PIN is taken
  readonly prfAvailable: boolean;
  readonly prfEnrolled: boolean;
  readonly passkeyPays: boolean; // the operator takes payments that a passkey of this site signed, and there may be one
  subscribe(listener: () => void): () => void; // phase, home, payments, sync changed (also by another tab)
  enrol(options: { code: string; pin: string; digits?: string }): Promise<void>; // digits: of a code that has some
  addPasskey(): Promise<void>;
  removePasskey(): Promise<void>;
  unlock(way: { pin: string } | "passkey"): Promise<void>;
  lock(): void;
  home(): HomeView;
  payments(search: string): readonly PaymentView[];
  payment(number: string): PaymentView;
  findings(): readonly FindingView[];
  consider(scanned: string): Promise<OfferView>; // a scanned request (FQ1 text; frames are put together by takeScan)
  /** `digits`: the code of the holder's authenticator, asked for by the refusal one_time_code_needed. */
  pay(offerId: string, holder: { pin: string } | "passkey" | "none", digits?: string): Promise<ShownView>;
  oneWayCode(options: {
    amountMinor: bigint;
    upTo: boolean;
    holder: { pin: string } | "passkey" | "none";
    digits?: string;
  }): Promise<ShownView>;
  showAgain(number: string): Promise<ShownView>;
  /** Any scanned text: says what it is; keeps frames until all are there. */
  takeScan(
    text: string,
  ): Promise<
    | { kind: "request"; offer: OfferView }
    | { kind: "acknowledgement"; payment: PaymentView; words: { title: string; detail: string } }
    | { kind: "frame"; have: number; of: number }
  >;
  topUp(amountMinor: bigint | null, byPasskey?: boolean): Promise<void>;
  close(refHex: string): Promise<void>;
  /** `force`: fetch everything anew. `quiet`: nobody asked for it. */
  sync(options?: { force?: boolean; quiet?: boolean }): Promise<void>;
  syncState(): SyncView;
  dispute(number: string, options: { reason: string; words: string; amountMinor: bigint | null }): Promise<void>;
  disputes(): Promise<
    readonly { id: string; state: string; number: string | null; words: string; needsYou: boolean }[]
  >;
  changePin(old: string, next: string): Promise<void>;
  newLostCode(): Promise<{ code: string; page: string }>; // told once, and where it is typed; the one before it ends
  backups(): Promise<BackupDesk>;
  takePack(text: string): Promise<PackTaken>; // a trust pack from another device's screen, piece by piece
  settings(): { autoLockS: number; hideAmounts: boolean; language: "en" | "zh" };
  set(options: Partial<{ autoLockS: number; hideAmounts: boolean; language: "en" | "zh" }>): void;
}
