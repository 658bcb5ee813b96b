/**
 * What stands ready at the counter once the till is open: who we are, what we believe, and which time it is.
 *
 * Time: a device's clock may be wrong by years. Backwards it is healed by the highest time that an operator has signed
 * (trust index, answers, settled notices): it is at least that late. For one-way codes, which age within a minute,
 * payers' signed times count too, but only of cheques that answered a request in time, only as far as two allowances
 * have reached, and never by more than the policy's skew: one payer can hold two allowances and sign any time, and must
 * not put the codes of all others out of service. A clock set forwards no signature can mend; allowances then look
 * expired, and `ready` names the difference that the last sync has measured. Mirrors terminal/desk.py.
 */

import { Capability, type CertificateTerms, decodeCertificate, terminalRef } from "../protocol/certificate.ts";
import type { TerminalRef } from "../protocol/ids.ts";
import type { Signer } from "../protocol/keys.ts";
import { TIME_MAX_S } from "../protocol/limits.ts";
import { concat, equal, type Octets } from "../protocol/octets.ts";
import type { Policy } from "../protocol/policy.ts";
import { firstTrust, type Trust } from "../protocol/trust.ts";
import { AllowanceCache } from "../protocol/verified.ts";
import type { Clock, KeyMaker, Randomness, TerminalStore } from "./ports.ts";
import type { Enrolment, HeldTrust } from "./records.ts";
import { TerminalTrouble } from "./troubles.ts";

/** The real parts that a composition root chose. */
export interface Outside {
  readonly store: TerminalStore;
  readonly keys: KeyMaker;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly appVersion: string;
}

const WANTED = { request: "request", oneWay: "one_way", notes: "notes" } as const;

/**
 * One enrolled terminal, opened. Only `trust` ever changes, when a newer pack has been stored.
 *
 * While the operator is waited for, another tab may use the till: `refresh` takes over what it has changed.
 */
export class Desk {
  readonly outside: Outside;
  readonly enrolment: Enrolment;
  readonly signer: Signer;
  readonly certificate: CertificateTerms;
  readonly ref: TerminalRef;
  readonly cache = new AllowanceCache();
  trust: Trust;

  private constructor(outside: Outside, enrolment: Enrolment, signer: Signer, trust: Trust) {
    this.outside = outside;
    this.enrolment = enrolment;
    this.signer = signer;
    this.certificate = decodeCertificate(enrolment.certificate).terms;
    this.ref = terminalRef(enrolment.certificateId);
    this.trust = trust;
  }

  /**
   * The desk of an enrolled terminal. Throws TerminalTrouble not_enrolled; Refused when what is stored is not ours.
   *
   * The certificate's id comes from enrolment, where its signature was checked: a terminal must open and sync even when
   * the key that signed it has left the key set since.
   */
  static async open(outside: Outside): Promise<Desk> {
    const [enrolment, held] = [outside.store.enrolment(), outside.store.trust()];
    if (enrolment === undefined || held === undefined) throw new TerminalTrouble("not_enrolled");
    const signer = await outside.keys.load(enrolment.key);
    return new Desk(outside, enrolment, signer, await firstTrust(held.root, held.raw));
  }

  get store(): TerminalStore {
    return this.outside.store;
  }

  /** The one currency of this terminal. */
  get currency(): string {
    return this.certificate.currency;
  }

  /** The policy for it. Throws Refused currency_mismatch if the operator serves it no more. */
  get policy(): Policy {
    return this.trust.policy(this.currency);
  }

  /** Believe what is stored now. Throws TerminalTrouble not_enrolled when the till was signed out meanwhile. */
  async refresh(): Promise<void> {
    const held = this.store.trust();
    if (held === undefined || !isSame(this.store.enrolment(), this.enrolment))
      throw new TerminalTrouble("not_enrolled");
    if (!equal(held.raw, this.trust.raw)) this.trust = await trustOf(held);
  }

  /** What this device's clock says, kept within what the wire can carry. */
  ownClock(): number {
    return Math.min(Math.max(this.outside.clock(), 0), TIME_MAX_S);
  }

  /** The time by which the terminal acts: its clock, but never before what an operator has signed. */
  now(): number {
    return Math.max(this.ownClock(), this.attested());
  }

  /** The newest time that an operator has signed in what is held: it is at least that late. */
  attested(): number {
    return Math.max(this.trust.index.issuedAt, this.store.operatorTime());
  }

  /** The latest time that can be attested, for one-way codes: at most the policy's skew ahead. Throws as `policy`. */
  latest(now: number): number {
    const [, second] = this.store.witnessedTimes();
    return second === undefined ? now : Math.max(now, Math.min(second, now + this.policy.skewS));
  }

  /** A statement of this terminal as it is shown: behind the certificate that proves it. */
  signedShown(statement: Octets): Octets {
    return concat(this.enrolment.certificate, statement);
  }

  /**
   * The one instant by which an act that needs `capability` is decided and signed.
   *
   * Refuses what the operator does not let this terminal do, and all once the certificate is over.
   */
  begin(capability: keyof typeof Capability): number {
    if ((this.certificate.capabilities & Capability[capability]) === 0) {
      throw new TerminalTrouble("not_allowed", { what: WANTED[capability] });
    }
    const now = this.now();
    if (now > this.certificate.expiresAt) throw new TerminalTrouble("certificate_over");
    return now;
  }
}

async function trustOf(held: HeldTrust): Promise<Trust> {
  return firstTrust(held.root, held.raw);
}

function isSame(one: Enrolment | undefined, other: Enrolment): boolean {
  return one !== undefined && equal(one.certificateId, other.certificateId) && one.token === other.token;
}

/** An amount inside a sentence; all currencies served so far have two decimals. */
export function spelled(amountMinor: bigint, currency: string): string {
  return `${amountMinor / 100n}.${String(amountMinor % 100n).padStart(2, "0")} ${currency}`;
}
