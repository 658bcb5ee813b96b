/**
 * The text of a QR code: `FQ1:` and the message in base45, so that one glance tells whose code it is. Pure.
 *
 * Every other code in the world meets this door first: a menu, a parcel label, another wallet's token. What does not
 * begin with `FQ`, a version number and a colon is not ours and is called that, so that nobody is told their payment is
 * broken when they pointed the camera at a menu. Another version number is ours, but newer than we are.
 */

import * as base45 from "./base45.ts";
import type { Octets } from "./octets.ts";
import { Refused } from "./refusals.ts";

export const TEXT_PREFIX = "FQ1:";
/** What the largest QR code there is holds in alphanumeric mode (ISO/IEC 18004, version 40-L). */
export const TEXT_MAX_CHARS = 4_296;

const VERSIONED = /^FQ[0-9]+:/;

/** The text that carries `body`. Throws Refused too_large when no QR code could hold it. */
export function encodeText(body: Octets): string {
  if (TEXT_PREFIX.length + base45.encodedLength(body.length) > TEXT_MAX_CHARS) {
    throw new Refused("too_large", `${body.length} bytes in one code`);
  }
  return TEXT_PREFIX + base45.encode(body);
}

/**
 * The body that `text` carries; it may be empty, and it is not yet known to be a message.
 *
 * Throws Refused, in this order: not_feiqian (some other code), too_large (above `TEXT_MAX_CHARS`), update_needed
 * (another version of this prefix), malformed (not base45).
 */
export function decodeText(text: string): Octets {
  if (!VERSIONED.test(text)) throw new Refused("not_feiqian");
  if (charactersOf(text) > TEXT_MAX_CHARS) throw new Refused("too_large", `more than ${TEXT_MAX_CHARS} characters`);
  if (!text.startsWith(TEXT_PREFIX)) throw new Refused("update_needed", "another version of the text");
  try {
    return base45.decode(text.slice(TEXT_PREFIX.length));
  } catch (error) {
    if (error instanceof base45.Base45Error) throw new Refused("malformed", error.message);
    throw error;
  }
}

/** Characters, not UTF-16 units: the cap is the same in every language. */
function charactersOf(text: string): number {
  return text.length > 2 * TEXT_MAX_CHARS ? text.length : [...text].length;
}
