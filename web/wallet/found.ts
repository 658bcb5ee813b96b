/**
 * What an open wallet has found out, by the very bytes it found it in: each signature is checked once.
 *
 * Whether a signature holds hangs on the bytes and on the keys we believe, on nothing else; so what was found goes when
 * the key set changes, and what status lists say goes with every trust pack. Time and limits are no part of it: they are
 * asked anew at every look. It belongs to one open wallet and is gone with it: of a locked one nothing stays in memory.
 */

import type { Certificate } from "../protocol/certificate.ts";
import * as cose from "../protocol/cose.ts";
import type { Credit } from "../protocol/credit.ts";
import { STATEMENT_MAX_BYTES } from "../protocol/limits.ts";
import { equal, type Octets, toHex } from "../protocol/octets.ts";
import { deadline } from "../protocol/policy.ts";
import { Refused } from "../protocol/refusals.ts";
import { firstTrust, type Trust, type TrustRoot } from "../protocol/trust.ts";
import { KeyRole } from "../protocol/trust_pack.ts";
import type { VerifiedAllowance, VerifiedCertificate } from "../protocol/verified.ts";
import { identifyAllowance } from "../protocol/verify_allowance.ts";
import { verifyCertificate } from "../protocol/verify_payee.ts";
import { type Bundle, bundlesOf, type HeldCredit } from "./cover.ts";
import { PartMissing } from "./ports.ts";
import type { HeldTrust } from "./records.ts";

/** Of each kind; the one that came first goes first. */
export const KEPT_MAX = 256;

/**
 * An allowance under one trust pack: `deadlineAt` is D, `isGood` says that no key and no list speaks against it.
 *
 * `skewS` is how far clocks may differ.
 */
export interface Grant {
  readonly allowance: VerifiedAllowance;
  readonly deadlineAt: number;
  readonly skewS: number;
  readonly isGood: boolean;
}

/** A moment and how far clocks may differ. */
export interface Moment {
  readonly now: number;
  readonly skewS: number;
}

/** A value that was found, also when nothing was. */
interface Box<T> {
  readonly value: T;
}

/** What was found under one trust pack. Empty when the wallet is opened, and again when it is locked. */
export class Found {
  #believed: { readonly held: HeldTrust; readonly trust: Trust } | undefined;
  readonly #grants = new Map<string, Box<Grant | undefined>>();
  readonly #certificates = new Map<string, VerifiedCertificate>();
  readonly #credits = new Map<string, Box<HeldCredit | undefined>>();
  readonly #bundles = new Map<string, Box<readonly Bundle[]>>();

  /** Whether nothing is kept. */
  get isEmpty(): boolean {
    return this.#believed === undefined && this.#kept().every((kept) => kept.size === 0);
  }

