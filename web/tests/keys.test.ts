/** Keys: one spelling of a signature, one of a point; the square root agrees with the platform. */

import { ECDH } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CURVE_ORDER, compressed, HALF_ORDER, loadPublicKey, lowS, signerOf } from "../protocol/keys.ts";
import { concat, fromHex, fromNumber, type Octets, toHex, toNumber, utf8 } from "../protocol/octets.ts";
import { type RefusalCode, Refused } from "../protocol/refusals.ts";
import { SEAL, Sealed, VerifiedRequest } from "../protocol/verified.ts";
import { signer } from "./world.ts";

const CODE: RefusalCode = "device_signature_invalid";
const MESSAGE = utf8("ten thousand strings of cash");

async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    if (error instanceof Refused) return error.code;
    throw error;
  }
  return "accepted";
}

test("signatures are low-s, and a flipped one is refused", async () => {
  const by = await signer("signer");
  const key = await loadPublicKey(by.publicKey);
  for (let round = 0; round < 40; round += 1) {
    const signature = await by.sign(MESSAGE);
    const s = toNumber(signature.subarray(32));
    expect(s > 0n && s <= HALF_ORDER).toBe(true);
    expect(await codeOf(key.verify(signature, MESSAGE, CODE))).toBe("accepted");
    const flipped = concat(signature.subarray(0, 32), fromNumber(CURVE_ORDER - s, 32));
    expect(await codeOf(key.verify(flipped, MESSAGE, CODE))).toBe("signature_high_s");
    expect(lowS(flipped)).toEqual(signature);
  }
});

test("any signature is refused", async () => {
  const key = await loadPublicKey((await signer("signer")).publicKey);
  const any = fc.oneof(fc.uint8Array({ maxLength: 70 }), fc.uint8Array({ minLength: 64, maxLength: 64 }));
  await fc.assert(
    fc.asyncProperty(any, async (signature) => {
      const code = await codeOf(key.verify(new Uint8Array(signature), MESSAGE, CODE));
      expect([CODE, "signature_high_s"]).toContain(code);
    }),
  );
  for (const s of [0n, 1n, HALF_ORDER]) {
    for (const r of [0n, 1n, CURVE_ORDER]) {
      expect(await codeOf(key.verify(concat(fromNumber(r, 32), fromNumber(s, 32)), MESSAGE, CODE))).toBe(CODE);
    }
  }
});

test("every point that the platform makes is read as the platform reads it", async () => {
  for (let round = 0; round < 50; round += 1) {
    const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const point = compressed(raw);
    expect(ECDH.convertKey(point, "prime256v1", undefined, "hex", "uncompressed")).toBe(toHex(raw));
    const by = signerOf(pair.privateKey, point);
    const key = await loadPublicKey(point);
    expect(await codeOf(key.verify(await by.sign(MESSAGE), MESSAGE, CODE))).toBe("accepted");
    const other = concat(Uint8Array.of(5 - (point[0] ?? 0)), point.subarray(1));
    expect(await codeOf((await loadPublicKey(other)).verify(await by.sign(MESSAGE), MESSAGE, CODE))).toBe(CODE);
  }
});

test("whether any x is on the curve is what OpenSSL says", async () => {
  const xs = fc.uint8Array({ minLength: 32, maxLength: 32 });
  await fc.assert(
    fc.asyncProperty(xs, fc.constantFrom(2, 3), async (x, first) => {
      const point = concat(Uint8Array.of(first), x);
      expect(await codeOf(loadPublicKey(point))).toBe(onCurve(point) ? "accepted" : "field_invalid");
    }),
    { numRuns: 200 },
  );
});

test.each([
  ["no bytes", ""],
  ["infinity", "00"],
  ["uncompressed", `04${"00".repeat(64)}`],
  ["another head", `05${"01".repeat(32)}`],
  ["short", `02${"01".repeat(31)}`],
  ["x is the field's prime", "02ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"],
  ["x above the field's prime", `02${"ff".repeat(32)}`],
])("no key: %s", async (_name, hex) => {
  expect(await codeOf(loadPublicKey(fromHex(hex)))).toBe("field_invalid");
});

test("a verified value cannot be built by hand", () => {
  class Forged extends Sealed {}
  const anotherSeal: unknown = Reflect.construct(SEAL.constructor, []);
  expect(() => Reflect.construct(Forged, [anotherSeal])).toThrow(TypeError);
  expect(() => Reflect.construct(VerifiedRequest, [{}, {}])).toThrow(TypeError);
  expect(Reflect.construct(Forged, [SEAL])).toBeInstanceOf(Sealed);
});

function onCurve(point: Octets): boolean {
  try {
    ECDH.convertKey(point, "prime256v1");
    return true;
  } catch {
    return false;
  }
}
