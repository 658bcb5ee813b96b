/** Papers and disputes: what a device sends, and what it reads (docs/spec 10; mirrors src/feiqian/links/http_disputes.py). */

import type { Octets } from "../protocol/octets.ts";
import type { DisputeReason } from "./dispute_reasons.ts";
import { type Fields, spellBytes } from "./json_answer.ts";
import type { JsonContent } from "./operator_calls.ts";

export const EVIDENCE_MAX_BYTES = 16 * 1024;
export const WORDS_MAX_CHARS = 500;

const PARTIES = ["payer", "payee", "administrator", "clock"] as const;
export type Party = (typeof PARTIES)[number];
const STATUSES = ["active", "needs_you", "done"] as const;
export type DisputeStatus = (typeof STATUSES)[number];
const PAPERS_STATES = ["missing", "claimed", "late"] as const;

/** Signed bytes, unverified: a cheque, what it answers and leans on, and what a terminal signed about it. */
export interface Papers {
  readonly cheque: Octets;
  readonly request?: Octets;
  readonly credits?: Octets;
  /** A receipt or a note; comes with the certificate of the terminal that signed it. */
  readonly statement?: Octets;
  readonly certificate?: Octets;
}

/** What became of a payment whose papers were handed in. Amounts are over all payees together. */
export interface PapersTaken {
  readonly chequeId: Octets;
  readonly state: (typeof PAPERS_STATES)[number];
  readonly amountMinor: bigint;
  readonly paidMinor: bigint;
  readonly waitingMinor: bigint;
  readonly currency: string;
  readonly deadline: number;
  readonly payeeName: string | null;
  readonly noted: boolean;
}

/** What a party says: words, and evidence where there is any. */
export interface Said {
  readonly words: string;
  readonly evidence?: Octets;
}

/** One thing that was done in a dispute; `act` is open for its beginning. */
export interface DisputeStep {
  readonly at: number;
  readonly by: string;
  readonly act: string;
  readonly amountMinor: bigint;
  readonly words: string;
  readonly evidence: Octets;
}

/** A dispute as whoever asked sees it. `state` may be one that a newer operator knows and this version does not. */
export interface DisputeReply {
  readonly disputeId: Octets;
  readonly opener: Party;
  readonly reason: string;
  readonly chequeId: Octets;
  readonly payerId: Octets;
  readonly payeeId: Octets;
  readonly payeeName: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly movedMinor: bigint;
  readonly deadline: number;
  readonly state: string;
  readonly status: DisputeStatus;
  readonly openedAt: number;
  readonly until: number | null;
  readonly steps: readonly DisputeStep[];
}

/** What opens a dispute; without an amount all of the payment. */
export interface NewDispute {
  readonly chequeId: Octets;
  readonly reason: DisputeReason;
  readonly amountMinor?: bigint;
  readonly said: Said;
  readonly cheque?: Octets;
}

/** What is sent; `statement` is what the terminal's statement is called there. */
export function papersContent(papers: Papers, statement: "receipt" | "note"): JsonContent {
  const parts: Record<string, string> = { cheque: spellBytes(papers.cheque) };
  if (papers.request !== undefined) parts["request"] = spellBytes(papers.request);
  if (papers.credits !== undefined) parts["credits"] = spellBytes(papers.credits);
  if (papers.statement !== undefined) parts[statement] = spellBytes(papers.statement);
  if (papers.certificate !== undefined) parts["certificate"] = spellBytes(papers.certificate);
  return parts;
}

export function disputeContent(dispute: NewDispute): JsonContent {
  return {
    cheque_id: spellBytes(dispute.chequeId),
    reason: dispute.reason,
    ...saidContent(dispute.said),
    ...(dispute.amountMinor === undefined ? {} : { amount_minor: Number(dispute.amountMinor) }),
    ...(dispute.cheque === undefined ? {} : { cheque: spellBytes(dispute.cheque) }),
  };
}

export function saidContent(said: Said): JsonContent {
  return said.evidence === undefined
    ? { words: said.words }
    : { words: said.words, evidence: spellBytes(said.evidence) };
}

export function papersIn(fields: Fields): PapersTaken {
  return {
    chequeId: fields.octets("cheque_id"),
    state: fields.choice("state", PAPERS_STATES),
    amountMinor: fields.amount("amount_minor"),
    paidMinor: fields.amount("paid_minor"),
    waitingMinor: fields.amount("waiting_minor"),
    currency: fields.text("currency"),
    deadline: fields.instant("deadline"),
    payeeName: fields.textOrNull("payee_name"),
    noted: fields.yes("noted"),
  };
}

export function disputesIn(fields: Fields): readonly DisputeReply[] {
  return fields.each("disputes", disputeIn);
}

export function disputeIn(fields: Fields): DisputeReply {
  return {
    disputeId: fields.octets("dispute_id"),
    opener: fields.choice("opener", PARTIES),
    reason: fields.text("reason"),
    chequeId: fields.octets("cheque_id"),
    payerId: fields.octets("payer_id"),
    payeeId: fields.octets("payee_id"),
    payeeName: fields.text("payee_name"),
    currency: fields.text("currency"),
    amountMinor: fields.amount("amount_minor"),
    movedMinor: fields.amount("moved_minor"),
    deadline: fields.instant("deadline"),
    state: fields.text("state"),
    status: fields.choice("status", STATUSES),
    openedAt: fields.instant("opened_at"),
    until: fields.instantOrNull("until"),
    steps: fields.each("steps", (step) => ({
      at: step.instant("at"),
      by: step.text("by"),
      act: step.text("act"),
      amountMinor: step.amount("amount_minor"),
      words: step.text("words"),
      evidence: step.octets("evidence"),
    })),
  };
}
