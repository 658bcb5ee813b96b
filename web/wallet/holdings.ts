/**
 * What this wallet holds at one moment: trust, the time it goes by, and every allowance with its standing and room.
 *
 * Everything here is read from the store and checked anew with the trust held now, so a key that was revoked by the last
 * pack stops counting at once. Nothing is written.
 */

import type { Credit } from "../protocol/credit.ts";
import { equal, type Octets, toHex } from "../protocol/octets.ts";
import { deadline } from "../protocol/policy.ts";
import type { Trust } from "../protocol/trust.ts";
import type { VerifiedAllowance } from "../protocol/verified.ts";
import { type Bundle, chequesLeft, type HeldCredit, largest, type Room, roomOf, smaller } from "./cover.ts";
import type { Grant } from "./found.ts";
import type { Parts } from "./ports.ts";
import type { AllowanceRecord, CreditRecord, Footing, Membership, PaymentRecord } from "./records.ts";
import { WalletTrouble } from "./troubles.ts";

/** Whether an allowance can be spent from at this moment. */
export type Standing = "good" | "not_begun" | "ended" | "stopped" | "closing";

/**
 * An allowance that was issued to this device. `deadlineAt` is D: what is not claimed by then is free again.
 *
 * Its credits are read and checked only when somebody asks what they add: most payments need none.
 */
export class Live {
  readonly record: AllowanceRecord;
  readonly allowance: VerifiedAllowance;
  readonly standing: Standing;
  readonly deadlineAt: number;
  readonly #readBundles: () => Promise<readonly Bundle[]>;
  #bundles: Promise<readonly Bundle[]> | undefined;

  constructor(record: AllowanceRecord, grant: Grant, now: number, readBundles: () => Promise<readonly Bundle[]>) {
    this.record = record;
    this.allowance = grant.allowance;
    this.standing = standingOf(record, grant, now);
    this.deadlineAt = grant.deadlineAt;
    this.#readBundles = readBundles;
  }

  /** How many cheques are left. */
  get cheques(): number {
    return chequesLeft(this.allowance.terms, this.record.counter);
  }

  /** The most that all its payments can still be together, with no credit counted. */
  get reserveMinor(): bigint {
    const { amountMinor, perPaymentMinor } = this.allowance.terms;
    const leftMinor = largest([amountMinor - this.record.cumulativeMinor]);
    return smaller(leftMinor, perPaymentMinor * BigInt(this.cheques));
  }

  /** The credits that may travel together. */
  bundles(): Promise<readonly Bundle[]> {
    this.#bundles ??= this.#readBundles();
    return this.#bundles;
  }

  /** What it still carries, credits counted. */
  async room(): Promise<Room> {
    return roomOf(this.allowance.terms, this.record, await this.bundles());
  }
}

/**
 * The wallet at one moment. `now` is the device's clock, but never before what the operator has signed.
 *
 * `lives` are the allowances whose D has not passed: nothing can happen on any other. `waiting` are top-ups without an
 * answer yet.
 */
export interface Holdings {
  readonly membership: Membership;
  readonly trust: Trust;
  readonly now: number;
  readonly clockBehind: boolean;
  readonly updateNeeded: boolean;
  readonly lives: readonly Live[];
  readonly waiting: readonly AllowanceRecord[];
  /** The top-ups of which a payment waits for its passkey, or never got its signature. */
  readonly unsigned: readonly Octets[];
}

/** The allowance of one top-up, if it was issued and its issuer is still known. */
export function liveOf(holdings: Holdings, topUpId: Octets): Live | undefined {
  return holdings.lives.find((live) => equal(live.record.topUpId, topUpId));
}

/** What every act starts from, and what the held pack says. Throws as `hold`. */
export async function stand(parts: Parts): Promise<{ readonly footing: Footing; readonly trust: Trust }> {
  const footing = parts.store.footing();
  if (footing === undefined) throw new WalletTrouble("not_enrolled");
  return { footing, trust: await parts.found.trust(footing.trust) };
}

/** What the wallet holds now. Throws WalletTrouble not_enrolled, Refused when the held pack is no longer good. */
export async function hold(parts: Parts): Promise<Holdings> {
  const { footing, trust } = await stand(parts);
  const clock = parts.clock();
  const { issuedAt } = trust.index;
  const now = Math.max(clock, issuedAt);
  const { policies } = trust.keySet;
  const skewS = Math.max(...policies.map((policy) => policy.skewS));
  const untilDS = Math.max(...policies.map((policy) => deadline(policy, 0)));
  const records = parts.store.currentAllowances(now - untilDS);
  const lives: Live[] = [];
  for (const record of records) {
    const grant = record.raw === undefined ? undefined : await parts.found.allowance(record.raw, trust);
    if (grant !== undefined) {
      lives.push(new Live(record, grant, now, () => bundlesOf(parts, record.topUpId, grant.allowance, trust)));
    }
  }
  return {
    membership: footing.membership,
    trust,
    now,
    clockBehind: clock < Math.max(issuedAt, footing.heardAt) - skewS,
    updateNeeded: trust.updateNeeded(parts.version),
    lives,
    waiting: records.filter((record) => record.state === "asked"),
    unsigned: parts.store
      .openPayments()
      .filter(({ state }) => state === "unsigned" || state === "abandoned")
      .map(({ topUpId }) => topUpId),
  };
}

/** What was issued for each top-up (by the hex of its id), also long ago, as far as its issuer is still known. */
export async function grantsOf(
  parts: Parts,
  trust: Trust,
  records: readonly AllowanceRecord[],
): Promise<ReadonlyMap<string, Grant>> {
  const found = new Map<string, Grant>();
  for (const { raw, topUpId } of records) {
    const grant = raw === undefined ? undefined : await parts.found.allowance(raw, trust);
    if (grant !== undefined) found.set(toHex(topUpId), grant);
  }
  return found;
}

/**
 * The credit if it counts for a verifier who believes what we believe; undefined otherwise.
 *
 * A note above its terminal's cap, or one of a retired acquirer's terminal, gives back only when settled.
 */
export async function verifiedCredit(
  parts: Parts,
  record: CreditRecord,
  payment: PaymentRecord,
  allowance: VerifiedAllowance,
  trust: Trust,
): Promise<HeldCredit | undefined> {
  if (payment.form !== "two_way") return undefined;
  return parts.found.credit(creditOf(record, payment), allowance, trust);
}

/** How a terminal's statement travels as a credit: with its certificate, the cheque and the request's payload. */
function creditOf(record: CreditRecord, payment: PaymentRecord): Credit {
  const { statement, certificate } = record;
  return { cheque: payment.cheque, request: payment.request ?? new Uint8Array(), statement, certificate };
}

async function bundlesOf(
  parts: Parts,
  topUpId: Octets,
  allowance: VerifiedAllowance,
  trust: Trust,
): Promise<readonly Bundle[]> {
  const counted: HeldCredit[] = [];
  for (const [record, payment] of parts.store.credits(topUpId)) {
    const credit = await verifiedCredit(parts, record, payment, allowance, trust);
    if (credit !== undefined) counted.push(credit);
  }
  return parts.found.bundles(counted);
}

/** As the payee's terminal will see it, and stricter at the end: a cheque drawn after the end helps nobody. */
function standingOf(record: AllowanceRecord, grant: Grant, now: number): Standing {
  const { expiresAt, notBefore } = grant.allowance.terms;
  if (record.state !== "held") return "closing";
  if (now > expiresAt) return "ended";
  if (now < notBefore - grant.skewS) return "not_begun";
  return grant.isGood ? "good" : "stopped";
}
