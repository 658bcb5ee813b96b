/** The trust pack on this device: it only ever goes forwards, and its newest root keys are the ones that count. */

import { equal, type Octets } from "../protocol/octets.ts";
import { advance, type Trust } from "../protocol/trust.ts";
import type { OperatorLink, Parts } from "./ports.ts";
import type { HeldTrust } from "./records.ts";
import { WalletTrouble } from "./troubles.ts";

/** Fetch the newest pack and keep it if it is newer; true if it was. Throws Refused for an older or forged one. */
export async function refreshTrust(parts: Parts, link: OperatorLink): Promise<boolean> {
  const before = parts.store.trust();
  const pack = await link.trustPack();
  const held = parts.store.trust();
  if (held === undefined) throw new WalletTrouble("not_enrolled");
  // Another tab has fetched one while this one waited: ours is no news, and no rollback.
  if (before !== undefined && !equal(held.pack, before.pack)) return true;
  return take(parts, held, pack);
}

/**
 * Keep a pack that another device showed, if it is newer; true if it was. Throws as `refreshTrust`.
 *
 * Whoever hands it over need not be trusted: it is checked as one from the operator is.
 */
export async function takePack(parts: Parts, pack: Octets): Promise<boolean> {
  const held = parts.store.trust();
  if (held === undefined) throw new WalletTrouble("not_enrolled");
  return take(parts, held, pack);
}

async function take(parts: Parts, held: HeldTrust, pack: Octets): Promise<boolean> {
  const trust = await parts.found.trust(held);
  const fresh = await advance(trust, pack);
  if (fresh === trust) return false;
  const newest = heldOf(fresh);
  await parts.store.putTrust(newest);
  parts.found.believe(newest, fresh);
  return true;
}

/** The pack with its own root keys: the next one must be signed by these. */
function heldOf(trust: Trust): HeldTrust {
  const { roots, threshold } = trust.keySet;
  return { root: { deployment: trust.deployment, roots, threshold }, pack: trust.raw };
}
