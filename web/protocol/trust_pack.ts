/**
 * Trust pack: whom to believe, under which policy, and how fresh that is (spec 05).
 *
 * Three parts, three powers. The key set (keys, policy, least versions) is signed by a threshold of offline root keys.
 * The trust index is signed by an online key that can do nothing but say "these parts, at this time". Status lists are
 * signed by their issuers. The index binds all parts by hash, so that parts of different times cannot be mixed.
 */

import type { CborValue } from "./cbor.ts";
import type { Envelope } from "./cose.ts";
import * as cose from "./cose.ts";
import { KeyId } from "./ids.ts";
import { loadPublicKey, type PublicKey, type Signer } from "./keys.ts";
import {
  array,
  byteItems,
  counter,
  id,
  instant,
  isArray,
  Layout,
  nestedMap,
  octets,
  optional,
  text,
  uint,
} from "./layout.ts";
import {
  ID_BYTES,
  KEY_ID_BYTES,
  PUBLIC_KEY_BYTES,
  SIGNATURE_BYTES,
  STATUS_LIST_MAX_BYTES,
  TRUST_INDEX_MAX_BYTES,
  TRUST_PACK_MAX_BYTES,
} from "./limits.ts";
import { concat, type Octets, slice, toHex } from "./octets.ts";
import { ORIGIN_MAX_BYTES, rpIdOf } from "./passkey.ts";
import { POLICY_LAYOUT, type Policy } from "./policy.ts";
import { Refused } from "./refusals.ts";
import { TERMINAL_LIST_MAX_BYTES } from "./terminal_list.ts";

export const KEY_SET_MAX_BYTES = 16_384;
export const ROOTS_MAX = 16;
export const KEYS_MAX = 64;
export const ISSUERS_MAX = 16;
const POLICIES_MAX = 16;

/** What a key in the key set may sign. */
export const KeyRole = { issuer: 1, acquirer: 2, online: 3 } as const;
export type KeyRole = (typeof KeyRole)[keyof typeof KeyRole];

/** A key of the key set and the time within which what it signs begins. A revoked key is believed nothing. */
export interface TrustedKey {
  readonly key: Octets;
  readonly role: number;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly revokedAt?: number;
}

/** What a key set says; its signatures are in the trust pack. */
export interface KeySetTerms {
  readonly version: number;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly keys: readonly TrustedKey[];
  readonly policies: readonly Policy[];
  readonly leastWire: number;
  readonly leastApp: string;
  readonly roots: readonly Octets[];
  readonly threshold: number;
  readonly passkeyOrigin?: string;
}

/** A decoded key set. */
export interface KeySet extends KeySetTerms {
  readonly payload: Octets;
}

/** One status list as the index names it. */
export interface ListEntry {
  readonly issuerKeyId: KeyId;
  readonly version: number;
  readonly listHash: Octets;
}

/** What a trust index says. `issuedAt` is also a lower bound for the true time. */
export interface TrustIndexTerms {
  readonly onlineKeyId: KeyId;
  readonly version: number;
  readonly issuedAt: number;
  readonly keySetVersion: number;
  readonly keySetHash: Octets;
  readonly lists: readonly ListEntry[];
  readonly modelHash?: Octets;
  readonly terminalsHash?: Octets;
}

/** A decoded trust index, unverified. */
export interface TrustIndex extends TrustIndexTerms {
  readonly envelope: Envelope;
}

/** One root key's signature over a key set. */
export interface RootSignature {
  readonly keyId: KeyId;
  readonly signature: Octets;
}

/** A decoded pack: all parts, unverified. */
export interface TrustPack {
  readonly keySet: KeySet;
  readonly rootSignatures: readonly RootSignature[];
  readonly index: TrustIndex;
  readonly lists: readonly Octets[];
  readonly terminals: Octets | undefined;
}

const KEY_LAYOUT = new Layout(
  undefined,
  octets(1, "key", PUBLIC_KEY_BYTES),
  uint(2, "role", 15, 1),
  instant(3, "notBefore"),
  instant(4, "notAfter"),
  optional(instant(5, "revokedAt")),
);
const KEY_SET_LAYOUT = new Layout(
  "key_set",
  counter(1, "version"),
  instant(2, "issuedAt"),
  instant(3, "expiresAt"),
  array(4, "keys", KEYS_MAX, 1),
  array(5, "policies", POLICIES_MAX, 1),
  uint(6, "leastWire", 255, 1),
  text(7, "leastApp", 32),
  array(8, "roots", ROOTS_MAX, 1),
  uint(9, "threshold", ROOTS_MAX, 1),
  optional(text(24, "passkeyOrigin", ORIGIN_MAX_BYTES)),
);
const INDEX_LAYOUT = new Layout(
  "trust_index",
  id(1, "onlineKeyId", KeyId),
  counter(2, "version"),
  instant(3, "issuedAt"),
  counter(4, "keySetVersion"),
  octets(5, "keySetHash", ID_BYTES),
  array(6, "lists", ISSUERS_MAX),
  optional(octets(7, "modelHash", ID_BYTES)),
  optional(octets(24, "terminalsHash", ID_BYTES)),
);
const PACK_LAYOUT = new Layout(
  "trust_pack",
  octets(1, "keySet", 1, KEY_SET_MAX_BYTES),
  array(2, "rootSignatures", ROOTS_MAX, 1),
  octets(3, "index", 1, TRUST_INDEX_MAX_BYTES),
  array(4, "lists", ISSUERS_MAX),
  optional(octets(24, "terminals", 1, TERMINAL_LIST_MAX_BYTES)),
);

