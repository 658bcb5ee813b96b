/** Disputes of a payee, as the screens list, answer and withdraw them; the operator keeps them (spec 10). */

import type { DisputeReply, DisputeStep } from "../platform/operator_disputes.ts";
import { toHex } from "../protocol/octets.ts";
import type { DisputeStepView, DisputeView } from "./app.ts";
import type { TerminalStore } from "./ports.ts";

/** States in which the other party may still answer, and whoever opened it take it back (spec 10.2). */
const OPEN_STATES: readonly string[] = ["opened", "contested", "unanswered"];

/** One dispute as this payee sees it, with the receipt that this till gave for the payment, if it was this one. */
export function disputeView(found: DisputeReply, store: Pick<TerminalStore, "accepted">, now: number): DisputeView {
  const { opener, reason, amountMinor, movedMinor, currency, deadline, state, status, openedAt, until } = found;
  const isOurs = opener === "payee";
  const isOpen = OPEN_STATES.includes(state);
  return {
    idHex: toHex(found.disputeId),
    ...{ isOurs, reason, amountMinor, movedMinor, currency, deadline, state, status, openedAt, until },
    receiptCounter: store.accepted(found.chequeId)?.receiptCounter ?? null,
    mayAnswer: isOpen && !isOurs,
    mayContest: isOpen && !isOurs && state !== "contested",
    acceptsAfter: now > deadline ? null : deadline,
    mayWithdraw: isOpen && isOurs,
    steps: found.steps.map(stepView),
  };
}

/** All of them: what asks for something first, then what is under way, then the rest; of each the newest first. */
export function disputeViews(
  found: readonly DisputeReply[],
  store: Pick<TerminalStore, "accepted">,
  now: number,
): readonly DisputeView[] {
  const place = { needs_you: 0, active: 1, done: 2 };
  const shown = found.map((one) => disputeView(one, store, now));
  return shown.sort((one, other) => place[one.status] - place[other.status] || other.openedAt - one.openedAt);
}

function stepView({ at, by, act, amountMinor, words, evidence }: DisputeStep): DisputeStepView {
  return { at, by, act, amountMinor, said: words, evidence: evidence.length === 0 ? null : evidence };
}
