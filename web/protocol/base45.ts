/**
 * Base45 (RFC 9285): bytes in the 45 characters that a QR code packs most tightly. Pure.
 *
 * Two bytes become three characters, a last single byte two. The mapping is kept one to one: whatever `encode` could
 * not have written is refused, because a second spelling of a message would be a second identity. Lower case is refused
 * too; it is not in the alphabet (section 3), and a QR code that carries it was not drawn by us.
 */

import type { Octets } from "./octets.ts";

/** RFC 9285, table 1: a character's place is its value. The same 45 as QR's alphanumeric mode. */
export const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";

/** Not base45. Says where, from 0, never what: the text may be a payment. */
export class Base45Error extends Error {}

/** The one base45 spelling of `body`; `encodedLength` characters, empty for no bytes. */
export function encode(body: Octets): string {
  let text = "";
  for (let start = 0; start < body.length; start += 2) {
    const [first = 0, second] = body.subarray(start, start + 2);
    const number = second === undefined ? first : first * 256 + second;
    text += digit(number) + digit(number / 45);
    if (second !== undefined) text += digit(number / 45 ** 2);
  }
  return text;
}

/**
 * The bytes that `text` spells.
 *
 * Throws Base45Error: a character outside the alphabet, a length of 1 mod 3, or a group above what its bytes hold
 * (65,535 for three characters, 255 for two; RFC 9285 section 6 demands the refusal).
 */
export function decode(text: string): Octets {
  if (text.length % 3 === 1) throw new Base45Error("a length of 1 mod 3 spells no bytes");
  const body: number[] = [];
  for (let start = 0; start < text.length; start += 3) {
    const [low, middle, high] = [value(text, start), value(text, start + 1), value(text, start + 2)];
    const number = low + middle * 45 + high * 45 ** 2;
    const width = start + 2 < text.length ? 2 : 1;
    if (number >= 256 ** width) throw new Base45Error(`the group at ${start} is more than ${width} byte(s) hold`);
    if (width === 2) body.push(number >> 8);
    body.push(number & 0xff);
  }
  return Uint8Array.from(body);
}

/** How many characters `encode` writes for that many bytes. */
export function encodedLength(sizeBytes: number): number {
  return Math.floor(sizeBytes / 2) * 3 + (sizeBytes % 2) * 2;
}

function digit(number: number): string {
  return ALPHABET.charAt(Math.floor(number) % 45);
}

/** The value of the character at this place, 0 behind the end. */
function value(text: string, place: number): number {
  if (place >= text.length) return 0;
  const found = ALPHABET.indexOf(text.charAt(place));
  if (found < 0) throw new Base45Error(`the character at ${place} is not in the alphabet`);
  return found;
}
