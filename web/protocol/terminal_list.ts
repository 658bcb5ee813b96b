/**
 * Terminal list: which terminals were revoked, and from when on nothing that they sign counts (spec 05.1).
 *
 * It stands in the trust pack, bound by its hash in the signed index.
 */

import { array, isArray, Layout } from "./layout.ts";
import { REF_BYTES, TIME_MAX_S } from "./limits.ts";
import { type Octets, toHex } from "./octets.ts";
import { Refused } from "./refusals.ts";

const TERMINALS_MAX = 1024;
export const TERMINAL_LIST_MAX_BYTES = 16_384;

const LAYOUT = new Layout(undefined, array(1, "terminals", TERMINALS_MAX, 1));

/** When each of these terminals was revoked, by the hex of its ref. Throws Refused. */
export function decodeTerminalList(raw: Octets): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  let last = "";
  for (const item of LAYOUT.decode(raw, TERMINAL_LIST_MAX_BYTES).terminals) {
    const [ref, revokedAt] = isArray(item) && item.length === 2 ? item : [];
    if (!(ref instanceof Uint8Array) || typeof revokedAt !== "bigint") {
      throw new Refused("field_invalid", "a revoked terminal has two parts");
    }
    const name = toHex(ref);
    if (ref.length !== REF_BYTES || revokedAt < 0n || revokedAt > BigInt(TIME_MAX_S) || name <= last) {
      throw new Refused("field_invalid", "a revoked terminal's part is out of bounds, or out of order");
    }
    found.set(name, Number(revokedAt));
    last = name;
  }
  return found;
}
