/** What a wallet asks of the operator, and how it reads the answers (mirrors src/feiqian/links/http.py, a wallet's part). */

import type { Octets } from "../protocol/octets.ts";
import type { TrustRoot } from "../protocol/trust.ts";
import { fieldsOf } from "./http.ts";
import { type Fields, spellBytes, spellInstant, unreadable } from "./json_answer.ts";
import { type JsonContent, OperatorCalls, trustRootIn } from "./operator_calls.ts";
import {
  type DisputeReply,
  disputeContent,
  disputeIn,
  disputesIn,
  type NewDispute,
  type Papers,
  type PapersTaken,
  papersContent,
  papersIn,
  type Said,
  saidContent,
} from "./operator_disputes.ts";

const STATUSES = ["good", "suspended", "closed", "reserved"] as const;
const CHEQUE_STATES = ["settled", "waiting", "given_back", "refused", "borne", "forked"] as const;
const SUSPEND_REASONS = ["lost", "fork", "operator", "closed", "one_time_code_wrong"] as const;

/** A payer's device that the operator now knows. `token` is a secret: it goes into a sealed record and nowhere else. */
export interface DeviceEnrolment {
  readonly deviceId: Octets;
  readonly payerId: Octets;
  readonly name: string;
  readonly currency: string;
  readonly token: string;
  /** What the device pins; this is the moment of trust. */
  readonly trustRoot: TrustRoot;
}

export interface IssuedAllowance {
  readonly ref: Octets;
  /** Signed bytes, unverified. */
  readonly raw: Octets;
  readonly deadline: number;
  /** Binds one-time codes to cheques; undefined where none are asked for, and from an older operator. */
  readonly codeKey: Octets | undefined;
}

/** A wallet's lock, as it tells of it. */
export interface LockReport {
  readonly lockId: Octets;
  readonly reason: string;
  readonly lockedAt: number;
  readonly seen: number;
  readonly allowed: number;
}

/** One suspended allowance; says when the rest comes back. */
export interface Suspension {
  readonly ref: Octets;
  readonly reason: (typeof SUSPEND_REASONS)[number];
  readonly atRiskMinor: bigint;
  readonly currency: string;
  readonly deadline: number;
}

export interface AllowanceState {
  readonly ref: Octets;
  readonly status: (typeof STATUSES)[number];
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly reservedMinor: bigint;
  readonly claimedMinor: bigint;
  readonly waitingMinor: bigint;
  readonly returnedMinor: bigint;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly deadline: number;
  readonly forked: boolean;
  readonly closed: boolean;
  readonly complete: boolean;
}

/** One claimed cheque: `paidMinor` was taken, `waitingMinor` is decided at `deadline`. */
export interface ChequeLine {
  readonly chequeId: Octets;
  readonly ref: Octets;
  readonly counter: number;
  readonly amountMinor: bigint;
  readonly paidMinor: bigint;
  readonly waitingMinor: bigint;
  readonly deadline: number;
  readonly state: (typeof CHEQUE_STATES)[number];
  readonly payees: number;
  readonly payeeName: string | null;
  /** Its one-time code was wrong or used before; an older operator does not say. */
  readonly codeWrong: boolean;
}

export interface EntryLine {
  readonly at: number;
  readonly reason: string;
  readonly amountMinor: bigint;
}

/** A cheque of ours that the operator has seen and no payee has claimed. */
export interface MissingClaim {
  readonly chequeId: Octets;
  readonly ref: Octets;
  readonly amountMinor: bigint;
  readonly presentedAt: number;
  readonly deadline: number;
  readonly payeeName: string | null;
}

/** What the payer has, and where it is. */
export interface PayerStatement {
  readonly payerId: Octets;
  readonly name: string;
  readonly currency: string;
  readonly freeMinor: bigint;
  readonly reservedMinor: bigint;
  readonly allowances: readonly AllowanceState[];
  readonly cheques: readonly ChequeLine[];
  readonly more: boolean;
  readonly entries: readonly EntryLine[];
  readonly missing: readonly MissingClaim[];
}

