/**
 * Credits: what adds to an allowance, and how it travels with the cheque that needs it (spec 04).
 *
 * A credit is a note (or a receipt below the maximum) together with the terminal's certificate, the cheque that it
 * gives back and the request it answered; or a cheque received from another payer, with its allowance and request. The
 * device-signed cheque always travels along, so that no terminal can accuse a device by a note alone.
 */

import * as cbor from "./cbor.ts";
import { sha256 } from "./hash.ts";
import { byteItems, isArray, Layout, octets, optional } from "./layout.ts";
import { CREDITS_HASH_BYTES, CREDITS_MAX, CREDITS_MAX_BYTES, STATEMENT_MAX_BYTES } from "./limits.ts";
import { type Octets, slice } from "./octets.ts";
import { Refused } from "./refusals.ts";

/**
 * A decoded credit; its parts are bytes, unverified.
 *
 * Given back: `statement` (note or receipt), `certificate`, `cheque`, `request`.
 * Received: `cheque`, `allowance`, `request` and, when that cheque needed some, its own `credits`.
 */
export interface Credit {
  readonly cheque: Octets;
  readonly request: Octets;
  readonly statement?: Octets;
  readonly certificate?: Octets;
  readonly allowance?: Octets;
  readonly credits?: Octets;
}

const LAYOUT = new Layout(
  "credit",
  octets(1, "cheque", 1, STATEMENT_MAX_BYTES),
  octets(2, "request", 1, STATEMENT_MAX_BYTES),
  optional(octets(3, "statement", 1, STATEMENT_MAX_BYTES)),
  optional(octets(4, "certificate", 1, STATEMENT_MAX_BYTES)),
  optional(octets(5, "allowance", 1, STATEMENT_MAX_BYTES)),
  optional(octets(6, "credits", 1, CREDITS_MAX_BYTES)),
);

/** The credits of a bundle, unverified. Throws Refused; too_many_credits above three. */
export function decodeCredits(bundle: Octets): readonly Credit[] {
  const items = cbor.decode(bundle, CREDITS_MAX_BYTES);
  if (!isArray(items) || items.length === 0) throw new Refused("malformed", "credits are a non-empty array");
  if (items.length > CREDITS_MAX) {
    throw new Refused("too_many_credits", `${items.length} credits, at most ${CREDITS_MAX}`);
  }
  return byteItems(items, CREDITS_MAX_BYTES).map(creditOf);
}

/** The bundle that travels behind a cheque. */
export function encodeCredits(credits: readonly Credit[]): Octets {
  const bundle = cbor.encode(credits.map((credit) => LAYOUT.encode(credit)));
  decodeCredits(bundle);
  return bundle;
}

/** The 16 bytes that the cheque commits to. */
export async function creditsHash(bundle: Octets): Promise<Octets> {
  return slice(await sha256(bundle), 0, CREDITS_HASH_BYTES);
}

function creditOf(raw: Octets): Credit {
  const credit: Credit = LAYOUT.decode(raw, CREDITS_MAX_BYTES);
  const { statement, certificate, allowance } = credit;
  const givenBack = statement !== undefined && certificate !== undefined && allowance === undefined;
  const received = allowance !== undefined && statement === undefined && certificate === undefined;
  if (!(givenBack || received) || (givenBack && credit.credits !== undefined)) {
    throw new Refused("field_invalid", "a credit is given back or received, with all its parts");
  }
  return credit;
}
