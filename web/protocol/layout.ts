/**
 * Tables of fields: how every payload is laid out, and the one decoder that enforces them.
 *
 * A payload is a CBOR map with unsigned keys; key 0 is the message's kind. Keys 1 to 23 are critical: whoever does not
 * know one must refuse with "update needed". Keys from 24 on may be ignored by those who do not know them; they are
 * still signed (docs/spec/06-versions.md). The types of a message follow from its table.
 */

import type { CborMap, CborValue } from "./cbor.ts";
import * as cbor from "./cbor.ts";
import { KINDS, type Kind } from "./cose.ts";
import type { IdKind } from "./ids.ts";
import { AMOUNT_MAX_MINOR, COUNTER_MAX, TIME_MAX_S } from "./limits.ts";
import { type Octets, utf8 } from "./octets.ts";
import { Refused } from "./refusals.ts";
import { typed } from "./typed.ts";

const LAST_CRITICAL_KEY = 23n;
/** Unicode general categories that no name may hold: control, format (also turning), line, paragraph. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const CURRENCY = /^[A-Z]{3}$/;

/** One field: its key, its name in the value, and how it is read from and written to a map. */
export interface Field<Name extends string, T, Required extends boolean> {
  readonly key: number;
  readonly name: Name;
  readonly required: Required;
  /** The value, or what is wrong with it. */
  read(value: CborValue): { readonly value: T } | { readonly problem: string };
  write(value: T): CborValue;
}

type AnyField = Field<string, unknown, boolean>;
type ValueOf<F> = F extends Field<string, infer T, boolean> ? T : never;
/** The value that a table of fields describes: optional fields that are absent are left out. */
export type Values<Fields extends readonly AnyField[]> = {
  readonly [F in Fields[number] as F["required"] extends true ? F["name"] : never]: ValueOf<F>;
} & {
  readonly [F in Fields[number] as F["required"] extends true ? never : F["name"]]?: ValueOf<F>;
};

/** An unsigned integer in low..high. */
export function uint<const Name extends string>(
  key: number,
  name: Name,
  high: number,
  low = 0,
): Field<Name, number, true> {
  return {
    ...{ key, name, required: true },
    read(value) {
      if (typeof value !== "bigint") return { problem: "has the wrong type" };
      return low <= value && value <= high ? { value: Number(value) } : { problem: "is out of range" };
    },
    write: integer,
  };
}

/** Minor units, 0..2^53-1; bigint, so that it is never mixed with what may be rounded. */
export function amount<const Name extends string>(key: number, name: Name): Field<Name, bigint, true> {
  return {
    ...{ key, name, required: true },
    read(value) {
      if (typeof value !== "bigint") return { problem: "has the wrong type" };
      return value >= 0n && value <= AMOUNT_MAX_MINOR ? { value } : { problem: "is out of range" };
    },
    write: (value) => value,
  };
}

/** Seconds since 1970-01-01T00:00:00Z. */
export function instant<const Name extends string>(key: number, name: Name): Field<Name, number, true> {
  return uint(key, name, TIME_MAX_S);
}

/** A number that starts at 1. */
export function counter<const Name extends string>(key: number, name: Name): Field<Name, number, true> {
  return uint(key, name, COUNTER_MAX, 1);
}

/** Exactly `size` bytes, or `size` to `upTo` of them. */
export function octets<const Name extends string>(
  key: number,
  name: Name,
  size: number,
  upTo = size,
): Field<Name, Octets, true> {
  return {
    ...{ key, name, required: true },
    read(value) {
      if (!(value instanceof Uint8Array)) return { problem: "has the wrong type" };
      return size <= value.length && value.length <= upTo ? { value } : { problem: "has the wrong length" };
    },
    write: (value) => value,
  };
}

/** An id of its own type. */
export function id<const Name extends string, T extends Octets>(
  key: number,
  name: Name,
  kind: IdKind<T>,
): Field<Name, T, true> {
  return {
    ...{ key, name, required: true },
    read(value) {
      if (!(value instanceof Uint8Array)) return { problem: "has the wrong type" };
      return value.length === kind.bytes ? { value: kind.of(value) } : { problem: "has the wrong length" };
    },
    write: (value) => value,
  };
}

/** UTF-8 in normal form C, 1 to `maxBytes` bytes, without control, format or line characters. */
export function text<const Name extends string>(key: number, name: Name, maxBytes: number): Field<Name, string, true> {
  return {
    ...{ key, name, required: true },
    read(value) {
      if (typeof value !== "string") return { problem: "has the wrong type" };
      const problem = textProblem(value, maxBytes);
      return problem === undefined ? { value } : { problem };
    },
    write: (value) => value,
  };
}

/** An ISO 4217 code: three capital letters. */
export function currency(key: number): Field<"currency", string, true> {
  return {
    ...{ key, name: "currency", required: true },
    read(value) {
      if (typeof value !== "string") return { problem: "has the wrong type" };
      return CURRENCY.test(value) ? { value } : { problem: "is not three capital letters" };
    },
    write: (value) => value,
  };
}

/** An array of low..high items, which its message checks further. */
export function array<const Name extends string>(
  key: number,
  name: Name,
  high: number,
  low = 0,
): Field<Name, readonly CborValue[], true> {
  return {
    ...{ key, name, required: true },
    read(value) {
      if (!isArray(value)) return { problem: "has the wrong type" };
      return low <= value.length && value.length <= high ? { value } : { problem: "has the wrong length" };
    },
    write: (value) => value,
  };
}

