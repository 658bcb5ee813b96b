/**
 * A writer of deterministic CBOR (RFC 8949 section 4.2.1): the shortest heads, definite lengths, map keys in their order.
 *
 * It knows what the protocol uses and nothing else. cborg, another author's, writes the same values in the tests
 * (tests/cbor.test.ts), and every vector was written by Python's: three writers agree on each byte.
 */

import type { CborValue } from "./cbor.ts";
import { concat, fromNumber, type Octets, utf8 } from "./octets.ts";

const UINT = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const PAST_LAST = 1n << 64n;

/** The one spelling of `value`. Throws RangeError for a number that has no head, which is our mistake. */
export function written(value: CborValue): Octets {
  const parts: Octets[] = [];
  put(value, parts);
  return concat(...parts);
}

function put(value: CborValue, parts: Octets[]): void {
  if (typeof value === "bigint") {
    parts.push(value < 0n ? head(NEGATIVE, -1n - value) : head(UINT, value));
  } else if (typeof value === "string") {
    const bytes = utf8(value);
    parts.push(head(TEXT, BigInt(bytes.length)), bytes);
  } else if (value instanceof Uint8Array) {
    parts.push(head(BYTES, BigInt(value.length)), value);
  } else if (value instanceof Map) {
    putMap(value, parts);
  } else {
    putItems([...value], parts);
  }
}

function putItems(items: readonly CborValue[], parts: Octets[]): void {
  parts.push(head(ARRAY, BigInt(items.length)));
  for (const item of items) put(item, parts);
}

/** Keys are unsigned, and their numeric order is that of their bytes. */
function putMap(map: ReadonlyMap<bigint, CborValue>, parts: Octets[]): void {
  parts.push(head(MAP, BigInt(map.size)));
  const entries = [...map].sort(([one], [other]) => (one < other ? -1 : 1));
  for (const [key, value] of entries) {
    put(key, parts);
    put(value, parts);
  }
}

function head(major: number, argument: bigint): Octets {
  if (argument < 24n) return Uint8Array.of((major << 5) | Number(argument));
  if (argument >= PAST_LAST) throw new RangeError("a number beyond 64 bits");
  const power = argument < 1n << 8n ? 0 : argument < 1n << 16n ? 1 : argument < 1n << 32n ? 2 : 3;
  return concat(Uint8Array.of((major << 5) | (24 + power)), fromNumber(argument, 1 << power));
}
