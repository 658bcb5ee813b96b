/**
 * Enrolment: how a device becomes a payee's terminal. Mirrors terminal/enrolment.py.
 *
 * The key is stored before the operator hears of it, so an enrolment that broke off is finished with the same key and
 * the same code, and the operator gives the same certificate. The root keys that come with the answer are pinned now:
 * the enrolment code reached the payee by another way, so this is the moment of trust.
 *
 * Where the answer was lost and the code has run out since, that key is certified already and no other code can be had
 * for it. It has signed nothing, so the terminal drops it and enrols with a new one.
 */

import { decodeCertificate } from "../protocol/certificate.ts";
import type { Signer } from "../protocol/keys.ts";
import { equal, type Octets } from "../protocol/octets.ts";
import { codeContext, provePossession } from "../protocol/possession.ts";
import { firstTrust, type Trust } from "../protocol/trust.ts";
import type { VerifiedCertificate } from "../protocol/verified.ts";
import { verifyCertificate } from "../protocol/verify_payee.ts";
import { Coded } from "../protocol/words.ts";
import type { Outside } from "./desk.ts";
import type { EnrolmentReply, OperatorLink } from "./ports.ts";
import type { HeldTrust } from "./records.ts";
import { TerminalTrouble } from "./troubles.ts";

/** What the operator says of a key that it certified under another code. */
const KEY_USED = "terminal_key_used";

/**
 * Enrol with the operator behind `link`; `server` is remembered for later syncs.
 *
 * Throws TerminalTrouble already_enrolled or enrolment_mismatch, Refused for bytes that do not verify, and what the link
 * throws. Repeating it after any failure is safe.
 */
export async function enrol(
  outside: Outside,
  link: OperatorLink,
  { server, code }: { readonly server: string; readonly code: string },
): Promise<void> {
  const { store, keys } = outside;
  if (store.enrolment() !== undefined) throw new TerminalTrouble("already_enrolled");
  let key = store.pendingKey() ?? (await newKey(outside));
  const { deployment } = await link.trustRoot();
  let reply: EnrolmentReply;
  try {
    reply = await ask(link, deployment, await keys.load(key), code);
  } catch (refused) {
    if (!(refused instanceof Coded) || refused.code !== KEY_USED) throw refused;
    key = await newKey(outside);
    reply = await ask(link, deployment, await keys.load(key), code);
  }
  const signer = await keys.load(key);
  if (reply.trustRoot.deployment !== deployment) throw new TerminalTrouble("enrolment_mismatch", { why: "deployment" });
  const pack = await link.trustPack();
  if (pack === undefined) throw new TerminalTrouble("enrolment_mismatch", { why: "no trust pack" });
  if (!equal(store.pendingKey(), key)) throw new TerminalTrouble("already_enrolled"); // another tab was quicker
  const trust = await firstTrust(reply.trustRoot, pack.raw);
  const now = Math.max(outside.clock(), trust.index.issuedAt);
  const { certificateId } = await ownCertificate(reply.certificate, trust, signer.publicKey, now);
  const { certificate, token } = reply;
  await store.enrol({ deployment, server, key, token, certificate, certificateId }, heldTrust(trust, pack.etag, now));
}

async function newKey({ keys, store }: Outside): Promise<Octets> {
  const key = await keys.make();
  await store.keepPendingKey(key);
  return key;
}

async function ask(link: OperatorLink, deployment: string, signer: Signer, code: string): Promise<EnrolmentReply> {
  return link.enrolTerminal({
    enrolmentCode: code,
    terminalKey: signer.publicKey,
    proof: await provePossession(signer, "terminal", deployment, codeContext(code)),
  });
}

/** A pack as it is stored: with the roots it states itself, which the roots before it have signed. */
export function heldTrust(trust: Trust, etag: string, fetchedAt: number): HeldTrust {
  const { roots, threshold } = trust.keySet;
  return { root: { deployment: trust.deployment, roots, threshold }, raw: trust.raw, etag, fetchedAt };
}

async function ownCertificate(raw: Octets, trust: Trust, ownKey: Octets, now: number): Promise<VerifiedCertificate> {
  const certificate = decodeCertificate(raw);
  const { skewS } = trust.policy(certificate.terms.currency);
  const verified = await verifyCertificate(certificate, trust, { now, skewS });
  if (!equal(verified.terms.terminalKey, ownKey)) {
    throw new TerminalTrouble("enrolment_mismatch", { why: "another terminal's certificate" });
  }
  return verified;
}
