/**
 * What the wallet needs from outside: a store, keys, the operator, a clock and randomness.
 *
 * The store reads from memory, as of the act that runs; its writes are one durable transaction each, named by a
 * `WritePoint`, so that a test can kill the app right before and right after every one of them. The operator's link is
 * handed only to the calls that need a network; paying holds none.
 */

import type { AllowanceRef, RequestHash, StatementId, TerminalRef } from "../protocol/ids.ts";
import type { Signer } from "../protocol/keys.ts";
import type { Octets } from "../protocol/octets.ts";
import type { TrustRoot } from "../protocol/trust.ts";
import type { Coded } from "../protocol/words.ts";
import type { Found } from "./found.ts";
import type { Papers } from "./papers.ts";
import type {
  AllowanceRecord,
  CreditRecord,
  Enrolment,
  Finding,
  Footing,
  Guesses,
  HeldTrust,
  LockAnswer,
  Membership,
  PayeeRecord,
  PayingLock,
  PaymentRecord,
} from "./records.ts";

/** Now, seconds since 1970, by this device's clock. */
export type Clock = () => number;
/** So many unpredictable bytes. */
export type Randomness = (size: number) => Octets;

/** Every durable write of the wallet, by name. */
export const WritePoint = {
  enrolment: "wallet.enrolment",
  membership: "wallet.membership",
  trust: "wallet.trust",
  topUp: "wallet.top-up",
  allowance: "wallet.allowance",
  declined: "wallet.declined",
  cheque: "wallet.cheque",
  signed: "wallet.signed",
  aged: "wallet.aged",
  acknowledgement: "wallet.acknowledgement",
  statement: "wallet.statement",
  closing: "wallet.closing",
  closed: "wallet.closed",
  lock: "wallet.lock",
} as const;
export type WritePoint = (typeof WritePoint)[keyof typeof WritePoint];

