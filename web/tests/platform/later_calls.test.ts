/** An operator that is loaded with its first call: what is asked arrives, and what cannot be loaded is an unreachable one. */

import { describe, expect, test } from "vitest";
import { laterCalls, once } from "../../platform/later_calls.ts";
import { LinkTrouble } from "../../platform/link_trouble.ts";

class Till {
  readonly #name: string;
  constructor(name: string) {
    this.#name = name;
  }
  async greet(whom: string, times: number): Promise<string> {
    return `${this.#name}: ${`${whom} `.repeat(times).trim()}`;
  }
  async refuse(): Promise<never> {
    throw new LinkTrouble("operator_busy");
  }
}

describe("calls", () => {
  test("arrive with what was given, and answers come back", async () => {
    let loads = 0;
    const till = laterCalls(async () => {
      loads += 1;
      return new Till("tea");
    });
    expect(loads).toBe(0);
    expect(await till.greet("hello", 2)).toBe("tea: hello hello");
    expect(loads).toBe(1);
  });

  test("fail as the real one does", async () => {
    const till = laterCalls(async () => new Till("tea"));
    await expect(till.refuse()).rejects.toMatchObject({ code: "operator_busy" });
  });

  test("of code that cannot be had are calls to nobody", async () => {
    const till = laterCalls<Till>(async () => {
      throw new TypeError("Failed to fetch dynamically imported module");
    });
    await expect(till.greet("hello", 1)).rejects.toMatchObject({ code: "operator_unreachable" });
  });
});

test("what was made once is kept, what failed is tried again", async () => {
  let tries = 0;
  const make = once(async () => {
    tries += 1;
    if (tries === 1) throw new TypeError("no network");
    return tries;
  });
  await expect(make()).rejects.toThrow("no network");
  expect([await make(), await make()]).toEqual([2, 2]);
});
