/** Payments as they may stand on a full day, for fake_app.ts: every state, long names, large and small amounts. */

import { language, pick, type Twin } from "../../ui/words.ts";
import type { FindingView, PaymentStatus, PaymentView } from "../app.ts";

/** Sunday 22 November 2026, 14:05 UTC: the fake's clock stands still, so that pictures are the same every time. */
export const FAKE_NOW = 1_795_356_300;
const HOUR = 3600;
const DAY = 24 * HOUR;

type Words = { readonly title: Twin; readonly detail: Twin; readonly next: Twin | null };

const STATES: Readonly<Record<string, { status: PaymentStatus; grade: PaymentView["grade"]; words: Words }>> = {
  shown: {
    status: "active",
    grade: null,
    words: {
      title: ["Shown, receipt awaited", "已出示，等待收据"],
      detail: ["Counts as spent until a receipt or a note comes.", "在收到收据或凭证之前，此金额视为已花。"],
      next: ["Scan the receipt on the payee's screen.", "请扫描收款方屏幕上的收据。"],
    },
  },
  unconfirmed: {
    status: "needs_you",
    grade: null,
    words: {
      title: ["No receipt yet", "尚无收据"],
      detail: [
        "It counts as spent. What nobody claims returns by 2 Dec, 14:07.",
        "此金额视为已花；无人提交的部分最迟于 12月2日 14:07 退回。",
      ],
      next: [
        "Show it again and take a receipt, or ask the payee for a cancel note.",
        "请再次出示并取得收据，或请收款方开取消单。",
      ],
    },
  },
  hidden: {
    status: "active",
    grade: null,
    words: {
      title: ["Code hidden, waits for settlement", "付款码已隐藏，等待结算"],
      detail: ["If nobody took it, it returns by 2 Dec, 14:07.", "若无人收取，最迟于 12月2日 14:07 退回。"],
      next: null,
    },
  },
  accepted: {
    status: "done",
    grade: "F2",
    words: {
      title: ["Accepted offline, guaranteed", "已离线受理，有担保"],
      detail: [
        "The payee has signed for it. It settles when either side is online.",
        "收款方已签收，任一方联网后结算。",
      ],
      next: null,
    },
  },
  contingent: {
    status: "active",
    grade: null,
    words: {
      title: ["Claimed, decided 2 Dec, 14:07", "已提交，12月2日 14:07 决定"],
      detail: ["The operator holds the claim until its deadline.", "运营方将该笔保留至截止日。"],
      next: null,
    },
  },
  settled: {
    status: "done",
    grade: "F3",
    words: {
      title: ["Paid, final", "已付，最终"],
      detail: ["Settled by the operator.", "运营方已结算。"],
      next: null,
    },
  },
  voided: {
    status: "done",
    grade: null,
    words: {
      title: ["Given back", "已退回"],
      detail: ["You can spend it again at once.", "可立即再次使用。"],
      next: null,
    },
  },
  refused: {
    status: "active",
    grade: "F0",
    words: {
      title: ["Not paid by the operator, returns at the deadline", "运营方不予支付，截止日退回"],
      detail: ["The whole amount returns to your account by 2 Dec, 14:07.", "全额最迟于 12月2日 14:07 退回您的账户。"],
      next: null,
    },
  },
};

interface Sample {
  readonly number: string;
  readonly state: string;
  readonly minor: bigint;
  readonly finalMinor?: bigint;
  readonly payee: Twin | null;
  readonly unproved?: boolean;
  readonly upTo?: boolean;
  readonly oneWay?: boolean;
  readonly reference?: Twin;
  readonly agoS: number;
}

