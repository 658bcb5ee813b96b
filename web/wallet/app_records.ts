/**
 * What the app keeps beside the wallet's own records: settings, and what the last sync told. Sealed like all the rest.
 *
 * None of it decides about money. Each has its own named write, so that a test can kill the app there, too.
 */

import type { SyncPace } from "../platform/pace.ts";
import type { RecordValue } from "../platform/record_value.ts";
import type { RecordStore } from "../platform/store.ts";
import { typed } from "../protocol/typed.ts";
import type { ElsewhereView } from "./app.ts";

export const AppWritePoint = { settings: "wallet.settings", told: "wallet.told" } as const;

export interface Settings {
  readonly autoLockS: number;
  readonly hideAmounts: boolean;
}

export const FIRST_SETTINGS: Settings = { autoLockS: 300, hideAmounts: false };
const AUTO_LOCK_LEAST_S = 30;
const AUTO_LOCK_MOST_S = 3600;

/** What the operator said last, and how long that took. `etag` is that of the pack held. */
export interface ToldLast {
  readonly syncedAt: number | null;
  readonly freeMinor: bigint | null;
  readonly etag: string | null;
  readonly pace: SyncPace | null;
  readonly bytes: number;
  /** Disputes that wait for our answer. */
  readonly disputesNeedYou: number;
  /** What is set aside on other devices of this payer, such as a lost one; absent where nothing is. */
  readonly elsewhere?: ElsewhereView | undefined;
}

export const NOTHING_TOLD: ToldLast = {
  syncedAt: null,
  freeMinor: null,
  etag: null,
  pace: null,
  bytes: 0,
  disputesNeedYou: 0,
};
const MICRO = 1_000_000; // a record holds whole numbers

export function settingsIn(store: RecordStore): Settings {
  const held = fieldsOf(store.records.get("settings"));
  const { autoLockS, hideAmounts } = held;
  if (typeof autoLockS !== "number" || typeof hideAmounts !== "boolean") return FIRST_SETTINGS;
  return { autoLockS, hideAmounts };
}

export function putSettings(store: RecordStore, settings: Settings): Promise<void> {
  const autoLockS = Math.min(AUTO_LOCK_MOST_S, Math.max(AUTO_LOCK_LEAST_S, Math.round(settings.autoLockS)));
  const record = { autoLockS, hideAmounts: settings.hideAmounts };
  return store.write(AppWritePoint.settings, { put: new Map([["settings", record]]) });
}

export function toldIn(store: RecordStore): ToldLast {
  const held = fieldsOf(store.records.get("told"));
  if (typeof held["bytes"] !== "number") return NOTHING_TOLD;
  const told = typed<ToldLast>(held); // written below and sealed
  return { ...told, pace: told.pace === null ? null : scaled(told.pace, 1 / MICRO) };
}

export function putTold(store: RecordStore, told: ToldLast): Promise<void> {
  const pace = told.pace === null ? null : { ...scaled(told.pace, MICRO) };
  const elsewhere = told.elsewhere === undefined ? undefined : { ...told.elsewhere };
  return store.write(AppWritePoint.told, { put: new Map([["told", { ...told, pace, elsewhere }]]) });
}

function fieldsOf(value: RecordValue | undefined): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function scaled(pace: SyncPace, by: number): SyncPace {
  const scale = (figure: number) => (by > 1 ? Math.round(figure * by) : figure * by);
  const { syncs, perCallMs, perKilobyteMs, offBy } = pace;
  return { syncs, perCallMs: scale(perCallMs), perKilobyteMs: scale(perKilobyteMs), offBy: scale(offBy) };
}
