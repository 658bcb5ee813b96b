/**
 * How long wrong PINs make the holder wait. Pure. Mirrors src/feiqian/risk/pin.py, from which the waits are generated.
 *
 * A wait never becomes shorter with more failures, and the tenth failure ends it.
 */

import table from "./pin_waits.json" with { type: "json" };

const WAITS_S: readonly number[] = table.waitsS.split(" ").map(Number);
export const PIN_FAILURES_MAX: number = WAITS_S.length;

/** Seconds to wait after so many wrong PINs in a row; null: locked for good. */
export function lockoutS(failures: number): number | null {
  if (failures < 0) throw new RangeError("failures are counted from 0");
  return WAITS_S[failures] ?? null;
}
