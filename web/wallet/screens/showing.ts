/** What is shown when: the rules of the wallet's daily screens, apart from how they look. Pure. */

import { BOUNDARY_WORDS } from "../../risk/boundary_words.ts";
import type { Tone } from "../../ui/badges.tsx";
import { money } from "../../ui/format.ts";
import type { IconName } from "../../ui/icons.tsx";
import { type Language, say } from "../../ui/words.ts";
import type { Capability, PaymentView } from "../app.ts";
import { W } from "../words.ts";

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

/** "up to 200.00 EUR" or nothing. */
export function upToWords(minor: bigint | null, currency: string): string | null {
  return minor === null || minor === 0n ? null : say(W.upTo, { amount: money(minor, currency) });
}
