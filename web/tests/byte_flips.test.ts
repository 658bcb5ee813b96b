/**
 * No byte of a verified message can be changed, cut off or added: it is refused, never accepted as something else.
 *
 * Python tries every byte of every accepted vector (tests/property/test_byte_flips.py); here every seventh, from another
 * start in each file, and all lengths of one file a check.
 */

import { expect, test } from "vitest";
import { concat, equal, type Octets, slice, toHex } from "../protocol/octets.ts";
import { Refused } from "../protocol/refusals.ts";
import { decodeTrustPack } from "../protocol/trust_pack.ts";
import { bytes, type Json, list, record, text } from "./json.ts";
import { run } from "./reader.ts";
import { asJson } from "./spelling.ts";
import { type VectorFile, vectors } from "./vector_files.ts";

const STEP = 7;
const VERIFYING = [
  "fork_proof",
  "statement",
  "trust",
  "verify_acknowledgement",
  "verify_payment",
  "verify_request",
  "verify_settled_notice",
];
const ACCEPTED = vectors().filter(({ vector }) => {
  return vector["expect"] === "accepted" && VERIFYING.includes(text(vector["check"]));
});
const ONE_A_CHECK = VERIFYING.flatMap((check) => ACCEPTED.find(({ vector }) => vector["check"] === check) ?? []);

test("each verifying check is tried", () => {
  expect(ONE_A_CHECK.map(({ vector }) => vector["check"])).toEqual(VERIFYING);
});

test.each(ACCEPTED.map((file, place) => ({ ...file, place })))("a changed byte: $name", async ({ vector, place }) => {
  const body = bodyOf(vector);
  for (let at = place % STEP; at < body.length; at += STEP) {
    const changed = slice(body, 0);
    changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
    await refused(vector, changed, `byte ${at}`);
  }
});

test.each(ONE_A_CHECK)("another length: $name", async ({ vector }: VectorFile) => {
  const body = bodyOf(vector);
  for (let size = 0; size < body.length; size += 1) await refused(vector, slice(body, 0, size), `cut to ${size}`);
  for (const byte of [0x00, 0x80, 0xff]) {
    await refused(vector, concat(body, Uint8Array.of(byte)), `with ${byte} behind`);
    await refused(vector, concat(Uint8Array.of(byte), body), `with ${byte} before`);
  }
  await refused(vector, concat(body, body), "twice");
});

async function refused(vector: Json, changed: Octets, what: string): Promise<void> {
  let output: unknown;
  try {
    output = await run(withBody(vector, changed));
  } catch (error) {
    if (error instanceof Refused) return;
    throw error;
  }
  expect(mayChange(vector, changed, output), `accepted although changed: ${what}`).toBe(true);
}

/** The two places where a byte is not protected, and what makes each harmless. */
function mayChange(vector: Json, changed: Octets, output: unknown): boolean {
  const [before, after] = [record(vector["output"]), record(output)];
  if (vector["check"] === "verify_request") {
    // Nobody signed it, so it may be altered on its way; but then it is another request, with another hash.
    const unsigned = before["proved_name"] === null && after["proved_name"] === null;
    return unsigned && after["request_hash"] !== before["request_hash"];
  }
  if (vector["check"] === "trust") {
    // One root signature more than the threshold asks for: without it the others still reach the threshold.
    const [held, found] = [decodeTrustPack(bodyOf(vector)), decodeTrustPack(changed)];
    const same =
      equal(held.keySet.payload, found.keySet.payload) &&
      equal(held.index.envelope.raw, found.index.envelope.raw) &&
      JSON.stringify(asJson(held.lists)) === JSON.stringify(asJson(found.lists));
    const spare = held.rootSignatures.length > held.keySet.threshold;
    return same && spare && JSON.stringify(after) === JSON.stringify(before);
  }
  return false;
}

function bodyOf(vector: Json): Octets {
  const given = record(vector["input"]);
  return bytes(vector["check"] === "trust" ? list(given["packs"]).at(-1) : given["bytes"]);
}

function withBody(vector: Json, body: Octets): Json {
  const given = record(vector["input"]);
  if (vector["check"] !== "trust") return { ...vector, input: { ...given, bytes: toHex(body) } };
  return { ...vector, input: { ...given, packs: [...list(given["packs"]).slice(0, -1), toHex(body)] } };
}
