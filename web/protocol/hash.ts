/** SHA-256, the one hash of the protocol, by WebCrypto. */

import type { Octets } from "./octets.ts";

/** SHA-256 of the bytes, 32 bytes. */
export async function sha256(data: Octets): Promise<Octets> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}
