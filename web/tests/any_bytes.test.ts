/**
 * Any bytes give a value or a coded refusal, never another exception.
 *
 * Two kinds of bytes: any at all, at every entry; and valid messages with one field replaced and signed by the right
 * key, so that they get past the signatures.
 */

import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import type { CborMap } from "../protocol/cbor.ts";
import * as cbor from "../protocol/cbor.ts";
import * as cose from "../protocol/cose.ts";
import { creditsHash } from "../protocol/credit.ts";
import { join } from "../protocol/frame.ts";
import { loadPublicKey, type Signer } from "../protocol/keys.ts";
import { concat, equal, type Octets, toHex } from "../protocol/octets.ts";
import { decodeText } from "../protocol/qrtext.ts";
import { Refused } from "../protocol/refusals.ts";
import { advance } from "../protocol/trust.ts";
import { ANY_BYTES, mapOf, WELL_FORMED } from "./hostile.ts";
import { bytes, type Json, list, record, text } from "./json.ts";
import { CHECKS, DECODERS, run, trustOf } from "./reader.ts";
import { vectors } from "./vector_files.ts";
import { signer } from "./world.ts";

/** For every verifying check with bytes: one accepted question to put other bytes into. */
const ASKED = new Map<string, Json>();
for (const { vector } of vectors()) {
  const check = text(vector["check"]);
  if (vector["expect"] === "accepted" && "bytes" in record(vector["input"])) ASKED.set(check, vector);
}

type Entry = (body: Octets) => unknown;

const ENTRIES: Record<string, Entry> = {
  ...DECODERS,
  cbor: (body) => cbor.decode(body, 4096),
  cbor_map: (body) => cbor.decodeMap(body, 4096),
  envelope: (body) => cose.openEnvelope(body, 4096),
  frame: (body) => join([body]),
  text: (body) => decodeText(`FQ1:${String.fromCharCode(...body)}`),
  key: (body) => loadPublicKey(body),
  advance: async (body) => advance(await trustOf(contextOf("verify_payment")), body),
};
for (const check of ASKED.keys()) ENTRIES[`check ${check}`] = (body) => askWith(check, body);
ENTRIES["after an allowance"] = async (body) => askWith("verify_payment", concat((await payment()).allowance, body));
ENTRIES["after a cheque"] = async (body) => {
  const { allowance, cheque } = await payment();
  return askWith("verify_payment", concat(allowance, cheque, body));
};

function contextOf(check: string): Json {
  return record(ASKED.get(check)?.["context"]);
}

function askWith(check: string, body: Octets): Promise<unknown> {
  const vector = record(ASKED.get(check));
  return run({ ...vector, input: { ...record(vector["input"]), bytes: toHex(body) } });
}

async function payment(): Promise<{ allowance: Octets; cheque: Octets }> {
  const body = bytes(record(ASKED.get("verify_payment")?.["input"])["bytes"]);
  const { envelope, rest } = cose.splitEnvelope(body, 4096);
  return { allowance: envelope.raw, cheque: cose.splitEnvelope(rest, 4096).envelope.raw };
}

async function valueOrRefusal(attempt: () => unknown): Promise<unknown> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof Refused) return error;
    throw error;
  }
}

test("every check that reads bytes is tried", () => {
  const withoutBytes = ["frames", "qr_text", "trust", "chain"];
  expect([...ASKED.keys()].sort()).toEqual(
    Object.keys(CHECKS)
      .filter((check) => !withoutBytes.includes(check))
      .sort(),
  );
});

test.each(Object.entries(ENTRIES))("any bytes: %s", async (_name, entry) => {
  await fc.assert(
    fc.asyncProperty(ANY_BYTES, async (body) => {
      await valueOrRefusal(() => entry(body));
    }),
  );
});

test("any text gives a body or a refusal", async () => {
  const anyText = fc.oneof(
    fc.string({ unit: "binary", maxLength: 60 }),
    fc.string({ unit: fc.constantFrom(..."FQ12:0"), maxLength: 12 }),
  );
  await fc.assert(
    fc.asyncProperty(anyText, async (shown) => {
      await valueOrRefusal(() => decodeText(shown));
    }),
  );
  for (const shown of ["FQ1:\ud800", `FQ${"9".repeat(5000)}:`]) await valueOrRefusal(() => decodeText(shown));
});

test("what cbor accepts is its one spelling", () => {
  fc.assert(
    fc.property(ANY_BYTES, (body) => {
      let value: cbor.CborValue;
      try {
        value = cbor.decode(body, 700);
      } catch (error) {
        expect(error).toBeInstanceOf(Refused);
        return;
      }
      expect(equal(cbor.encode(value), body)).toBe(true);
    }),
  );
});

describe("a signed message with a hostile field", () => {
  const SIGNED = ["allowance", "certificate", "cheque", "receipt", "note", "settled_notice", "batch", "answer"];
  let key: Signer;
  beforeAll(async () => {
    key = await signer("issuer");
  });

  test.each(SIGNED)("%s", async (message) => {
    const { raw } = sampleOf(message);
    const content = cbor.decodeMap(cose.openEnvelope(raw, raw.length).payload, 65_536);
    const hostile = fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), WELL_FORMED), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(hostile, async (changes) => {
        const payload = changed(content, changes);
        const binding = (await loadPublicKey(key.publicKey)).hash;
        const kind = message === "settled_notice" ? "settled_notice" : "allowance";
        const signed = await cose.sign(key, cose.signingPrefix(kind, "example", binding), payload);
        await valueOrRefusal(() => DECODERS[message]?.(signed));
        await valueOrRefusal(() => askWith("verify_settled_notice", signed));
        await valueOrRefusal(() => payment().then(({ cheque }) => askWith("verify_payment", concat(signed, cheque))));
        await valueOrRefusal(() => creditsHash(signed));
      }),
      { numRuns: 40 },
    );
  });

  function sampleOf(message: string): { raw: Octets } {
    const found = vectors().find(({ vector }) => {
      return vector["expect"] === "accepted" && record(vector["input"])["message"] === message && isSigned(vector);
    });
    return { raw: bytes(record(found?.vector["input"])["bytes"]) };
  }

  function isSigned(vector: Json): boolean {
    return cose.isEnvelope(bytes(record(vector["input"])["bytes"]));
  }

  function changed(content: CborMap, changes: readonly (readonly [number, Octets])[]): Octets {
    const spelt = new Map([...content].map(([key, value]) => [Number(key), cbor.encode(value)]));
    for (const [key, value] of changes) spelt.set(key, value);
    return mapOf([...spelt].sort(([one], [other]) => one - other));
  }
});

test("packs are read as bytes are", async () => {
  const trusting = vectors().find(({ vector }) => vector["check"] === "trust");
  const given = record(trusting?.vector["input"]);
  await fc.assert(
    fc.asyncProperty(ANY_BYTES, async (body) => {
      const packs = [...list(given["packs"]), toHex(body)];
      await valueOrRefusal(() => run({ ...trusting?.vector, input: { ...given, packs } }));
    }),
  );
});
