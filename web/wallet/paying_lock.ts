/**
 * The lock of paying: this wallet stops by itself when something is odd, and its operator lets it go on (mirrors
 * src/feiqian/wallet/paying_lock.py). Here is what every payment asks first; what it then needs, with its words, is
 * loaded only when something is odd (stopped.ts).
 */

import { anomalyIn, type Conduct, DRAWINGS_READ_MAX } from "../risk/anomaly.ts";
import type { Holdings } from "./holdings.ts";
import { PartMissing, type Parts } from "./ports.ts";
import { sum } from "./spending.ts";

const stopped = () =>
  import("./stopped.ts").catch((cause: unknown) => {
    throw new PartMissing(cause);
  });

/** Throws PayingLocked while this wallet has stopped paying. */
export async function checkNotLocked(parts: Parts, holdings: Holdings): Promise<void> {
  if (parts.store.payingLock() !== undefined) await (await stopped()).checkBar(parts, holdings);
}

/** To be called right before a counter is burned. Throws PayingLocked, after the lock is durable. */
export async function watch(parts: Parts, holdings: Holdings, amountMinor: bigint): Promise<void> {
  await checkNotLocked(parts, holdings);
  if (parts.store.payingLock() !== undefined) await (await stopped()).lifted(parts, holdings.now);
  const found = anomalyIn(conductOf(parts, holdings, amountMinor));
  if (found !== undefined) await (await stopped()).stop(parts, holdings, found);
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

/** The latest time that others have signed. */
export function signedAt(parts: Parts, holdings: Holdings): number {
  return Math.max(holdings.trust.index.issuedAt, parts.store.footing()?.heardAt ?? 0);
}
