/**
 * Trust: what a device believes, and the only way in which that may change (spec 05).
 *
 * A device starts from the root keys it was given at enrolment. Each pack is checked as a whole against what is held and
 * replaces it only forwards: versions never fall, per key; a new root set must be signed by a threshold of the old one
 * and of itself. The state is a value; whoever holds it stores the pack's bytes and rebuilds the state from them.
 */

import * as cose from "./cose.ts";
import { sha256 } from "./hash.ts";
import type { KeyId, TerminalRef } from "./ids.ts";
import { keyIdOf, loadPublicKey, type PublicKey } from "./keys.ts";
import type { Knowledge } from "./knowledge.ts";
import { DEPLOYMENT_MAX_BYTES, WIRE_VERSION } from "./limits.ts";
import { equal, type Octets, toHex, utf8 } from "./octets.ts";
import { type Guarantee, guaranteeAt, type Policy } from "./policy.ts";
import { Refused } from "./refusals.ts";
import { type AllowanceStatus, decodeStatusList, type StatusList, statusAt, statusListPrefix } from "./status_list.ts";
import { decodeTerminalList } from "./terminal_list.ts";
import {
  decodeTrustPack,
  indexPrefix,
  KeyRole,
  type KeySet,
  keySetPrefix,
  type TrustedKey,
  type TrustIndex,
  type TrustPack,
} from "./trust_pack.ts";
import { SEAL, Sealed } from "./verified.ts";

/** What is pinned at enrolment: root keys (compressed points), how many must sign, and the deployment's name. */
export interface TrustRoot {
  readonly deployment: string;
  readonly roots: readonly Octets[];
  readonly threshold: number;
}

type KeysByName = ReadonlyMap<string, TrustedKey>;

interface Believed {
  readonly deployment: string;
  readonly keySet: KeySet;
  readonly index: TrustIndex;
  readonly raw: Octets;
  readonly lists: ReadonlyMap<string, StatusList>;
  readonly terminals: ReadonlyMap<string, number>;
  readonly byId: KeysByName;
}

/** What a device believes at one time. Made only by `firstTrust` and `advance`. */
export class Trust extends Sealed implements Knowledge {
  readonly deployment: string;
  readonly keySet: KeySet;
  readonly index: TrustIndex;
  /** The pack as received: what a device stores. */
  readonly raw: Octets;
  /** The status lists by the hex of their issuer's key id. */
  readonly lists: ReadonlyMap<string, StatusList>;
  /** When each revoked terminal was, by the hex of its ref. */
  readonly terminals: ReadonlyMap<string, number>;
  readonly #byId: KeysByName;
  readonly #byPoint: KeysByName;

  constructor(seal: typeof SEAL, believed: Believed) {
    super(seal);
    this.deployment = believed.deployment;
    this.keySet = believed.keySet;
    this.index = believed.index;
    this.raw = believed.raw;
    this.lists = believed.lists;
    this.terminals = believed.terminals;
    this.#byId = believed.byId;
    this.#byPoint = new Map(believed.keySet.keys.map((entry) => [nameOf(entry.role, entry.key), entry]));
  }

  /** The origin whose passkeys may sign cheques; undefined when none may. */
  get passkeyOrigin(): string | undefined {
    return this.keySet.passkeyOrigin;
  }

  /** The key of this role that a short id looks up, retired or not. Whether it signed is for the caller. */
  async key(role: KeyRole, keyId: KeyId): Promise<PublicKey | undefined> {
    const entry = this.#byId.get(nameOf(role, keyId));
    return entry === undefined ? undefined : loadPublicKey(entry.key);
  }

  /** Refuses key_retired unless `key` was in service when what it signed begins, and is not revoked. */
  checkKeyAge(role: KeyRole, key: PublicKey, beginsAt: number): void {
    const entry = this.#byPoint.get(nameOf(role, key.point));
    if (entry === undefined) throw new Refused("key_retired", "not in the key set");
    if (entry.revokedAt !== undefined || beginsAt < entry.notBefore || beginsAt > entry.notAfter) {
      throw new Refused("key_retired");
    }
  }

  /** Whether what this terminal signs at `at` counts no more. */
  isRevoked(ref: TerminalRef, at: number): boolean {
    return at >= (this.terminals.get(toHex(ref)) ?? Number.POSITIVE_INFINITY);
  }

  /** Refuses terminal_revoked for what a terminal signs at `at` if it was revoked by then. */
  checkTerminal(ref: TerminalRef, at: number): void {
    if (this.isRevoked(ref, at)) throw new Refused("terminal_revoked");
  }

  /** The entry of an online key. */
  onlineKey(keyId: KeyId): TrustedKey | undefined {
    return this.#byId.get(nameOf(KeyRole.online, keyId));
  }

