/**
 * What the wallet remembers: plain values as they are stored. The state tables say how they may change.
 *
 * Amounts are minor units, times seconds since 1970. Statements are kept as the very bytes that were signed.
 */

import type { ChequeForm } from "../protocol/cheque.ts";
import type { RequestHash, StatementId, TerminalRef } from "../protocol/ids.ts";
import { PUBLIC_KEY_BYTES } from "../protocol/limits.ts";
import { concat, type Octets, slice, toHex } from "../protocol/octets.ts";
import type { TrustRoot } from "../protocol/trust.ts";
import type { LockReason } from "../risk/anomaly.ts";
import { type AllowanceState, PAYMENT_STATUS, type PaymentState, type Status } from "./states.ts";

export const PAYMENT_NUMBER_CHARS = 12;

/** The intention to enrol: stored before the operator is asked, so that a retry is the same request. */
export interface Enrolment {
  readonly server: string;
  /** What the key maker gave for the account key; only it can read it. */
  readonly accountKey: Octets;
  readonly begunAt: number;
}

/** What enrolment brought: who we are at the operator, and how it knows this device. */
export interface Membership {
  readonly payerId: Octets;
  readonly payerName: string;
  readonly deviceId: Octets;
  readonly deviceToken: string;
  readonly currency: string;
}

/** The trust pack held, and the root keys that it was checked against or brought along. */
export interface HeldTrust {
  readonly root: TrustRoot;
  readonly pack: Octets;
}

/**
 * What every act of an enrolled wallet starts from: who it is, whom it believes, what it has heard.
 *
 * `heardAt` is the latest time in a statement that a payee's terminal signed; 0 before the first.
 */
export interface Footing {
  readonly membership: Membership;
  readonly trust: HeldTrust;
  readonly heardAt: number;
}

/**
 * An allowance from the intention on. `counter`, `cumulativeMinor` and `lastId` are the head of its chain.
 *
 * `raw` is undefined until the operator has issued it; `lastId` is then the allowance's own id, and `expiresAt` the end
 * that it states. `closing` is the closing cheque, once drawn; while a passkey has not signed it, the payload that it is
 * asked to sign.
 */
export interface AllowanceRecord {
  readonly topUpId: Octets;
  /** What the key maker gave for this allowance's key. */
  readonly deviceKey: Octets;
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly askedAt: number;
  readonly state: AllowanceState;
  readonly raw?: Octets | undefined;
  readonly counter: number;
  readonly cumulativeMinor: bigint;
  readonly lastId: Octets;
  readonly closing?: Octets | undefined;
  readonly expiresAt?: number | undefined;
  /** Where the key lives, as the operator is shown it with the request; undefined for keys in software. */
  readonly evidence?: Octets | undefined;
  /** Binds one-time codes to cheques; undefined for an allowance that asks for none. */
  readonly codeKey?: Octets | undefined;
}

/**
 * One cheque and what became of it.
 *
 * `amountMinor` is what the cheque counts, exact or the maximum; `finalMinor` what the payee took, once known; `grade`
 * is F1, F2 or F3 once somebody else has signed for it. `request` is the request's payload. While a passkey has not
 * signed it, `cheque` is the payload that it is asked to sign. `deadlineAt` is D as the
 * operator's books have it, once they know the cheque.
 */
export interface PaymentRecord {
  readonly chequeId: StatementId;
  readonly topUpId: Octets;
  readonly counter: number;
  readonly cheque: Octets;
  readonly credits?: Octets | undefined;
  readonly form: ChequeForm;
  readonly amountMinor: bigint;
  readonly upTo: boolean;
  readonly currency: string;
  readonly drawnAt: number;
  readonly expiresAt: number;
  readonly state: PaymentState;
  readonly request?: Octets | undefined;
  readonly requestHash?: RequestHash | undefined;
  readonly payeeId?: Octets | undefined;
  readonly payeeName?: string | undefined;
  readonly payeeProved: boolean;
  readonly reference?: string | undefined;
  readonly finalMinor?: bigint | undefined;
  readonly grade?: Grade | undefined;
  readonly acknowledgement?: Octets | undefined;
  readonly acknowledgedAt?: number | undefined;
  readonly deadlineAt?: number | undefined;
}

