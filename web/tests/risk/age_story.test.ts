/** A till and a wallet that nobody connects any more, step by step as tests/risk/age_story.json tells it for Python. */

import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Refused } from "../../protocol/refusals.ts";
import type { Capability, What } from "../../risk/boundary.ts";
import { BOUNDARY_WORDS } from "../../risk/boundary_words.ts";
import { gradeIn } from "../../terminal/records.ts";
import { TerminalTrouble } from "../../terminal/troubles.ts";
import { boundary } from "../../wallet/boundary.ts";
import { type Json, list, record, text } from "../json.ts";
import { DAY, makePack, NOW, Operator as Payees, Payer, Counter as Till } from "../terminal/world.ts";
import { codeOf, World } from "../wallet/world.ts";

const STORY = record(JSON.parse(readFileSync(new URL("../../../tests/risk/age_story.json", import.meta.url), "utf8")));

function steps(who: string): [string, Json][] {
  return list(STORY[who]).map((step) => [text(record(step)["when"]), record(step)]);
}

function amounts(step: Json): number[] {
  return Object.keys(record(step["payments"])).map(Number);
}

function only(found: readonly Capability[], what: What): Capability {
  const one = found.find((capability) => capability.what === what);
  if (one === undefined) throw new RangeError(`${what} is not listed`);
  return one;
}

function told(one: Capability, beganAt: number): unknown {
  const number = (minor: bigint | null): number | null => (minor === null ? null : Number(minor));
  return {
    works: one.works,
    up_to_minor: number(one.upToMinor),
    guaranteed_minor: number(one.guaranteedMinor),
    next_step_s: one.until === null ? null : one.until - beganAt,
    why: one.why,
  };
}

function said({ why }: Capability): unknown {
  if (why === null) return null;
  return { en: BOUNDARY_WORDS.in("en").why[why], zh: BOUNDARY_WORDS.in("zh").why[why] };
}

describe("a till's step", () => {
  test.each(steps("terminal"))("%s", async (_, step) => {
    const till = await Till.at(new Payees(await makePack()));
    till.clock = NOW + Number(step["after_s"]);
    const found = await till.terminal.boundary("not_tried");
    const accept = only(found, "accept");
    expect(told(accept, NOW)).toEqual(step["accept"]);
    expect(Number(only(found, "take_code").upToMinor)).toBe(step["code_up_to_minor"]);
    expect(said(accept)).toEqual(step["said"]);
    const paid: Record<string, string> = {};
    for (const amount of amounts(step)) paid[amount] = await taken(till, amount);
    expect(paid).toEqual(step["payments"]);
  });
});

describe("a wallet's step", () => {
  test.each(steps("wallet"))("%s", async (_, step) => {
    const world = await World.ready();
    const beganAt = world.operator.clock.now;
    world.operator.clock.now += Number(step["after_s"]);
    const found = await boundary(await world.wallet.holdings(), { reach: "not_tried", freeMinor: null });
    const pay = only(found, "pay_request");
    expect(told(pay, beganAt)).toEqual(step["pay_request"]);
    expect(Number(only(found, "show_code").upToMinor)).toBe(step["code_up_to_minor"]);
    expect(said(pay)).toEqual(step["said"]);
    const { warnings } = await world.wallet.spendable();
    expect(warnings.includes("trust_old")).toBe(step["trust_old"]);
    const drawn: Record<string, string> = {};
    for (const amount of amounts(step)) {
      const code = await codeOf(world.act(async (own) => own.consider(await world.terminal.asks(BigInt(amount)))));
      drawn[amount] = code === "none" ? "offered" : code;
    }
    expect(drawn).toEqual(step["payments"]);
  });
});

/** The grade of a payment of this amount, at the payee's own risk if it must be; else why it is refused. */
async function taken(till: Till, amount: number): Promise<string> {
  const giver = await Payer.of({ number: amount, clock: till.clock, expiresAt: NOW + 400 * DAY });
  try {
    const asked = await till.ask(BigInt(amount));
    return gradeIn((await till.accept(await giver.answer(asked.shown), { atOwnRisk: true })).accepted);
  } catch (error) {
    if (error instanceof Refused || error instanceof TerminalTrouble) return error.code;
    throw error;
  }
}
