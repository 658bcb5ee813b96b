/**
 * Strict deterministic CBOR (RFC 8949 section 4.2.1), cut down to what the protocol uses.
 *
 * Only unsigned and negative integers (always bigint here), byte strings, text, arrays and maps with strictly ascending
 * unsigned keys. No floats, tags, simple values, indefinite lengths or trailing bytes. Reading is our own, because a
 * general decoder cannot say whether bytes are no CBOR (MALFORMED) or only another spelling (NOT_CANONICAL), takes
 * wrong UTF-8 for text and drops a byte order mark. Writing is our own, because of a general writer an app would load
 * ten times as much as it uses. What is read is written again and compared: there is one spelling of every value.
 */

import { type CborItem, CborReader, isItems, Unused } from "./cbor_reader.ts";
import { written } from "./cbor_writer.ts";
import { equal, type Octets } from "./octets.ts";
import { Refused } from "./refusals.ts";

export type CborValue = bigint | string | Octets | readonly CborValue[] | CborMap;
export type CborMap = ReadonlyMap<bigint, CborValue>;

/** The one spelling of `value`. Integers are bigint, so that none is taken for a float. */
export function encode(value: CborValue): Octets {
  return written(value);
}

/**
 * The value that `data` spells.
 *
 * Throws Refused: too_large above `maxBytes`, malformed when it is not CBOR, not_canonical when it is, but not in the
 * one spelling or with a type the protocol does not use.
 */
export function decode(data: Octets, maxBytes: number): CborValue {
  if (data.length > maxBytes) throw new Refused("too_large", `${data.length} bytes, at most ${maxBytes}`);
  const value = used(new CborReader(data).item());
  if (!equal(encode(value), data)) {
    throw new Refused("not_canonical", "another spelling of the same value, or trailing bytes");
  }
  return value;
}

/** As `decode`, for messages: the outermost value must be a map. */
export function decodeMap(data: Octets, maxBytes: number): CborMap {
  const value = decode(data, maxBytes);
  if (!isMap(value)) throw new Refused("malformed", "not a map");
  return value;
}

/** Whether a value is a map, as messages and their nested tables are. */
export function isMap(value: CborValue): value is CborMap {
  return value instanceof Map;
}

/** The same value, if every part of it is of a type that the protocol uses. Throws Refused not_canonical. */
function used(item: CborItem): CborValue {
  if (item instanceof Unused) throw new Refused("not_canonical", "a type that is not used");
  if (typeof item !== "object" || item instanceof Uint8Array) return item;
  if (isItems(item)) return item.map(used);
  const content = new Map<bigint, CborValue>();
  let last = -1n;
  for (const [key, value] of item.values()) {
    if (typeof key !== "bigint" || key <= last) throw new Refused("not_canonical", "map keys are unsigned and ascend");
    last = key;
    content.set(key, used(value));
  }
  return content;
}
