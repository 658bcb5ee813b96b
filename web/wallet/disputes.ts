/** Disputes of a payer, as the screens open and list them; the operator keeps them (spec 10). */

import { DISPUTE_REASONS } from "../platform/dispute_reasons.ts";
import type { DisputeReply } from "../platform/operator_disputes.ts";
import type { PayerOperator } from "../platform/operator_payer.ts";
import { equal, toHex } from "../protocol/octets.ts";
import type { Language } from "../protocol/words.ts";
import type { WalletApp } from "./app.ts";
import { AppTrouble } from "./app_refused.ts";
import { APP_WORDS } from "./app_words.ts";
import type { WalletStore } from "./ports.ts";
import { numberOf } from "./records.ts";
import type { Wallet } from "./wallet.ts";

export type DisputeViews = Awaited<ReturnType<WalletApp["disputes"]>>;

/** What the payer says, and how much of the payment it is about; null is all of it. */
export interface Wish {
  readonly reason: string;
  readonly words: string;
  readonly amountMinor: bigint | null;
}

/** Opens a dispute over the payment of this number. Throws WalletTrouble, AppTrouble, Coded of the operator. */
export async function openDispute(wallet: Wallet, operator: PayerOperator, number: string, wish: Wish): Promise<void> {
  const { chequeId } = wallet.payment(number);
  const reason = DISPUTE_REASONS.find((one) => one === wish.reason);
  if (reason === undefined) throw new AppTrouble("dispute_reason_unknown");
  const amount = wish.amountMinor === null ? {} : { amountMinor: wish.amountMinor };
  await operator.openDispute({ chequeId, reason, said: { words: wish.words }, ...amount });
}

/** The operator's disputes with the numbers that this wallet gives their payments. */
export function disputeViews(found: readonly DisputeReply[], store: WalletStore, language: Language): DisputeViews {
  const payments = store.payments();
  const words: Readonly<Record<string, string>> = APP_WORDS.in(language).disputes;
  return found.map(({ disputeId, chequeId, state, status }) => {
    const payment = payments.find((one) => equal(one.chequeId, chequeId));
    return {
      id: toHex(disputeId),
      state,
      number: payment === undefined ? null : numberOf(payment),
      words: words[state] ?? state,
      needsYou: status === "needs_you",
    };
  });
}
