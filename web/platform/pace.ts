/**
 * How long a sync will take, from earlier ones weighted by age: a range with a low and a high end in milliseconds.
 * Without an earlier one there is none (null).
 */

import type { SyncSize } from "./reach.ts";

/** How much an earlier sync counts against the latest one. */
const MEMORY = 0.7;
/** So many times longer or shorter than expected, it was another network: what is remembered of the old one says nothing. */
const OTHER_NETWORK = 2;
const FIRST_OFF_BY = 0.3;
const SPREAD_LEAST = 0.15;
const SPREADS = 1.3;

/** What is remembered of earlier syncs: for the store, so it survives the tab. */
export interface SyncPace {
  readonly syncs: number;
  /** Weighted mean of one round trip, ms. */
  readonly perCallMs: number;
  /** Weighted mean of what came on top for each 1,000 bytes, ms. */
  readonly perKilobyteMs: number;
  /** Weighted mean of how far off the hint was, as a fraction of what came. */
  readonly offBy: number;
}

/** A range in which a sync probably ends, ms. */
export interface WaitHint {
  readonly low: number;
  readonly high: number;
}

/** What a sync of this size will probably take; null when nothing is known. Pure. */
export function waitHint(pace: SyncPace | null, size: SyncSize): WaitHint | null {
  if (pace === null || pace.syncs === 0) return null;
  const middle = expectedMs(pace, size);
  const spread = Math.max(SPREAD_LEAST, SPREADS * pace.offBy);
  return { low: Math.max(0, Math.round(middle * (1 - spread))), high: Math.round(middle * (1 + spread)) };
}

/** What is known after a sync that did this much and took so long. Pure. */
export function paceAfter(pace: SyncPace | null, size: SyncSize, tookMs: number): SyncPace {
  const kilobytes = size.bytes / 1000;
  if (pace === null || pace.syncs === 0) {
    // One sync cannot tell latency from throughput: most of a small one is latency.
    const perCallMs = tookMs / (size.calls + kilobytes / 50);
    return { syncs: 1, perCallMs, perKilobyteMs: perCallMs / 50, offBy: FIRST_OFF_BY };
  }
  const expected = expectedMs(pace, size);
  const factor = tookMs / Math.max(1, expected);
  const isOther = factor > OTHER_NETWORK || factor < 1 / OTHER_NETWORK;
  const memory = isOther ? 0 : MEMORY;
  const blend = (old: number, fresh: number): number => memory * old + (1 - memory) * fresh;
  const offBy = isOther ? FIRST_OFF_BY : blend(pace.offBy, Math.abs(tookMs - expected) / Math.max(1, tookMs));
  return {
    syncs: pace.syncs + 1,
    perCallMs: blend(pace.perCallMs, pace.perCallMs * factor),
    perKilobyteMs: blend(pace.perKilobyteMs, pace.perKilobyteMs * factor),
    offBy,
  };
}

function expectedMs(pace: SyncPace, size: SyncSize): number {
  return pace.perCallMs * size.calls + (pace.perKilobyteMs * size.bytes) / 1000;
}
