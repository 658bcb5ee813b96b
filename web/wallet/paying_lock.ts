/**
 * The lock of paying: this wallet stops by itself when something is odd, and its operator lets it go on (mirrors
 * src/feiqian/wallet/paying_lock.py). Loaded when it is first needed, with its rules and its words.
 *
 * Write, then act: a lock is durable before anybody is told of it, and nothing is burned for the payment that led to it.
 * It bars paying and topping up only. What was drawn is shown again, receipts come in, allowances can be closed.
 */

import { Coded, type Language, type Words } from "../protocol/words.ts";
import { type Anomaly, anomalyIn, type Conduct, DRAWINGS_READ_MAX, isClockBack } from "../risk/anomaly.ts";
import { type Holdings, hold } from "./holdings.ts";
import { LOCK_WORDS } from "./lock_troubles.ts";
import { Conflict, type OperatorLink, type Parts } from "./ports.ts";
import type { PayingLock } from "./records.ts";
import { sum } from "./spending.ts";
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
export async function checkNotLocked(parts: Parts, holdings: Holdings): Promise<void> {
  const lock = parts.store.payingLock();
  if (lock === undefined || (lock.reason === "clock_back" && !clockIsBack(parts, holdings))) return;
  throw new PayingLocked(lock, holdings.membership.currency);
}

/** To be called right before a counter is burned. Throws PayingLocked, after the lock is durable. */
export async function watch(parts: Parts, holdings: Holdings, amountMinor: bigint): Promise<void> {
  await checkNotLocked(parts, holdings);
  const lock = parts.store.payingLock();
  if (lock !== undefined) await put(parts, { ...lock, answer: "clock_right", endedAt: holdings.now });
  const found = anomalyIn(conductOf(parts, holdings, amountMinor));
  if (found !== undefined) throw new PayingLocked(await locked(parts, holdings, found), holdings.membership.currency);
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

function conductOf(parts: Parts, holdings: Holdings, amountMinor: bigint): Conduct {
  const { store } = parts;
  const good = holdings.lives.filter((live) => live.standing === "good");
  const looked = store.locks().filter(({ answer }) => answer === "allowed");
  const { count, endedAt } = store.guesses();
  return {
    now: holdings.now,
    clock: parts.clock(),
    signedAt: signedAt(parts, holdings),
    amountMinor,
    spendableMinor: sum(good.map((live) => live.reserveMinor)),
    foreign: store.findings().filter(({ kind }) => kind === "not_ours" || kind === "forked").length,
    foreignBefore: Math.max(0, ...looked.map(({ reason, seen }) => (reason === "store_behind" ? seen : 0))),
    unlockedAt: Math.max(0, ...looked.map((one) => one.endedAt ?? 0)),
    guesses: count,
    guessedAt: endedAt,
    drawings: store
      .payments()
      .slice(0, DRAWINGS_READ_MAX)
      .map(({ drawnAt, amountMinor: drawnMinor }) => ({ at: drawnAt, amountMinor: drawnMinor })),
  };
}

function signedAt(parts: Parts, holdings: Holdings): number {
  return Math.max(holdings.trust.index.issuedAt, parts.store.footing()?.heardAt ?? 0);
}

function clockIsBack(parts: Parts, holdings: Holdings): boolean {
  return isClockBack(parts.clock(), signedAt(parts, holdings));
}