/** The write met something else than its caller had read: nothing was written. */
export class Conflict extends Error {
  constructor(why: string) {
    super(why);
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

/** What outlives the app. Every method that writes is one transaction, durable when its promise is fulfilled. */
export interface WalletStore {
  /** The enrolment intended or done. */
  enrolment(): Enrolment | undefined;
  /** What enrolment brought, once it is done. */
  membership(): Membership | undefined;
  /** The trust pack held. */
  trust(): HeldTrust | undefined;
  /** Membership, trust and what was heard; undefined before enrolment is done. */
  footing(): Footing | undefined;
  /** All allowances, oldest first. */
  allowances(): readonly AllowanceRecord[];
  /** Those that are not dropped and did not end before this time, oldest first. */
  currentAllowances(endedBefore: number): readonly AllowanceRecord[];
  /** The payment of one cheque. */
  payment(chequeId: StatementId): PaymentRecord | undefined;
  /** The payment that answered a request. */
  paymentFor(requestHash: RequestHash): PaymentRecord | undefined;
  /** All payments, newest first. */
  payments(): readonly PaymentRecord[];
  /** Those that are not done, newest first. */
  openPayments(): readonly PaymentRecord[];
  /** What was given back on one allowance with the payment it is of, largest first. */
  credits(topUpId: Octets): readonly (readonly [CreditRecord, PaymentRecord])[];
  /** The payee that a terminal speaks for, if it was met before. */
  payee(terminalRef: TerminalRef): PayeeRecord | undefined;
  /** The terminals of one payee that were met before, the latest first. */
  payees(payeeId: Octets): readonly PayeeRecord[];
  /** What the operator's books say otherwise than this device, as of the last statement. */
  findings(): readonly Finding[];
  /** The locks of paying there ever were, oldest first. */
  locks(): readonly PayingLock[];
  /** The one that stands. */
  payingLock(): PayingLock | undefined;
  /** The wrong PINs before this wallet was opened. */
  guesses(): Guesses;

  /** enrolment. Replaces an intention that came to nothing; Conflict once enrolled. */
  beginEnrolment(enrolment: Enrolment): Promise<void>;
  /** membership. Conflict once enrolled. */
  finishEnrolment(membership: Membership, trust: HeldTrust): Promise<void>;
  /** trust. */
  putTrust(trust: HeldTrust): Promise<void>;
  /** topUp. Conflict when there is one of this id. */
  beginTopUp(record: AllowanceRecord): Promise<void>;
  /** allowance: asked becomes held; Conflict otherwise. */
  holdAllowance(record: AllowanceRecord): Promise<void>;
  /** declined: asked becomes dropped; Conflict otherwise. */
  dropTopUp(topUpId: Octets): Promise<void>;
  /** cheque: the chain's new head and the payment, together. Conflict unless the head is `before`. */
  burn(payment: PaymentRecord, before: AllowanceRecord, after: AllowanceRecord): Promise<void>;
  /** signed: the cheque of an unsigned payment, signed; Conflict unless it is still unsigned. */
  sign(payment: PaymentRecord): Promise<void>;
  /** closing: the chain's last head with its closing cheque, signed or not. Conflict unless the head is `before`. */
  burnClosing(before: AllowanceRecord, after: AllowanceRecord): Promise<void>;
  /** signed: the closing cheque that a passkey has signed; Conflict unless it was unsigned. */
  signClosing(topUpId: Octets, closing: Octets): Promise<void>;
  /** closed: closing becomes closed; Conflict otherwise. */
  confirmClosing(topUpId: Octets): Promise<void>;
  /** aged: payments whose state changed with time alone. */
  age(payments: readonly PaymentRecord[]): Promise<void>;
  /** acknowledgement: a payment's new state, what it gives back, the payee, and the time it signed. */
  acknowledge(
    payment: PaymentRecord,
    credit: CreditRecord | undefined,
    payee: PayeeRecord,
    heardAt: number,
  ): Promise<void>;
  /** lock: a new one, or what became of the one that stands; Conflict beside another one. What was heard goes back. */
  putLock(lock: PayingLock, heardAt?: number): Promise<void>;
  /** statement: what the operator's books say of payments, and all that they say otherwise from now on. */
  applyStatement(payments: readonly PaymentRecord[], findings: readonly Finding[]): Promise<void>;
}

/** Where private keys are made. What `make` gives is stored and means something to this key maker only. */
export interface KeyMaker {
  make(): Promise<Octets>;
  load(stored: Octets): Promise<Signer>;
}

/** The operator's answer to an enrolment. `root` is to be pinned; the code came to the payer by another way. */
export interface Enrolled {
  readonly membership: Membership;
  readonly root: TrustRoot;
}

/**
 * One allowance in the operator's books. `closed` says that D has passed: what was not claimed went back.
 *
 * `complete` says that every cheque claimed from it stands in the statement. `reservedMinor` is still set aside, and
 * `waitingMinor` the part of it that is decided at `deadline` (D).
 */
export interface AllowanceLine {
  readonly ref: AllowanceRef;
  readonly closed: boolean;
  readonly complete: boolean;
  readonly reservedMinor?: bigint;
  readonly waitingMinor?: bigint;
  readonly deadline?: number;
}

/**
 * One claimed cheque in the operator's books: `paidMinor` was taken, `waitingMinor` is decided at `deadline`.
 *
 * `forked` says that another cheque of its allowance contradicts it, `codeWrong` that its one-time code was wrong or used
 * before. `payeeName` is the operator's own knowledge.
 */
export interface ChequeLine {
  readonly chequeId: StatementId;
  readonly ref: AllowanceRef;
  readonly paidMinor: bigint;
  readonly waitingMinor: bigint;
  readonly deadline: number;
  readonly givenBack: boolean;
  readonly forked: boolean;
  readonly codeWrong?: boolean | undefined;
  readonly payeeName: string | undefined;
}

/** What the payer has at the operator; `freeMinor` may be topped up from. */
export interface Statement {
  readonly currency: string;
  readonly freeMinor: bigint;
  readonly reservedMinor: bigint;
  readonly allowances: readonly AllowanceLine[];
  readonly cheques: readonly ChequeLine[];
}

/** A dispute that is not over, as this payer sees it. `againstUs` says that the other side opened it. */
export interface DisputeNotice {
  readonly disputeId: Octets;
  readonly againstUs: boolean;
  readonly needsAnswer: boolean;
}

/** The operator looked at what was asked and said no: the same again gets the same answer. */
export class Declined extends Error {
  readonly why: Coded;

  constructor(why: Coded) {
    super(why.message);
    this.name = "Declined";
    this.why = why;
  }
}

/** The operator's answer to a top-up: signed bytes, and the key of its one-time codes if it asks for some. */
export interface Granted {
  readonly raw: Octets;
  readonly codeKey: Octets | undefined;
}

/**
 * The operator, over a network. Every call may be repeated. Throws Declined, or Coded when a retry is safe.
 *
 * While a call waits the store is let go of, so what was read before a call may have changed behind it.
 */
export interface OperatorLink {
  /** The root keys of the operator's deployment, before anything is pinned. */
  trustRoot(): Promise<TrustRoot>;
  /** Become a payer's device by a code that the operator gave. Same code and key, same answer. */
  enrol(asked: {
    readonly code: string;
    readonly accountKey: Octets;
    readonly proof: Octets;
    /** The six digits that some codes have beside them. */
    readonly digits?: string | undefined;
  }): Promise<Enrolled>;
  /** The allowance for this request id, bound to `deviceKey`: the same one however often it is asked. */
  topUp(asked: {
    readonly topUpId: Octets;
    readonly amountMinor: bigint;
    readonly deviceKey: Octets;
    /** Undefined only beside evidence that shows possession itself. */
    readonly proof: Octets | undefined;
    readonly evidence: Octets | undefined;
  }): Promise<Granted>;
  /** The newest trust pack. */
  trustPack(): Promise<Octets>;
  /** What this payer has, and what became of the cheques that were claimed. */
  statement(): Promise<Statement>;
  /** Hand in the closing cheque of an allowance. */
  closeAllowance(asked: { readonly ref: AllowanceRef; readonly closing: Octets }): Promise<void>;
  /** Hand in the payer's copy of a payment with what its payee signed. The same again changes nothing. */
  present(papers: Papers, isNote: boolean): Promise<void>;
  /** The payer's disputes that are not over. */
  disputes(): Promise<readonly DisputeNotice[]>;
  /** Tell that this device has stopped paying, and ask whether it may pay again. The same lock is one report. */
  reportLock(lock: PayingLock): Promise<LockAnswer>;
}

/** The outside of one open wallet, as its composition root chose it, and what the wallet has found out so far. */
export interface Parts {
  readonly store: WalletStore;
  readonly keys: KeyMaker;
  readonly clock: Clock;
  readonly randomness: Randomness;
  /** The version of this app, as the operator's least one is compared with. */
  readonly version: string;
  readonly found: Found;
}
