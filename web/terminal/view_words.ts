/**
 * What the app says of payments, notes, later truth and refusals, in both languages (the facts of cli/terminal_words.py
 * and cli/terminal_told.py). Nothing is called a bare "paid" (spec 07).
 */

import { type AnswerItem, Verdict } from "../protocol/answer.ts";
import { Coded, type Language, type Words } from "../protocol/words.ts";
import { instant, money } from "../ui/format.ts";
import { pick, type Twin } from "../ui/words.ts";
import { type Accepted, gradeIn, keptMinor, standsOf, type ToldEvent } from "./records.ts";
import { type AdviceKind, type ClaimState, type Grade, isQueued } from "./states.ts";

/** In which words and against which day amounts and instants are said. */
export interface Telling {
  readonly language: Language;
  readonly currency: string;
  readonly now: number;
}

export const GRADE_WORDS: Readonly<Record<Grade, Twin>> = {
  F3: ["Paid, final", "已付，最终"],
  F2: ["Accepted offline, guaranteed if sent by the deadline", "已离线受理，按期上传即获担保"],
  F1: ["Accepted at your risk", "已受理，风险自担"],
  F0: ["Refused by the operator", "被运营方拒绝"],
};

export const STATE_WORDS: Readonly<Record<ClaimState, Twin>> = {
  waiting: ["Waiting to be sent", "待上传"],
  sent: ["Sent, not answered yet", "已上传，待答复"],
  settled: ["Settled", "已结算"],
  contingent: ["Waits until the deadline", "待截止期后确定"],
  refused: ["Refused by the operator", "被运营方拒绝"],
};

const VERDICT_WORDS: Readonly<Record<Verdict, Twin>> = {
  [Verdict.settled]: ["Settled", "已结算"],
  [Verdict.contingent]: ["Waits until the deadline", "待截止期后确定"],
  [Verdict.duplicate]: ["Claimed before; counted once", "此前已上传，只计一次"],
  [Verdict.fork]: ["The payer's device signed contradicting cheques", "付款设备签发了相互矛盾的支票"],
  [Verdict.doubleAcceptance]: [
    "This code was also taken at another counter; it pays once in all",
    "此码亦在别处被受理，合计只付一次",
  ],
  [Verdict.secondCheque]: ["Another cheque was paid for this request", "该收款请求已由另一张支票支付"],
  [Verdict.payeeNotNamed]: ["It is made out to another payee", "收款方不是本商户"],
  [Verdict.notCovered]: ["Not covered by the payer's allowance", "超出付款人的额度"],
  [Verdict.unknownAllowance]: ["The issuer does not know this allowance", "发行方不认识该额度"],
  [Verdict.late]: ["Sent after the deadline", "逾期上传"],
  [Verdict.suspended]: ["The allowance was suspended before it was accepted", "受理前该额度已被停用"],
  [Verdict.outOfPolicy]: ["Accepted outside the policy", "受理时不符合规则"],
  [Verdict.refused]: ["Refused", "被拒绝"],
  [Verdict.noted]: ["Noted", "已记录"],
};

const HAPPENED: Readonly<Record<AdviceKind, Twin>> = {
  settled: ["It is settled", "已结算"],
  waiting: ["It waits until the deadline", "待截止期后确定"],
  fork: [
    "This payer's device had signed two different histories; you kept the rules",
    "该付款设备曾签署两份不同的账目；您遵守了规则",
  ],
  double_acceptance: [
    "This code was also taken elsewhere; it pays once in all",
    "此付款码也在别处被受理；合计只兑付一次",
  ],
  second_cheque: [
    "Another cheque was paid for the same request; one request pays once",
    "同一收款请求已由另一张支票支付；一个请求只兑付一次",
  ],
  given_back: ["It was given back to the payer, in part or in full", "已部分或全部退还付款人"],
  shared: ["The deadline has passed and what the payer had left was shared out", "截止期已过，付款人余下的款项已分配"],
  missing: [
    "The payer has shown this payment to the operator, which has no claim for it",
    "付款人已向运营方出示此付款，而运营方尚未收到您的提交",
  ],
  unpaid: ["The deadline has passed and the payer had nothing left for it", "截止期已过，付款人已无余款可付此笔"],
};
const SUSPENDED: Twin = [
  "The payer's allowance was reported lost or suspended before you accepted it",
  "您受理之前，该付款额度已挂失或停用",
];

export const NOTE_WORDS: Readonly<Record<"void" | "cancel", Twin>> = {
  void: ["Void note", "退款凭证"],
  cancel: ["Cancel note", "取消凭证"],
};
export const NOTICE_WORDS: Twin = [
  "Settled by the payer's issuer; nothing to be sent",
  "已由付款人的发行方结算，无需上传",
];
export const FINAL_WORDS: Twin = ["How much do you take?", "实收多少？"];

/** What became of a payment: its title, what it means for the payee, and what to do if anything. */
export interface Told {
  readonly title: string;
  readonly detail: string;
  readonly next: string | null;
}

