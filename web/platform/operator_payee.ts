/** What a terminal asks of the operator, and how it reads the answers (mirrors src/feiqian/links/http.py, its part). */

import { ANSWER_MAX_BYTES } from "../protocol/limits.ts";
import type { Octets } from "../protocol/octets.ts";
import { Refused } from "../protocol/refusals.ts";
import type { TrustRoot } from "../protocol/trust.ts";
import { fieldsOf } from "./http.ts";
import { type Fields, spellBytes } from "./json_answer.ts";
import { OperatorRefused } from "./link_trouble.ts";
import { OperatorCalls, trustRootIn } from "./operator_calls.ts";
import {
  type DisputeReply,
  disputeContent,
  disputeIn,
  disputesIn,
  type NewDispute,
  type Said,
  saidContent,
} from "./operator_disputes.ts";

export const ADVICE_KINDS = [
  "settled",
  "waiting",
  "fork",
  "double_acceptance",
  "second_cheque",
  "given_back",
  "shared",
  "unpaid",
  "missing",
] as const;
export type AdviceKind = (typeof ADVICE_KINDS)[number];

/** A payee's terminal that the operator now knows. `certificate` is signed bytes, unverified; `token` a secret. */
export interface TerminalEnrolment {
  readonly terminalRef: Octets;
  readonly payeeId: Octets;
  readonly payeeName: string;
  readonly currency: string;
  readonly certificate: Octets;
  readonly token: string;
  readonly trustRoot: TrustRoot;
}

export interface WaitingClaim {
  readonly chequeId: Octets;
  readonly waitingMinor: bigint;
  readonly deadline: number;
}

/** One change of one claim of the payee, at whichever of its terminals. `stands…` is how it stands after it. */
export interface PayeeEvent {
  readonly number: number;
  readonly at: number;
  readonly kind: AdviceKind;
  readonly chequeId: Octets;
  readonly paidMinor: bigint;
  readonly waitingMinor: bigint;
  readonly standsPaidMinor: bigint;
  readonly standsWaitingMinor: bigint;
  readonly deadline: number;
}

export interface PayeeStatement {
  readonly payeeId: Octets;
  readonly name: string;
  readonly currency: string;
  readonly balanceMinor: bigint;
  readonly waitingMinor: bigint;
  readonly waiting: readonly WaitingClaim[];
  readonly events: readonly PayeeEvent[];
}

/** The operator, as a payee's terminal sees it. */
export class PayeeOperator extends OperatorCalls {
  /** The same code with the same key gives the same certificate again, with a fresh token. */
  async enrolTerminal(wish: { enrolmentCode: string; terminalKey: Octets; proof: Octets }): Promise<TerminalEnrolment> {
    const fields = await this.post("/v1/terminals", {
      enrolment_code: wish.enrolmentCode,
      terminal_key: spellBytes(wish.terminalKey),
      proof: spellBytes(wish.proof),
    });
    return {
      terminalRef: fields.octets("terminal_ref"),
      payeeId: fields.octets("payee_id"),
      payeeName: fields.text("payee_name"),
      currency: fields.text("currency"),
      certificate: fields.octets("certificate"),
      token: fields.text("token"),
      trustRoot: trustRootIn(fields.inner("trust_root")),
    };
  }

  /** The acquirer's signed answer to this signed batch, unverified. The same batch gets the same bytes. */
  async sendBatch(batch: Octets): Promise<Octets> {
    return this.postBytes("/v1/batches", batch, ANSWER_MAX_BYTES);
  }

  /**
   * What the payee has, what waits until when, and the newest changes, newest first; with `after`, the number of the last
   * event heard, the changes behind it, oldest first. Throws Refused update_needed for a change of an unknown kind.
   */
  async payeeStatement(after?: number): Promise<PayeeStatement> {
    const query = after === undefined ? "" : `?after=${after}`;
    return payeeStatementIn(fieldsOf(await this.get(`/v1/payee/statement${query}`)));
  }

  /** The key for which a till seals its own, 33 bytes; undefined from an operator that has none. */
  async tillRecoveryKey(): Promise<Octets | undefined> {
    try {
      return fieldsOf(await this.get("/v1/till-recovery-key")).octets("recovery_key");
    } catch (error) {
      if (error instanceof OperatorRefused && error.status === 404) return undefined;
      throw error;
    }
  }

  async disputes(): Promise<readonly DisputeReply[]> {
    return disputesIn(fieldsOf(await this.get("/v1/payee/disputes")));
  }

  async openDispute(dispute: NewDispute): Promise<DisputeReply> {
    return disputeIn(await this.post("/v1/payee/disputes", disputeContent(dispute)));
  }

  async answerDispute(disputeId: Octets, accept: boolean, said: Said): Promise<DisputeReply> {
    const path = `/v1/payee/disputes/${spellBytes(disputeId)}/answer`;
    return disputeIn(await this.post(path, { accept, ...saidContent(said) }));
  }

  async withdrawDispute(disputeId: Octets, words: string): Promise<DisputeReply> {
    return disputeIn(await this.post(`/v1/payee/disputes/${spellBytes(disputeId)}/withdrawal`, { words }));
  }
}

export function payeeStatementIn(fields: Fields): PayeeStatement {
  return {
    payeeId: fields.octets("payee_id"),
    name: fields.text("name"),
    currency: fields.text("currency"),
    balanceMinor: fields.amount("balance_minor"),
    waitingMinor: fields.amount("waiting_minor"),
    waiting: fields.each("waiting", (item) => ({
      chequeId: item.octets("cheque_id"),
      waitingMinor: item.amount("waiting_minor"),
      deadline: item.instant("deadline"),
    })),
    events: fields.each("events", eventIn),
  };
}

function eventIn(fields: Fields): PayeeEvent {
  return {
    number: fields.number("number"),
    at: fields.instant("at"),
    kind: kindIn(fields),
    chequeId: fields.octets("cheque_id"),
    paidMinor: fields.amount("paid_minor"),
    waitingMinor: fields.amount("waiting_minor"),
    standsPaidMinor: fields.amount("stands_paid_minor"),
    standsWaitingMinor: fields.amount("stands_waiting_minor"),
    deadline: fields.instant("deadline"),
  };
}

/** Guessing what an event of an unknown kind did to somebody's money is worse than asking for an update. */
function kindIn(fields: Fields): AdviceKind {
  const text = fields.text("kind");
  const kind = ADVICE_KINDS.find((known) => known === text);
  if (kind === undefined) throw new Refused("update_needed", "an event of a kind that is not known");
  return kind;
}
