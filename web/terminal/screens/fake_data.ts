/** A day at a till, for fake_app.ts: long names, large amounts, every grade and every way in which a payment can end. */

import { language } from "../../ui/words.ts";
import type { AcceptedView, Capability, Grade, HistoryLine, ReadyView, TotalsView } from "../app.ts";
import { fakeCode } from "./fake_app.ts";

export type Pick = (english: string, chinese: string) => string;

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

interface Sample {
  readonly number: number;
  readonly amount: bigint;
  readonly final?: bigint;
  readonly back?: bigint;
  readonly grade: Grade;
  readonly state: string;
  readonly status: AcceptedView["status"];
  readonly reference: string;
  readonly agoS: number;
  readonly paid?: bigint;
  readonly waiting?: bigint;
}

const SAMPLES: readonly Sample[] = [
  {
    number: 148,
    amount: 20_000n,
    grade: "F2",
    state: "waiting",
    status: "active",
    reference: "A-2210 外带 麻辣香锅双人套餐",
    agoS: 480,
  },
  {
    number: 147,
    amount: 1_850n,
    final: 1_640n,
    grade: "F2",
    state: "waiting",
    status: "active",
    reference: "Table 4",
    agoS: 1_500,
  },
  {
    number: 146,
    amount: 128_400n,
    grade: "F1",
    state: "waiting",
    status: "needs_you",
    reference: "Catering Friday",
    agoS: 4_000,
  },
  { number: 145, amount: 990n, grade: "F3", state: "settled", status: "done", reference: "", agoS: 8_000, paid: 990n },
  {
    number: 144,
    amount: 4_200n,
    back: 1_200n,
    grade: "F2",
    state: "sent",
    status: "active",
    reference: "Table 9",
    agoS: 9_900,
  },
  {
    number: 143,
    amount: 5_000n,
    grade: "F1",
    state: "contingent",
    status: "active",
    reference: "",
    agoS: DAY_S + 2_000,
    paid: 0n,
    waiting: 5_000n,
  },
  {
    number: 142,
    amount: 3_600n,
    grade: "F0",
    state: "refused",
    status: "done",
    reference: "Table 2",
    agoS: DAY_S + 9_000,
  },
  {
    number: 141,
    amount: 123_456_789n,
    grade: "F3",
    state: "settled",
    status: "done",
    reference: "Lieferung 4711",
    agoS: 2 * DAY_S,
    paid: 123_456_789n,
  },
];

export function sampleAccepted(now: number): readonly AcceptedView[] {
  return SAMPLES.map((one) => {
    const finalMinor = one.final ?? one.amount;
    const backMinor = one.back ?? 0n;
    return {
      receiptCounter: one.number,
      chequeHex: fakeHex(one.number),
      amountMinor: one.amount,
      finalMinor,
      backMinor,
      keptMinor: finalMinor - backMinor,
      guaranteedMinor: one.grade === "F2" ? finalMinor : 0n,
      deadline: now + 6 * DAY_S,
      time: now - one.agoS,
      reference: one.reference,
      grade: one.grade,
      state: one.state,
      status: one.status,
      paidMinor: one.paid ?? 0n,
      waitingMinor: one.waiting ?? 0n,
      words: wordsOf(one),
      receiptQr: [fakeCode(440, one.number)],
      tier: one.number % 2 === 0 ? 2 : 1,
    };
  });
}

function fakeHex(seed: number): string {
  return Array.from({ length: 32 }, (_, at) => ((seed * 31 + at * 17) % 256).toString(16).padStart(2, "0")).join("");
}

function wordsOf(one: Sample): AcceptedView["words"] {
  const pick: Pick = (english, chinese) => (language() === "zh" ? chinese : english);
  switch (one.state) {
    case "settled":
      return {
        title: pick("It is settled", "已结算"),
        detail: pick("You are paid in full.", "款项已全部付给您。"),
        next: null,
      };
    case "contingent":
      return {
        title: pick(
          "This code was also taken elsewhere; it pays once in all",
          "此付款码也在别处被受理，合计只兑付一次",
        ),
        detail: pick("You get up to 50.00 EUR on 28 Nov, 14:05.", "您至多可得 50.00 EUR，于 11月28日 14:05 确定。"),
        next: null,
      };
    case "refused":
      return {
        title: pick("Sent after the deadline", "逾期上传"),
        detail: pick("You get nothing for it.", "此笔您不会得到款项。"),
        next: pick("If you sent it in time, report a problem.", "若您按时上传，请反映问题。"),
      };
    case "sent":
      return {
        title: pick("Sent, not answered yet", "已上传，待答复"),
        detail: pick("The operator has it.", "运营方已收到。"),
        next: null,
      };
    default:
      return {
        title: pick("Waiting to be sent", "待上传"),
        detail: pick("It is kept here, encrypted, until there is a network.", "加密保存在此，有网络时上传。"),
        next: pick("Sync when there is a network.", "有网络时请同步。"),
      };
  }
}

