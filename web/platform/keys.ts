/**
 * Where private keys are made: P-256 by WebCrypto. What is kept goes into a sealed record and nowhere else.
 *
 * A kept key is the 33 bytes of its public point and the PKCS#8 behind them (RFC 5958). It is imported non-extractable
 * whenever it is used; only while it is made it can be exported, once.
 */

import { compressed, type Signer, signerOf } from "../protocol/keys.ts";
import { PUBLIC_KEY_BYTES } from "../protocol/limits.ts";
import { concat, type Octets, slice } from "../protocol/octets.ts";

const CURVE: EcKeyGenParams & EcKeyImportParams = { name: "ECDSA", namedCurve: "P-256" };

/** Makes keys and opens them again. */
export interface KeyMaker {
  /** A new key, as it is kept. */
  make(): Promise<Octets>;
  /** The signer of a key made before. Throws RangeError for bytes that no `make` gave. */
  load(kept: Octets): Promise<Signer>;
}

export const deviceKeys: KeyMaker = {
  async make() {
    const pair = await crypto.subtle.generateKey(CURVE, true, ["sign", "verify"]);
    const point = compressed(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
    return concat(point, new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey)));
  },

  async load(kept) {
    const point = slice(kept, 0, PUBLIC_KEY_BYTES);
    if (kept[PUBLIC_KEY_BYTES] === 0) throw new RangeError("this key is in a passkey");
    try {
      const key = await crypto.subtle.importKey("pkcs8", slice(kept, PUBLIC_KEY_BYTES), CURVE, false, ["sign"]);
      return signerOf(key, point);
    } catch {
      throw new RangeError("these bytes are no key of this device");
    }
  },
};
