/** Disputes of the made-up till: one asks for an answer, one is its own, one is over. */

import type { DisputeView } from "../app.ts";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

export function sampleDisputes(now: number, pick: (english: string, chinese: string) => string): DisputeView[] {
  const common = { currency: "EUR", movedMinor: 0n, until: now + 5 * DAY_S, acceptsAfter: null };
  return [
    {
      ...common,
      idHex: "7c1e5f0a93b24d6881aa60e2f4c7d913",
      isOurs: false,
      reason: "not_delivered",
      receiptCounter: 141,
      amountMinor: 86_00n,
      state: "opened",
      status: "needs_you",
      openedAt: now - 2 * DAY_S,
      deadline: now - 3 * DAY_S,
      mayAnswer: true,
      mayContest: true,
      mayWithdraw: false,
      steps: [
        {
          at: now - 2 * DAY_S,
          by: "payer",
          act: "open",
          amountMinor: 86_00n,
          said: pick("The two tea tins never came.", "两罐茶叶一直没有送到。"),
          evidence: new Uint8Array(2_400),
        },
      ],
    },
    {
      ...common,
      idHex: "b90d41c26e7f4a1f8d35c0aa17e9625b",
      isOurs: true,
      reason: "not_paid",
      receiptCounter: 142,
      amountMinor: 40_00n,
      state: "contested",
      status: "active",
      openedAt: now - 6 * DAY_S,
      deadline: now + DAY_S,
      acceptsAfter: now + DAY_S,
      mayAnswer: false,
      mayContest: false,
      mayWithdraw: true,
      steps: [
        {
          at: now - 6 * DAY_S,
          by: "payee",
          act: "open",
          amountMinor: 40_00n,
          said: pick("Sent on Friday, refused on Monday.", "周五提交，周一被拒绝。"),
          evidence: null,
        },
        { at: now - 5 * DAY_S, by: "payer", act: "contest", amountMinor: 0n, said: "", evidence: null },
      ],
    },
    {
      ...common,
      idHex: "2f6a8870cb1d4e359e40d7b3a15c66e8",
      isOurs: false,
      reason: "wrong_amount",
      receiptCounter: null,
      amountMinor: 12_50n,
      movedMinor: 2_50n,
      state: "refunded",
      status: "done",
      openedAt: now - 20 * DAY_S,
      until: null,
      deadline: now - 25 * DAY_S,
      mayAnswer: false,
      mayContest: false,
      mayWithdraw: false,
      steps: [
        {
          at: now - 20 * DAY_S,
          by: "payer",
          act: "open",
          amountMinor: 12_50n,
          said: pick("10.00 was agreed.", "说好是 10.00。"),
          evidence: null,
        },
        { at: now - 14 * DAY_S, by: "administrator", act: "refund", amountMinor: 2_50n, said: "", evidence: null },
      ],
    },
  ];
}

/** As the operator would answer. */
export function afterAct(
  one: DisputeView,
  now: number,
  act: "accept" | "contest" | "withdraw",
  said: string,
): DisputeView {
  const state = { accept: "accepted", contest: "contested", withdraw: "withdrawn" }[act];
  const isOpen = act === "contest";
  return {
    ...one,
    state,
    status: isOpen ? "active" : "done",
    until: isOpen ? now + 30 * DAY_S : null,
    movedMinor: act === "accept" ? one.amountMinor : one.movedMinor,
    mayAnswer: isOpen && one.mayAnswer,
    mayContest: false,
    mayWithdraw: false,
    steps: [...one.steps, { at: now, by: "payee", act, amountMinor: 0n, said, evidence: null }],
  };
}
