/**
 * Spending: what can be paid offline now, what waits, what to warn of, and from which allowance a payment is drawn.
 *
 * Several allowances may live at once; a payment is drawn on one of them, the first to end that suffices, and never on
 * two together. Pure, given what `holdings` has read.
 */

import { Tier } from "../protocol/allowance.ts";
import type { AllowanceRef } from "../protocol/ids.ts";
import { compare, equal, type Octets } from "../protocol/octets.ts";
import { tierMostMinor } from "../protocol/policy.ts";
import { cover, largest } from "./cover.ts";
import type { Holdings, Live, Standing } from "./holdings.ts";
import { type Finding, type PaymentRecord, statusOf } from "./records.ts";
import { WalletTrouble } from "./troubles.ts";
import { amountWords, instantWords } from "./wording.ts";

export const LOW_SPENT_PERCENT = 60n;
export const ENDS_SOON_S = 12 * 3600;
export const FEW_CHEQUES = 2;

/** What the holder should know before it hurts. */
export const ADVICE = [
  "nothing_to_spend",
  "top_up_suggested",
  "ends_soon",
  "few_cheques",
  "trust_old",
  "clock_behind",
  "update_needed",
  "payee_not_proved",
] as const;
export type Advice = (typeof ADVICE)[number];

/** One allowance as people see it. Amounts are minor units, times seconds since 1970. */
export interface AllowanceView {
  readonly ref: AllowanceRef;
  readonly standing: Standing;
  readonly amountMinor: bigint;
  readonly paymentMinor: bigint;
  readonly totalMinor: bigint;
  readonly cheques: number;
  readonly expiresAt: number;
  readonly deadlineAt: number;
  /** It was ended early, and its passkey has not signed that yet. */
  readonly endUnsigned: boolean;
}

/**
 * What can be spent offline now: in one payment, in all, until when; and what waits for somebody.
 *
 * `until` is when the last of it ends, undefined when there is none. `waitingMinor` is the sum of payments that nobody
 * has signed for or settled yet; `needsYou` counts those for which the holder should do something. `findings` is where
 * the operator's books differ from what this device knows.
 */
export interface Spendable {
  readonly currency: string;
  readonly paymentMinor: bigint;
  readonly totalMinor: bigint;
  readonly until: number | undefined;
  readonly allowances: readonly AllowanceView[];
  readonly topUpAskedMinor: bigint;
  readonly waitingMinor: bigint;
  readonly waiting: number;
  readonly needsYou: number;
  readonly warnings: readonly Advice[];
  readonly findings: readonly Finding[];
  /** Whether a passkey signs what is drawn next. */
  readonly byPasskey: boolean;
}

/** A payment to be drawn. `payeeId` is undefined for a one-way code, which names nobody. */
export interface Wanted {
  readonly form: "two_way" | "one_way";
  readonly amountMinor: bigint;
  readonly currency: string;
  readonly payeeId?: Octets | undefined;
}

/** The allowance that a payment is drawn on, and the credits that must be shown with it, if any. */
export interface Choice {
  readonly live: Live;
  readonly credits: Octets | undefined;
}

/** What can be spent offline at this moment, in the currency of enrolment. */
export async function spendable(
  holdings: Holdings,
  payments: readonly PaymentRecord[],
  findings: readonly Finding[],
): Promise<Spendable> {
  const { currency } = holdings.membership;
  const lives = holdings.lives.filter((live) => live.allowance.terms.currency === currency);
  const views = await Promise.all(lives.map(viewOf));
  const good = lives.filter((live) => live.standing === "good");
  const ends = views.filter((view) => view.paymentMinor > 0n).map((view) => view.expiresAt);
  const open = payments.filter((payment) => statusOf(payment) !== "done");
  return {
    currency,
    paymentMinor: largest(views.map((view) => view.paymentMinor)),
    totalMinor: sum(views.map((view) => view.totalMinor)),
    until: ends.length === 0 ? undefined : Math.max(...ends),
    allowances: views,
    topUpAskedMinor: sum(holdings.waiting.map((record) => record.amountMinor)),
    waitingMinor: sum(open.map((payment) => payment.amountMinor)),
    waiting: open.length,
    needsYou: open.filter((payment) => statusOf(payment) === "needs_you").length + holdings.waiting.length,
    warnings: await warnings(holdings, good),
    findings,
    byPasskey: inOrder(holdings, good).find((live) => live.cheques > 0)?.allowance.terms.tier === Tier.passkey,
  };
}

/** What the holder should know, most pressing first. `good` are the allowances that can be spent from. */
export async function warnings(holdings: Holdings, good: readonly Live[]): Promise<readonly Advice[]> {
  const found: Advice[] = [];
  const grantedMinor = sum(good.map((live) => live.allowance.terms.amountMinor));
  const isLow = (leftMinor: bigint) => leftMinor * 100n <= grantedMinor * (100n - LOW_SPENT_PERCENT);
  let leftMinor = sum(good.map((live) => live.reserveMinor));
  if (isLow(leftMinor)) {
    leftMinor = sum((await Promise.all(good.map((live) => live.room()))).map((room) => room.totalMinor)); // credits too
  }
  const lastEnd = Math.max(...good.map((live) => live.allowance.terms.expiresAt));
  if (leftMinor === 0n) found.push("nothing_to_spend");
  else if (isLow(leftMinor)) found.push("top_up_suggested");
  else if (lastEnd - holdings.now <= ENDS_SOON_S) found.push("ends_soon");
  else if (good.reduce((cheques, live) => cheques + live.cheques, 0) <= FEW_CHEQUES) found.push("few_cheques");
  if (holdings.trust.guarantee(holdings.membership.currency, holdings.now).warn) found.push("trust_old");
  if (holdings.clockBehind) found.push("clock_behind");
  if (holdings.updateNeeded) found.push("update_needed");
  return found;
}

