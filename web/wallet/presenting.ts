/**
 * What a sync hands in by itself: the payee's own word on a payment for which the books take more than it says.
 *
 * A payee that signed one amount to the payer and claims a higher one is held to its receipt or note, but only if somebody
 * brings that by D (spec 10.1). The wallet holds it and knows of the difference, so nobody need think of it. Handing the
 * same paper in twice changes nothing, so nothing is noted here: once the books agree, there is nothing to hand in.
 */

import { type Papers, papersOf } from "./papers.ts";
import type { Parts } from "./ports.ts";
import type { PaymentRecord } from "./records.ts";

/** A payment for which too much is taken, and the paper that says so; whether it is a note. */
export interface Due {
  readonly payment: PaymentRecord;
  readonly papers: Papers;
  readonly isNote: boolean;
}

/** Payments for which too much is taken and D has not passed, with the paper that says so. */
export function papersDue({ store, clock }: Pick<Parts, "store" | "clock">): readonly Due[] {
  const now = clock();
  const due: Due[] = [];
  for (const { kind, chequeId } of store.findings()) {
    const payment = kind === "too_much" ? store.payment(chequeId) : undefined;
    if (payment === undefined || (payment.deadlineAt !== undefined && now > payment.deadlineAt)) continue;
    const { papers, isNote } = papersOf(store, payment);
    if (papers.statement !== undefined) due.push({ payment, papers, isNote });
  }
  return due;
}
