/** A till's sealed key and its two files. That Python opens and makes the same ones stands in tests/web/test_till_recovery.py. */

import { expect, test } from "vitest";
import { NotOurs, newDataKey } from "../../platform/sealing.ts";
import {
  openAsPayee,
  SEALED_FOR_OPERATOR_BYTES,
  SEALED_FOR_PAYEE_BYTES,
  sealForOperator,
} from "../../platform/till_recovery.ts";
import { type RecoveryKind, readRecoveryFile, writeRecoveryFile } from "../../platform/till_recovery_file.ts";
import { RecoveryTrouble } from "../../platform/till_recovery_trouble.ts";
import { compressed } from "../../protocol/keys.ts";
import { type Octets, utf8 } from "../../protocol/octets.ts";
import { Refused } from "../../protocol/refusals.ts";

const TILL = { deployment: "cafe-blau.example", terminalRef: utf8("8 bytes.") };

async function point(): Promise<Octets> {
  const { publicKey } = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  return compressed(new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)));
}

test("a sealed key has its size, and is another one each time", async () => {
  const [theirs, key] = [await point(), await newDataKey()];
  const [one, other] = [await sealForOperator(theirs, key, TILL), await sealForOperator(theirs, key, TILL)];
  expect([one.length, other.length]).toEqual([SEALED_FOR_OPERATOR_BYTES, SEALED_FOR_OPERATOR_BYTES]);
  expect(one).not.toEqual(other);
  await expect(sealForOperator(new Uint8Array(33), key, TILL)).rejects.toBeInstanceOf(Refused);
});

test.each([0, SEALED_FOR_PAYEE_BYTES - 1, SEALED_FOR_PAYEE_BYTES, SEALED_FOR_PAYEE_BYTES + 1])(
  "%s bytes that nobody sealed do not open",
  async (size) => {
    await expect(openAsPayee("0123-4567-89AB-CDEF", new Uint8Array(size), TILL)).rejects.toBeInstanceOf(NotOurs);
  },
);

const FILE = { ...TILL, sealed: new Uint8Array(76) };
const REQUEST: RecoveryKind = "till-recovery-request";

test("a file is read as it was written, and not as another kind", () => {
  const written = writeRecoveryFile(REQUEST, FILE);
  expect(readRecoveryFile(REQUEST, written)).toEqual(FILE);
  expect(() => readRecoveryFile("till-recovery-answer", written)).toThrow(RecoveryTrouble);
});

test.each([
  ["nothing", ""],
  ["no JSON", "{"],
  ["null", "null"],
  ["a list", "[]"],
  ["a number", "7"],
  [
    "another format",
    '{"format":2,"kind":"till-recovery-request","deployment":"d","terminal":"0011223344556677","sealed":""}',
  ],
  ["a short reference", '{"format":1,"kind":"till-recovery-request","deployment":"d","terminal":"00","sealed":""}'],
  [
    "no hex",
    '{"format":1,"kind":"till-recovery-request","deployment":"d","terminal":"0011223344556677","sealed":"zz"}',
  ],
  [
    "a number for a text",
    '{"format":1,"kind":"till-recovery-request","deployment":7,"terminal":"0011223344556677","sealed":""}',
  ],
  ["too much", " ".repeat(5000)],
])("%s is no such file", (_, text) => {
  expect(() => readRecoveryFile(REQUEST, utf8(text))).toThrow(RecoveryTrouble);
});

test("bytes that are no text are no such file", () => {
  expect(() => readRecoveryFile(REQUEST, Uint8Array.of(0xff, 0xfe))).toThrow(RecoveryTrouble);
});
