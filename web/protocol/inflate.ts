/**
 * Raw DEFLATE (RFC 1951) by the platform's streams, with a cap that is kept while unpacking, not after.
 *
 * Nothing here is thrown but `InflateError`: whoever asks turns it into its own refusal.
 */

import { concat, type Octets } from "./octets.ts";

/** It does not unpack, or not to exactly the size that was stated. */
export class InflateError extends Error {}

/** Exactly `size` bytes from all of `packed`. Throws InflateError on more, fewer, damage, or bytes behind the end. */
export async function inflate(packed: Octets, size: number): Promise<Octets> {
  const parts: Uint8Array[] = [];
  let unpacked = 0;
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      unpacked += value.length;
      if (unpacked > size) throw new InflateError("not of the size it states");
      parts.push(value);
    }
  } catch (error) {
    if (error instanceof InflateError) {
      await reader.cancel();
      throw error;
    }
    throw new InflateError("damaged, or bytes behind the end"); // the platforms name it differently
  }
  if (unpacked !== size) throw new InflateError("not of the size it states");
  return concat(...parts);
}

/** The bytes packed, as whoever signs a list does. */
export async function deflate(bytes: Octets): Promise<Octets> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