/** The pack in these bytes, unverified. Throws Refused. */
export function decodeTrustPack(raw: Octets): TrustPack {
  const values = PACK_LAYOUT.decode(raw, TRUST_PACK_MAX_BYTES);
  const size = KEY_ID_BYTES + SIGNATURE_BYTES;
  const signatures = byteItems(values.rootSignatures, size, size);
  return {
    keySet: decodeKeySet(values.keySet),
    rootSignatures: signatures.map((whole) => ({
      keyId: KeyId.of(slice(whole, 0, KEY_ID_BYTES)),
      signature: slice(whole, KEY_ID_BYTES),
    })),
    index: decodeIndex(values.index),
    lists: byteItems(values.lists, STATUS_LIST_MAX_BYTES),
    terminals: values.terminals,
  };
}

/** The pack of these parts. */
export function encodeTrustPack(
  keySet: Octets,
  rootSignatures: readonly RootSignature[],
  index: Octets,
  lists: readonly Octets[],
  terminals?: Octets,
): Octets {
  const signatures = rootSignatures.map(({ keyId, signature }) => concat(keyId, signature));
  const parts = { keySet, rootSignatures: signatures, index, lists };
  return PACK_LAYOUT.encode(terminals === undefined ? parts : { ...parts, terminals });
}

/** The key set in these bytes, unverified. Throws Refused. */
export function decodeKeySet(payload: Octets): KeySet {
  const values = KEY_SET_LAYOUT.decode(payload, KEY_SET_MAX_BYTES);
  const keys = values.keys.map((item) => KEY_LAYOUT.check(nestedMap(item)));
  const policies = values.policies.map((item) => POLICY_LAYOUT.check(nestedMap(item)));
  const roots = byteItems(values.roots, PUBLIC_KEY_BYTES, PUBLIC_KEY_BYTES);
  if (new Set(policies.map((policy) => policy.currency)).size < policies.length) {
    throw new Refused("field_invalid", "two policies for one currency");
  }
  if (values.threshold > new Set(roots.map(toHex)).size) {
    throw new Refused("field_invalid", "the threshold is above the number of root keys");
  }
  if (values.passkeyOrigin !== undefined) rpIdOf(values.passkeyOrigin);
  return { ...values, keys, policies, roots, payload };
}

/** The payload that the root keys sign. */
export function encodeKeySet(terms: KeySetTerms): Octets {
  return KEY_SET_LAYOUT.encode({
    ...terms,
    keys: terms.keys.map((key) => KEY_LAYOUT.content(key)),
    policies: terms.policies.map((policy) => POLICY_LAYOUT.content(policy)),
  });
}

/** One root key's signature over a key set. */
export async function signKeySet(root: Signer, deployment: string, payload: Octets): Promise<RootSignature> {
  const key = await loadPublicKey(root.publicKey);
  const raw = await cose.sign(root, keySetPrefix(key, deployment), payload);
  return { keyId: key.keyId, signature: slice(raw, raw.length - SIGNATURE_BYTES) };
}

/** The index in these bytes, unverified. Throws Refused. */
export function decodeIndex(raw: Octets): TrustIndex {
  const envelope = cose.openEnvelope(raw, TRUST_INDEX_MAX_BYTES);
  const values = INDEX_LAYOUT.decode(envelope.payload, TRUST_INDEX_MAX_BYTES);
  const lists = values.lists.map(listEntry);
  if (new Set(lists.map((entry) => toHex(entry.issuerKeyId))).size < lists.length) {
    throw new Refused("field_invalid", "two lists of one issuer");
  }
  return { ...values, lists, envelope };
}

/** The signed index. */
export async function signIndex(
  online: Signer,
  deployment: string,
  given: Omit<TrustIndexTerms, "onlineKeyId">,
): Promise<Octets> {
  const key = await loadPublicKey(online.publicKey);
  const lists = given.lists.map((entry) => [entry.issuerKeyId, BigInt(entry.version), entry.listHash]);
  const payload = INDEX_LAYOUT.encode({ ...given, onlineKeyId: key.keyId, lists });
  return cose.sign(online, indexPrefix(key, deployment), payload);
}

/** The Sig_structure of key sets under this root key, up to the payload. */
export function keySetPrefix(rootKey: PublicKey, deployment: string): Octets {
  return cose.signingPrefix("key_set", deployment, rootKey.hash);
}

/** The Sig_structure of indexes under this online key, up to the payload. */
export function indexPrefix(onlineKey: PublicKey, deployment: string): Octets {
  return cose.signingPrefix("trust_index", deployment, onlineKey.hash);
}

function listEntry(item: CborValue): ListEntry {
  const [keyId, version, listHash] = isArray(item) && item.length === 3 ? item : [];
  if (!(keyId instanceof Uint8Array) || typeof version !== "bigint" || !(listHash instanceof Uint8Array)) {
    throw new Refused("field_invalid", "a list entry has three parts");
  }
  const inBounds = version >= 1n && version < 2n ** 32n;
  if (keyId.length !== KEY_ID_BYTES || listHash.length !== ID_BYTES || !inBounds) {
    throw new Refused("field_invalid", "a list entry's part is out of bounds");
  }
  return { issuerKeyId: KeyId.of(keyId), version: Number(version), listHash };
}