export function sampleLines(accepted: readonly AcceptedView[], now: number, pick: Pick): readonly HistoryLine[] {
  const lines: HistoryLine[] = accepted.map((one) => ({
    id: String(one.receiptCounter),
    kind: "accepted",
    title: one.reference === "" ? pick(`Receipt ${one.receiptCounter}`, `收据 ${one.receiptCounter}`) : one.reference,
    detail: one.words.title,
    amountMinor: one.finalMinor,
    time: one.time,
    status: one.status,
    grade: one.grade,
  }));
  lines.push(
    {
      id: "note-31",
      kind: "void",
      title: pick("Given back from receipt 144", "收据 144 退款"),
      detail: pick("Void note, waiting to be sent", "退款凭证，待上传"),
      amountMinor: -1_200n,
      time: now - 9_000,
      status: "active",
      grade: null,
    },
    {
      id: "note-30",
      kind: "cancel",
      title: pick("Cancelled request, Table 7", "已取消的收款，7 号桌"),
      detail: pick("Cancel note", "取消凭证"),
      amountMinor: null,
      time: now - DAY_S - 4_000,
      status: "done",
      grade: null,
    },
    {
      id: "told-12",
      kind: "told",
      title: pick(
        "The payer has shown this payment to the operator, which has no claim for it",
        "付款人已向运营方出示此付款，而运营方尚未收到您的提交",
      ),
      detail: pick("To be paid, sync before 28 Nov, 14:05.", "请在 11月28日 14:05 之前同步以获付款。"),
      amountMinor: 128_400n,
      time: now - 1_000,
      status: "needs_you",
      grade: null,
    },
  );
  return lines.sort((one, other) => other.time - one.time);
}

export function sampleTotals(empty: boolean, now: number, pick: Pick): TotalsView {
  const none = { count: 0, amountMinor: 0n };
  if (empty)
    return {
      shift: 1,
      beganAt: now - 600,
      byGrade: { F0: none, F1: none, F2: none, F3: none },
      givenBackMinor: 0n,
      waiting: none,
      paidMinor: 0n,
      contingentMinor: 0n,
      refused: none,
      unpaidMinor: 0n,
      notesWaiting: 0,
      told: [],
    };
  return {
    shift: 27,
    beganAt: now - 6 * HOUR_S,
    byGrade: {
      F3: { count: 18, amountMinor: 41_260n },
      F2: { count: 46, amountMinor: 118_490n },
      F1: { count: 3, amountMinor: 138_400n },
      F0: { count: 1, amountMinor: 3_600n },
    },
    givenBackMinor: 1_200n,
    waiting: { count: 12, amountMinor: 156_780n },
    paidMinor: 41_260n,
    contingentMinor: 5_000n,
    refused: { count: 1, amountMinor: 3_600n },
    unpaidMinor: 3_600n,
    notesWaiting: 1,
    told: [
      {
        title: pick(
          "Receipt 143 (50.00 EUR). This code was also taken elsewhere; it pays once in all: you get up to 50.00 EUR on 28 Nov.",
          "收据 143（50.00 EUR）。此付款码也在别处被受理；合计只兑付一次：您至多可得 50.00 EUR，于 11月28日确定。",
        ),
        at: now - 1_200,
      },
      {
        title: pick(
          "Receipt 139 (24.00 EUR). It is settled: you are paid 24.00 EUR.",
          "收据 139（24.00 EUR）。已结算：已付给您 24.00 EUR。",
        ),
        at: now - 7_000,
      },
    ],
  };
}

export function sampleReady(day: "busy" | "empty" | "old" | "stopped", now: number, pick: Pick): ReadyView {
  const old = day === "old";
  const stopped = day === "stopped";
  const waits = day === "empty" ? 0 : 12;
  const able = (
    what: string,
    works: boolean,
    upToMinor: bigint | null = null,
    why: string | null = null,
  ): Capability => ({
    what,
    works,
    upToMinor,
    until: upToMinor === null ? null : now + 20 * HOUR_S,
    why,
  });
  const listsWhy = old ? "lists_old" : null;
  const over = stopped ? "certificate_over" : listsWhy;
  const guarantee = old ? 10_000n : 20_000n;
  return {
    payeeName: pick("Teahouse by the Old Canal", "杭州市西湖区运河老街望仙楼清真牛肉面茶餐厅（湖滨银泰旗舰店）"),
    currency: "EUR",
    now,
    listsIssuedAt: now - (old ? 31 : 2) * HOUR_S,
    listsAgeS: stopped ? null : (old ? 31 : 2) * HOUR_S,
    guaranteeMinor: stopped ? null : guarantee,
    clockAheadS: old ? 214 : 1,
    clockIsOff: old,
    certificateExpiresAt: stopped ? now - DAY_S : now + 61 * DAY_S,
    mayRequest: !stopped,
    mayTakeCodes: !stopped,
    mayVoid: true,
    queueClaims: waits,
    queueNotes: waits === 0 ? 0 : 1,
    queueMinor: waits === 0 ? 0n : 156_780n,
    firstDeadline: waits === 0 ? null : now + 6 * DAY_S,
    openRequests: day === "busy" ? 1 : 0,
    updateNeeded: old,
    capabilities: [
      able("ask", !stopped, null, over),
      able("accept", !stopped, stopped ? null : guarantee, over),
      able("take_code", !stopped, stopped ? null : old ? 2_500n : 5_000n, over),
      able("give_back", !stopped, stopped ? null : 50_000n, stopped ? over : null),
      able("cancel", !stopped, null, stopped ? over : null),
      able("export", waits > 0, null, waits > 0 ? null : "queue_empty"),
      able("look", true),
      able("lock", true),
      able("sync", false, null, "no_network"),
      able("dispute", false, null, "no_network"),
      able("sign_out", false, null, waits > 0 ? "queue_waits" : "no_network"),
    ],
  };
}
