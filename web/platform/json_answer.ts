/**
 * How the operator's JSON is read without believing its types, and how values are spelled in it.
 *
 * Mirrors src/feiqian/links/http_replies.py and http_spelling.py: bytes are base64url without padding and have one
 * spelling, instants are RFC 3339 in UTC with whole seconds, amounts whole numbers up to 2^53 - 1 and bigint from here
 * on. Every reader throws LinkTrouble operator_answer_unreadable for what is missing or of another type: a proxy's page
 * or a newer server must not end as a TypeError in a wallet.
 */

import { AMOUNT_MAX_MINOR, TIME_MAX_S } from "../protocol/limits.ts";
import type { Octets } from "../protocol/octets.ts";
import { LinkTrouble } from "./link_trouble.ts";

const INSTANT = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$/;
const BASE64URL = /^[A-Za-z0-9_-]*$/;

/** Base64url without padding (RFC 4648 section 5). */
export function spellBytes(value: Uint8Array): string {
  let binary = "";
  for (const byte of value) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The bytes that `text` spells; undefined for another alphabet, padding, or bits left over. */
export function readBytes(text: string): Octets | undefined {
  if (!BASE64URL.test(text) || text.length % 4 === 1) return undefined;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const value = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return spellBytes(value) === text ? value : undefined;
}

/** Seconds since 1970 as RFC 3339 in UTC. */
export function spellInstant(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}

/** Seconds since 1970 of an RFC 3339 instant in UTC with whole seconds; undefined for another spelling. */
export function readInstant(text: string): number | undefined {
  if (!INSTANT.test(text)) return undefined;
  const seconds = Date.parse(text) / 1000;
  if (!Number.isSafeInteger(seconds) || seconds < 0 || seconds > TIME_MAX_S) return undefined;
  return spellInstant(seconds) === text ? seconds : undefined; // February 30th is another day to Date
}

/** A JSON object from the operator, read field by field. */
export class Fields {
  readonly #content: ReadonlyMap<string, unknown>;

  constructor(content: unknown) {
    if (typeof content !== "object" || content === null || Array.isArray(content)) throw unreadable("not an object");
    this.#content = new Map(Object.entries(content));
  }

  text(name: string): string {
    const value = this.#content.get(name);
    if (typeof value !== "string") throw unreadable(`field ${name}`);
    return value;
  }

  /** A text, or null where the operator says null. */
  textOrNull(name: string): string | null {
    return this.#isNull(name) ? null : this.text(name);
  }

  /** A list of texts. */
  texts(name: string): string[] {
    return this.#list(name).map((item) => {
      if (typeof item !== "string") throw unreadable(`field ${name}`);
      return item;
    });
  }

  octets(name: string): Octets {
    const value = readBytes(this.text(name));
    if (value === undefined) throw unreadable(`field ${name}`);
    return value;
  }

  /** Bytes, or undefined where the operator says null or, an older one, nothing. */
  octetsIfAny(name: string): Octets | undefined {
    return this.#isNull(name) ? undefined : this.octets(name);
  }

  /** True where the operator says so; an older one says nothing. */
  yesIfAny(name: string): boolean {
    return !this.#isNull(name) && this.yes(name);
  }

  /** A list of byte strings. */
  octetsList(name: string): Octets[] {
    return this.#list(name).map((item) => {
      const value = typeof item === "string" ? readBytes(item) : undefined;
      if (value === undefined) throw unreadable(`field ${name}`);
      return value;
    });
  }

  instant(name: string): number {
    const value = readInstant(this.text(name));
    if (value === undefined) throw unreadable(`field ${name}`);
    return value;
  }

  instantOrNull(name: string): number | null {
    return this.#isNull(name) ? null : this.instant(name);
  }

  /** A whole number that is no amount: a count, a number in a list. */
  number(name: string): number {
    const value = this.#content.get(name);
    if (typeof value !== "number" || !Number.isSafeInteger(value)) throw unreadable(`field ${name}`);
    return value;
  }

  numberOrNull(name: string): number | null {
    return this.#isNull(name) ? null : this.number(name);
  }

  /** An amount of minor units, possibly negative. */
  amount(name: string): bigint {
    const value = BigInt(this.number(name));
    if (value > AMOUNT_MAX_MINOR || value < -AMOUNT_MAX_MINOR) throw unreadable(`field ${name}`);
    return value;
  }

  /** One of these texts; another one needs a newer program. */
  choice<T extends string>(name: string, choices: readonly T[]): T {
    const text = this.text(name);
    const found = choices.find((choice) => choice === text);
    if (found === undefined) throw unreadable(`field ${name}`);
    return found;
  }

  yes(name: string): boolean {
    const value = this.#content.get(name);
    if (typeof value !== "boolean") throw unreadable(`field ${name}`);
    return value;
  }

  inner(name: string): Fields {
    return new Fields(this.#content.get(name));
  }

  innerOrNull(name: string): Fields | null {
    return this.#isNull(name) ? null : this.inner(name);
  }

  /** The objects of a list, in its order. */
  each<T>(name: string, read: (fields: Fields) => T): T[] {
    return this.#list(name).map((item) => read(new Fields(item)));
  }

  /** The names of its fields. */
  names(): readonly string[] {
    return [...this.#content.keys()];
  }

  /** What stands there, as JSON gave it: only for showing. */
  plain(name: string): unknown {
    return this.#content.get(name);
  }

  #list(name: string): readonly unknown[] {
    const value = this.#content.get(name);
    if (!Array.isArray(value)) throw unreadable(`field ${name}`);
    return value;
  }

  #isNull(name: string): boolean {
    return (this.#content.get(name) ?? null) === null;
  }
}

/** The JSON of a body, whatever it is. Throws LinkTrouble. */
export function jsonIn(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch {
    throw unreadable("not JSON");
  }
}

export function unreadable(why: string): LinkTrouble {
  return new LinkTrouble("operator_answer_unreadable", { why });
}