/** A request for an allowance. `requestId` is 16 bytes that were stored before asking: the same one, the same answer. */
export interface AllowanceWish {
  readonly requestId: Octets;
  readonly deviceKey: Octets;
  /** provePossession(device signer, "allowance", deployment, device id, request id). */
  readonly proof: Octets | undefined;
  /** Where the key lives (spec 12); where it shows possession itself, `proof` may be left out. */
  readonly evidence?: Octets | undefined;
  /** Without it the operator's default. */
  readonly amountMinor?: bigint;
  /** Binds it to one payee. */
  readonly audience?: Octets;
}

/** The operator, as a payer's device sees it. */
export class PayerOperator extends OperatorCalls {
  /** Makes this device the payer's. The same code with the same key gives the same device again, with a fresh token. */
  async enrolDevice(wish: {
    enrolmentCode: string;
    accountKey: Octets;
    proof: Octets;
    /** The six digits that some codes have beside them. */
    pin?: string | undefined;
  }): Promise<DeviceEnrolment> {
    const fields = await this.post("/v1/devices", {
      enrolment_code: wish.enrolmentCode,
      account_key: spellBytes(wish.accountKey),
      proof: spellBytes(wish.proof),
      ...(wish.pin === undefined ? {} : { pin: wish.pin }),
    });
    return {
      deviceId: fields.octets("device_id"),
      payerId: fields.octets("payer_id"),
      name: fields.text("name"),
      currency: fields.text("currency"),
      token: fields.text("token"),
      trustRoot: trustRootIn(fields.inner("trust_root")),
    };
  }

  async requestAllowance(wish: AllowanceWish): Promise<IssuedAllowance> {
    const content: JsonContent = {
      request_id: spellBytes(wish.requestId),
      device_key: spellBytes(wish.deviceKey),
      ...(wish.proof === undefined ? {} : { proof: spellBytes(wish.proof) }),
      ...(wish.evidence === undefined ? {} : { evidence: spellBytes(wish.evidence) }),
      ...(wish.amountMinor === undefined ? {} : { amount_minor: Number(wish.amountMinor) }),
      ...(wish.audience === undefined ? {} : { audience: spellBytes(wish.audience) }),
    };
    const fields = await this.post("/v1/allowances", content);
    return {
      ref: fields.octets("ref"),
      raw: fields.octets("allowance"),
      deadline: fields.instant("deadline"),
      codeKey: fields.octetsIfAny("code_key"),
    };
  }

  /** Hands in the closing cheque of the allowance `ref` (8 bytes). */
  async closeAllowance(ref: Octets, closingCheque: Octets): Promise<Suspension> {
    const content = { closing_cheque: spellBytes(closingCheque) };
    return suspensionIn(await this.post(`/v1/allowances/${spellBytes(ref)}/closing`, content));
  }

  async payerStatement(): Promise<PayerStatement> {
    return payerStatementIn(fieldsOf(await this.get("/v1/payer/statement")));
  }

  /** Hands in this wallet's copy of a payment, with the payee's receipt if it has one. */
  async presentCheque(papers: Papers): Promise<PapersTaken> {
    return papersIn(await this.post("/v1/payer/claims", papersContent(papers, "receipt")));
  }

  /** Hands in a note that this wallet holds. */
  async presentNote(papers: Papers): Promise<PapersTaken> {
    return papersIn(await this.post("/v1/payer/notes", papersContent(papers, "note")));
  }

  /** Tells that this wallet has stopped paying: allowed, refused, or waiting. */
  async reportLock(lock: LockReport): Promise<string> {
    const { lockId, reason, lockedAt, seen, allowed } = lock;
    const content = { lock_id: spellBytes(lockId), reason, locked_at: spellInstant(lockedAt), seen, allowed };
    return (await this.post("/v1/devices/me/locks", content)).text("decision");
  }

