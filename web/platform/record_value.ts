/**
 * What a stored record may hold, and its bytes: JSON with a mark for what JSON has no words for (amounts, bytes).
 *
 * Records are written and read by this program only, and authenticated where they rest, so the reader checks the form
 * and not a schema. An object of one key that begins with "$" is a mark; a record's own names must not begin so.
 */

import { fromHex, type Octets, toHex, utf8 } from "../protocol/octets.ts";

export type RecordValue =
  | null
  | boolean
  | string
  | number
  | bigint
  | Octets
  | readonly RecordValue[]
  | { readonly [name: string]: RecordValue | undefined };

/** The bytes of a record. Throws RangeError for a number that JSON would change and for a name that is a mark. */
export function packRecord(value: RecordValue): Octets {
  return utf8(JSON.stringify(marked(value)));
}

/** The record that the bytes hold. Throws SyntaxError or RangeError for anything that `packRecord` does not write. */
export function unpackRecord(bytes: Uint8Array): RecordValue {
  return unmarked(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
}

function marked(value: RecordValue): unknown {
  if (typeof value === "bigint") return { $n: value.toString() };
  if (value instanceof Uint8Array) return { $b: toHex(value) };
  if (typeof value === "number" && !Number.isSafeInteger(value)) throw new RangeError("a record holds whole numbers");
  if (value === null || typeof value !== "object") return value;
  if (isList(value)) return value.map(marked);
  const parts: [string, unknown][] = [];
  for (const [name, part] of Object.entries(value)) {
    if (name.startsWith("$")) throw new RangeError("a record's names do not begin with $");
    if (part !== undefined) parts.push([name, marked(part)]);
  }
  return Object.fromEntries(parts);
}

function unmarked(value: unknown): RecordValue {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isSafeInteger(value)) return value;
  if (Array.isArray(value)) return value.map(unmarked);
  if (typeof value !== "object") throw new RangeError("not a record");
  const parts: [string, unknown][] = Object.entries(value);
  const [first] = parts;
  if (first?.[0].startsWith("$") === true) {
    if (first[0] === "$n" && typeof first[1] === "string") return BigInt(first[1]);
    if (first[0] === "$b" && typeof first[1] === "string") return fromHex(first[1]);
    throw new RangeError("not a record");
  }
  return Object.fromEntries(parts.map(([name, part]) => [name, unmarked(part)]));
}

function isList(value: object): value is readonly RecordValue[] {
  return Array.isArray(value);
}