/** The same field, which may be absent. */
export function optional<Name extends string, T>(field: Field<Name, T, true>): Field<Name, T, false> {
  return { ...field, required: false };
}

/** The fields of one kind of message (or of a nested map, which has no kind). */
export class Layout<const Fields extends readonly AnyField[]> {
  readonly #kind: Kind | undefined;
  readonly #fields: Fields;
  readonly #byKey: ReadonlyMap<bigint, AnyField>;

  constructor(kind: Kind | undefined, ...fields: Fields) {
    this.#kind = kind;
    this.#fields = fields;
    this.#byKey = new Map(fields.map((field) => [BigInt(field.key), field]));
  }

  /**
   * Field values by name; optional ones that are absent are left out.
   *
   * Throws Refused malformed, not_canonical, wrong_message, update_needed or field_invalid (spec 02.2).
   */
  decode(payload: Octets, maxBytes: number): Values<Fields> {
    return this.check(cbor.decodeMap(payload, maxBytes));
  }

  /** As `decode`, for a map that is already decoded (a nested one). */
  check(content: CborMap): Values<Fields> {
    if (this.#kind !== undefined) checkKind(content, this.#kind);
    const values: Record<string, unknown> = {};
    let problem: string | undefined;
    for (const [key, value] of content) {
      const field = this.#byKey.get(key);
      if (field === undefined) {
        if (key === 0n && this.#kind !== undefined) continue;
        if (key <= LAST_CRITICAL_KEY) throw new Refused("update_needed", `unknown critical field ${key}`);
        continue;
      }
      const found = field.read(value);
      if ("problem" in found) problem ??= `${field.name} ${found.problem}`;
      else values[field.name] = found.value;
    }
    if (problem !== undefined) throw new Refused("field_invalid", problem);
    const missing = this.#fields.find((field) => field.required && !content.has(BigInt(field.key)));
    if (missing !== undefined) throw new Refused("field_invalid", `${missing.name} is missing`);
    return typed<Values<Fields>>(values); // every field of the table was read, and each by its own type
  }

  /** The payload for these values. Checked like received bytes: we send what we accept. */
  encode(values: Values<Fields>): Octets {
    return cbor.encode(this.content(values));
  }

  /** As `encode`, before encoding: for nested maps. */
  content(values: Values<Fields>): CborMap {
    const given: ReadonlyMap<string, unknown> = new Map(Object.entries(values));
    const content = new Map<bigint, CborValue>();
    if (this.#kind !== undefined) content.set(0n, BigInt(KINDS[this.#kind]));
    for (const field of this.#fields) {
      const value = given.get(field.name);
      if (value !== undefined) content.set(BigInt(field.key), field.write(value));
    }
    this.check(content);
    return content;
  }
}

/** Refuses unless field 0 says `expected`: update_needed for a kind that is not known here, else wrong_message. */
function checkKind(content: CborMap, expected: Kind): void {
  const found = content.get(0n);
  if (found === BigInt(KINDS[expected])) return;
  if (typeof found === "bigint" && found > 0n && kindOfNumber(found) === undefined) {
    throw new Refused("update_needed", `message kind ${found} is not known`);
  }
  throw new Refused("wrong_message", `a ${expected} was expected`);
}

/** The kind that a payload states. Throws Refused wrong_message without one, update_needed for a new one. */
export function kindOf(payload: Octets, maxBytes: number): Kind {
  const found = cbor.decodeMap(payload, maxBytes).get(0n);
  const kind = typeof found === "bigint" ? kindOfNumber(found) : undefined;
  if (kind !== undefined) return kind;
  if (typeof found === "bigint" && found > 0n) throw new Refused("update_needed", `message kind ${found} is not known`);
  throw new Refused("wrong_message", "the message does not say what it is");
}

/** The items of an array, all byte strings of `minBytes` to `maxBytes`. */
export function byteItems(values: readonly CborValue[], maxBytes: number, minBytes = 0): readonly Octets[] {
  return values.map((item) => {
    if (!(item instanceof Uint8Array) || item.length > maxBytes || item.length < minBytes) {
      throw new Refused("field_invalid", "array item is not the byte string expected");
    }
    return item;
  });
}

/** The map that an array's item must be. Throws Refused field_invalid. */
export function nestedMap(item: CborValue): CborMap {
  if (!cbor.isMap(item)) throw new Refused("field_invalid", "a nested map was expected");
  return item;
}

/** Whether a value is an array, as those of answers and indexes are. */
export function isArray(value: CborValue): value is readonly CborValue[] {
  return Array.isArray(value);
}

const KINDS_BY_NUMBER: ReadonlyMap<bigint, Kind> = new Map(
  Object.keys(KINDS)
    .filter(isKind)
    .map((kind) => [BigInt(KINDS[kind]), kind]),
);

function kindOfNumber(number: bigint): Kind | undefined {
  return KINDS_BY_NUMBER.get(number);
}

function isKind(name: string): name is Kind {
  return Object.hasOwn(KINDS, name);
}

/** A number that is none of ours (a fraction) must not become another one. */
function integer(value: number): bigint {
  if (!Number.isSafeInteger(value)) throw new Refused("field_invalid", "not an integer");
  return BigInt(value);
}

function textProblem(value: string, maxBytes: number): string | undefined {
  if (!value.isWellFormed()) return "is not text";
  const size = utf8(value).length;
  if (size < 1 || size > maxBytes) return "has the wrong length";
  if (value.normalize("NFC") !== value) return "is not in normal form C";
  return UNSEEN.test(value) ? "holds a character that is not seen or turns the line" : undefined;
}
