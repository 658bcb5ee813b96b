/**
 * Topping up and closing: how an allowance comes to this device and how it ends early (spec 07).
 *
 * The id of a top-up and the new device key are durable before the operator is asked, so a lost answer or a crash leads
 * to the same allowance and never to a second one. What comes back is verified before it is kept.
 *
 * While the operator is waited for, another tab may use the wallet and may even get the same answer first. So what is
 * stored changes only from the state in which it was left; whoever comes second finds what the first one has kept.
 */

import { HolderCheck } from "../protocol/allowance.ts";
import { type ChequeTerms, chequePayload, decodeCheque, drawCheque } from "../protocol/cheque.ts";
import * as cose from "../protocol/cose.ts";
import { AMOUNT_MAX_MINOR, PREVIOUS_BYTES, PUBLIC_KEY_BYTES, STATEMENT_MAX_BYTES } from "../protocol/limits.ts";
import { equal, type Octets, slice } from "../protocol/octets.ts";
import { provePossession } from "../protocol/possession.ts";
import { Refused } from "../protocol/refusals.ts";
import type { Trust } from "../protocol/trust.ts";
import { KeyRole } from "../protocol/trust_pack.ts";
import type { VerifiedAllowance } from "../protocol/verified.ts";
import { identifyAllowance, verifyDevice, verifyIssuer } from "../protocol/verify_allowance.ts";
import { type Holdings, hold, type Live, liveOf, stand } from "./holdings.ts";
import { checkNotLocked } from "./paying_lock.ts";
import { Conflict, Declined, type Granted, type OperatorLink, type Parts } from "./ports.ts";
import { type AllowanceRecord, credentialIdIn } from "./records.ts";
import { type AllowanceEvent, type AllowanceState, afterAllowance } from "./states.ts";
import { WalletTrouble } from "./troubles.ts";
import { refreshTrust } from "./trust_held.ts";
import { amountWords, instantWords } from "./wording.ts";

export const TOP_UP_ID_BYTES = 16;

/**
 * An allowance of this amount, or the answer to the one that was asked for and is still open.
 *
 * Throws WalletTrouble (top_up_waits when another amount is open), Refused, Coded of the link.
 */
export async function topUp(
  parts: Parts,
  link: OperatorLink,
  amountMinor: bigint,
  key?: TopUpKey,
): Promise<AllowanceRecord> {
  const holdings = await hold(parts);
  await checkNotLocked(parts, holdings);
  if (amountMinor <= 0n || amountMinor > AMOUNT_MAX_MINOR) throw new WalletTrouble("amount_out_of_range");
  const [waiting] = holdings.waiting;
  if (waiting !== undefined) {
    if (waiting.amountMinor === amountMinor) return ask(parts, link, waiting);
    throw new WalletTrouble("top_up_waits", { amount: amountWords(waiting.amountMinor, waiting.currency) });
  }
  const record: AllowanceRecord = {
    topUpId: key?.topUpId ?? parts.randomness(TOP_UP_ID_BYTES),
    deviceKey: key?.deviceKey ?? (await parts.keys.make()),
    evidence: key?.evidence,
    amountMinor,
    currency: holdings.membership.currency,
    askedAt: holdings.now,
    state: "asked",
    counter: 0,
    cumulativeMinor: 0n,
    lastId: new Uint8Array(),
  };
  await parts.store.beginTopUp(record);
  return ask(parts, link, record);
}

/** A key that was made for one top-up before it was asked for, and what shows where it lives. */
export interface TopUpKey {
  readonly topUpId: Octets;
  readonly deviceKey: Octets;
  readonly evidence: Octets;
}

/** What has to be known to make such a key. `known` is the passkey that this wallet has, as it is kept. */
export interface KeyWanted {
  readonly topUpId: Octets;
  readonly deployment: string;
  readonly deviceId: Octets;
  readonly holderName: string;
  readonly known: Octets | undefined;
}