const SAMPLES: readonly Sample[] = [
  {
    number: "7f3a9c21",
    state: "unconfirmed",
    minor: 1_850n,
    payee: ["Café Lindenhof", "林登霍夫咖啡馆"],
    reference: ["Table 12", "12 号桌"],
    agoS: 25 * 60,
  },
  {
    number: "c04d18e7",
    state: "accepted",
    minor: 4_275n,
    finalMinor: 4_275n,
    payee: ["Bakery at the Old Town Hall Square, Freiburg", "北京市朝阳区大望路老字号手工糕点烘焙工坊总店"],
    reference: ["Order 2026-1193", "订单 2026-1193"],
    agoS: 2 * HOUR,
  },
  { number: "91b2e6f0", state: "hidden", minor: 1_200n, payee: null, oneWay: true, agoS: 3 * HOUR },
  {
    number: "2ad97715",
    state: "accepted",
    minor: 6_000n,
    finalMinor: 4_812n,
    payee: ["Filling station A5 North", "A5 高速北区加油站"],
    upTo: true,
    agoS: 5 * HOUR,
  },
  {
    number: "55e0c3b8",
    state: "settled",
    minor: 128_940n,
    finalMinor: 128_940n,
    payee: ["Schwarzwald Bikes", "黑森林自行车行"],
    agoS: DAY + HOUR,
  },
  {
    number: "e81f4402",
    state: "refused",
    minor: 2_500n,
    payee: ["Kiosk 7", "七号报刊亭"],
    unproved: true,
    agoS: DAY + 4 * HOUR,
  },
  {
    number: "0b6cd93e",
    state: "voided",
    minor: 3_400n,
    finalMinor: 0n,
    payee: ["Market stall Huber", "胡贝尔集市摊位"],
    agoS: 3 * DAY,
  },
  { number: "a7750f1d", state: "contingent", minor: 900n, payee: ["Night bus 12", "12 路夜班车"], agoS: 4 * DAY },
];

function fromSample(sample: Sample, current: string): PaymentView {
  const state = STATES[sample.state];
  if (state === undefined) throw new RangeError(sample.state);
  const put = (twin: Twin): string => pick(twin, language());
  const drawnAt = FAKE_NOW - sample.agoS;
  const receipt = ["accepted", "settled", "voided"].includes(sample.state);
  return {
    number: sample.number,
    status: state.status,
    state: sample.state,
    grade: state.grade,
    oneWay: sample.oneWay ?? false,
    amountMinor: sample.minor,
    finalMinor: sample.finalMinor ?? null,
    upTo: sample.upTo ?? false,
    currency: current,
    payeeName: sample.payee === null ? null : put(sample.payee),
    payeeProved: sample.payee !== null && sample.unproved !== true,
    reference: sample.reference === undefined ? null : put(sample.reference),
    drawnAt,
    expiresAt: drawnAt + 120,
    deadlineAt: drawnAt + 10 * DAY,
    acknowledgedAt: receipt ? drawnAt + 12 : null,
    canShowAgain: sample.state === "unconfirmed" || sample.state === "shown",
    words: {
      title: put(state.words.title),
      detail: put(state.words.detail),
      next: state.words.next === null ? null : put(state.words.next),
    },
  };
}

export function samplePayments(currency: string): PaymentView[] {
  return SAMPLES.map((sample) => fromSample(sample, currency));
}

/** A payment in some state, drawn now. */
export function samplePayment(state: string, more: Partial<PaymentView>): PaymentView {
  const made = fromSample(
    { number: "3d5e80a4", state, minor: 2_350n, payee: ["Café Lindenhof", "林登霍夫咖啡馆"], agoS: 0 },
    more.currency ?? "EUR",
  );
  return { ...made, ...more };
}

export function sampleFindings(): FindingView[] {
  const put = (twin: Twin): string => pick(twin, language());
  return [
    {
      kind: "not_ours",
      amountMinor: 7_500n,
      number: null,
      words: {
        title: put(["Cheques that this wallet never drew were claimed", "有并非由本钱包签发的支票被提交"]),
        detail: put([
          "Somebody has a copy of it or of its key. Your own payments stand as they are; you answer for nothing that is accepted after you report it.",
          "有人持有它或其密钥的副本。您自己的付款不受影响；挂失之后受理的付款不由您承担。",
        ]),
        next: put(["Report this device at once, and pay nothing more with it.", "请立即挂失此设备，并停止用它付款。"]),
      },
    },
    {
      kind: "too_much",
      amountMinor: 1_188n,
      number: "2ad97715",
      words: {
        title: put(["The operator took more than the payee signed for", "运营方扣款多于收款方所签"]),
        detail: put(["The receipt in this wallet proves what you owe.", "本钱包内的收据可证明应付金额。"]),
        next: put([
          "Sync to hand it in; after the deadline, dispute the payment.",
          "请同步以提交；截止日之后请提出争议。",
        ]),
      },
    },
  ];
}
