/** Unpredictable bytes from the platform's generator; the one door to it. */

import type { Octets } from "../protocol/octets.ts";

/** So many unpredictable bytes. */
export type Randomness = (size: number) => Octets;

export const deviceRandomness: Randomness = (size) => crypto.getRandomValues(new Uint8Array(size));