  /** Nothing was found. */
  forget(): void {
    this.#believed = undefined;
    for (const kept of this.#kept()) kept.clear();
  }

  /** What a stored pack says. Throws Refused. */
  async trust(held: HeldTrust): Promise<Trust> {
    if (this.#believed !== undefined && sameTrust(this.#believed.held, held)) return this.#believed.trust;
    const trust = await firstTrust(held.root, held.pack);
    this.believe(held, trust);
    return trust;
  }

  /**
   * This pack, which was verified when it came, says this.
   *
   * What hangs on its lists is forgotten, and what hangs on the keys, or on whose terminals were
   * revoked, when these are others than before.
   */
  believe(held: HeldTrust, trust: Trust): void {
    const before = this.#believed?.trust;
    const sameKeys = before?.deployment === trust.deployment && equal(before.keySet.payload, trust.keySet.payload);
    const sameTerminals = String(before?.index.terminalsHash) === String(trust.index.terminalsHash);
    if (!sameKeys || !sameTerminals) this.forget();
    this.#grants.clear();
    this.#believed = { held, trust };
  }

  /** An allowance that was verified when it came; undefined when its issuer or its currency has left the key set. */
  allowance(raw: Octets, trust: Trust): Promise<Grant | undefined> {
    const find = () => grantOf(raw, trust);
    return this.#isAbout(trust) ? kept(this.#grants, toHex(raw), find) : find();
  }

  /** The payee's certificate of these bytes, if it was verified before and is valid at `now`. */
  met(raw: Octets, trust: Trust, { now, skewS }: Moment): VerifiedCertificate | undefined {
    const known = this.#isAbout(trust) ? this.#certificates.get(toHex(raw)) : undefined;
    if (known === undefined || trust.isRevoked(known.ref, now)) return undefined;
    return known.terms.notBefore - skewS <= now && now <= known.terms.expiresAt + skewS ? known : undefined;
  }

  /** A payee's certificate that was verified. */
  meet(certificate: VerifiedCertificate, trust: Trust): void {
    if (this.#isAbout(trust)) keep(this.#certificates, toHex(certificate.raw), certificate);
  }

  /** A payee's certificate, as `verifyCertificate`. Throws Refused. */
  async certificate(certificate: Certificate, trust: Trust, moment: Moment): Promise<VerifiedCertificate> {
    const known = this.met(certificate.envelope.raw, trust, moment);
    if (known !== undefined) return known;
    const fresh = await verifyCertificate(certificate, trust, moment);
    this.meet(fresh, trust);
    return fresh;
  }

  /** What was given back, if it counts for a verifier who believes what we believe: three signatures. */
  credit(credit: Credit, allowance: VerifiedAllowance, trust: Trust): Promise<HeldCredit | undefined> {
    const find = () => creditOf(credit, allowance, trust);
    return this.#isAbout(trust) ? kept(this.#credits, nameOf(credit), find) : find();
  }

  /** Every bundle of these credits that may travel. */
  bundles(credits: readonly HeldCredit[]): Promise<readonly Bundle[]> {
    const name = credits.map((held) => nameOf(held.credit)).join(" ");
    return kept(this.#bundles, name, async () => bundlesOf(credits));
  }

  #isAbout(trust: Trust): boolean {
    return this.#believed?.trust === trust;
  }

  #kept(): readonly Map<string, unknown>[] {
    return [this.#grants, this.#certificates, this.#credits, this.#bundles];
  }
}

/** Whether both pin the same root keys for the same deployment. */
export function sameRoot(one: TrustRoot, other: TrustRoot): boolean {
  return (
    one.deployment === other.deployment &&
    one.threshold === other.threshold &&
    one.roots.length === other.roots.length &&
    one.roots.every((root, place) => equal(root, other.roots[place]))
  );
}

function sameTrust(one: HeldTrust, other: HeldTrust): boolean {
  return one === other || (equal(one.pack, other.pack) && sameRoot(one.root, other.root));
}

async function grantOf(raw: Octets, trust: Trust): Promise<Grant | undefined> {
  try {
    const allowance = await identifyAllowance(cose.openEnvelope(raw, STATEMENT_MAX_BYTES), trust);
    const policy = trust.policy(allowance.terms.currency);
    const deadlineAt = deadline(policy, allowance.terms.expiresAt);
    return { allowance, deadlineAt, skewS: policy.skewS, isGood: isGood(allowance, trust) };
  } catch (error) {
    if (error instanceof Refused) return undefined; // no payee would take it
    throw error;
  }
}

function isGood(allowance: VerifiedAllowance, trust: Trust): boolean {
  const { issuerKeyId, notBefore, statusIndex } = allowance.terms;
  try {
    trust.checkKeyAge(KeyRole.issuer, allowance.issuerKey, notBefore);
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
  return trust.status(issuerKeyId, statusIndex) === "good";
}

/** Few wallets hold credits: what checks them is loaded with the first. */
const crediting = () =>
  import("../protocol/verify_credit.ts").catch((cause: unknown) => {
    throw new PartMissing(cause);
  });

async function creditOf(credit: Credit, allowance: VerifiedAllowance, trust: Trust): Promise<HeldCredit | undefined> {
  try {
    const { verifyCredits } = await crediting();
    const [verified] = await verifyCredits([credit], allowance, trust);
    return verified === undefined ? undefined : { amountMinor: verified.amountMinor, credit };
  } catch (error) {
    if (error instanceof Refused) return undefined;
    throw error;
  }
}

/** All bytes of a credit, so that two of one name are one credit. */
function nameOf(credit: Credit): string {
  const { cheque, request, statement, certificate } = credit;
  return [cheque, request, statement, certificate].map((part) => (part === undefined ? "" : toHex(part))).join(".");
}

/** What is kept under `name`, found now if it was not. */
async function kept<T>(held: Map<string, Box<T>>, name: string, find: () => Promise<T>): Promise<T> {
  const known = held.get(name);
  if (known !== undefined) return known.value;
  const value = await find();
  keep(held, name, { value });
  return value;
}

function keep<T>(held: Map<string, T>, name: string, value: T): void {
  held.set(name, value);
  if (held.size <= KEPT_MAX) return;
  for (const [oldest] of held) {
    held.delete(oldest);
    return;
  }
}