  /** A new lost-device code for this device, told once; the one before it ends. */
  async newLostCode(): Promise<string> {
    return (await this.post("/v1/devices/me/lost-code", {})).text("lost_code");
  }

  async disputes(): Promise<readonly DisputeReply[]> {
    return disputesIn(fieldsOf(await this.get("/v1/payer/disputes")));
  }

  async openDispute(dispute: NewDispute): Promise<DisputeReply> {
    return disputeIn(await this.post("/v1/payer/disputes", disputeContent(dispute)));
  }

  async answerDispute(disputeId: Octets, accept: boolean, said: Said): Promise<DisputeReply> {
    const path = `/v1/payer/disputes/${spellBytes(disputeId)}/answer`;
    return disputeIn(await this.post(path, { accept, ...saidContent(said) }));
  }

  async withdrawDispute(disputeId: Octets, words: string): Promise<DisputeReply> {
    return disputeIn(await this.post(`/v1/payer/disputes/${spellBytes(disputeId)}/withdrawal`, { words }));
  }
}

export function payerStatementIn(fields: Fields): PayerStatement {
  return {
    payerId: fields.octets("payer_id"),
    name: fields.text("name"),
    currency: fields.text("currency"),
    freeMinor: fields.amount("free_minor"),
    reservedMinor: fields.amount("reserved_minor"),
    allowances: fields.each("allowances", allowanceStateIn),
    cheques: fields.each("cheques", chequeLineIn),
    more: fields.yes("more"),
    entries: fields.each("entries", (item) => ({
      at: item.instant("at"),
      reason: item.text("reason"),
      amountMinor: item.amount("amount_minor"),
    })),
    missing: fields.each("missing", missingClaimIn),
  };
}

function suspensionIn(fields: Fields): Suspension {
  return {
    ref: fields.octets("ref"),
    reason: fields.choice("reason", SUSPEND_REASONS),
    atRiskMinor: fields.amount("at_risk_minor"),
    currency: fields.text("currency"),
    deadline: fields.instant("deadline"),
  };
}

function allowanceStateIn(fields: Fields): AllowanceState {
  return {
    ref: fields.octets("ref"),
    status: fields.choice("status", STATUSES),
    currency: fields.text("currency"),
    amountMinor: fields.amount("amount_minor"),
    reservedMinor: fields.amount("reserved_minor"),
    claimedMinor: fields.amount("claimed_minor"),
    waitingMinor: fields.amount("waiting_minor"),
    returnedMinor: fields.amount("returned_minor"),
    issuedAt: fields.instant("issued_at"),
    expiresAt: fields.instant("expires_at"),
    deadline: fields.instant("deadline"),
    forked: fields.yes("forked"),
    closed: fields.yes("closed"),
    complete: fields.yes("complete"),
  };
}

function chequeLineIn(fields: Fields): ChequeLine {
  const line: ChequeLine = {
    chequeId: fields.octets("cheque_id"),
    ref: fields.octets("ref"),
    counter: fields.number("counter"),
    amountMinor: fields.amount("amount_minor"),
    paidMinor: fields.amount("paid_minor"),
    waitingMinor: fields.amount("waiting_minor"),
    deadline: fields.instant("deadline"),
    state: fields.choice("state", CHEQUE_STATES),
    payees: fields.number("payees"),
    payeeName: fields.textOrNull("payee_name"),
    codeWrong: fields.yesIfAny("code_wrong"),
  };
  const overpaid = line.paidMinor + line.waitingMinor > line.amountMinor; // no cheque pays more than it counts
  if (line.paidMinor < 0n || line.waitingMinor < 0n || overpaid) throw unreadable("field paid_minor");
  return line;
}

function missingClaimIn(fields: Fields): MissingClaim {
  return {
    chequeId: fields.octets("cheque_id"),
    ref: fields.octets("ref"),
    amountMinor: fields.amount("amount_minor"),
    presentedAt: fields.instant("presented_at"),
    deadline: fields.instant("deadline"),
    payeeName: fields.textOrNull("payee_name"),
  };
}
