/**
 * AES-256-GCM over records and keys at rest, and the keys that wrap the data key: the door to those of WebCrypto, beside
 * till_recovery.ts, which no day loads.
 *
 * Every sealed value is bound to what it is by its additional data, so a record put in another's place does not open.
 * Nonces are random, 96 bits: a device writes far fewer than 2^32 records under one key (NIST SP 800-38D section 8.3).
 */

import { type Octets, utf8 } from "../protocol/octets.ts";
import { deviceRandomness } from "./randomness.ts";

const NONCE_BYTES = 12;
export const SALT_BYTES = 16;
export const PIN_ITERATIONS = 600_000;

/** A value at rest. */
export interface Sealed {
  readonly iv: Octets;
  readonly sealed: Octets;
}

/** What was sealed does not open: another key, or somebody changed it. */
export class NotOurs extends Error {
  constructor() {
    super("a sealed value does not open");
    this.name = "NotOurs";
  }
}

export async function seal(key: CryptoKey, name: string, clear: Octets): Promise<Sealed> {
  const iv = deviceRandomness(NONCE_BYTES);
  return { iv, sealed: new Uint8Array(await crypto.subtle.encrypt(gcm(iv, name), key, clear)) };
}

/** Throws NotOurs. */
export async function open(key: CryptoKey, name: string, value: Sealed): Promise<Octets> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt(gcm(value.iv, name), key, value.sealed));
  } catch {
    throw new NotOurs();
  }
}

/** The form in which a sealed value comes out of the database. */
export function isSealed(value: unknown): value is Sealed {
  if (typeof value !== "object" || value === null || !("iv" in value) || !("sealed" in value)) return false;
  return value.iv instanceof Uint8Array && value.sealed instanceof Uint8Array;
}

/** A new data key. Extractable, or it could not be wrapped for a passkey or a new PIN later. */
export function newDataKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt"]);
}

/** The data key under another key. */
export async function wrap(by: CryptoKey, name: string, key: CryptoKey): Promise<Sealed> {
  const iv = deviceRandomness(NONCE_BYTES);
  return { iv, sealed: new Uint8Array(await crypto.subtle.wrapKey("raw", key, by, gcm(iv, name))) };
}

/** The data key that was wrapped. Throws NotOurs. */
export async function unwrap(by: CryptoKey, name: string, value: Sealed): Promise<CryptoKey> {
  try {
    const use: KeyUsage[] = ["encrypt", "decrypt"];
    return await crypto.subtle.unwrapKey("raw", value.sealed, by, gcm(value.iv, name), "AES-GCM", true, use);
  } catch {
    throw new NotOurs();
  }
}

/** The key that a PIN gives: PBKDF2-HMAC-SHA256 (RFC 8018). The weaker way: a PIN has few bits. */
export async function keyOfPin(pin: string, salt: Octets, iterations: number): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey("raw", utf8(pin), "PBKDF2", false, ["deriveKey"]);
  const how: Pbkdf2Params = { name: "PBKDF2", hash: "SHA-256", salt, iterations };
  return crypto.subtle.deriveKey(how, secret, { name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"]);
}

/** The key that a passkey's secret gives: HKDF-SHA256 (RFC 5869) over the PRF output. */
export async function keyOfPasskey(secretBytes: Octets, salt: Octets): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey("raw", secretBytes, "HKDF", false, ["deriveKey"]);
  const how: HkdfParams = { name: "HKDF", hash: "SHA-256", salt, info: utf8("feiqian/vault/passkey/1") };
  return crypto.subtle.deriveKey(how, secret, { name: "AES-GCM", length: 256 }, false, ["wrapKey", "unwrapKey"]);
}

function gcm(iv: Octets, name: string): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: utf8(name) };
}
