/** What is shown when: the rules of the wallet's screens, apart from how they look. Pure. */

import type { CameraWhy } from "../../platform/camera_failed.ts";
import { BOUNDARY_WORDS } from "../../risk/boundary_words.ts";
import type { Tone } from "../../ui/badges.tsx";
import { money } from "../../ui/format.ts";
import type { IconName } from "../../ui/icons.tsx";
import { type Language, say } from "../../ui/words.ts";
import type { AllowanceView, Capability, PaymentView, SyncStep, SyncView } from "../app.ts";
import { W } from "../words.ts";
import type { WalletWords } from "../words_en.ts";

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

/** The final amount once there is one, until then what it may cost at most. */
export function costMinor(payment: PaymentView): bigint {
  return payment.finalMinor ?? payment.amountMinor;
}

/** "Up to" stands only as long as nobody has said the final amount. */
export function costPrefix(payment: PaymentView): string | undefined {
  return payment.upTo && payment.finalMinor === null ? say(W.upToWord) : undefined;
}

/** Whom a payment went to, as far as anybody vouches for it. */
export function payeeWords(payment: { payeeName: string | null; oneWay?: boolean }): string {
  if (payment.payeeName !== null) return payment.payeeName;
  return say(payment.oneWay === true ? W.oneWay : W.unknownPayee);
}

/** The look of a payment in a list: an icon and a colour; words say the same beside it. */
export function paymentLook(payment: PaymentView): { icon: IconName; tone: Tone } {
  if (payment.status === "needs_you") return { icon: "hand", tone: "warn" };
  if (payment.state === "refused") return { icon: "bad", tone: "bad" };
  if (["voided", "cancelled", "returned"].includes(payment.state)) return { icon: "returned", tone: "plain" };
  if (payment.state === "settled") return { icon: "check", tone: "good" };
  if (payment.state === "accepted") return { icon: "shieldCheck", tone: "info" };
  return { icon: payment.oneWay ? "code" : "clock", tone: "info" };
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

export function givenBackMinor(payment: PaymentView): bigint {
  return payment.finalMinor === null ? 0n : payment.amountMinor - payment.finalMinor;
}

/** What a capability is called: by the shared words where its name is known to them. */
export function whatWords(what: string, language: Language): string {
  return Object.entries(BOUNDARY_WORDS.in(language).what).find(([name]) => name === what)?.[1] ?? what;
}

export function whyWords(why: string | null, language: Language): string | null {
  return Object.entries(BOUNDARY_WORDS.in(language).why).find(([name]) => name === why)?.[1] ?? why;
}

export function adviceWords(code: string): string {
  return Object.entries(W.advice).find(([name]) => name === code)?.[1] ?? code;
}

const ON_HOME = ["pay_request", "show_code", "top_up"];

/** The three that people ask for first. */
export function homeCapabilities(all: readonly Capability[]): readonly Capability[] {
  return all.filter((one) => ON_HOME.includes(one.what));
}

/** The most that a one-way code may carry now, null if none can be shown. */
export function codeLimitMinor(all: readonly Capability[]): bigint | null {
  const found = all.find((one) => one.what === "show_code");
  return found?.works === true ? found.upToMinor : null;
}

export type AmountTrouble = "none" | "too_much" | null;

export function amountTrouble(minor: bigint | null, limitMinor: bigint | null): AmountTrouble {
  if (minor === null) return "none";
  return limitMinor !== null && minor > limitMinor ? "too_much" : null;
}

/** A word by its name, for tables that outlive a change of the language. */
export type WordName = Exclude<keyof WalletWords, "advice">;

export const STANDINGS: Readonly<Record<string, { words: WordName; tone: Tone; icon: IconName }>> = {
  good: { words: "good", tone: "good", icon: "check" },
  not_begun: { words: "not_begun", tone: "info", icon: "clock" },
  ended: { words: "over", tone: "plain", icon: "clock" },
  stopped: { words: "stopped", tone: "bad", icon: "bad" },
  closing: { words: "closing", tone: "plain", icon: "minus" },
};

/** Only what can still be paid from, or has not begun, can be ended early. */
export function canEnd(one: AllowanceView): boolean {
  return one.standing === "good" || one.standing === "not_begun";
}

/** How much of it is left, in hundredths of the whole. */
export function leftShare(one: AllowanceView): number {
  return one.amountMinor === 0n ? 0 : Number((one.totalMinor * 100n) / one.amountMinor);
}

const STEP_WORDS: Readonly<Record<SyncStep["id"], WordName>> = {
  trust: "stepTrust",
  top_up: "stepTopUp",
  closing: "stepClosing",
  statement: "stepStatement",
  papers: "stepPapers",
};

export function stepWords(step: SyncStep): string {
  return W[STEP_WORDS[step.id]];
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

export const CAMERA_WORDS: Readonly<Record<CameraWhy, { title: WordName; next: WordName }>> = {
  refused: { title: "cameraRefused", next: "cameraRefusedNext" },
  none: { title: "cameraNone", next: "cameraNoneNext" },
  busy: { title: "cameraBusy", next: "cameraBusyNext" },
  insecure: { title: "cameraInsecure", next: "cameraInsecureNext" },
};

/** "up to 200.00 EUR" or nothing. */
export function upToWords(minor: bigint | null, currency: string): string | null {
  return minor === null || minor === 0n ? null : say(W.upTo, { amount: money(minor, currency) });
}
