/**
 * A till's data key, sealed for its operator, and taken back with a one-time code. Mirrors src/feiqian/keys/till_recovery.py
 * byte for byte: what is sealed here the operator's command opens, and what that seals is opened here.
 *
 *     for the operator   ephemeral P-256 ECDH with its recovery key (SEC 1 section 3.3.1), HKDF-SHA256 (RFC 5869),
 *                        AES-256-GCM: point (33) | nonce (12) | sealed key (48)
 *     for the payee      HKDF-SHA256 of the code: salt (16) | nonce (12) | sealed key (48)
 *
 * Both are bound to the deployment and the terminal. Loaded when a key is sealed or given back: a second door to WebCrypto,
 * so that no day has to load it.
 */

import { compressed, uncompressed } from "../protocol/keys.ts";
import { PUBLIC_KEY_BYTES } from "../protocol/limits.ts";
import { concat, type Octets, slice, utf8 } from "../protocol/octets.ts";
import { codeContext } from "../protocol/possession.ts";
import { deviceRandomness } from "./randomness.ts";
import { NotOurs } from "./sealing.ts";

const NONCE_BYTES = 12;
const SALT_BYTES = 16;
const SEALED_KEY_BYTES = 32 + 16;
export const SEALED_FOR_OPERATOR_BYTES = PUBLIC_KEY_BYTES + NONCE_BYTES + SEALED_KEY_BYTES;
export const SEALED_FOR_PAYEE_BYTES = SALT_BYTES + NONCE_BYTES + SEALED_KEY_BYTES;
const FOR_OPERATOR = utf8("feiqian/till-recovery/operator/1");
const FOR_PAYEE = utf8("feiqian/till-recovery/payee/1");
const CURVE: EcKeyGenParams & EcKeyImportParams = { name: "ECDH", namedCurve: "P-256" };

/** What a sealed key is bound to. */
export interface SealedTill {
  readonly deployment: string;
  readonly terminalRef: Octets;
}

/** The data key for whoever holds the private half of `recoveryKey`, a compressed point. Throws Refused field_invalid. */
export async function sealForOperator(recoveryKey: Octets, dataKey: CryptoKey, till: SealedTill): Promise<Octets> {
  const theirs = await crypto.subtle.importKey("raw", uncompressed(recoveryKey), CURVE, false, []);
  const once = await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]);
  const shown = compressed(new Uint8Array(await crypto.subtle.exportKey("raw", once.publicKey)));
  const shared = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, once.privateKey, 256);
  const key = await derived(new Uint8Array(shared), concat(shown, recoveryKey), FOR_OPERATOR);
  const nonce = deviceRandomness(NONCE_BYTES);
  const sealed = await crypto.subtle.wrapKey("raw", dataKey, key, bound(nonce, till));
  return concat(shown, nonce, new Uint8Array(sealed));
}

/** The data key, with the code. Throws NotOurs for another code, key or till, or altered bytes. */
export async function openAsPayee(code: string, sealed: Octets, till: SealedTill): Promise<CryptoKey> {
  if (sealed.length !== SEALED_FOR_PAYEE_BYTES) throw new NotOurs();
  const key = await derived(codeContext(code), slice(sealed, 0, SALT_BYTES), FOR_PAYEE);
  const nonce = slice(sealed, SALT_BYTES, SALT_BYTES + NONCE_BYTES);
  const closed = slice(sealed, SALT_BYTES + NONCE_BYTES);
  const use: KeyUsage[] = ["encrypt", "decrypt"];
  try {
    return await crypto.subtle.unwrapKey("raw", closed, key, bound(nonce, till), "AES-GCM", true, use);
  } catch {
    throw new NotOurs();
  }
}

async function derived(secretBytes: Octets, salt: Octets, info: Octets): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey("raw", secretBytes, "HKDF", false, ["deriveKey"]);
  const how: HkdfParams = { name: "HKDF", hash: "SHA-256", salt, info };
  return crypto.subtle.deriveKey(how, secret, { name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"]);
}

/** The terminal's part has one length, so nothing can be moved between the two. */
function bound(iv: Octets, { deployment, terminalRef }: SealedTill): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: concat(terminalRef, utf8(deployment)) };
}