/** What a passkey for a new top-up is asked for; undefined when one was begun, which has its key. */
export async function keyWanted(parts: Parts): Promise<KeyWanted | undefined> {
  const { membership, trust, waiting } = await hold(parts);
  if (waiting.length > 0) return undefined;
  const keys = parts.store.allowances().map((record) => record.deviceKey);
  return {
    topUpId: parts.randomness(TOP_UP_ID_BYTES),
    deployment: trust.deployment,
    deviceId: membership.deviceId,
    holderName: membership.payerName,
    known: keys.findLast((kept) => credentialIdIn(kept) !== undefined),
  };
}

/** Ask for a top-up that is stored, again and again the same. Throws as `topUp`; a decline closes it. */
export async function ask(parts: Parts, link: OperatorLink, record: AllowanceRecord): Promise<AllowanceRecord> {
  // An old pack is no reason to stay without money; what comes is checked with the one held.
  await unless(Refused, refreshTrust(parts, link));
  const { footing, trust } = await stand(parts);
  const { topUpId, amountMinor, evidence } = record;
  const deviceKey = slice(record.deviceKey, 0, PUBLIC_KEY_BYTES);
  let proof: Octets | undefined;
  if (credentialIdIn(record.deviceKey) === undefined) {
    const device = await parts.keys.load(record.deviceKey);
    proof = await provePossession(device, "allowance", trust.deployment, footing.membership.deviceId, topUpId);
  }
  let granted: Granted;
  try {
    granted = await link.topUp({ topUpId, amountMinor, deviceKey, proof, evidence });
  } catch (error) {
    if (!(error instanceof Declined)) throw error;
    await unless(Conflict, parts.store.dropTopUp(topUpId)); // declined to another tab, too
    throw error.why;
  }
  const now = await stand(parts); // another tab may have fetched a newer pack while this one waited
  const allowance = await verified(granted, record, deviceKey, now.trust);
  const held: AllowanceRecord = {
    ...record,
    state: after(record, "issued"),
    raw: granted.raw,
    codeKey: granted.codeKey,
    lastId: allowance.allowanceId,
    expiresAt: allowance.terms.expiresAt,
  };
  try {
    await parts.store.holdAllowance(held);
  } catch (error) {
    if (error instanceof Conflict) return keptBy(parts, record);
    throw error;
  }
  return held;
}

/**
 * Draw the closing cheque of an allowance and hand it in. `ref` may be left out when there is only one.
 *
 * The counter is burned first; from then on nothing can be paid from it, whether or not the operator was reached. One
 * that a passkey has to sign is burned and not handed in before it is (`signClosing`), and then asked for once more.
 * Throws WalletTrouble, Coded of the link (then it waits, and sync hands it in).
 */
export async function close(parts: Parts, link: OperatorLink, ref?: Octets): Promise<AllowanceRecord> {
  const holdings = await hold(parts);
  const open = holdings.lives.filter(({ record }) => record.state !== "closed");
  const found = ref === undefined ? open : open.filter((live) => equal(live.allowance.ref, ref));
  const [live] = found;
  if (live === undefined || (ref === undefined && found.length > 1)) throw new WalletTrouble("nothing_to_close");
  const record = live.record.state === "held" ? await drawClosing(parts, holdings, live) : live.record;
  return record.state === "closing_unsigned" ? record : handIn(parts, link, record);
}

/**
 * What a passkey signed of a burned closing cheque, checked as the operator does, and kept. Signed already: nothing.
 *
 * Throws Refused for what the operator would not accept, Conflict when the allowance is over.
 */
export async function signClosing(parts: Parts, { topUpId }: AllowanceRecord, assertion: Octets): Promise<void> {
  const live = liveOf(await hold(parts), topUpId);
  if (live === undefined) throw new Conflict("the allowance is over");
  const { record, allowance } = live;
  if (record.state !== "closing_unsigned") return;
  const closing = cose.withAssertion(record.closing ?? new Uint8Array(), assertion);
  await verifyDevice(decodeCheque(closing), allowance);
  await parts.store.signClosing(topUpId, closing);
}

/** Hand in a closing cheque that is stored, again and again the same. */
export async function handIn(parts: Parts, link: OperatorLink, record: AllowanceRecord): Promise<AllowanceRecord> {
  const closing = record.closing ?? new Uint8Array();
  const ref = decodeCheque(closing).terms.allowanceRef;
  try {
    await link.closeAllowance({ ref, closing });
  } catch (error) {
    throw error instanceof Declined ? error.why : error;
  }
  try {
    await parts.store.confirmClosing(record.topUpId);
  } catch (error) {
    if (error instanceof Conflict) return keptBy(parts, record);
    throw error;
  }
  return { ...record, state: after(record, "closing_confirmed") };
}

