/**
 * A backup as a file: sealed under a passphrase. Mirrors src/feiqian/keys/backup_file.py, whose files of derivation 2 this
 * opens; those of derivation 1 (argon2id) no browser can. Comes with the screen that asks for it.
 */

import { deviceRandomness } from "../platform/randomness.ts";
import { type CborMap, type CborValue, decodeMap, encode } from "../protocol/cbor.ts";
import { type Octets, utf8 } from "../protocol/octets.ts";
import { Refused } from "../protocol/refusals.ts";
import { CONTENT_MAX_BYTES } from "./backup.ts";
import { BackupTrouble } from "./backup_troubles.ts";

const KIND = "feiqian-wallet-backup";
const VERSION = 1n;
const ARGON2ID = 1n;
const PBKDF2 = 2n;
const ITERATIONS = 600_000n;
const ITERATIONS_MAX = 10_000_000n;
export const FILE_MAX_BYTES = CONTENT_MAX_BYTES + 1_024;
const [SALT_BYTES, NONCE_BYTES, TAG_BYTES] = [16, 12, 16];
export const PASSPHRASE_CHARS_MIN = 12;
const PASSPHRASE_CHARS_MAX = 1_024;
const DIFFERENT_CHARS_MIN = 5;

/** The file. Throws BackupTrouble passphrase_weak. */
export async function sealBackup(content: Octets, passphrase: string): Promise<Octets> {
  const counted = normal(passphrase);
  const { length } = [...counted];
  const isLong = length >= PASSPHRASE_CHARS_MIN && length <= PASSPHRASE_CHARS_MAX;
  if (!isLong || new Set(counted).size < DIFFERENT_CHARS_MIN) throw new BackupTrouble("passphrase_weak");
  const [salt, nonce] = [deviceRandomness(SALT_BYTES), deviceRandomness(NONCE_BYTES)];
  const head = new Map<bigint, CborValue>([
    [0n, KIND],
    [1n, VERSION],
    [2n, PBKDF2],
    [3n, [ITERATIONS]],
    [4n, salt],
    [5n, nonce],
  ]);
  const key = await keyOf(counted, salt, ITERATIONS);
  const sealed = await crypto.subtle.encrypt(gcm(nonce, head), key, content);
  return encode(head.set(6n, new Uint8Array(sealed)));
}

/** The content. Throws BackupTrouble. */
export async function openBackup(file: Octets, passphrase: string): Promise<Octets> {
  const { head, iterations, salt, nonce, sealed } = partsOf(file);
  const key = await keyOf(normal(passphrase), salt, iterations);
  try {
    return new Uint8Array(await crypto.subtle.decrypt(gcm(nonce, head), key, sealed));
  } catch {
    throw new BackupTrouble("backup_passphrase_wrong");
  }
}

/** Everything in a file. Any bytes give that or a BackupTrouble, before a key is derived. */
function partsOf(file: Octets) {
  const fields = fieldsOf(file);
  if (fields.get(0n) !== KIND) throw new BackupTrouble("backup_unreadable");
  const version = fields.get(1n);
  if (typeof version === "bigint" && version > VERSION) throw new BackupTrouble("backup_too_new");
  if (version === VERSION && fields.get(2n) === ARGON2ID) throw new BackupTrouble("backup_not_for_browsers");
  const [cost, salt, nonce, sealed] = [3n, 4n, 5n, 6n].map((key) => fields.get(key));
  const [iterations] = Array.isArray(cost) && cost.length === 1 ? cost : [];
  const isWhole =
    version === VERSION &&
    fields.size === 7 &&
    fields.get(2n) === PBKDF2 &&
    typeof iterations === "bigint" &&
    iterations >= ITERATIONS &&
    iterations <= ITERATIONS_MAX;
  if (!isWhole || !isOf(salt, SALT_BYTES) || !isOf(nonce, NONCE_BYTES) || !isOctets(sealed)) {
    throw new BackupTrouble("backup_unreadable");
  }
  if (sealed.length < TAG_BYTES) throw new BackupTrouble("backup_unreadable");
  const head = new Map(fields);
  head.delete(6n);
  return { head, iterations, salt, nonce, sealed };
}

function fieldsOf(file: Octets): CborMap {
  try {
    return decodeMap(file, FILE_MAX_BYTES);
  } catch (error) {
    if (error instanceof Refused) throw new BackupTrouble("backup_unreadable");
    throw error;
  }
}

function isOctets(value: CborValue | undefined): value is Octets {
  return value instanceof Uint8Array;
}

function isOf(value: CborValue | undefined, size: number): value is Octets {
  return isOctets(value) && value.length === size;
}

/** The same word typed on another keyboard opens it as well. */
function normal(passphrase: string): string {
  return passphrase.trim().normalize("NFKC");
}

async function keyOf(passphrase: string, salt: Octets, iterations: bigint): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey("raw", utf8(passphrase), "PBKDF2", false, ["deriveKey"]);
  const how: Pbkdf2Params = { name: "PBKDF2", hash: "SHA-256", salt, iterations: Number(iterations) };
  return crypto.subtle.deriveKey(how, secret, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

function gcm(iv: Octets, head: CborMap): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: encode(head) };
}
