/**
 * P-256 public keys, and the port to whoever holds a private one. The one door to WebCrypto's ECDSA.
 *
 * Keys travel as 33-byte compressed points; WebCrypto need not import those (W3C Web Cryptography API section 23.7.4
 * leaves it to the platform), so the second coordinate is found here, with one modular square root. That is all the
 * arithmetic on the curve in this code: whether the point lies on it, signing and verifying are the platform's. Parsed
 * keys are cached by their bytes. Signatures have one spelling, s in the lower half, which WebCrypto does not keep to.
 */

import { sha256 } from "./hash.ts";
import { KeyId } from "./ids.ts";
import { KEY_ID_BYTES, PUBLIC_KEY_BYTES, SIGNATURE_BYTES } from "./limits.ts";
import { compare, concat, fromNumber, type Octets, slice, toHex, toNumber } from "./octets.ts";
import { type RefusalCode, Refused } from "./refusals.ts";

export const CURVE_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
export const HALF_ORDER = CURVE_ORDER / 2n;
const HALF_ORDER_BYTES = fromNumber(HALF_ORDER, 32);
const CURVE: EcKeyImportParams = { name: "ECDSA", namedCurve: "P-256" };
const ES256: EcdsaParams = { name: "ECDSA", hash: "SHA-256" };

/** The field and the curve y² = x³ - 3x + b (SEC 2 section 2.4.2). */
const FIELD = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;

const KEYS_HELD = 4096;

/** Whoever holds a private key: an unwrapped CryptoKey, a passkey, a card. */
export interface Signer {
  /** Compressed P-256 point, 33 bytes. */
  readonly publicKey: Octets;
  /** ECDSA with SHA-256 over `message`: r and s, 32 bytes each, s in the lower half. */
  sign(message: Octets): Promise<Octets>;
}

/** A public key as whoever checks a signature needs it: plain (`PublicKey`), or in a passkey. */
export interface Verifier {
  /** Refuses with `code` unless the key's holder signed `message`. */
  verify(signature: Octets, message: Octets, code: RefusalCode): Promise<void>;
}

/** A parsed public key; `point` is its 33 wire bytes. Made by `loadPublicKey`. */
export class PublicKey {
  readonly point: Octets;
  /** SHA-256 of the point, 32 bytes: what statements under this key are bound to. */
  readonly hash: Octets;
  readonly #key: CryptoKey;

  constructor(point: Octets, hash: Octets, key: CryptoKey) {
    this.point = point;
    this.hash = hash;
    this.#key = key;
  }

  /** The first 4 bytes of the hash; looks candidates up, proves nothing. */
  get keyId(): KeyId {
    return KeyId.of(slice(this.hash, 0, KEY_ID_BYTES));
  }

  /**
   * Refuses with `code` unless `signature` (r, s) over `message` is this key's; high s is refused.
   *
   * Signatures have one spelling here, or the same statement could be presented with two (SEC 1 section 4.1 allows
   * both).
   */
  async verify(signature: Octets, message: Octets, code: RefusalCode): Promise<void> {
    if (signature.length !== SIGNATURE_BYTES) throw new Refused(code, "length");
    if (compare(signature.subarray(32), HALF_ORDER_BYTES) > 0) throw new Refused("signature_high_s");
    if (!(await crypto.subtle.verify(ES256, this.#key, signature, message))) throw new Refused(code);
  }
}

const held = new Map<string, PublicKey>();

/** The parsed key for 33 wire bytes, from the cache where it can. Throws Refused field_invalid. */
export async function loadPublicKey(point: Octets): Promise<PublicKey> {
  const name = toHex(point);
  const known = held.get(name);
  if (known !== undefined) return known;
  const key = new PublicKey(slice(point, 0), await sha256(point), await importPoint(point));
  held.set(name, key);
  if (held.size > KEYS_HELD) {
    for (const [oldest] of held) {
      held.delete(oldest);
      break;
    }
  }
  return key;
}

/** The short id that looks up a key; never trusted by itself. */
export async function keyIdOf(point: Octets): Promise<KeyId> {
  return KeyId.of(slice(await sha256(point), 0, KEY_ID_BYTES));
}

/** The same ECDSA signature with s in the lower half; (r, s) and (r, n - s) verify alike. */
export function lowS(signature: Octets): Octets {
  const s = toNumber(signature.subarray(32));
  return s <= HALF_ORDER ? signature : concat(signature.subarray(0, 32), fromNumber(CURVE_ORDER - s, 32));
}

/** A signer for a WebCrypto private key (usage "sign") whose 33-byte public key is `publicKey`. */
export function signerOf(privateKey: CryptoKey, publicKey: Octets): Signer {
  return {
    publicKey,
    async sign(message) {
      return lowS(new Uint8Array(await crypto.subtle.sign(ES256, privateKey, message)));
    },
  };
}

/** The 33 wire bytes of a point as WebCrypto exports it ("raw": 04, x, y). */
export function compressed(raw: Octets): Octets {
  if (raw.length !== 65 || raw[0] !== 4) throw new RangeError("an uncompressed point was expected");
  const odd = (raw[64] ?? 0) & 1;
  return concat(Uint8Array.of(2 + odd), raw.subarray(1, 33));
}

async function importPoint(point: Octets): Promise<CryptoKey> {
  const raw = uncompressed(point);
  try {
    return await crypto.subtle.importKey("raw", raw, CURVE, true, ["verify"]);
  } catch {
    throw new Refused("field_invalid", "public key is not on the curve");
  }
}

/** The point as WebCrypto imports it ("raw": 04, x, y). Throws Refused field_invalid. */
export function uncompressed(point: Octets): Octets {
  const [first] = point;
  if (point.length !== PUBLIC_KEY_BYTES || (first !== 2 && first !== 3)) {
    throw new Refused("field_invalid", "public key is not a compressed point");
  }
  const x = toNumber(point.subarray(1));
  const y = secondCoordinate(x, first === 3);
  if (y === undefined) throw new Refused("field_invalid", "public key is not on the curve");
  return concat(Uint8Array.of(4), point.subarray(1), fromNumber(y, 32));
}

/** The y of the curve's point at x with this parity; undefined if there is none (SEC 1 section 2.3.4). */
function secondCoordinate(x: bigint, odd: boolean): bigint | undefined {
  const square = (x ** 3n - 3n * x + B) % FIELD;
  const root = power(((square % FIELD) + FIELD) % FIELD, (FIELD + 1n) / 4n); // the field's prime is 3 mod 4
  if ((root * root - square) % FIELD !== 0n) return undefined;
  const isOdd = (root & 1n) === 1n;
  return isOdd === odd ? root : FIELD - root;
}

function power(base: bigint, exponent: bigint): bigint {
  let [result, factor] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * factor) % FIELD;
    factor = (factor * factor) % FIELD;
  }
  return result;
}
