/**
 * What the app says of payments, advice, findings and disputes, in English and Chinese.
 *
 * Facts are those of src/feiqian/cli/wallet_words.py and wallet_findings.py; the next step is said as this app knows it.
 * A payment is never called just "paid": what it is called is its finality (spec 07).
 */

import { type Language, Sentences } from "../protocol/words.ts";
import type { AppWords } from "./app_words_en.ts";
import { backMinorOf, type PaymentRecord } from "./records.ts";
import type { PaymentState } from "./states.ts";
import { amountWords, instantWords } from "./wording.ts";

export const APP_WORDS = new Sentences<AppWords>();

/** What became of a payment: the state, what it means, and what to do next if anything. */
export interface Told {
  readonly title: string;
  readonly detail: string;
  readonly next: string | null;
}

type Case = PaymentState | "code_shown" | "accepted_at_risk" | "accepted_less";

/** What a payment is called, what it means and what to do; `deadline` is D where it is known. */
export function paymentWords(payment: PaymentRecord, deadline: number | undefined, language: Language): Told {
  const words = APP_WORDS.in(language);
  const parts: Readonly<Record<string, string>> = {
    payee: payment.payeeName ?? words.thePayee,
    amount: amountWords(payment.amountMinor, payment.currency),
    final: amountWords(payment.finalMinor ?? payment.amountMinor, payment.currency),
    back: amountWords(backMinorOf(payment), payment.currency),
    ends: instantWords(payment.expiresAt),
    deadline: deadline === undefined ? words.theDeadline : instantWords(deadline),
  };
  const said: Told = words.payments[caseOf(payment)];
  const fill = (text: string) => capital(text.replace(/\{(\w+)\}/g, (_, name: string) => parts[name] ?? ""));
  return { title: fill(said.title), detail: fill(said.detail), next: said.next === null ? null : fill(said.next) };
}

function caseOf(payment: PaymentRecord): Case {
  if (payment.state === "shown") return payment.form === "one_way" ? "code_shown" : "shown";
  if (payment.state !== "accepted") return payment.state;
  if (payment.grade === "F1") return "accepted_at_risk";
  return payment.finalMinor !== undefined && payment.finalMinor < payment.amountMinor ? "accepted_less" : "accepted";
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
