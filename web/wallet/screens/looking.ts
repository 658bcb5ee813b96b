/** What is shown when on the screens that come later: history, one payment, sync, allowances. Pure. */

import type { Tone } from "../../ui/badges.tsx";
import type { IconName } from "../../ui/icons.tsx";
import type { Language } from "../../ui/words.ts";
import type { AllowanceView, PaymentView, SyncStep, SyncView } from "../app.ts";
import { S } from "../seldom_words.ts";
import type { SeldomWords } from "../seldom_words_en.ts";

export type Filter = "all" | "needs_you" | "active" | "done";

export function filtered(payments: readonly PaymentView[], filter: Filter): readonly PaymentView[] {
  return filter === "all" ? payments : payments.filter((one) => one.status === filter);
}

/** The filter that the address asks for (#/history?filter=needs_you). */
export function firstFilter(hash: string): Filter {
  const asked = new URLSearchParams(hash.split("?")[1] ?? "").get("filter");
  return asked === "needs_you" || asked === "active" || asked === "done" ? asked : "all";
}

export interface Day {
  readonly at: number;
  readonly payments: readonly PaymentView[];
}

/** Payments under the day, in the reader's time zone, on which they were signed; the order stays. */
export function byDay(payments: readonly PaymentView[]): readonly Day[] {
  const days = new Map<string, { at: number; payments: PaymentView[] }>();
  for (const payment of payments) {
    const name = new Date(payment.drawnAt * 1000).toDateString();
    const day = days.get(name) ?? { at: payment.drawnAt, payments: [] };
    day.payments.push(payment);
    days.set(name, day);
  }
  return [...days.values()];
}

const OVER = ["settled", "voided", "cancelled", "returned"];

/** Whether nothing more is expected of it. An accepted payment is done for its payer, and yet to be settled. */
export function isOver(payment: PaymentView): boolean {
  return OVER.includes(payment.state);
}

/** The colour of what is said about a payment. */
export function noticeTone(payment: PaymentView): Tone {
  if (payment.status === "needs_you") return "warn";
  if (payment.state === "refused") return "bad";
  return payment.grade === "F3" ? "good" : "info";
}

/** Whether a receipt can still be taken for it. */
export function awaitsReceipt(payment: PaymentView): boolean {
  return payment.state === "shown" || payment.state === "unconfirmed";
}

/** A word by its name, for tables that outlive a change of the language. */
type SeldomName = Exclude<keyof SeldomWords, "guide" | "kept">;

export const STANDINGS: Readonly<Record<string, { words: SeldomName; tone: Tone; icon: IconName }>> = {
  good: { words: "good", tone: "good", icon: "check" },
  not_begun: { words: "not_begun", tone: "info", icon: "clock" },
  ended: { words: "over", tone: "plain", icon: "clock" },
  stopped: { words: "stopped", tone: "bad", icon: "bad" },
  closing: { words: "closing", tone: "plain", icon: "minus" },
};

/** What can still be paid from, or has not begun: only this can be ended early. */
export function canEnd(one: AllowanceView): boolean {
  return one.standing === "good" || one.standing === "not_begun";
}

/** How much of it is left, in hundredths of the whole. */
export function leftShare(one: AllowanceView): number {
  return one.amountMinor === 0n ? 0 : Number((one.totalMinor * 100n) / one.amountMinor);
}

const STEP_WORDS: Readonly<Record<SyncStep["id"], SeldomName>> = {
  trust: "stepTrust",
  top_up: "stepTopUp",
  closing: "stepClosing",
  statement: "stepStatement",
  papers: "stepPapers",
};

export function stepWords(step: SyncStep): string {
  return S[STEP_WORDS[step.id]];
}

/** Milliseconds as people say them: "2 s", "1 min 20 s". */
export function waitWords(ms: number, language: Language): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
  const [s, min] = language === "zh" ? ["秒", "分"] : ["s", "min"];
  if (minutes === 0) return `${rest} ${s}`;
  return rest === 0 ? `${minutes} ${min}` : `${minutes} ${min} ${rest} ${s}`;
}

/** How a sync that is over ended: null before it ever ran. */
export function syncOutcome(sync: SyncView): "done" | "part" | null {
  if (sync.running || sync.finishedAt === null) return null;
  return sync.steps.some((step) => step.state === "failed") ? "part" : "done";
}
