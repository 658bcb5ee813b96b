/**
 * One-time codes in a cheque: bound to it under a key that only wallet and issuer have (spec 03.4).
 *
 * The digits come from an authenticator that is not the paying device. There are only a million of them, so a cheque never
 * carries a plain hash: it carries a MAC of them under the allowance's code key, 32 random bytes that the issuer gives to
 * the wallet together with the allowance. Whoever sees the cheque, its payee too, cannot try digits out. The allowance's
 * anchor commits the issuer to that key.
 */

import { hmacSha256, sha256 } from "./hash.ts";
import type { RequestHash, StatementId } from "./ids.ts";
import { CODE_BYTES } from "./limits.ts";
import { concat, fromNumber, type Octets, slice, utf8 } from "./octets.ts";
import { Refused } from "./refusals.ts";

const CODE_DIGITS = 6;
export const CODE_KEY_BYTES = 32;

/** What an allowance says of its code key: 16 bytes, from which no key is found. */
export async function codeAnchor(codeKey: Octets): Promise<Octets> {
  return slice(await sha256(concat(utf8("feiqian/code-anchor/1"), codeKey)), 0, CODE_BYTES);
}

/** What a cheque carries of these digits: 16 bytes, other ones in every cheque. No `request` in a one-way code. */
export async function codeValue(
  codeKey: Octets,
  allowanceId: StatementId,
  counter: number,
  request: RequestHash | undefined,
  digits: string,
): Promise<Octets> {
  const bound = concat(allowanceId, fromNumber(BigInt(counter), 4), request ?? new Uint8Array(32));
  const mac = await hmacSha256(codeKey, concat(utf8("feiqian/one-time-code/1"), bound, utf8(digits)));
  return slice(mac, 0, CODE_BYTES);
}

/** The digits as people type them, in groups or not. Refuses field_invalid for what is no such code. */
export function readDigits(text: string): string {
  const digits = text.trim().replace(/[ -]/g, "");
  if (digits.length !== CODE_DIGITS || !/^[0-9]+$/.test(digits)) {
    throw new Refused("field_invalid", "a one-time code has six digits");
  }
  return digits;
}