  /** What the held list says of an allowance; good when its issuer has no list. */
  status(issuerKeyId: KeyId, statusIndex: number): AllowanceStatus {
    const held = this.lists.get(toHex(issuerKeyId));
    return held === undefined ? "good" : statusAt(held, statusIndex);
  }

  /** The policy for a currency. Throws Refused currency_mismatch for one that is not served. */
  policy(currency: string): Policy {
    const found = this.keySet.policies.find((policy) => policy.currency === currency);
    if (found === undefined) throw new Refused("currency_mismatch", `${currency} is not served here`);
    return found;
  }

  /** Seconds since the index was issued, never negative; undefined once the key set has expired. */
  listAgeS(now: number): number | undefined {
    return now > this.keySet.expiresAt ? undefined : Math.max(0, now - this.index.issuedAt);
  }

  /** Whether the operator asks apps of this version to update. It MUST NOT stop a payment (spec 06). */
  updateNeeded(appVersion: string): boolean {
    return appIsTooOld(this.keySet.leastApp, appVersion);
  }

  /** What this knowledge is worth at `now`. */
  guarantee(currency: string, now: number): Guarantee {
    return guaranteeAt(this.policy(currency), this.listAgeS(now));
  }
}

/**
 * Whether an app of version `app` is below the least one that the operator asks for (spec 06).
 *
 * Versions are numbers with dots between them, compared number by number; missing ones count as 0. Anything else counts
 * as not too old: this only ever asks for an update, and must not ask for one that does not exist.
 */
export function appIsTooOld(leastApp: string, app: string): boolean {
  const [least, ours] = [numbersOf(leastApp), numbersOf(app)];
  if (least === undefined || ours === undefined) return false;
  for (let place = 0; place < Math.max(least.length, ours.length); place += 1) {
    const [wanted, held] = [least[place] ?? 0n, ours[place] ?? 0n];
    if (held !== wanted) return held < wanted;
  }
  return false;
}

/** The state from the first pack of a device that pinned `root`. Throws Refused. */
export async function firstTrust(root: TrustRoot, raw: Octets): Promise<Trust> {
  const size = utf8(root.deployment).length;
  if (size < 1 || size > DEPLOYMENT_MAX_BYTES) throw new Refused("field_invalid", "the deployment's name is too long");
  const pack = decodeTrustPack(raw);
  await checkRootSignatures(pack, root.roots, root.threshold, root.deployment);
  return build(pack, raw, root.deployment);
}

/**
 * The state after a newer pack; `held` itself when the pack is the one held. Throws Refused.
 *
 * version_rollback when any part is older than the one held under the same key: an old pack could bring back a retired
 * key or hide a suspension. A part whose key was rotated starts anew, which is how a version that was fast-forwarded by
 * a thief heals.
 */
export async function advance(held: Trust, raw: Octets): Promise<Trust> {
  if (equal(raw, held.raw)) return held;
  const pack = decodeTrustPack(raw);
  await checkRootSignatures(pack, held.keySet.roots, held.keySet.threshold, held.deployment);
  const fresh = await build(pack, raw, held.deployment);
  checkForwards("key set", held.keySet, fresh.keySet);
  if (equal(fresh.index.onlineKeyId, held.index.onlineKeyId)) {
    checkForwards("index", versionedIn(held.index), versionedIn(fresh.index));
  } else {
    checkOnlineKey(fresh, held);
  }
  for (const [name, known] of held.lists) {
    if ((await fresh.key(KeyRole.issuer, known.issuerKeyId)) === undefined) continue;
    const newer = fresh.lists.get(name);
    if (newer === undefined) throw new Refused("version_rollback", "status list");
    checkForwards("status list", versionedIn(known), versionedIn(newer));
  }
  return fresh;
}

/** Back to an online key that served before the held index's leads no way, unless that one was revoked. */
function checkOnlineKey(fresh: Trust, held: Trust): void {
  const before = fresh.onlineKey(held.index.onlineKeyId);
  const after = fresh.onlineKey(fresh.index.onlineKeyId);
  if (before === undefined || after === undefined || before.revokedAt !== undefined) return;
  if (after.notBefore < before.notBefore) throw new Refused("version_rollback", "index of an earlier online key");
}

interface Versioned {
  readonly version: number;
  readonly payload: Octets;
}

function versionedIn(part: TrustIndex | StatusList): Versioned {
  return { version: part.version, payload: part.envelope.payload };
}

function checkForwards(what: string, old: Versioned, fresh: Versioned): void {
  const rewritten = fresh.version === old.version && !equal(fresh.payload, old.payload);
  if (fresh.version < old.version || rewritten) throw new Refused("version_rollback", what);
}

