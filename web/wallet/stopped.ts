/**
 * A wallet that has stopped paying: the lock, its words, and what lets it go on. Loaded when something is odd; what looks
 * for that before every payment is paying_lock.ts.
 *
 * Write, then act: a lock is durable before anybody is told of it, and nothing is burned for the payment that led to it.
 * It bars paying and topping up only. What was drawn is shown again, receipts come in, allowances can be closed.
 */

import { Coded, type Language, type Words } from "../protocol/words.ts";
import { type Anomaly, isClockBack } from "../risk/anomaly.ts";
import { type Holdings, hold } from "./holdings.ts";
import { LOCK_WORDS } from "./lock_troubles.ts";
import { signedAt } from "./paying_lock.ts";
import { Conflict, type OperatorLink, type Parts } from "./ports.ts";
import type { PayingLock } from "./records.ts";
import { WalletTrouble } from "./troubles.ts";
import { amountWords } from "./wording.ts";

const LOCK_ID_BYTES = 16;
const HOUR_S = 3600;

/** This wallet has stopped paying; its numbers are shown to people. */
export class PayingLocked extends Coded {
  readonly code: keyof typeof LOCK_WORDS;
  readonly #seen: string;
  readonly #allowed: string;

  constructor({ reason, seen, allowed }: PayingLock, currency: string) {
    super(`locked_${reason}`);
    this.name = "PayingLocked";
    this.code = `locked_${reason}`;
    const told = (found: number) => (reason === "spree" ? amountWords(BigInt(found), currency) : String(found));
    this.#seen = reason === "clock_back" ? String(Math.floor(seen / HOUR_S)) : told(seen);
    this.#allowed = told(allowed);
  }

  words(language: Language): Words {
    const { message, safe, next } = LOCK_WORDS[this.code][language];
    return { message: message.replace("{seen}", this.#seen).replace("{allowed}", this.#allowed), safe, next };
  }
}

/** Throws PayingLocked while paying is barred. A lock for a clock that was set right since bars nothing. */
export async function checkBar(parts: Parts, holdings: Holdings): Promise<void> {
  const lock = parts.store.payingLock();
  if (lock === undefined || (lock.reason === "clock_back" && !clockIsBack(parts, holdings))) return;
  throw new PayingLocked(lock, holdings.membership.currency);
}

/** A lock that bars nothing any more has ended. */
export async function lifted(parts: Parts, now: number): Promise<void> {
  const lock = parts.store.payingLock();
  if (lock !== undefined) await put(parts, { ...lock, answer: "clock_right", endedAt: now });
}

/** Stops paying for this reason. Throws PayingLocked, after the lock is durable. */
export async function stop(parts: Parts, holdings: Holdings, found: Anomaly): Promise<never> {
  throw new PayingLocked(await locked(parts, holdings, found), holdings.membership.currency);
}

/** Tells the operator of the lock that stands and takes its answer; the same lock is one report. Throws Coded. */
export async function report(parts: Parts, link: OperatorLink): Promise<void> {
  const lock = parts.store.payingLock();
  if (lock === undefined) return;
  const answer = await link.reportLock(lock);
  if (answer !== "allowed") {
    if (answer !== lock.answer) await put(parts, { ...lock, answer });
    return;
  }
  const { now, trust } = await hold(parts);
  const heardAt = lock.reason === "clock_back" ? trust.index.issuedAt : undefined; // the operator has looked at the clock
  await put(parts, { ...lock, answer, endedAt: now }, heardAt);
}

async function locked(parts: Parts, holdings: Holdings, { reason, seen, allowed }: Anomaly): Promise<PayingLock> {
  const lockId = parts.randomness(LOCK_ID_BYTES);
  const lock: PayingLock = { lockId, reason, lockedAt: holdings.now, seen, allowed, answer: "none" };
  await put(parts, lock);
  return lock;
}

async function put(parts: Parts, lock: PayingLock, heardAt?: number): Promise<void> {
  try {
    await parts.store.putLock(lock, heardAt);
  } catch (error) {
    throw error instanceof Conflict ? new WalletTrouble("wallet_changed") : error;
  }
}

function clockIsBack(parts: Parts, holdings: Holdings): boolean {
  return isClockBack(parts.clock(), signedAt(parts, holdings));
}
