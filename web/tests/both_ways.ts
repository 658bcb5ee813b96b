/**
 * The other end of tests/web/test_both_ways.py.
 *
 * `node both_ways.ts made` writes what TypeScript signs, as one JSON object. `node both_ways.ts answers` reads questions
 * (vectors without `expect`), one a line, and writes the outcome of each, one a line.
 */

import "./words_loaded.ts";
import { createInterface } from "node:readline";
import { Refused } from "../protocol/refusals.ts";
import { type Json, parse } from "./json.ts";
import { made } from "./made.ts";
import { run } from "./reader.ts";

if (process.argv[2] === "made") tell(await made());
else {
  for await (const line of createInterface({ input: process.stdin })) tell(await outcome(parse(line)));
}

function tell(answer: unknown): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}

/** An exception that is no refusal ends the program: the test then shows it. */
async function outcome(question: Json): Promise<unknown> {
  try {
    return { expect: "accepted", output: await run(question) };
  } catch (error) {
    if (error instanceof Refused) return { expect: error.code, output: null };
    throw error;
  }
}
