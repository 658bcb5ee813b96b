/**
 * A reader of well-formed CBOR (RFC 8949 section 3) that keeps every item, also of types the protocol does not use.
 *
 * It answers one question, whether these bytes are CBOR at all (spec 02.1): heads and lengths, text in UTF-8, no
 * indefinite length, no key twice, at most six deep, tags counted. What of it the protocol takes is `cbor.ts`'s to say.
 */

import { NESTING_MAX } from "./limits.ts";
import { type Octets, slice, toHex, toNumber } from "./octets.ts";
import { Refused } from "./refusals.ts";

export type CborItem = bigint | string | Octets | readonly CborItem[] | CborEntries | Unused;
/** The pairs of a map in the order read, by the names of their keys. */
export type CborEntries = ReadonlyMap<string, readonly [CborItem, CborItem]>;

/** An item of a type that the protocol does not use. `name` is what two such items share when they are one key. */
export class Unused {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

const UINT = 0;
const NEGATIVE = 1;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const TAG = 6;
const FLOAT_16 = 25;
const SMALLEST_LONG_SIMPLE = 32n;
const SIMPLE_NAMES: ReadonlyMap<bigint, string> = new Map([
  [20n, "n0"], // false
  [21n, "n1"], // true
  [22n, "null"],
  [23n, "undefined"],
]);

export class CborReader {
  readonly #data: Octets;
  readonly #text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  #at = 0;
  #unlike = 0;

  constructor(data: Octets) {
    this.#data = data;
  }

  /** The next item. Throws Refused malformed. */
  item(depth = 1): CborItem {
    if (depth > NESTING_MAX) throw malformed("too deep");
    const [head = 0xff] = this.#take(1);
    const [major, minor] = [head >> 5, head & 0x1f];
    if (minor > 27) throw malformed("a reserved head or an indefinite length");
    const width = minor < 24 ? 0 : 1 << (minor - 24);
    const argument = width === 0 ? BigInt(minor) : toNumber(this.#take(width));
    switch (major) {
      case UINT:
        return argument;
      case NEGATIVE:
        return -1n - argument;
      case BYTES:
        return this.#take(argument);
      case TEXT:
        return this.#textOf(this.#take(argument));
      case ARRAY:
        return this.#items(argument, depth + 1);
      case MAP:
        return this.#entries(argument, depth + 1);
      case TAG:
        this.item(depth + 1);
        return new Unused("tagged");
      default:
        return minor < FLOAT_16 ? simple(argument, width) : this.#float(argument, width);
    }
  }

  #take(size: number | bigint): Octets {
    const start = this.#at;
    if (size > this.#data.length - start) throw malformed("cut short");
    this.#at = start + Number(size);
    return slice(this.#data, start, this.#at);
  }

  #textOf(bytes: Octets): string {
    try {
      return this.#text.decode(bytes);
    } catch {
      throw malformed("text is not UTF-8");
    }
  }

  #items(count: bigint, depth: number): CborItem[] {
    const items: CborItem[] = [];
    for (let number = 0n; number < count; number += 1n) items.push(this.item(depth)); // ends with the bytes at last
    return items;
  }

  #entries(count: bigint, depth: number): CborEntries {
    const entries = new Map<string, readonly [CborItem, CborItem]>();
    for (let number = 0n; number < count; number += 1n) {
      const key = this.item(depth);
      const value = this.item(depth);
      const name = nameOf(key);
      if (entries.has(name)) throw malformed("a key twice");
      entries.set(name, [key, value]);
    }
    return entries;
  }

  #float(bits: bigint, width: number): Unused {
    const value = floatOf(bits, width);
    if (Number.isNaN(value)) {
      this.#unlike += 1; // not even like itself
      return new Unused(`not a number ${this.#unlike}`);
    }
    return new Unused(Number.isInteger(value) ? `n${BigInt(value)}` : `float ${value}`);
  }
}

/** Whether an item is an array. */
export function isItems(item: CborItem): item is readonly CborItem[] {
  return Array.isArray(item);
}

/**
 * What names a key: two keys of one name are one key twice (spec 08). Numbers are compared by value whatever their
 * type (0, 0.0, false and simple value 0 are one key); any two tagged keys are one.
 */
function nameOf(item: CborItem): string {
  if (item instanceof Unused) return item.name;
  if (typeof item === "bigint") return `n${item}`;
  if (typeof item === "string") return `text ${JSON.stringify(item)}`;
  if (item instanceof Uint8Array) return `bytes ${toHex(item)}`;
  if (isItems(item)) return `[${item.map(nameOf).join()}]`;
  const pairs = [...item].map(([name, [, value]]) => `${name}:${nameOf(value)}`);
  return `{${pairs.sort().join()}}`;
}

function simple(value: bigint, width: number): Unused {
  if (width > 0 && value < SMALLEST_LONG_SIMPLE) throw malformed("a simple value in two bytes");
  return new Unused(SIMPLE_NAMES.get(value) ?? `n${value}`);
}

function floatOf(bits: bigint, width: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, bits);
  if (width === 8) return view.getFloat64(0);
  if (width === 4) return view.getFloat32(4);
  const [high, low] = [view.getUint8(6), view.getUint8(7)];
  const exponent = (high >> 2) & 0x1f;
  const mantissa = ((high & 3) << 8) | low;
  const sign = high < 0x80 ? 1 : -1;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Infinity : Number.NaN;
  return sign * (1024 + mantissa) * 2 ** (exponent - 25);
}

function malformed(detail: string): Refused {
  return new Refused("malformed", detail);
}