/** Both the roots held and the roots stated in the pack must reach their threshold of distinct keys. */
async function checkRootSignatures(
  pack: TrustPack,
  heldRoots: readonly Octets[],
  heldThreshold: number,
  deployment: string,
): Promise<void> {
  await checkThreshold(pack, heldRoots, heldThreshold, deployment);
  await checkThreshold(pack, pack.keySet.roots, pack.keySet.threshold, deployment);
}

async function checkThreshold(
  pack: TrustPack,
  roots: readonly Octets[],
  threshold: number,
  deployment: string,
): Promise<void> {
  const signedBy = new Set<string>();
  for (const { keyId, signature } of pack.rootSignatures) {
    for (const point of roots) {
      if (!equal(await keyIdOf(point), keyId) || signedBy.has(toHex(point))) continue;
      const key = await loadPublicKey(point);
      const message = cose.sigStructure(keySetPrefix(key, deployment), pack.keySet.payload);
      if (await signed(key, signature, message)) signedBy.add(toHex(point));
    }
  }
  if (signedBy.size < threshold) {
    throw new Refused("threshold_not_met", `${signedBy.size} of ${threshold} root keys signed`);
  }
}

/** One bad signature takes nothing away from the others; the threshold decides. */
async function signed(key: PublicKey, signature: Octets, message: Octets): Promise<boolean> {
  try {
    await key.verify(signature, message, "operator_signature_invalid");
    return true;
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}

async function build(pack: TrustPack, raw: Octets, deployment: string): Promise<Trust> {
  const { keySet, index } = pack;
  if (keySet.leastWire > WIRE_VERSION) {
    throw new Refused("update_needed", "the operator asks for a newer wire version");
  }
  const byId = new Map<string, TrustedKey>();
  for (const entry of keySet.keys) byId.set(nameOf(entry.role, await keyIdOf(entry.key)), entry);
  if (byId.size < keySet.keys.length) {
    throw new Refused("field_invalid", "two keys of one role share their short id");
  }
  const lists = await checkLists(pack, byId, deployment);
  const terminals = await checkTerminals(pack);
  const trust = new Trust(SEAL, { deployment, keySet, index, raw, lists, terminals, byId });
  await checkIndex(trust);
  return trust;
}

async function checkIndex(trust: Trust): Promise<void> {
  const { index, keySet } = trust;
  const key = await trust.key(KeyRole.online, index.onlineKeyId);
  if (key === undefined) {
    throw new Refused("operator_signature_invalid", "the index names no online key of the key set");
  }
  await cose.verify(index.envelope, indexPrefix(key, trust.deployment), key, "operator_signature_invalid");
  trust.checkKeyAge(KeyRole.online, key, index.issuedAt);
  if (!equal(index.keySetHash, await sha256(keySet.payload)) || index.keySetVersion !== keySet.version) {
    throw new Refused("part_mismatch", "key set");
  }
}

async function checkTerminals({ terminals, index }: TrustPack): Promise<ReadonlyMap<string, number>> {
  const found = terminals === undefined ? undefined : toHex(await sha256(terminals));
  const named = index.terminalsHash === undefined ? undefined : toHex(index.terminalsHash);
  if (found !== named) throw new Refused("part_mismatch", "list of revoked terminals");
  return terminals === undefined ? new Map() : decodeTerminalList(terminals);
}

async function checkLists(
  pack: TrustPack,
  byId: KeysByName,
  deployment: string,
): Promise<ReadonlyMap<string, StatusList>> {
  const named = new Map(pack.index.lists.map((entry) => [toHex(entry.issuerKeyId), entry]));
  const lists = new Map<string, StatusList>();
  for (const raw of pack.lists) {
    const found = await decodeStatusList(raw);
    const name = toHex(found.issuerKeyId);
    const entry = named.get(name);
    named.delete(name);
    if (entry === undefined || entry.version !== found.version || !equal(entry.listHash, await sha256(raw))) {
      throw new Refused("part_mismatch", "status list");
    }
    const issuer = byId.get(nameOf(KeyRole.issuer, found.issuerKeyId));
    if (issuer === undefined) throw new Refused("issuer_unknown", "status list");
    const key = await loadPublicKey(issuer.key);
    await cose.verify(found.envelope, statusListPrefix(key, deployment), key, "issuer_signature_invalid");
    lists.set(name, found);
  }
  if (named.size > 0) throw new Refused("part_mismatch", "a status list that the index names is missing");
  return lists;
}

/** What looks a key up: its role and its short id, or its role and all of it. */
function nameOf(role: number, bytes: Octets): string {
  return `${role} ${toHex(bytes)}`;
}

function numbersOf(version: string): readonly bigint[] | undefined {
  const parts = version.split(".");
  return parts.every((part) => /^[0-9]+$/.test(part)) ? parts.map(BigInt) : undefined;
}
