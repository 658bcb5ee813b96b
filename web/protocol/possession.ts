/**
 * Proof of possession: a key signs that its holder asks for something about this key (spec 05).
 *
 * Used three times: a wallet binds its account key, a wallet asks for an allowance for a new device key, a terminal asks
 * for its certificate. The signed bytes begin with a label of their own, which no Sig_structure can begin with, so a
 * proof is never a statement and a statement never a proof. The context ties a proof to one enrolment code or request.
 */

import { encode } from "./cbor.ts";
import { sha256 } from "./hash.ts";
import { loadPublicKey, type Signer } from "./keys.ts";
import { WIRE_VERSION } from "./limits.ts";
import { type Octets, slice, toNumber, utf8 } from "./octets.ts";

const LABEL = "feiqian possession";
const ATTESTATION_LABEL = "feiqian/attestation/1";
const CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // without I, L, O and U, which people misread
export const CODE_RANDOM_BYTES = 10;

/**
 * What the key's holder asks for, and which context the proof is tied to: bind an account key to a payer (the enrolment
 * code); an allowance for a device key (device id, request id); a certificate for a terminal key (the enrolment code).
 */
export type Purpose = "account" | "allowance" | "terminal";

/** The bytes that `key` (33-byte compressed point) signs for `purpose`. */
export function possessionMessage(purpose: Purpose, deployment: string, key: Octets, ...context: Octets[]): Octets {
  return encode([LABEL, BigInt(WIRE_VERSION), deployment, purpose, key, context]);
}

/** The 64-byte proof. */
export async function provePossession(
  signer: Signer,
  purpose: Purpose,
  deployment: string,
  ...context: Octets[]
): Promise<Octets> {
  return signer.sign(possessionMessage(purpose, deployment, signer.publicKey, ...context));
}

/** Refuses terminal_signature_invalid or device_signature_invalid unless `key` made this proof. */
export async function checkPossession(
  proof: Octets,
  key: Octets,
  purpose: Purpose,
  deployment: string,
  ...context: Octets[]
): Promise<void> {
  const code = purpose === "terminal" ? "terminal_signature_invalid" : "device_signature_invalid";
  const loaded = await loadPublicKey(key);
  await loaded.verify(proof, possessionMessage(purpose, deployment, key, ...context), code);
}

/**
 * The 32 bytes that an attestation of a device key has to answer: it was made for this request and no other. It does not
 * name the key, since an authenticator may make the key only while it attests (WebAuthn).
 */
export async function attestationChallenge(deployment: string, deviceId: Octets, requestId: Octets): Promise<Octets> {
  return sha256(encode([ATTESTATION_LABEL, deployment, deviceId, requestId]));
}

/** An enrolment code as people read and type it: 16 characters in four groups, 80 random bits (10 bytes). */
export function spellCode(randomness: Octets): string {
  const number = toNumber(slice(randomness, 0, CODE_RANDOM_BYTES));
  let characters = "";
  for (let shift = 75n; shift >= 0n; shift -= 5n) characters += CODE_ALPHABET.charAt(Number((number >> shift) & 31n));
  return (characters.match(/.{4}/g) ?? []).join("-");
}

/** What an operator keeps of an enrolment code or a bearer token: SHA-256, 32 bytes. */
export async function secretHash(secret: string): Promise<Octets> {
  return sha256(codeContext(secret));
}

/** An enrolment code as people type it, in the one form that is signed and hashed: capitals, no separators. */
export function codeContext(code: string): Octets {
  const kept = [...code.toUpperCase()].filter((character) => /[\p{L}\p{N}]/u.test(character));
  return utf8(kept.map((character) => (character > "\x7f" ? "?" : character)).join(""));
}