/**
 * The allowance to draw on: of those that suffice the first to end. Throws WalletTrouble with the first reason.
 *
 * The reasons stand in the order in which they leave no allowance over.
 */
export async function choose(holdings: Holdings, wanted: Wanted): Promise<Choice> {
  const { amountMinor, currency, payeeId } = wanted;
  if (amountMinor <= 0n) throw new WalletTrouble("amount_out_of_range");
  const amount = amountWords(amountMinor, currency);
  let left = kept(
    holdings.lives,
    (live) => live.standing !== "closing",
    () => new WalletTrouble("no_allowance"),
  );
  const notHeld = () => new WalletTrouble("currency_not_held", { currency });
  left = kept(left, (live) => live.allowance.terms.currency === currency, notHeld);
  const ends = { deadline: instantWords(Math.max(...left.map((live) => live.deadlineAt))) };
  left = kept(
    left,
    (live) => live.standing !== "ended",
    () => new WalletTrouble("allowances_expired", ends),
  );
  left = kept(
    left,
    (live) => live.standing !== "not_begun",
    () => new WalletTrouble("allowance_not_begun"),
  );
  left = kept(
    left,
    (live) => live.standing === "good",
    () => new WalletTrouble("allowance_stopped"),
  );
  const isFor = ({ audience }: { readonly audience?: Octets }) => audience === undefined || equal(audience, payeeId);
  left = kept(
    left,
    (live) => isFor(live.allowance.terms),
    () => new WalletTrouble("other_payee_only"),
  );
  const policy = holdings.trust.policy(currency);
  const oneWay = wanted.form === "one_way";
  if (oneWay && amountMinor > policy.oneWayCapMinor) {
    throw new WalletTrouble("over_one_way", { amount, limit: amountWords(policy.oneWayCapMinor, currency) });
  }
  const tieredMinor = (live: Live) => tierMostMinor(policy, live.allowance.terms.tier, oneWay);
  const tiered = amountWords(largest(left.map(tieredMinor)), currency);
  left = kept(
    left,
    (live) => amountMinor <= tieredMinor(live),
    () => new WalletTrouble("tier_too_low", { amount, limit: tiered }),
  );
  const limit = amountWords(largest(left.map((live) => live.allowance.terms.perPaymentMinor)), currency);
  const tooMuch = () => new WalletTrouble("over_one_payment", { amount, limit });
  left = kept(left, (live) => amountMinor <= live.allowance.terms.perPaymentMinor, tooMuch);
  left = kept(
    left,
    (live) => live.cheques > 0,
    () => new WalletTrouble("cheques_used_up", ends),
  );
  for (const live of inOrder(holdings, left)) {
    const cumulativeMinor = live.record.cumulativeMinor + amountMinor;
    if (cumulativeMinor <= live.allowance.terms.amountMinor) return { live, credits: undefined };
    const { covered, credits } = cover(live.allowance.terms, cumulativeMinor, await live.bundles());
    if (covered) return { live, credits };
  }
  const rooms = await Promise.all(left.map((live) => live.room()));
  const mostMinor = largest(rooms.map((room) => room.paymentMinor));
  throw new WalletTrouble("not_enough", { amount, limit: amountWords(mostMinor, currency) });
}

/** Whether nobody has signed for this payment yet. */
export function isWaiting(payment: PaymentRecord): boolean {
  return payment.state === "shown" || payment.state === "unconfirmed" || payment.state === "hidden";
}

/** The sum of these amounts. */
export function sum(amountsMinor: readonly bigint[]): bigint {
  return amountsMinor.reduce((total, one) => total + one, 0n);
}

/** The allowances that pass; throws when none does. */
function kept(left: readonly Live[], good: (live: Live) => boolean, otherwise: () => WalletTrouble): readonly Live[] {
  const found = left.filter(good);
  if (found.length === 0) throw otherwise();
  return found;
}

/** As they are drawn on: the first to end first, and one whose passkey left a payment unsigned last. */
function inOrder({ unsigned }: Holdings, lives: readonly Live[]): readonly Live[] {
  const isWaiting = ({ record }: Live) => Number(unsigned.some((topUpId) => equal(topUpId, record.topUpId)));
  return [...lives].sort((one, other) => isWaiting(one) - isWaiting(other) || firstToEnd(one, other));
}

function firstToEnd(one: Live, other: Live): number {
  const byEnd = one.allowance.terms.expiresAt - other.allowance.terms.expiresAt;
  return byEnd === 0 ? compare(one.allowance.ref, other.allowance.ref) : byEnd;
}

async function viewOf(live: Live): Promise<AllowanceView> {
  const room = live.standing === "good" ? await live.room() : undefined;
  return {
    ref: live.allowance.ref,
    standing: live.standing,
    amountMinor: live.allowance.terms.amountMinor,
    paymentMinor: room?.paymentMinor ?? 0n,
    totalMinor: room?.totalMinor ?? 0n,
    cheques: live.cheques,
    expiresAt: live.allowance.terms.expiresAt,
    deadlineAt: live.deadlineAt,
    endUnsigned: live.record.state === "closing_unsigned",
  };
}
