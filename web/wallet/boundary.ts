/** What this wallet can do now, as `risk/boundary.ts` lists it, by the very rules that decide a payment. */

import { AMOUNT_MAX_MINOR } from "../protocol/limits.ts";
import { tierMostMinor } from "../protocol/policy.ts";
import { type Capability, type KeyFacts, type Reach, type What, type Why, walletBoundary } from "../risk/boundary.ts";
import { largest, smaller } from "./cover.ts";
import type { Holdings } from "./holdings.ts";
import { choose } from "./spending.ts";
import { type WalletCode, WalletTrouble } from "./troubles.ts";

export const LEAST_MINOR = 1n;
const WHY: { readonly [code in WalletCode]?: Why } = {
  allowances_expired: "allowance_ended",
  allowance_not_begun: "clock_wrong",
  allowance_stopped: "allowance_stopped",
  cheques_used_up: "cheques_used_up",
};

/** What a key of each tier is called, weakest first. */
const KEYS: readonly What[] = ["key_software", "key_passkey", "key_tpm", "key_card"];

/** What one payment from an allowance can be; `limited`: a stronger key could pay more. */
interface Room {
  readonly tier: number;
  readonly paymentMinor: bigint;
  readonly codeMinor: bigint;
  readonly unbound: boolean;
  readonly limited: boolean;
  readonly expiresAt: number;
}

/** What the holder can do at this moment, in the currency of enrolment. */
export async function boundary(
  holdings: Holdings,
  asked: { readonly reach: Reach; readonly freeMinor: bigint | null },
): Promise<readonly Capability[]> {
  const { currency } = holdings.membership;
  const policy = holdings.trust.policy(currency);
  const rooms: Room[] = [];
  for (const live of holdings.lives) {
    const { audience, expiresAt, currency: own, tier } = live.allowance.terms;
    const roomMinor = live.standing === "good" && own === currency ? (await live.room()).paymentMinor : 0n;
    const mostMinor = tierMostMinor(policy, tier, false);
    const codeMinor = smaller(roomMinor, tierMostMinor(policy, tier, true));
    const room = { tier, paymentMinor: smaller(roomMinor, mostMinor), codeMinor, unbound: audience === undefined };
    if (roomMinor > 0n) rooms.push({ ...room, limited: mostMinor < AMOUNT_MAX_MINOR, expiresAt });
  }
  const unbound = rooms.filter((room) => room.unbound);
  return walletBoundary({
    reach: asked.reach,
    paymentMinor: largest(rooms.map((room) => room.paymentMinor)),
    unboundMinor: largest(unbound.map((room) => room.paymentMinor)),
    oneWayCapMinor: smaller(policy.oneWayCapMinor, largest(unbound.map((room) => room.codeMinor))),
    until: rooms.length === 0 ? null : lastEnd(rooms),
    inTheWay: rooms.length === 0 ? await inTheWay(holdings, currency) : "stronger_key",
    freeMinor: asked.freeMinor,
    keys: KEYS.flatMap((what, at): KeyFacts[] => {
      const own = rooms.filter(({ tier }) => (tier <= KEYS.length ? tier : 1) === at + 1);
      const [one] = own;
      if (one === undefined) return [];
      const codes = policy.oneWayCapMinor > 0n && tierMostMinor(policy, at + 1, true) > 0n;
      const paymentMinor = largest(own.map((room) => room.paymentMinor));
      return [{ what, paymentMinor, limited: one.limited, codes, until: lastEnd(own) }];
    }),
  });
}

function lastEnd(rooms: readonly { readonly expiresAt: number }[]): number {
  return Math.max(...rooms.map((room) => room.expiresAt));
}

/** Why not even the smallest payment can be drawn. */
async function inTheWay(holdings: Holdings, currency: string): Promise<Why> {
  try {
    await choose(holdings, { form: "two_way", amountMinor: LEAST_MINOR, currency });
  } catch (error) {
    if (error instanceof WalletTrouble) return WHY[error.code] ?? "nothing_to_spend";
    throw error;
  }
  return "nothing_to_spend";
}
