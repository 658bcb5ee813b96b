/** Reading JSON without casts: every step says what it expects and stops at anything else. */

import { fromHex, type Octets } from "../protocol/octets.ts";

export type Json = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function record(value: unknown): Json {
  if (!isRecord(value)) throw new TypeError("an object was expected");
  return value;
}

export function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new TypeError("an array was expected");
  return value;
}

export function text(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("a string was expected");
  return value;
}

export function number(value: unknown): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw new TypeError("an integer was expected");
  return value;
}

export function amount(value: unknown): bigint {
  return BigInt(number(value));
}

export function flag(value: unknown): boolean {
  if (typeof value !== "boolean") throw new TypeError("true or false was expected");
  return value;
}

export function bytes(value: unknown): Octets {
  return fromHex(text(value));
}

export function parse(source: string): Json {
  return record(JSON.parse(source));
}