/** The state of an allowance after this. Throws WalletTrouble wallet_changed where the table has none. */
function after(record: AllowanceRecord, event: AllowanceEvent): AllowanceState {
  const state = afterAllowance(record.state, event);
  if (state === undefined) throw new WalletTrouble("wallet_changed");
  return state;
}

/** What another tab has made of this allowance meanwhile. */
function keptBy(parts: Parts, record: AllowanceRecord): AllowanceRecord {
  const kept = parts.store.allowances().find(({ topUpId }) => equal(topUpId, record.topUpId));
  if (kept === undefined || kept.state === "dropped") throw new WalletTrouble("wallet_changed");
  return kept;
}

async function drawClosing(parts: Parts, holdings: Holdings, live: Live): Promise<AllowanceRecord> {
  const { record: before, allowance } = live;
  if (before.counter >= allowance.terms.countLimit) {
    throw new WalletTrouble("closing_needs_cheque", { deadline: instantWords(live.deadlineAt) });
  }
  const byPasskey = credentialIdIn(before.deviceKey) !== undefined;
  const terms: ChequeTerms = {
    allowanceRef: allowance.ref,
    counter: before.counter + 1,
    previous: slice(before.lastId, 0, PREVIOUS_BYTES),
    cumulativeMinor: before.cumulativeMinor,
    time: holdings.now,
    holderCheck: byPasskey ? HolderCheck.biometric : HolderCheck.none,
    exactMinor: 0n,
  };
  const closing = byPasskey
    ? chequePayload(terms)
    : await drawCheque(
        await parts.keys.load(before.deviceKey),
        allowance.allowanceId,
        holdings.trust.deployment,
        terms,
      );
  const lastId = byPasskey
    ? await cose.digest(allowance.chequePrefix, closing)
    : await verifyDevice(decodeCheque(closing), allowance);
  const state = after(before, byPasskey ? "closing_burned" : "closing_drawn");
  const drawn: AllowanceRecord = { ...before, state, counter: terms.counter, lastId, closing };
  try {
    await parts.store.burnClosing(before, drawn);
  } catch (error) {
    throw error instanceof Conflict ? new WalletTrouble("wallet_changed") : error;
  }
  return drawn;
}

/** The allowance, if it is the one that was asked for. Throws WalletTrouble, Refused. */
async function verified(
  { raw, codeKey }: Granted,
  record: AllowanceRecord,
  deviceKey: Octets,
  trust: Trust,
): Promise<VerifiedAllowance> {
  const envelope = cose.openEnvelope(raw, STATEMENT_MAX_BYTES);
  const allowance = await identifyAllowance(envelope, trust);
  await verifyIssuer(envelope, allowance, trust);
  const grant = allowance.terms;
  trust.checkKeyAge(KeyRole.issuer, allowance.issuerKey, grant.notBefore);
  const checks: readonly (readonly [boolean, string])[] = [
    [equal(grant.deviceKey, deviceKey), "another device's key"],
    [grant.amountMinor === record.amountMinor, "another amount"],
    [grant.currency === record.currency, "another currency"],
    [grant.notBefore < grant.expiresAt, "no time to spend it"],
    [equal(grant.codeAnchor, await anchorOf(codeKey)), "another code key"],
  ];
  for (const [good, why] of checks) {
    if (!good) throw new WalletTrouble("allowance_not_as_asked", { why });
  }
  return allowance;
}

/** Waits for `attempt`, and lets a failure of this kind pass. */
async function unless(kind: typeof Refused | typeof Conflict, attempt: Promise<unknown>): Promise<void> {
  try {
    await attempt;
  } catch (error) {
    if (!(error instanceof kind)) throw error;
  }
}

async function anchorOf(codeKey: Octets | undefined): Promise<Octets | undefined> {
  return codeKey === undefined ? undefined : (await import("../protocol/one_time_code.ts")).codeAnchor(codeKey);
}
