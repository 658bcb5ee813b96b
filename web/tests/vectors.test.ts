/** Every file in vectors/ is answered as it says; Python reads the same files (tests/vectors/test_vectors.py). */

import { expect, test } from "vitest";
import { REFUSAL_WORDS, Refused } from "../protocol/refusals.ts";
import { type Json, record, text } from "./json.ts";
import { CHECKS, DECODERS, run } from "./reader.ts";
import { vectors } from "./vector_files.ts";

/** A picture that nobody can read never becomes bytes. */
const NOT_OF_BYTES = "picture_unreadable";

test.each(vectors())("$name", async ({ vector }) => {
  expect(await outcome(vector)).toEqual({ expect: vector["expect"], output: vector["output"] });
});

test("there are vectors for every refusal, every check and every message", () => {
  const held = vectors().map(({ vector }) => vector);
  const told = new Set(held.map((vector) => vector["expect"]));
  expect(Object.keys(REFUSAL_WORDS.in("en")).filter((code) => !told.has(code))).toEqual([NOT_OF_BYTES]);
  expect(new Set(held.map((vector) => text(vector["check"])))).toEqual(new Set(Object.keys(CHECKS)));
  const asked = held.filter((vector) => vector["check"] === "decode").map((vector) => record(vector["input"]));
  expect(new Set(asked.map((given) => given["message"]))).toEqual(new Set(Object.keys(DECODERS)));
});

async function outcome(vector: Json): Promise<{ expect: string; output: unknown }> {
  try {
    return { expect: "accepted", output: await run(vector) };
  } catch (error) {
    if (error instanceof Refused) return { expect: error.code, output: undefined };
    throw error;
  }
}
