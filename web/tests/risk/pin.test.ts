/** PIN rules one by one, and the waits. tests/web/test_shared_tables.py compares whole ranges with the Python. */

import { expect, test } from "vitest";
import { checkPinStrength, WeakPin } from "../../risk/pin.ts";
import { lockoutS, PIN_FAILURES_MAX } from "../../risk/pin_waits.ts";

function ruleOf(pin: string): string {
  try {
    checkPinStrength(pin);
    return "";
  } catch (error) {
    if (error instanceof WeakPin) return error.code;
    throw error;
  }
}

test.each([
  ["1234567890123", "pin_too_long"],
  ["12345６", "pin_not_digits"],
  ["73921", "pin_too_short"],
  ["", "pin_too_short"],
  ["717171", "pin_few_digits"],
  ["890123", "pin_run"],
  ["112233", "pin_run"],
  ["739739", "pin_block"],
  ["19840229", "pin_date"],
  ["310799", "pin_date"],
  ["520134", "pin_common"],
  ["739264", ""],
  ["583920174652", ""],
])("%s breaks %s", (pin, rule) => {
  expect(ruleOf(pin)).toBe(rule);
});

test("a weak PIN is never in its error", () => {
  const error = new WeakPin("pin_run");
  expect(`${error.message} ${JSON.stringify(error.words("en"))} ${JSON.stringify(error)}`).not.toMatch(/890123/);
});

test("no wait is shorter than the one before, and the last failure ends it", () => {
  const waits = Array.from({ length: PIN_FAILURES_MAX }, (_, failures) => lockoutS(failures) ?? -1);
  expect(waits).toEqual([...waits].sort((one, other) => one - other));
  expect(waits[0]).toBe(0);
  expect(lockoutS(PIN_FAILURES_MAX)).toBeNull();
  expect(() => lockoutS(-1)).toThrow(RangeError);
});
