/**
 * Enrolment: how a wallet becomes a payer's device (spec 07).
 *
 * The account key is made and stored before the operator is asked, so a retry after a crash or a lost answer is the same
 * request and gets the same answer. The trust root is pinned here, once: the code came to the payer by another way.
 */

import { codeContext, provePossession } from "../protocol/possession.ts";
import { firstTrust } from "../protocol/trust.ts";
import { sameRoot } from "./found.ts";
import type { OperatorLink, Parts } from "./ports.ts";
import type { Enrolment, Membership } from "./records.ts";
import { WalletTrouble } from "./troubles.ts";

/** What enrolment brought. */
export interface Joined {
  readonly server: string;
  readonly deployment: string;
  readonly membership: Membership;
}

/**
 * Enrol this wallet at `server` with a code. Throws WalletTrouble, Refused, Coded of the link.
 *
 * `digits` are those that some codes have beside them. Until it is done, another server or code may be tried: the key is kept as long as the server is the same.
 */
export async function enrol(
  parts: Parts,
  link: OperatorLink,
  server: string,
  code: string,
  digits?: string,
): Promise<Joined> {
  const { store } = parts;
  const begun = store.enrolment();
  if (store.membership() !== undefined && begun !== undefined) {
    throw new WalletTrouble("already_enrolled", { server: begun.server });
  }
  const intended = begun?.server === server ? begun : await begin(parts, server);
  const account = await parts.keys.load(intended.accountKey);
  const root = await link.trustRoot();
  const proof = await provePossession(account, "account", root.deployment, codeContext(code));
  const enrolled = await link.enrol({ code, accountKey: account.publicKey, proof, digits });
  if (!sameRoot(enrolled.root, root)) throw new WalletTrouble("deployment_changed");
  const held = { root, pack: await link.trustPack() };
  const trust = await firstTrust(held.root, held.pack);
  trust.policy(enrolled.membership.currency);
  await store.finishEnrolment(enrolled.membership, held);
  parts.found.believe(held, trust);
  return { server, deployment: root.deployment, membership: enrolled.membership };
}

async function begin(parts: Parts, server: string): Promise<Enrolment> {
  const enrolment = { server, accountKey: await parts.keys.make(), begunAt: parts.clock() };
  await parts.store.beginEnrolment(enrolment);
  return enrolment;
}
