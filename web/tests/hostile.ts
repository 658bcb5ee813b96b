/** Bytes that an attacker would put where CBOR is expected: arbitraries for the property tests. */

import fc from "fast-check";
import { concat, fromHex, fromNumber, type Octets, utf8 } from "../protocol/octets.ts";

/** What no strict reader may let pass, each in its own spelling (tests/property/hostile_cbor.py tells what each is). */
const AWKWARD = [
  ...["f5", "f6", "f7", "f820", "f97e00", "fb7ff0000000000000", "c249010000000000000000", "c1fb7ff0000000000000"],
  ...["d81c81d81d00", "d81ca100d81d00", "82d81c80d81d00", "d9010281d81d00", "d81e820100", "d8236828612b292b2428"],
  ...["62c328", "62c0af", "63eda080", "64f0808080", "63efbbbf", "64efbbbf41"],
  ...["5f4100ff", "7f6161ff", "9f00ff", "bf0000ff", "5fff", "ff", "1c", "1f", "3f"],
  ...["5b7fffffffffffffff", "9b7fffffffffffffff", "bb7fffffffffffffff", "7b7fffffffffffffff"],
  ...["1800", "190018", "1a00000018", "1b0000000000000018", "5800", "7800", "9800", "b800"],
  ...["1bffffffffffffffff", "3bffffffffffffffff", "20", "a20100010000", "a20101000000", "a1616100", "a12000"],
  ...["a1f500", "a2000000f400", "a2c10000c20000", "818181818100", "81818181818100", "c1c1c1c1c1c100"],
].map(fromHex);

/** The shortest head of a CBOR item. */
function head(major: number, number: bigint | number): Octets {
  const value = BigInt(number);
  if (value < 24n) return Uint8Array.of((major << 5) | Number(value));
  const place = [1, 2, 4, 8].findIndex((width) => value < 256n ** BigInt(width));
  if (place < 0) throw new RangeError("more than 64 bits");
  return concat(Uint8Array.of((major << 5) | (24 + place)), fromNumber(value, 2 ** place));
}

/** A map of these keys, in this order, to values already spelt. */
export function mapOf(pairs: readonly (readonly [number, Octets])[]): Octets {
  return concat(head(5, pairs.length), ...pairs.flatMap(([key, value]) => [head(0, key), value]));
}

const octets = (maxLength: number) => fc.uint8Array({ maxLength }).map((bytes) => new Uint8Array(bytes));

/** Mostly CBOR, with what no strict reader may let pass strewn in. */
export const WELL_FORMED: fc.Arbitrary<Octets> = fc.letrec<{ item: Octets }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((number) => head(0, number)),
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((number) => head(1, number)),
    octets(80).map((body) => concat(head(2, body.length), body)),
    fc.string({ unit: "binary", maxLength: 40 }).map((text) => concat(head(3, utf8(text).length), utf8(text))),
    fc.constantFrom(...AWKWARD),
    fc.array(tie("item"), { maxLength: 4 }).map((items) => concat(head(4, items.length), ...items)),
    fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), tie("item")), { maxLength: 4 }).map(mapOf),
    fc.tuple(fc.constantFrom(0, 1, 2, 24, 28, 29, 258, 55_799), tie("item")).map(([tag, item]) => {
      return concat(head(6, tag), item);
    }),
  ),
})).item;

export const ANY_BYTES: fc.Arbitrary<Octets> = fc.oneof(octets(600), WELL_FORMED, fc.constantFrom(...AWKWARD));
