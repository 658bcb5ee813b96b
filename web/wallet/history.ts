/** History: all payments of this wallet, newest first, and finding one by what people remember of it. */

import { numberOf, type PaymentRecord, statusOf } from "./records.ts";
import { WalletTrouble } from "./troubles.ts";
import { amountWords } from "./wording.ts";

/** The payments in which every one of `words` is found: payee, reference, amount, number, state. */
export function search(payments: readonly PaymentRecord[], words: string): readonly PaymentRecord[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return payments.filter((payment) => {
    const haystack = haystackOf(payment);
    return wanted.every((word) => haystack.includes(word));
  });
}

/** The payment with this number, or whose number begins so and no other's does. Throws payment_unknown. */
export function byNumber(payments: readonly PaymentRecord[], number: string): PaymentRecord {
  const wanted = number.trim().toLowerCase();
  const [found, other] = payments.filter((payment) => wanted !== "" && numberOf(payment).startsWith(wanted));
  if (found === undefined || other !== undefined) {
    throw new WalletTrouble("payment_unknown", { number: number.slice(0, 20) });
  }
  return found;
}

function haystackOf(payment: PaymentRecord): string {
  const { payeeName, reference, state, amountMinor, finalMinor, currency } = payment;
  const final = finalMinor === undefined ? "" : amountWords(finalMinor, currency);
  const amount = amountWords(amountMinor, currency);
  return [payeeName, reference, numberOf(payment), state, statusOf(payment), amount, final].join(" ").toLowerCase();
}
