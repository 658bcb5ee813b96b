/** The boundary gives the same list as the Python for every case of tests/risk/boundary_cases.json. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { typed } from "../../protocol/typed.ts";
import type { Language } from "../../protocol/words.ts";
import {
  type Capability,
  type TerminalFacts,
  terminalBoundary,
  type WalletFacts,
  walletBoundary,
} from "../../risk/boundary.ts";
import { BOUNDARY_WORDS } from "../../risk/boundary_words.ts";
import { list, record, text } from "../json.ts";

const CASES = record(
  JSON.parse(readFileSync(new URL("../../../tests/risk/boundary_cases.json", import.meta.url), "utf8")),
);

/** `payment_minor` in the file is `paymentMinor` here, and amounts are bigint. */
function facts(given: unknown): unknown {
  const parts = Object.entries(record(given)).map(([name, value]): [string, unknown] => {
    const ours = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (Array.isArray(value)) return [ours, value.map(facts)];
    return [ours, name.endsWith("_minor") && typeof value === "number" ? BigInt(value) : value];
  });
  return Object.fromEntries(parts);
}

function told(capability: Capability): unknown {
  const number = (minor: bigint | null): number | null => (minor === null ? null : Number(minor));
  return {
    what: capability.what,
    works: capability.works,
    needs_network: capability.needsNetwork,
    up_to_minor: number(capability.upToMinor),
    guaranteed_minor: number(capability.guaranteedMinor),
    until: capability.until,
    why: capability.why,
  };
}

function cases(name: string): [string, unknown, unknown][] {
  return list(CASES[name]).map((item) => {
    const { case: about, facts: given, capabilities } = record(item);
    return [text(about), given, capabilities];
  });
}

describe("the wallet's boundary", () => {
  test.each(cases("wallet"))("%s", (_, given, capabilities) => {
    expect(walletBoundary(typed<WalletFacts>(facts(given))).map(told)).toEqual(capabilities);
  });
});

describe("the terminal's boundary", () => {
  test.each(cases("terminal"))("%s", (_, given, capabilities) => {
    expect(terminalBoundary(typed<TerminalFacts>(facts(given))).map(told)).toEqual(capabilities);
  });
});

test("everything has words in both languages", () => {
  const said = (language: Language) => Object.values(BOUNDARY_WORDS.in(language)).flatMap(Object.values<string>);
  expect(said("en").length).toBeGreaterThan(20);
  for (const words of said("en")) expect(words).toMatch(/[a-z]/);
  for (const words of said("zh")) expect(words).toMatch(/\p{Script=Han}/u);
});
