/** What is written is read back as it was, and every bound of what may be written is kept. */

import fc from "fast-check";
import { expect, test } from "vitest";
import { allowanceIn, decodeAllowance, issueAllowance } from "../protocol/allowance.ts";
import { decodeAnswer, signAnswer, Verdict } from "../protocol/answer.ts";
import * as base45 from "../protocol/base45.ts";
import * as cbor from "../protocol/cbor.ts";
import { type ChequeTerms, decodeCheque, drawCheque } from "../protocol/cheque.ts";
import { type BatchTerms, decodeBatch, decodeClaim, encodeClaim, signBatch } from "../protocol/claim.ts";
import { openEnvelope } from "../protocol/cose.ts";
import { decodeCredits, encodeCredits } from "../protocol/credit.ts";
import { decodeForkProof, encodeForkProof } from "../protocol/fork_proof.ts";
import { join, split } from "../protocol/frame.ts";
import { AllowanceRef, BatchId, KeyId, PayeeId, StatementId, TerminalRef } from "../protocol/ids.ts";
import { inflate } from "../protocol/inflate.ts";
import { AMOUNT_MAX_MINOR } from "../protocol/limits.ts";
import { compare, fromHex, type Octets, toHex } from "../protocol/octets.ts";
import { checkPossession, codeContext, provePossession, spellCode } from "../protocol/possession.ts";
import { decodeText, encodeText } from "../protocol/qrtext.ts";
import { decodeNote, decodeReceipt, type ReceiptTerms, signNote, signReceipt } from "../protocol/receipt.ts";
import { Refused } from "../protocol/refusals.ts";
import { ALLOWANCE_STATUSES, decodeStatusList, signStatusList, statusAt } from "../protocol/status_list.ts";
import { appIsTooOld } from "../protocol/trust.ts";
import { ask, DEPLOYMENT, NOW, octets, signer, terminal, wallet } from "./world.ts";

const body = (min: number, max: number) =>
  fc.uint8Array({ minLength: min, maxLength: max }).map((bytes) => new Uint8Array(bytes));
const amounts = fc.bigInt({ min: 0n, max: AMOUNT_MAX_MINOR });
const counters = fc.integer({ min: 1, max: 2 ** 32 - 1 });
const times = fc.integer({ min: 0, max: 2 ** 40 - 1 });

async function codeOf(attempt: () => unknown): Promise<string> {
  try {
    await attempt();
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
  return "accepted";
}

test("cbor: every value of ours comes back", () => {
  const { value } = fc.letrec<{ value: cbor.CborValue }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.bigInt({ min: -(2n ** 64n), max: 2n ** 64n - 1n }),
      fc.string({ unit: "grapheme", maxLength: 20 }),
      body(0, 40),
      fc.array(tie("value"), { maxLength: 4 }),
      fc
        .uniqueArray(fc.tuple(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), tie("value")), { selector: ([key]) => key })
        .map((pairs) => new Map([...pairs].sort(([one], [other]) => (one < other ? -1 : 1)))),
    ),
  }));
  fc.assert(
    fc.property(value, (given) => {
      expect(cbor.decode(cbor.encode(given), 65_536)).toEqual(given);
    }),
  );
});

test("cbor: text keeps its byte order mark, which is a spelling of its own", () => {
  expect(cbor.decode(fromHex("64efbbbf41"), 16)).toBe("\ufeffA");
});

test("base45 and the text of a code", () => {
  fc.assert(
    fc.property(body(0, 400), (given) => {
      const spelt = base45.encode(given);
      expect(spelt.length).toBe(base45.encodedLength(given.length));
      expect(base45.decode(spelt)).toEqual(given);
      expect(decodeText(encodeText(given))).toEqual(given);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...base45.ALPHABET), maxLength: 30 }), (text) => {
      try {
        expect(base45.encode(base45.decode(text))).toBe(text);
      } catch (error) {
        expect(error).toBeInstanceOf(base45.Base45Error);
      }
    }),
  );
});

test("frames come together in any order, with repeats", async () => {
  await fc.assert(
    fc.asyncProperty(body(251, 3000), fc.infiniteStream(fc.nat()), async (whole, places) => {
      const frames = [...(await split(whole))];
      frames.push(...frames.slice(0, 2));
      const order = [...places.take(frames.length)];
      const shuffled = frames.map((_, at) => at).sort((one, other) => (order[one] ?? 0) - (order[other] ?? 0));
      expect(await join(shuffled.flatMap((at) => frames[at] ?? []))).toEqual(whole);
    }),
    { numRuns: 30 },
  );
});

