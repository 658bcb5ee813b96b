/** One-time codes in cheques: the same values as in tests/protocol/test_one_time_code.py. */

import { expect, it } from "vitest";
import { RequestHash, StatementId } from "../protocol/ids.ts";
import { toHex } from "../protocol/octets.ts";
import { codeAnchor, codeValue, readDigits } from "../protocol/one_time_code.ts";
import { Refused } from "../protocol/refusals.ts";

const range = (from: number) => Uint8Array.from({ length: 32 }, (_, at) => from + at);
const KEY = range(0);
const ALLOWANCE = StatementId.of(range(32));
const REQUEST = RequestHash.of(range(64));

it("gives the published values", async () => {
  expect(toHex(await codeAnchor(KEY))).toBe("29f1c4b074392a6ba0cb4591c86f5591");
  expect(toHex(await codeValue(KEY, ALLOWANCE, 7, REQUEST, "287082"))).toBe("2e2d0063435ec888efaedf692c2d0be0");
  expect(toHex(await codeValue(KEY, ALLOWANCE, 7, undefined, "287082"))).toBe("3e71f1884577c2c4cb8659fe52545804");
});

it("reads digits as people type them, and nothing else", () => {
  for (const typed of ["287082", " 287082\n", "287 082", "287-082"]) expect(readDigits(typed)).toBe("287082");
  for (const typed of ["", "28708", "2870822", "28708a", "２８７０８２", "+28708"]) {
    expect(() => readDigits(typed)).toThrow(Refused);
  }
});