export const GRADES = ["F1", "F2", "F3"] as const;
export type Grade = (typeof GRADES)[number];

const IN_PASSKEY = 0;

/**
 * A device key that is a passkey, as it is kept: 33 bytes of its point, a zero, and what finds it in its authenticator.
 *
 * A key that this app holds itself goes on with PKCS#8 there, which begins with 30 (hexadecimal).
 */
export function keptPasskey(point: Octets, credentialId: Octets): Octets {
  return concat(point, Uint8Array.of(IN_PASSKEY), credentialId);
}

/** What finds the passkey of a kept key; undefined for a key that this app holds itself. */
export function credentialIdIn(kept: Octets): Octets | undefined {
  return kept[PUBLIC_KEY_BYTES] === IN_PASSKEY ? slice(kept, PUBLIC_KEY_BYTES + 1) : undefined;
}

/** A payment before it is signed: what only the signature brings is missing. */
export type PaymentDraft = Omit<PaymentRecord, "chequeId" | "counter" | "cheque" | "credits">;

/** The payment's short name for people and pictures: hexadecimal digits of the cheque's id. */
export function numberOf(payment: PaymentRecord): string {
  return toHex(payment.chequeId).slice(0, PAYMENT_NUMBER_CHARS);
}

/** Active, needs you or done. */
export function statusOf(payment: PaymentRecord): Status {
  return PAYMENT_STATUS[payment.state];
}

/** How much of the cheque's amount is known to come back. */
export function backMinorOf(payment: PaymentRecord): bigint {
  return payment.finalMinor === undefined ? 0n : payment.amountMinor - payment.finalMinor;
}

/** What a terminal's statement gives back of one cheque: the largest one known. */
export interface CreditRecord {
  readonly chequeId: StatementId;
  readonly topUpId: Octets;
  readonly backMinor: bigint;
  readonly statement: Octets;
  readonly certificate: Octets;
}

/** A payee met before, by one of its terminals: its certificate need not be shown again. */
export interface PayeeRecord {
  readonly terminalRef: TerminalRef;
  readonly payeeId: Octets;
  readonly payeeName: string;
  readonly certificate: Octets;
  readonly metAt: number;
}

/** How the operator's books differ from what this device knows. */
export const FINDING_KINDS = ["not_ours", "forked", "code_wrong", "too_much"] as const;
export type FindingKind = (typeof FINDING_KINDS)[number];

/**
 * One cheque on an allowance of this device for which the books say something else than the device.
 *
 * not_ours: it was claimed and this device never drew it; `amountMinor` is what it takes. forked: it is ours, and another
 * one contradicts it; `amountMinor` is what it takes. code_wrong: its one-time code was wrong or used before;
 * `amountMinor` is what it takes. too_much: `amountMinor` more was taken for it than its payee signed for.
 */
export interface Finding {
  readonly chequeId: StatementId;
  readonly kind: FindingKind;
  readonly topUpId: Octets;
  readonly amountMinor: bigint;
}

/** How far a lock of paying has come: what the operator answered, or that the clock was set right. */
export const LOCK_ANSWERS = ["none", "waiting", "refused", "allowed", "clock_right"] as const;
export type LockAnswer = (typeof LOCK_ANSWERS)[number];

/** This wallet stopped paying by itself: why and when, and what became of it. `endedAt` is undefined while it stands. */
export interface PayingLock {
  readonly lockId: Octets;
  readonly reason: LockReason;
  readonly lockedAt: number;
  readonly seen: number;
  readonly allowed: number;
  readonly answer: LockAnswer;
  readonly endedAt?: number | undefined;
}

/** Wrong PINs in a row before the right one came, at `endedAt`; `count` 0 for none. */
export interface Guesses {
  readonly count: number;
  readonly endedAt: number;
}