test("cheques of any terms", async () => {
  const { key, allowanceId, first } = await wallet();
  const terms: fc.Arbitrary<ChequeTerms> = fc
    .record({ counter: counters, cumulativeMinor: amounts, time: times, amountMinor: amounts, exact: fc.boolean() })
    .map(({ amountMinor, exact, ...rest }) => ({
      ...{ ...first, ...rest, ttlS: 60 },
      ...(exact ? { exactMinor: amountMinor } : { maximumMinor: amountMinor }),
    }));
  await fc.assert(
    fc.asyncProperty(terms, async (given) => {
      expect(decodeCheque(await drawCheque(key, allowanceId, DEPLOYMENT, given)).terms).toEqual(given);
    }),
    { numRuns: 40 },
  );
});

test("allowances, receipts, notes, claims, batches, answers, credits, fork proofs", async () => {
  const [payer, till, issuer] = [await wallet(), await terminal(), await signer("issuer")];
  const { terms } = decodeAllowance(payer.raw);
  const scoped = { ...terms, audience: PayeeId.of(octets("a payee", 8)), codeAnchor: octets("anchor", 16) };
  const again = await issueAllowance(issuer, DEPLOYMENT, scoped);
  expect(allowanceIn(openEnvelope(again, 2048)).terms).toEqual(scoped);

  const cheque = await payer.draw({ exactMinor: 1_250n, request: (await ask()).requestHash });
  const receiptTerms: ReceiptTerms = {
    terminalRef: till.ref,
    chequeId: StatementId.of(octets("a cheque", 32)),
    finalMinor: 1_250n,
    time: NOW,
    counter: 1,
    previous: octets("previous", 16),
    indexVersion: 0,
  };
  const receipt = await signReceipt(till.key, till.certificateId, DEPLOYMENT, receiptTerms);
  expect(decodeReceipt(receipt).terms).toEqual(receiptTerms);
  const { terminalRef, time, counter, previous } = receiptTerms;
  const noteTerms = {
    ...{ terminalRef, time, counter, previous },
    ...{ noteKind: 1, subject: octets("a cheque", 32), backMinor: 5n },
  };
  const note = await signNote(till.key, till.certificateId, DEPLOYMENT, noteTerms);
  expect(decodeNote(note).terms).toEqual(noteTerms);

  const claim = { cheque, receipt: decodeReceipt(receipt).payload, request: (await ask()).payload };
  expect(decodeClaim(encodeClaim(claim))).toEqual(claim);
  const batchTerms: BatchTerms = {
    ...{ terminalRef, time, indexVersion: 3, counter: 0, attestedAt: NOW },
    batchId: BatchId.of(octets("batch", 16)),
    ...{ allowances: [payer.raw], claims: [encodeClaim(claim), octets("junk", 3)], notes: [note] },
  };
  const batch = await signBatch(till.key, till.certificateId, DEPLOYMENT, batchTerms);
  const { envelope: signedBatch, ...found } = decodeBatch(batch);
  expect(found).toEqual(batchTerms);
  expect(signedBatch.raw).toEqual(batch);

  const item = { verdict: Verdict.refused, paidMinor: 0n, waitingMinor: 7n, code: "late" };
  const { batchId } = batchTerms;
  const given = { terminalRef, batchId, batch, time, claims: [item], notes: [] };
  expect(decodeAnswer(await signAnswer(issuer, DEPLOYMENT, given)).claims).toEqual([item]);

  const credit = { cheque, request: claim.request, statement: note, certificate: till.raw };
  expect(decodeCredits(encodeCredits([credit]))).toEqual([credit]);
  const proof = decodeForkProof(encodeForkProof(payer.raw, receipt, note));
  expect(compare(proof.one, proof.other)).toBeLessThan(0);
});

