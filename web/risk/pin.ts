/**
 * The holder's PIN: which ones are too easy to guess. Pure. Loaded when a PIN is chosen; pin_waits.ts is every day's.
 *
 * Mirrors src/feiqian/risk/pin.py with pin_waits.ts; common PINs and sentences are generated from it. A PIN is 6 to 12
 * ASCII digits and never stands in an error.
 */

import { Coded, type Language, type Words } from "../protocol/words.ts";
import table from "./pin_table.json" with { type: "json" };

export const PIN_DIGITS_MIN = 6;
export const PIN_DIGITS_MAX = 12;
export const PIN_DIFFERENT_DIGITS_MIN = 3;

export type PinRule = keyof typeof table.words;

const COMMON: ReadonlySet<string> = new Set(table.common.split(" "));
/** y, m and d mark the digits of year, month and day, in the orders people write them. */
const DATE_LAYOUTS: ReadonlyMap<number, readonly string[]> = new Map([
  [6, ["yymmdd", "ddmmyy", "mmddyy", "yyyymm", "mmyyyy"]],
  [8, ["yyyymmdd", "ddmmyyyy", "mmddyyyy"]],
]);
const CENTURIES = ["19", "20"];
const DAYS_OF_MONTH_MAX = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The PIN breaks a rule; `code` names the rule. The PIN itself is never kept. */
export class WeakPin extends Coded {
  readonly code: PinRule;

  constructor(code: PinRule) {
    super(code);
    this.name = "WeakPin";
    this.code = code;
  }

  words(language: Language): Words {
    return table.words[this.code][language];
  }
}

/** Returns if `pin` may protect a device. Throws WeakPin with the first rule that it breaks. */
export function checkPinStrength(pin: string): void {
  if ([...pin].length > PIN_DIGITS_MAX) throw new WeakPin("pin_too_long");
  if (!/^[0-9]*$/.test(pin)) throw new WeakPin("pin_not_digits");
  if (pin.length < PIN_DIGITS_MIN) throw new WeakPin("pin_too_short");
  if (new Set(pin).size < PIN_DIFFERENT_DIGITS_MIN) throw new WeakPin("pin_few_digits");
  if (isRun(pin)) throw new WeakPin("pin_run");
  if (isRepeatedBlock(pin)) throw new WeakPin("pin_block");
  if (readsAsDate(pin)) throw new WeakPin("pin_date");
  if (COMMON.has(pin)) throw new WeakPin("pin_common");
}

/** Every step is equal, modulo 10: 123456, 890123, 987654, 135791; also with digits doubled: 112233. */
function isRun(pin: string): boolean {
  const digits = [...pin].filter((digit, at) => at === 0 || digit !== pin[at - 1]).map(Number);
  const steps = new Set<number>();
  digits.reduce((before, after) => {
    steps.add((after - before + 10) % 10);
    return after;
  });
  return steps.size === 1;
}

/** The whole PIN is one shorter block repeated: 123123. A string is periodic if it occurs inside its own double. */
function isRepeatedBlock(pin: string): boolean {
  return (pin + pin).indexOf(pin, 1) < pin.length;
}

function readsAsDate(pin: string): boolean {
  return (DATE_LAYOUTS.get(pin.length) ?? []).some((layout) => fitsDate(pin, layout));
}

function fitsDate(pin: string, layout: string): boolean {
  const part = (unit: string): string => [...pin].filter((_, at) => layout[at] === unit).join("");
  if (layout.includes("yyyy") && !CENTURIES.some((century) => part("y").startsWith(century))) return false;
  const daysMax = DAYS_OF_MONTH_MAX[Number(part("m")) - 1];
  if (daysMax === undefined) return false;
  const day = Number(part("d") || "1");
  return day >= 1 && day <= daysMax;
}
