/**
 * Status list: two bits for every allowance, exact, compressed, signed by the issuer (spec 05).
 *
 * A list of a million entries with one in a thousand set is about 2 kB; a Bloom filter of that size would refuse honest
 * people. Decompression is capped by the stated size before it starts.
 */

import type { Envelope } from "./cose.ts";
import * as cose from "./cose.ts";
import { KeyId } from "./ids.ts";
import { deflate, InflateError, inflate } from "./inflate.ts";
import { loadPublicKey, type PublicKey, type Signer } from "./keys.ts";
import { counter, id, instant, Layout, octets, uint } from "./layout.ts";
import { STATUS_LIST_MAX_BYTES, STATUS_LIST_MAX_ENTRIES } from "./limits.ts";
import type { Octets } from "./octets.ts";
import { Refused } from "./refusals.ts";

/** The two bits, as their place here. Reserved is refused like suspended by whoever does not know better. */
export const ALLOWANCE_STATUSES = ["good", "suspended", "closed", "reserved"] as const;
export type AllowanceStatus = (typeof ALLOWANCE_STATUSES)[number];

/** A decoded list, unverified. `bits` holds four entries a byte, the lowest bits first. */
export interface StatusList {
  readonly issuerKeyId: KeyId;
  readonly version: number;
  readonly time: number;
  readonly size: number;
  readonly bits: Octets;
  readonly envelope: Envelope;
}

const LAYOUT = new Layout(
  "status_list",
  id(1, "issuerKeyId", KeyId),
  counter(2, "version"),
  instant(3, "time"),
  uint(4, "size", STATUS_LIST_MAX_ENTRIES),
  octets(5, "bits", 1, STATUS_LIST_MAX_BYTES),
);

/** The status at `index`; an index beyond the list is good: the allowance is younger than the list. */
export function statusAt(list: StatusList, index: number): AllowanceStatus {
  if (index >= list.size) return "good";
  const bits = ((list.bits[Math.floor(index / 4)] ?? 0) >> ((index % 4) * 2)) & 3;
  return ALLOWANCE_STATUSES[bits] ?? "reserved";
}

/** The list in these bytes, unverified. Throws Refused. */
export async function decodeStatusList(raw: Octets): Promise<StatusList> {
  const envelope = cose.openEnvelope(raw, STATUS_LIST_MAX_BYTES);
  const values = LAYOUT.decode(envelope.payload, STATUS_LIST_MAX_BYTES);
  try {
    return { ...values, bits: await inflate(values.bits, bytesFor(values.size)), envelope };
  } catch (error) {
    if (error instanceof InflateError) throw new Refused("field_invalid", `the list: ${error.message}`);
    throw error;
  }
}

/** The signed list of `size` entries, all good but those in `entries`. */
export async function signStatusList(
  issuer: Signer,
  deployment: string,
  given: {
    readonly version: number;
    readonly time: number;
    readonly size: number;
    readonly entries: ReadonlyMap<number, AllowanceStatus>;
  },
): Promise<Octets> {
  const bits = new Uint8Array(bytesFor(given.size));
  for (const [index, status] of given.entries) {
    const at = Math.floor(index / 4);
    bits[at] = (bits[at] ?? 0) | (ALLOWANCE_STATUSES.indexOf(status) << ((index % 4) * 2));
  }
  const key = await loadPublicKey(issuer.publicKey);
  const { version, time, size } = given;
  const payload = LAYOUT.encode({ issuerKeyId: key.keyId, version, time, size, bits: await deflate(bits) });
  return cose.sign(issuer, statusListPrefix(key, deployment), payload);
}

/** The Sig_structure of this issuer key's lists, up to the payload. */
export function statusListPrefix(issuerKey: PublicKey, deployment: string): Octets {
  return cose.signingPrefix("status_list", deployment, issuerKey.hash);
}

function bytesFor(size: number): number {
  return Math.ceil(size / 4);
}
