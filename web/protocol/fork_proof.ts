/**
 * Fork proof: two statements signed by one party that contradict each other, checkable by anyone (spec 05).
 *
 * Against a device: its allowance and two of its cheques. Against a terminal: its certificate and two of its receipts or
 * notes at one counter. Nothing else is needed but the trust pack: no server, no witness, no clock.
 */

import { certificateIn, certificatePrefix, terminalRef } from "./certificate.ts";
import { type Contradiction, contradiction, linkOf } from "./chain.ts";
import { decodeCheque } from "./cheque.ts";
import type { Envelope } from "./cose.ts";
import * as cose from "./cose.ts";
import type { StatementId } from "./ids.ts";
import { loadPublicKey } from "./keys.ts";
import type { Knowledge } from "./knowledge.ts";
import { kindOf, Layout, octets } from "./layout.ts";
import { STATEMENT_MAX_BYTES } from "./limits.ts";
import { compare, equal, type Octets } from "./octets.ts";
import { decodeTerminalStatement, type Note, notePrefix, type Receipt, receiptPrefix } from "./receipt.ts";
import { Refused } from "./refusals.ts";
import { KeyRole } from "./trust_pack.ts";
import { checkAmounts, identifyAllowance, verifyDevice, verifyIssuer } from "./verify_allowance.ts";

export const FORK_PROOF_MAX_BYTES = 3 * STATEMENT_MAX_BYTES;

/** Whom a proof convicts. */
export type Party = "device" | "terminal";

/** A decoded proof: an allowance or certificate and two statements under it, as bytes, unverified. */
export interface ForkProof {
  readonly authority: Octets;
  readonly one: Octets;
  readonly other: Octets;
}

/** What a proof shows: who, under which allowance or certificate (full id), and why. */
export interface Conviction {
  readonly party: Party;
  readonly authorityId: StatementId;
  readonly reason: Contradiction;
}

const LAYOUT = new Layout(
  "fork_proof",
  octets(1, "authority", 1, STATEMENT_MAX_BYTES),
  octets(2, "one", 1, STATEMENT_MAX_BYTES),
  octets(3, "other", 1, STATEMENT_MAX_BYTES),
);

/** The proof in these bytes, unverified. Throws Refused. */
export function decodeForkProof(raw: Octets): ForkProof {
  const proof: ForkProof = LAYOUT.decode(raw, FORK_PROOF_MAX_BYTES);
  if (compare(proof.one, proof.other) >= 0) {
    throw new Refused("field_invalid", "the two statements do not stand in ascending order");
  }
  return proof;
}

/** The proof of these parts, the two statements in ascending byte order, so that one fork has one proof. */
export function encodeForkProof(authority: Octets, first: Octets, second: Octets): Octets {
  const [one, other] = compare(first, second) <= 0 ? [first, second] : [second, first];
  return LAYOUT.encode({ authority, one, other });
}

/**
 * What the proof convicts of. Throws Refused, not_contradictory when both statements can be honest.
 *
 * Key age is not asked: an old key's statements still testify.
 */
export async function verifyForkProof(proof: ForkProof, knowledge: Knowledge): Promise<Conviction> {
  const envelope = cose.openEnvelope(proof.authority, STATEMENT_MAX_BYTES);
  if (kindOf(envelope.payload, STATEMENT_MAX_BYTES) === "allowance") return convictDevice(envelope, proof, knowledge);
  return convictTerminal(envelope, proof, knowledge);
}

async function convictDevice(envelope: Envelope, proof: ForkProof, knowledge: Knowledge): Promise<Conviction> {
  const allowance = await identifyAllowance(envelope, knowledge);
  const [one, other] = [decodeCheque(proof.one), decodeCheque(proof.other)];
  const both = [one, other];
  if (both.some((cheque) => !equal(cheque.terms.allowanceRef, allowance.ref))) throw new Refused("wrong_allowance");
  for (const cheque of both) checkAmounts(cheque, allowance);
  await verifyIssuer(envelope, allowance, knowledge);
  const oneLink = linkOf(await verifyDevice(one, allowance), one.terms);
  const otherLink = linkOf(await verifyDevice(other, allowance), other.terms);
  const reason = contradiction(oneLink, otherLink);
  if (reason === undefined) throw new Refused("not_contradictory");
  return { party: "device", authorityId: allowance.allowanceId, reason };
}

async function convictTerminal(envelope: Envelope, proof: ForkProof, knowledge: Knowledge): Promise<Conviction> {
  const { terms } = certificateIn(envelope);
  const key = await knowledge.key(KeyRole.acquirer, terms.acquirerKeyId);
  if (key === undefined) throw new Refused("acquirer_unknown");
  const [one, other] = [decodeTerminalStatement(proof.one), decodeTerminalStatement(proof.other)];
  const prefix = certificatePrefix(key, knowledge.deployment);
  const certificateId = await cose.verify(envelope, prefix, key, "acquirer_signature_invalid");
  const terminalKey = await loadPublicKey(terms.terminalKey);
  const idOf = async (statement: Receipt | Note) => {
    if (statement.envelope === undefined || !equal(statement.terms.terminalRef, terminalRef(certificateId))) {
      throw new Refused("terminal_signature_invalid");
    }
    const prefixOf = statement.kind === "note" ? notePrefix : receiptPrefix;
    const under = prefixOf(certificateId, knowledge.deployment);
    return cose.verify(statement.envelope, under, terminalKey, "terminal_signature_invalid");
  };
  const [oneId, otherId] = [await idOf(one), await idOf(other)];
  if (equal(oneId, otherId) || one.terms.counter !== other.terms.counter) throw new Refused("not_contradictory");
  return { party: "terminal", authorityId: certificateId, reason: "same_counter" };
}
