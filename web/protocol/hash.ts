/** SHA-256 and the MAC made of it, by WebCrypto. */

import type { Octets } from "./octets.ts";

/** SHA-256 of the bytes, 32 bytes. */
export async function sha256(data: Octets): Promise<Octets> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
}

/** HMAC-SHA256 (RFC 2104), 32 bytes. */
export async function hmacSha256(key: Octets, data: Octets): Promise<Octets> {
  const held = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", held, data));
}
