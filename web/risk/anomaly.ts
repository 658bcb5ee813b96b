/**
 * Anomalies: when a payer's device should stop paying until its operator has looked (mirrors src/feiqian/risk/anomaly.py,
 * where every threshold has its reason; a test holds the two together). Numbers in, a reason out. Pure.
 */

export const LOCK_REASONS = ["store_behind", "clock_back", "guessed", "burst", "spree"] as const;
export type LockReason = (typeof LOCK_REASONS)[number];

export const DRAWINGS_READ_MAX = 500;
const MINUTE_S = 60;
const HOUR_S = 3600;

/** The thresholds. */
export const ANOMALY_TERMS = {
  clockBackS: 26 * HOUR_S,
  guesses: 3,
  guessesWatchS: 900,
  guessedPercent: 50n,
  minutePayments: 20,
  hourPayments: 60,
  spreeFactor: 10n,
  spreePercent: 50n,
  historyPayments: 20,
  historyS: 7 * 86_400,
} as const;

/** A payment that this device drew: when (Unix seconds), and how much (minor units). */
export interface Drawing {
  readonly at: number;
  readonly amountMinor: bigint;
}

/** What a device knows at the moment before it pays; the fields are those of the Python twin. Drawings newest first. */
export interface Conduct {
  readonly now: number;
  readonly clock: number;
  readonly signedAt: number;
  readonly amountMinor: bigint;
  readonly spendableMinor: bigint;
  readonly foreign: number;
  readonly foreignBefore: number;
  readonly unlockedAt: number;
  readonly guesses: number;
  readonly guessedAt: number;
  readonly drawings: readonly Drawing[];
}

/** Why a device stops paying: what was `seen`, and what is `allowed`, in the reason's own unit. */
export interface Anomaly {
  readonly reason: LockReason;
  readonly seen: number;
  readonly allowed: number;
}

/** The first rule that this payment would break; undefined for an ordinary one. */
export function anomalyIn(conduct: Conduct): Anomaly | undefined {
  for (const rule of [storeBehind, clockBack, guessed, burst, spree]) {
    const found = rule(conduct);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Whether this clock is too far behind what others have signed. */
export function isClockBack(clock: number, signedAt: number): boolean {
  return signedAt - clock > ANOMALY_TERMS.clockBackS;
}

function storeBehind({ foreign, foreignBefore }: Conduct): Anomaly | undefined {
  return foreign > foreignBefore ? { reason: "store_behind", seen: foreign, allowed: foreignBefore } : undefined;
}

function clockBack({ clock, signedAt }: Conduct): Anomaly | undefined {
  if (!isClockBack(clock, signedAt)) return undefined;
  return { reason: "clock_back", seen: signedAt - clock, allowed: ANOMALY_TERMS.clockBackS };
}

function guessed(conduct: Conduct): Anomaly | undefined {
  const { guesses, guessedAt, unlockedAt, clock, amountMinor, spendableMinor } = conduct;
  const fresh = unlockedAt < guessedAt && clock - guessedAt <= ANOMALY_TERMS.guessesWatchS;
  const large = amountMinor * 100n >= spendableMinor * ANOMALY_TERMS.guessedPercent;
  if (guesses < ANOMALY_TERMS.guesses || !fresh || !large) return undefined;
  return { reason: "guessed", seen: guesses, allowed: ANOMALY_TERMS.guesses };
}

function burst(conduct: Conduct): Anomaly | undefined {
  for (const [spanS, allowed] of [
    [MINUTE_S, ANOMALY_TERMS.minutePayments],
    [HOUR_S, ANOMALY_TERMS.hourPayments],
  ] as const) {
    const seen = 1 + since(conduct, Math.max(conduct.now - spanS, conduct.unlockedAt)).length;
    if (seen > allowed) return { reason: "burst", seen, allowed };
  }
  return undefined;
}

function spree(conduct: Conduct): Anomaly | undefined {
  const hourAgo = conduct.now - HOUR_S;
  const before = conduct.drawings.filter(({ at }) => at <= hourAgo);
  const first = before.at(-1);
  if (first === undefined || before.length < ANOMALY_TERMS.historyPayments) return undefined;
  if (hourAgo - first.at < ANOMALY_TERMS.historyS) return undefined;
  const latelyMinor = total(since(conduct, Math.max(hourAgo, conduct.unlockedAt)));
  const seenMinor = conduct.amountMinor + latelyMinor;
  const allowedMinor = ANOMALY_TERMS.spreeFactor * largestHourMinor(before);
  const shareMinor = (conduct.spendableMinor + latelyMinor) * ANOMALY_TERMS.spreePercent;
  if (seenMinor <= allowedMinor || seenMinor * 100n < shareMinor) return undefined;
  return { reason: "spree", seen: Number(seenMinor), allowed: Number(allowedMinor) };
}

function since({ drawings }: Conduct, then: number): readonly Drawing[] {
  return drawings.filter(({ at }) => at > then);
}

function total(drawings: readonly Drawing[]): bigint {
  return drawings.reduce((sum, { amountMinor }) => sum + amountMinor, 0n);
}

/** The most that was drawn within an hour. */
function largestHourMinor(newestFirst: readonly Drawing[]): bigint {
  const within: Drawing[] = [];
  let largestMinor = 0n;
  for (const drawing of newestFirst.toReversed()) {
    within.push(drawing);
    while ((within[0]?.at ?? drawing.at) <= drawing.at - HOUR_S) within.shift();
    const withinMinor = total(within);
    if (withinMinor > largestMinor) largestMinor = withinMinor;
  }
  return largestMinor;
}