test("status lists: two bits each, and no index beyond", async () => {
  const issuer = await signer("issuer");
  const places = fc.uniqueArray(fc.tuple(fc.integer({ min: 0, max: 999 }), fc.constantFrom(...ALLOWANCE_STATUSES)), {
    selector: ([index]) => index,
  });
  await fc.assert(
    fc.asyncProperty(places, async (entries) => {
      const held = new Map(entries);
      const raw = await signStatusList(issuer, DEPLOYMENT, { version: 1, time: NOW, size: 1000, entries: held });
      const list = await decodeStatusList(raw);
      for (let index = 0; index < 1002; index += 1) expect(statusAt(list, index)).toBe(held.get(index) ?? "good");
    }),
    { numRuns: 20 },
  );
});

test("unpacking stops at the size that was stated", async () => {
  const bomb = await packed(new Uint8Array(64 * 1024 * 1024));
  expect(bomb.length).toBeLessThan(100_000);
  await expect(inflate(bomb, 100)).rejects.toThrow("not of the size");
  const small = await packed(new Uint8Array(100));
  expect(await inflate(small, 100)).toEqual(new Uint8Array(100));
  await expect(inflate(small, 101)).rejects.toThrow("not of the size");
  await expect(inflate(new Uint8Array([...small, 0]), 100)).rejects.toThrow("bytes behind");
  await expect(inflate(small.subarray(0, -1).slice(), 100)).rejects.toThrow("damaged");
});

async function packed(bytes: Octets): Promise<Octets> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

test("we write only what we would accept", async () => {
  const { draw } = await wallet();
  expect(await codeOf(() => draw({ exactMinor: AMOUNT_MAX_MINOR + 1n }))).toBe("field_invalid");
  expect(await codeOf(() => draw({ exactMinor: -1n }))).toBe("field_invalid");
  expect(await codeOf(() => draw({ exactMinor: 1n, counter: 0 }))).toBe("field_invalid");
  expect(await codeOf(() => draw({ exactMinor: 1n, counter: 1.5 }))).toBe("field_invalid");
  expect(await codeOf(() => draw({ exactMinor: 1n, time: Number.NaN }))).toBe("field_invalid");
  expect(await codeOf(() => ask({ reference: "\ud800" }))).toBe("field_invalid");
  expect(await codeOf(() => ask({ reference: "e\u0301" }))).toBe("field_invalid");
  expect(await codeOf(() => ask({ reference: "a\u202eb" }))).toBe("field_invalid");
  expect(await codeOf(() => ask({ reference: "票".repeat(11) }))).toBe("field_invalid");
  expect(await codeOf(() => ask({ reference: "票".repeat(10) }))).toBe("accepted");
  expect(await codeOf(() => encodeText(new Uint8Array(2_862)))).toBe("too_large");
  expect(await codeOf(() => encodeText(new Uint8Array(2_861)))).toBe("accepted");
  expect(() => KeyId.of(octets("too long", 5))).toThrow(RangeError);
  expect(() => AllowanceRef.of(octets("too short", 7))).toThrow(RangeError);
  expect(() => TerminalRef.of(new Uint8Array())).toThrow(RangeError);
});

test("a proof of possession is of one key, one purpose and one context", async () => {
  const [key, other] = [await signer("account"), await signer("other")];
  const code = spellCode(octets("code", 10));
  expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/);
  expect(toHex(codeContext(` ${code.toLowerCase()} `))).toBe(toHex(codeContext(code)));
  const context = codeContext(code);
  const proof = await provePossession(key, "account", DEPLOYMENT, context);
  const check = (by: Octets, purpose: "account" | "terminal", ...given: Octets[]) =>
    codeOf(() => checkPossession(proof, by, purpose, DEPLOYMENT, ...given));
  expect(await check(key.publicKey, "account", context)).toBe("accepted");
  expect(await check(other.publicKey, "account", context)).toBe("device_signature_invalid");
  expect(await check(key.publicKey, "terminal", context)).toBe("terminal_signature_invalid");
  expect(await check(key.publicKey, "account")).toBe("device_signature_invalid");
});

test.each([
  ["1.3", "1.2.9", true],
  ["1.3", "1.3.0", false],
  ["1.10", "1.9", true],
  ["1.3", "1.3.0.dev4", false],
  ["", "1", false],
  ["99999999999999999999.1", "99999999999999999999.0", true],
])("least app %s, app %s: too old is %s", (least, app, expected) => {
  expect(appIsTooOld(least, app)).toBe(expected);
});
