/**
 * What the app keeps beside the till's own rows: settings, and how long syncs took. Sealed like all the rest.
 *
 * None of it decides about money. Each has its own named write, so that a test can stop there, too.
 */

import type { SyncPace } from "../platform/pace.ts";
import type { RecordValue } from "../platform/record_value.ts";
import type { RecordStore } from "../platform/store.ts";

export const APP_WRITE_POINTS = { settings: "terminal.settings", pace: "terminal.pace" } as const;
export const AUTO_LOCK_S = 300;
const AUTO_LOCK_LEAST_S = 30;
const AUTO_LOCK_MOST_S = 3600;
const MICRO = 1_000_000; // a record holds whole numbers

/** After how many seconds alone or hidden the app locks itself. */
export function autoLockIn(store: RecordStore): number {
  return numbersIn(store.records.get("settings"))["autoLockS"] ?? AUTO_LOCK_S;
}

export async function putAutoLock(store: RecordStore, seconds: number): Promise<void> {
  const autoLockS = Math.min(AUTO_LOCK_MOST_S, Math.max(AUTO_LOCK_LEAST_S, Math.round(seconds)));
  await store.write(APP_WRITE_POINTS.settings, { put: new Map([["settings", { autoLockS }]]) });
}

/** What earlier syncs took; null before the first. */
export function paceIn(store: RecordStore): SyncPace | null {
  const { syncs, perCall, perKilobyte, offBy } = numbersIn(store.records.get("pace"));
  if (syncs === undefined || perCall === undefined || perKilobyte === undefined || offBy === undefined) return null;
  return { syncs, perCallMs: perCall / MICRO, perKilobyteMs: perKilobyte / MICRO, offBy: offBy / MICRO };
}

export async function putPace(store: RecordStore, pace: SyncPace): Promise<void> {
  const whole = (figure: number): number => Math.round(figure * MICRO);
  const { syncs, perCallMs, perKilobyteMs, offBy } = pace;
  const row = { syncs, perCall: whole(perCallMs), perKilobyte: whole(perKilobyteMs), offBy: whole(offBy) };
  await store.write(APP_WRITE_POINTS.pace, { put: new Map([["pace", row]]) });
}

function numbersIn(value: RecordValue | undefined): Readonly<Record<string, number | undefined>> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, typeof part === "number" ? part : undefined]),
  );
}
