/** What we write is what another author's writer writes, on any value that the protocol can hold; and it reads back. */

import { encode as cborg, rfc8949EncodeOptions } from "cborg";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CborValue, decode, encode } from "../protocol/cbor.ts";
import { fromHex, toHex } from "../protocol/octets.ts";

const LAST = (1n << 64n) - 1n;
/** Around every place where a head grows. */
const EDGES = [0n, 23n, 24n, 255n, 256n, 65_535n, 65_536n, 4_294_967_295n, 4_294_967_296n, 1n << 53n, LAST - 1n, LAST];

const uint = fc.oneof(fc.constantFrom(...EDGES), fc.bigInt({ min: 0n, max: LAST }));
const whole = fc.oneof(
  uint,
  uint.map((value) => -1n - value),
);
const bytes = fc.uint8Array({ maxLength: 300 }).map((from) => new Uint8Array(from));
const text = fc.string({ unit: "grapheme", maxLength: 90 });
const { value } = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    whole,
    bytes,
    text,
    fc.array(tie("value"), { maxLength: 30 }),
    fc
      .uniqueArray(fc.tuple(uint, tie("value")), { maxLength: 30, selector: ([key]) => key })
      .map((all) => new Map(all)),
  ),
}));

test("any value is written as cborg writes it, and read as it was", () => {
  fc.assert(
    fc.property(value, (one) => {
      const bytesOfOne = encode(one);
      expect(toHex(bytesOfOne)).toBe(toHex(cborg(one, rfc8949EncodeOptions)));
      const again = decode(bytesOfOne, bytesOfOne.length);
      expect(toHex(encode(again))).toBe(toHex(bytesOfOne));
    }),
    { numRuns: 500 },
  );
});

describe("RFC 8949 appendix A", () => {
  test.each<[CborValue, string]>([
    [0n, "00"],
    [23n, "17"],
    [24n, "1818"],
    [1000n, "1903e8"],
    [1_000_000n, "1a000f4240"],
    [1_000_000_000_000n, "1b000000e8d4a51000"],
    [LAST, "1bffffffffffffffff"],
    [-1n, "20"],
    [-1000n, "3903e7"],
    [-1n - LAST, "3bffffffffffffffff"],
    [fromHex("01020304"), "4401020304"],
    ["", "60"],
    ["ü水𐅑", "69c3bce6b0b4f0908591"],
    [[1n, [2n, 3n]], "8201820203"],
    [
      new Map([
        [3n, 4n],
        [1n, 2n],
      ]),
      "a201020304",
    ],
  ])("%o", (one, hex) => {
    expect(toHex(encode(one))).toBe(hex);
  });
});

test("a number beyond 64 bits has no spelling", () => {
  expect(() => encode(LAST + 1n)).toThrow(RangeError);
  expect(() => encode(-2n - LAST)).toThrow(RangeError);
});
