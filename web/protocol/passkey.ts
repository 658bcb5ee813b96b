/**
 * A passkey that signs cheques: WebAuthn assertions as signatures, rebuilt and checked offline (spec 02.4).
 *
 * An authenticator signs `authenticatorData || SHA-256(clientDataJSON)`. All of it is known but for five bytes: the
 * challenge is the statement's id, the origin stands in the key set. So five bytes travel before the signature, and
 * whoever verifies builds the rest byte for byte. The JSON has two forms, the plain one and the one with the member that
 * Chromium adds to one in five; a bit beside the flags says which. Whatever is written in any other way makes no cheque.
 */

import { HolderCheck } from "./allowance.ts";
import { sha256 } from "./hash.ts";
import type { PublicKey, Verifier } from "./keys.ts";
import { SIGNATURE_BYTES } from "./limits.ts";
import { concat, type Octets, slice, utf8 } from "./octets.ts";
import { type RefusalCode, Refused } from "./refusals.ts";

/** Flags with the form of the client data (1), signature counter (4): what only the payer's side knows of it. */
export const ASSERTED_BYTES = 5;
export const ASSERTION_BYTES = ASSERTED_BYTES + SIGNATURE_BYTES;
export const ORIGIN_MAX_BYTES = 128;
/** Flags of authenticator data; all others must be clear: a copied key (BE, BS), bytes nobody could rebuild (AT, ED). */
const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
/** Set beside the flags by the wallet, never by an authenticator: the client data end with `EXTRA_MEMBER`. */
const WITH_EXTRA_MEMBER = 0x02;
const EXTRA_MEMBER =
  ',"other_keys_can_be_added_here":"do not compare clientDataJSON against a template. See https://goo.gl/yabPex"';
const LAST_MEMBER = ',"crossOrigin":false';
const ORIGIN = /^(?:https:\/\/([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)|http:\/\/(localhost))(?::[1-9][0-9]{0,4})?$/;

/** The relying party id that belongs to an origin: its host. Throws Refused field_invalid for what is no origin. */
export function rpIdOf(origin: string): string {
  const found = ORIGIN.exec(origin);
  const host = found?.[1] ?? found?.[2];
  if (host === undefined) throw new Refused("field_invalid", "the passkey origin is not one");
  return host;
}

/** The clientDataJSON of an assertion, as every browser serialises it (WebAuthn Level 3 section 5.8.1.1). */
function clientData(challenge: Octets, origin: string, extra: boolean): Octets {
  const spelled = btoa(String.fromCharCode(...challenge))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
  return utf8(`{"type":"webauthn.get","challenge":"${spelled}","origin":"${origin}"${ending(extra)}`);
}

function ending(extra: boolean): string {
  return `${LAST_MEMBER}${extra ? EXTRA_MEMBER : ""}}`;
}

/**
 * The five bytes that stand before the signature, of what the authenticator said and the client data that it was given.
 *
 * Undefined for client data in a form that nobody could rebuild. Whether all else is as it must be, verifying says.
 */
export function assertedWith(said: Octets, written: Octets): Octets | undefined {
  const text = new TextDecoder().decode(written);
  if (text.endsWith(ending(false))) return said;
  if (!text.endsWith(ending(true))) return undefined;
  const [flags = 0] = said;
  return concat(Uint8Array.of(flags | WITH_EXTRA_MEMBER), said.subarray(1));
}

/** A device key that lives in a passkey of `origin`. Without an origin, nothing that it signed is accepted. */
export class PasskeyKey implements Verifier {
  readonly #key: PublicKey;
  readonly #origin: string | undefined;

  constructor(key: PublicKey, origin: string | undefined) {
    this.#key = key;
    this.#origin = origin;
  }

  /** Refuses, before any signature is verified, what no passkey here may say. */
  checkAssertion(signature: Octets, holderCheck: number): void {
    if (signature.length !== ASSERTION_BYTES) throw new Refused("signature_form_mismatch");
    if (this.#origin === undefined) throw new Refused("passkey_not_served");
    const [flags = 0] = signature;
    if ((flags & ~(USER_VERIFIED | WITH_EXTRA_MEMBER)) !== USER_PRESENT) throw new Refused("passkey_flags_refused");
    if (((flags & USER_VERIFIED) !== 0) !== (holderCheck === HolderCheck.biometric)) {
      throw new Refused("holder_check_mismatch");
    }
  }

  /** Refuses with `code` unless `signature` is this passkey's assertion whose challenge is the hash of `message`. */
  async verify(signature: Octets, message: Octets, code: RefusalCode): Promise<void> {
    const origin = this.#origin;
    if (signature.length !== ASSERTION_BYTES || origin === undefined) throw new Refused(code, "no assertion");
    const [flags = 0] = signature;
    const asserted = concat(
      await sha256(utf8(rpIdOf(origin))),
      Uint8Array.of(flags & ~WITH_EXTRA_MEMBER),
      signature.subarray(1, ASSERTED_BYTES),
      await sha256(clientData(await sha256(message), origin, (flags & WITH_EXTRA_MEMBER) !== 0)),
    );
    await this.#key.verify(slice(signature, ASSERTED_BYTES), asserted, code);
  }
}
