/** Protocol values as vectors spell them: bytes as hex, amounts as numbers, names with underscores. */

import type { CborValue } from "../protocol/cbor.ts";
import { isMap } from "../protocol/cbor.ts";
import { isArray } from "../protocol/layout.ts";
import { toHex } from "../protocol/octets.ts";
import { isRecord } from "./json.ts";

/** What is not part of the value: the bytes it came in, and what only TypeScript needs to tell two types apart. */
const NOT_PART_OF_THE_VALUE = new Set(["envelope", "payload", "kind"]);

/** A value as a vector's `output` has it. */
export function asJson(value: unknown): unknown {
  if (typeof value === "bigint") {
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError("more than JSON holds exactly");
    return Number(value);
  }
  if (value instanceof Uint8Array) return toHex(value);
  if (Array.isArray(value)) return value.map(asJson);
  if (!isRecord(value)) return value;
  if (value["raw"] instanceof Uint8Array && "signature" in value) return toHex(value["raw"]);
  if ("terms" in value) return { terms: asJson(value["terms"]) };
  const parts = Object.entries(value).filter(([name, part]) => part !== undefined && !NOT_PART_OF_THE_VALUE.has(name));
  return Object.fromEntries(parts.map(([name, part]) => [underscored(name), asJson(part)]));
}

/** A CBOR value as vectors spell it: every item says its type. */
export function notation(value: CborValue): unknown {
  if (typeof value === "bigint") return { int: String(value) };
  if (typeof value === "string") return { text: value };
  if (value instanceof Uint8Array) return { bytes: toHex(value) };
  if (isArray(value)) return { array: value.map(notation) };
  if (isMap(value)) return { map: [...value].map(([key, item]) => [notation(key), notation(item)]) };
  throw new TypeError("not a CBOR value");
}

function underscored(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