/** How an accepted payment stands. */
export function acceptedWords(accepted: Accepted, telling: Telling): Told {
  const { language } = telling;
  const say = (twin: Twin): string => pick(twin, language);
  const grade = gradeIn(accepted);
  const until = instant(accepted.deadline, telling.now, language);
  if (accepted.told !== undefined && !isQueued(accepted.state)) {
    return {
      title: happened(accepted.told, language),
      detail: outcome(accepted.told, telling),
      next: nextOf(accepted, say),
    };
  }
  if (isQueued(accepted.state)) {
    const cap = money(accepted.guaranteedMinor, telling.currency);
    const detail: Twin =
      grade === "F2"
        ? [`Guaranteed up to ${cap} if sent by ${until}.`, `${until} 前上传，担保 ${cap}。`]
        : [
            `Not guaranteed; it is paid if it holds. Send it by ${until}.`,
            `不受担保，核实有效方可兑付。请在 ${until} 前上传。`,
          ];
    return { title: say(STATE_WORDS[accepted.state]), detail: say(detail), next: nextOf(accepted, say) };
  }
  const { answer } = accepted;
  const title = answer === undefined ? say(STATE_WORDS[accepted.state]) : verdictWords(answer, language);
  return { title, detail: answer === undefined ? "" : paidWords(accepted, telling), next: nextOf(accepted, say) };
}

/** What the operator said of one claim. */
export function verdictWords(item: AnswerItem, language: Language): string {
  const words = pick(VERDICT_WORDS[item.verdict], language);
  const friendly = item.verdict === Verdict.settled || item.verdict === Verdict.duplicate;
  const nothing = item.paidMinor === 0n && item.waitingMinor === 0n;
  const unpaid = friendly && nothing ? pick(["; nothing is paid for this one", "；此笔不付款"], language) : "";
  return `${words}${unpaid}${item.code === "" ? "" : ` [${item.code}]`}`;
}

/** The sentence of one event: what happened, and what the payee has of it. */
export function toldWords(event: ToldEvent, telling: Telling): { readonly title: string; readonly detail: string } {
  return { title: happened(event, telling.language), detail: outcome(event, telling) };
}

function happened(event: ToldEvent, language: Language): string {
  const suspended = event.kind === "unpaid" && event.at <= event.deadline;
  return pick(suspended ? SUSPENDED : HAPPENED[event.kind], language);
}

function outcome(event: ToldEvent, { language, currency, now }: Telling): string {
  const [paid, waiting] = [money(event.paidMinor, currency), money(event.waitingMinor, currency)];
  const until = instant(event.deadline, now, language);
  const said = (): Twin => {
    if (event.paidMinor > 0n && event.waitingMinor > 0n) {
      return [
        `You are paid ${paid}, and get up to ${waiting} more at ${until}.`,
        `已付给您 ${paid}，另有至多 ${waiting} 于 ${until} 确定。`,
      ];
    }
    if (event.waitingMinor > 0n) {
      return [`You get up to ${waiting} at ${until}.`, `您至多可得 ${waiting}，于 ${until} 确定。`];
    }
    if (event.kind === "missing") {
      return [`To be paid, sync this till before ${until}.`, `请在 ${until} 之前在此终端同步以获付款。`];
    }
    if (event.paidMinor === 0n) return ["You get nothing for it.", "此笔您不会得到款项。"];
    if (event.kind === "fork") return [`You are paid ${paid} by the issuer.`, `发行方已付给您 ${paid}。`];
    return [`You are paid ${paid}.`, `已付给您 ${paid}。`];
  };
  return pick(said(), language);
}

function paidWords(accepted: Accepted, { language, currency, now }: Telling): string {
  const { paidMinor, waitingMinor } = standsOf(accepted) ?? { paidMinor: 0n, waitingMinor: 0n };
  const [paid, waiting] = [money(paidMinor, currency), money(waitingMinor, currency)];
  const until = instant(accepted.deadline, now, language);
  if (waitingMinor > 0n) {
    return pick(
      [`Paid ${paid}; up to ${waiting} is decided at ${until}.`, `已付 ${paid}；至多 ${waiting} 于 ${until} 确定。`],
      language,
    );
  }
  if (paidMinor === 0n && keptMinor(accepted) === 0n)
    return pick(["All of it was given back.", "已全部退还。"], language);
  if (paidMinor === 0n) return pick(["You get nothing for it.", "此笔您不会得到款项。"], language);
  return pick([`You are paid ${paid}.`, `已付给您 ${paid}。`], language);
}

function nextOf(accepted: Accepted, say: (twin: Twin) => string): string | null {
  if (accepted.state === "waiting") return say(["Sync when there is a network.", "有网络时请同步。"]);
  if (accepted.state === "sent") return say(["Sync again for the answer.", "请再次同步以取得答复。"]);
  if (accepted.state === "refused" && keptMinor(accepted) > 0n) {
    return say(["If that is wrong, report a problem.", "若有误，请反映问题。"]);
  }
  return null;
}

/** What only the app, and no rule of the terminal, refuses. */
export class AppTrouble extends Coded {
  readonly code: keyof typeof APP_WORDS;

  constructor(code: keyof typeof APP_WORDS) {
    super(code);
    this.name = "AppTrouble";
    this.code = code;
  }

  words(language: Language): Words {
    return APP_WORDS[this.code][language];
  }
}

const APP_WORDS = {
  not_for_terminal: {
    en: {
      message: "This code is not for a till.",
      safe: "Nothing was accepted and nothing was changed.",
      next: "Scan what the payer's wallet shows in answer.",
    },
    zh: {
      message: "此二维码不是给收款终端用的。",
      safe: "没有受理，也没有任何改动。",
      next: "请扫描付款人钱包作答时出示的二维码。",
    },
  },
} as const satisfies Record<string, Record<Language, Words>>;
