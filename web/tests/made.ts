/** Messages of every kind, signed here, for Python to judge (tests/web/test_both_ways.py). */

import { signAnswer, Verdict } from "../protocol/answer.ts";
import { encodeClaim, signBatch } from "../protocol/claim.ts";
import { creditsHash, encodeCredits } from "../protocol/credit.ts";
import { encodeForkProof } from "../protocol/fork_proof.ts";
import { split } from "../protocol/frame.ts";
import { sha256 } from "../protocol/hash.ts";
import { BatchId } from "../protocol/ids.ts";
import { keyIdOf } from "../protocol/keys.ts";
import { concat, type Octets, slice, toHex } from "../protocol/octets.ts";
import { POLICY_DEFAULTS } from "../protocol/policy.ts";
import { provePossession } from "../protocol/possession.ts";
import { encodeText } from "../protocol/qrtext.ts";
import { encodeReceipt, signNote, signReceipt } from "../protocol/receipt.ts";
import { signRequest } from "../protocol/request.ts";
import { signSettledNotice } from "../protocol/settled_notice.ts";
import { signStatusList } from "../protocol/status_list.ts";
import { encodeKeySet, encodeTrustPack, KeyRole, signIndex, signKeySet } from "../protocol/trust_pack.ts";
import { ask, DEPLOYMENT, idOf, NOW, octets, signer, terminal, wallet } from "./world.ts";

/** Hex by name; two-way and one-way payments, what a payee shows, what operators sign, evidence and codes. */
export async function made(): Promise<Readonly<Record<string, string | readonly string[]>>> {
  const [payer, till] = [await wallet(), await terminal()];
  const issuer = await signer("issuer");
  const asked = await ask();
  const request = await signRequest(till.key, till.certificateId, DEPLOYMENT, asked.payload);
  const cheque = await payer.draw({ exactMinor: 1_250n, request: asked.requestHash });
  const chequeId = await idOf(cheque, "cheque", payer.allowanceId);
  const oneWay = await payer.draw({ exactMinor: 1_250n, ttlS: 60 });
  const chain = { terminalRef: till.ref, time: NOW, counter: 1, previous: slice(till.certificateId, 0, 16) };
  const receiptTerms = { ...chain, chequeId, finalMinor: 1_250n, indexVersion: 1 };
  const receipt = await signReceipt(till.key, till.certificateId, DEPLOYMENT, receiptTerms);
  const noteTerms = { ...chain, noteKind: 1, subject: chequeId, backMinor: 1_000n };
  const note = await signNote(till.key, till.certificateId, DEPLOYMENT, noteTerms);
  const bundle = encodeCredits([{ cheque, request: asked.payload, statement: note, certificate: till.raw }]);
  const later = await ask({ challenge: octets("another challenge", 16) });
  const covered = await payer.draw({
    ...{ counter: 2, previous: slice(chequeId, 0, 16), cumulativeMinor: 2_500n, exactMinor: 1_250n },
    ...{ request: later.requestHash, creditsHash: await creditsHash(bundle) },
  });
  const claim = encodeClaim({ cheque, receipt: encodeReceipt(receiptTerms), request: asked.payload });
  const batchId = BatchId.of(octets("batch", 16));
  const batch = await signBatch(till.key, till.certificateId, DEPLOYMENT, {
    ...{ terminalRef: till.ref, batchId, time: NOW, indexVersion: 1, counter: 1, attestedAt: NOW - 3600 },
    ...{ allowances: [payer.raw], claims: [claim], notes: [note] },
  });
  const answer = await signAnswer(await signer("acquirer"), DEPLOYMENT, {
    ...{ terminalRef: till.ref, batchId, batch, time: NOW },
    claims: [{ verdict: Verdict.settled, paidMinor: 1_250n, waitingMinor: 0n, code: "" }],
    notes: [{ verdict: Verdict.noted, paidMinor: 0n, waitingMinor: 0n, code: "" }],
  });
  const notice = await signSettledNotice(issuer, DEPLOYMENT, {
    ...{ request: asked.requestHash, finalMinor: 1_250n, currency: "EUR", time: NOW },
  });
  return {
    payment: toHex(concat(payer.raw, cheque)),
    one_way_payment: toHex(concat(payer.raw, oneWay)),
    covered_payment: toHex(concat(payer.raw, covered, bundle)),
    covered_request: toHex(later.payload),
    asking: toHex(concat(till.raw, request)),
    request: toHex(asked.payload),
    acknowledgement: toHex(concat(till.raw, receipt)),
    note: toHex(concat(till.raw, note)),
    cheque_id: toHex(chequeId),
    settled_notice: toHex(notice),
    batch: toHex(batch),
    answer: toHex(answer),
    fork_proof: toHex(encodeForkProof(payer.raw, cheque, oneWay)),
    trust_pack: toHex(await trustPack()),
    possession: toHex(await provePossession(payer.key, "allowance", DEPLOYMENT, octets("device", 16))),
    text: encodeText(cheque),
    frames: (await split(concat(payer.raw, cheque))).map(toHex),
  };
}

/** A pack with the roots of the vectors, an issuer, an acquirer, an online key and one list. */
async function trustPack(): Promise<Octets> {
  const roots = await Promise.all(["root 1", "root 2", "root 3"].map(signer));
  const [issuer, acquirer, online] = [await signer("issuer"), await signer("acquirer"), await signer("online")];
  const life = { notBefore: NOW - 1_000_000, notAfter: NOW + 1_000_000 };
  const keySet = encodeKeySet({
    ...{ version: 7, issuedAt: NOW - 3600, expiresAt: NOW + 1_000_000, leastWire: 1, leastApp: "1.0", threshold: 2 },
    keys: [
      { key: issuer.publicKey, role: KeyRole.issuer, ...life },
      { key: acquirer.publicKey, role: KeyRole.acquirer, ...life },
      { key: online.publicKey, role: KeyRole.online, ...life },
    ],
    policies: [{ currency: "EUR", ...POLICY_DEFAULTS }],
    roots: roots.map((root) => root.publicKey),
  });
  const entries = new Map([[7, "suspended" as const]]);
  const list = await signStatusList(issuer, DEPLOYMENT, { version: 3, time: NOW, size: 100, entries });
  const index = await signIndex(online, DEPLOYMENT, {
    ...{ version: 9, issuedAt: NOW - 60, keySetVersion: 7, keySetHash: await sha256(keySet) },
    lists: [{ issuerKeyId: await keyIdOf(issuer.publicKey), version: 3, listHash: await sha256(list) }],
  });
  const signatures = await Promise.all(roots.slice(0, 2).map((root) => signKeySet(root, DEPLOYMENT, keySet)));
  return encodeTrustPack(keySet, signatures, index, [list]);
}
