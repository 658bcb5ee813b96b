/**
 * Evidence of a fork, made at the counter: two cheques of one allowance that contradict each other.
 *
 * The terminal refuses the second one, and it is the only witness that holds both before anybody syncs. So it keeps them
 * as a fork proof (spec 05) that anyone can check with no server. It keeps only what it has checked itself, one proof an
 * allowance; no money and no claim changes by it. Mirrors terminal/evidence.py.
 */

import { firstContradiction, linkOf } from "../protocol/chain.ts";
import * as cose from "../protocol/cose.ts";
import { decodeCredits } from "../protocol/credit.ts";
import { decodeForkProof, encodeForkProof, verifyForkProof } from "../protocol/fork_proof.ts";
import { sha256 } from "../protocol/hash.ts";
import type { Octets } from "../protocol/octets.ts";
import type { Payment } from "../protocol/presentation.ts";
import { Refused } from "../protocol/refusals.ts";
import type { VerifiedAllowance } from "../protocol/verified.ts";
import { identifyAllowance } from "../protocol/verify_allowance.ts";
import type { Desk } from "./desk.ts";
import type { KeptProof } from "./records.ts";

/** Keep the proof of a payment that was refused fork_seen, and return it; the first of an allowance is enough. */
export async function keepForkProof(desk: Desk, payment: Payment): Promise<KeptProof | undefined> {
  const allowance = await identifyAllowance(payment.allowance, desk.trust);
  const kept = desk.store.proofOn(allowance.allowanceId);
  if (kept !== undefined) return kept;
  for (const other of await others(desk, payment, allowance)) {
    const raw = encodeForkProof(payment.allowance.raw, other, payment.cheque.envelope.raw);
    const conviction = await convictionOf(desk, raw);
    if (conviction === undefined) continue; // an honest cheque beside the two that contradict each other
    const { authorityId: allowanceId, reason } = conviction;
    const proof: KeptProof = { proofId: await sha256(raw), raw, allowanceId, reason, time: desk.now() };
    await desk.store.keepProof(proof);
    return proof;
  }
  return undefined;
}

async function convictionOf(desk: Desk, raw: Octets) {
  try {
    return await verifyForkProof(decodeForkProof(raw), desk.trust);
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

/** Cheques of this device that may contradict the one shown: an accepted one, and those that its credits show. */
async function others(desk: Desk, payment: Payment, allowance: VerifiedAllowance): Promise<readonly Octets[]> {
  const { cheque } = payment;
  const chequeId = await cose.digest(allowance.chequePrefix, cheque.envelope.payload);
  const found = firstContradiction(linkOf(chequeId, cheque.terms), desk.store.links(allowance.ref));
  const held = found === undefined ? undefined : desk.store.chequeBytes(found.known.chequeId);
  const credits = payment.credits === undefined ? [] : decodeCredits(payment.credits);
  const shown = credits.filter((credit) => credit.statement !== undefined).map((credit) => credit.cheque);
  return held === undefined ? shown : [held, ...shown];
}
