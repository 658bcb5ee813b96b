/**
 * What the app says of payments, advice, findings, disputes and a lost device, in English and Chinese.
 *
 * Facts are those of src/feiqian/cli/wallet_words.py and wallet_findings.py; the next step is said as this app knows it.
 * A payment is never called just "paid": what it is called is its finality (spec 07).
 */

import type { Language, Words } from "../protocol/words.ts";
import type { FindingKind, PaymentRecord } from "./records.ts";
import type { Advice } from "./spending.ts";
import type { PaymentState } from "./states.ts";
import { amountWords, instantWords } from "./wording.ts";

type Twins<T> = Readonly<Record<Language, T>>;

/** What became of a payment: the state, what it means, and what to do next if anything. */
export interface Told {
  readonly title: string;
  readonly detail: string;
  readonly next: string | null;
}

const twice = (en: Told, zh: Told): Twins<Told> => ({ en, zh });
const told = (title: string, detail: string, next: string | null = null): Told => ({ title, detail, next });

type Case = PaymentState | "code_shown" | "accepted_at_risk" | "accepted_less";

const PAYMENT_WORDS: Readonly<Record<Case, Twins<Told>>> = {
  shown: twice(
    told(
      "Shown, receipt awaited",
      "{payee} has not confirmed yet. It counts once, however often it is shown.",
      "Scan the receipt.",
    ),
    told("已出示，等待收据", "{payee}尚未确认。无论出示多少次都只计一次。", "请扫描收据。"),
  ),
  code_shown: twice(
    told("Code shown", "It can be taken once, until {ends}. If nobody takes it, {amount} returns by {deadline}."),
    told("付款码已出示", "在 {ends} 之前可收取一次；若无人收取，{amount} 最迟于 {deadline} 退回。"),
  ),
  unconfirmed: twice(
    told(
      "No receipt yet",
      "The request has ended, and {payee} may or may not have taken {amount}. It is decided by {deadline}.",
      "Show it again for a receipt, or ask for a cancel note.",
    ),
    told(
      "尚无收据",
      "收款请求已结束，{payee}可能已收取 {amount}，也可能没有；最迟于 {deadline} 确定。",
      "请再次出示以取得收据，或请收款方开取消单。",
    ),
  ),
  hidden: twice(
    told("Code hidden, waits for settlement", "Its time is over. If nobody took it, {amount} returns by {deadline}."),
    told("付款码已隐藏，等待结算", "有效时间已过；若无人收取，{amount} 最迟于 {deadline} 退回。"),
  ),
  accepted: twice(
    told(
      "Accepted offline, guaranteed",
      "{payee} has signed for {final}. It is settled once, when one of you is online.",
    ),
    told("已离线受理，有担保", "{payee}已签收 {final}。任一方联网后结算，只结一次。"),
  ),
  accepted_at_risk: twice(
    told(
      "Accepted offline, at the payee's risk",
      "{payee} has signed for {final}. The risk is not yours; it is settled once.",
    ),
    told("已离线受理，风险由收款方承担", "{payee}已签收 {final}。风险不由您承担，只结算一次。"),
  ),
  accepted_less: twice(
    told("Accepted offline, guaranteed", "{payee} has signed for {final}; {back} of {amount} comes back."),
    told("已离线受理，有担保", "{payee}已签收 {final}；{amount} 中的 {back} 退回。"),
  ),
  voided: twice(
    told("Given back", "{back} of {amount} comes back; {final} stays with {payee}."),
    told("已退回", "{amount} 中的 {back} 退回；{final} 归{payee}。"),
  ),
  cancelled: twice(
    told("Cancelled, all given back", "{payee} did not take this payment and never will: {amount} comes back."),
    told("已取消，全额退回", "{payee}未收取此付款，也不会再收取：{amount} 全部退回。"),
  ),
  contingent: twice(
    told(
      "Claimed, decided by {deadline}",
      "The operator holds the claim of {payee} and pays or returns {amount} by then.",
    ),
    told("已提交，{deadline} 决定", "运营方已收到{payee}的提交，届时支付或退回 {amount}。"),
  ),
  refused: twice(
    told("Not paid by the operator", "The operator pays nothing for it so far: {amount} returns by {deadline}."),
    told("运营方不予支付", "运营方目前不予支付：{amount} 最迟于 {deadline} 退回。"),
  ),
  settled: twice(
    told("Paid, final", "{final} was settled with {payee}. Nothing about it is open."),
    told("已付，最终", "{final} 已与{payee}结算完毕，没有待办事项。"),
  ),
  returned: twice(
    told("Returned to your account", "Nobody claimed it in time: {amount} is in your account again."),
    told("已退回账户", "逾期无人提交：{amount} 已回到您的账户。"),
  ),
};

/** What a payment is called, what it means and what to do; `deadline` is D where it is known. */
export function paymentWords(payment: PaymentRecord, deadline: number | undefined, language: Language): Told {
  const finalMinor = payment.finalMinor ?? payment.amountMinor;
  const parts: Readonly<Record<string, string>> = {
    payee: payment.payeeName ?? { en: "the payee", zh: "收款方" }[language],
    amount: amountWords(payment.amountMinor, payment.currency),
    final: amountWords(finalMinor, payment.currency),
    back: amountWords(payment.amountMinor - finalMinor, payment.currency),
    ends: instantWords(payment.expiresAt),
    deadline: deadline === undefined ? { en: "the deadline", zh: "截止日" }[language] : instantWords(deadline),
  };
  const said = PAYMENT_WORDS[caseOf(payment)][language];
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

const words = (message: string, safe: string, next: string): Words => ({ message, safe, next });
const SAFE: Twins<string> = { en: "Nothing was changed.", zh: "没有任何改动。" };
const OWNED: Twins<string> = {
  en: "What you have set aside stays yours.",
  zh: "已留出的钱仍属于您。",
};

/** What the holder should know, most pressing first. */
export const ADVICE_WORDS: Readonly<Record<Advice, Twins<Words>>> = {
  nothing_to_spend: {
    en: words("Nothing is left to spend offline.", OWNED.en, "Top up while there is a network."),
    zh: words("已无可离线支付的额度。", OWNED.zh, "请在有网络时充值。"),
  },
  top_up_suggested: {
    en: words("More than half is spent.", OWNED.en, "Top up while there is a network."),
    zh: words("额度已用过大半。", OWNED.zh, "请在有网络时充值。"),
  },
  ends_soon: {
    en: words(
      "What you can spend offline ends soon.",
      "What is not spent comes back.",
      "Top up while there is a network.",
    ),
    zh: words("离线额度即将到期。", "未花完的部分会退回。", "请在有网络时充值。"),
  },
  few_cheques: {
    en: words("Only a few offline payments are left.", OWNED.en, "Top up while there is a network."),
    zh: words("可离线支付的次数所剩无几。", OWNED.zh, "请在有网络时充值。"),
  },
  trust_old: {
    en: words("What this wallet knows of the operator is old.", "Payments still work.", "Sync when you can."),
    zh: words("本机的信任资料较旧。", "付款仍可使用。", "有网络时请同步。"),
  },
  clock_behind: {
    en: words("This device's clock seems to be behind.", SAFE.en, "Set the clock."),
    zh: words("本设备的时钟似乎偏慢。", SAFE.zh, "请校准时钟。"),
  },
  update_needed: {
    en: words("The operator asks for a newer version of this app.", "Payments still work.", "Update when you can."),
    zh: words("运营方要求更新此应用。", "付款仍可使用。", "请尽快升级。"),
  },
  payee_not_proved: {
    en: words("Nobody vouches for this payee's name.", SAFE.en, "Look whom you pay."),
    zh: words("收款方身份未经证明。", SAFE.zh, "请确认付款对象。"),
  },
};

const REPORT: Twins<string> = {
  en: "Report this device to your operator at once, and pay nothing more with it.",
  zh: "请立即向运营方挂失此设备，并停止用它付款。",
};

/** Where the operator's books differ; `{amount}` is filled in. */
export const FINDING_WORDS: Readonly<Record<FindingKind, Twins<Told & { readonly next: string }>>> = {
  not_ours: {
    en: {
      title: "A payment that this wallet never made: {amount}",
      detail:
        "Somebody has a copy of this wallet or of its key, or it was itself put back from an older copy. Your own payments" +
        " stand as they are. You answer for nothing that is accepted after you report it.",
      next: REPORT.en,
    },
    zh: {
      title: "并非由本钱包签发的付款：{amount}",
      detail:
        "有人持有本钱包或其密钥的副本，或它是从旧副本恢复的。您自己的付款不受影响。挂失之后受理的付款不由您承担。",
      next: REPORT.zh,
    },
  },
  forked: {
    en: {
      title: "Another payment contradicts this one: {amount}",
      detail:
        "It was signed with this device's key, and the operator has suspended the allowance. Your receipts prove what you" +
        " paid. You answer for nothing that is accepted after you report it.",
      next: REPORT.en,
    },
    zh: {
      title: "有另一笔付款与此相矛盾：{amount}",
      detail:
        "它是用本设备的密钥签发的，运营方已停用该额度。您手中的收据可证明已付款项。挂失之后受理的付款不由您承担。",
      next: REPORT.zh,
    },
  },
  too_much: {
    en: {
      title: "The operator took {amount} too much",
      detail: "Its books take more than the payee signed for. The receipt or note in this wallet proves what you owe.",
      next: "Sync: it hands the proof in. After the deadline, dispute the payment.",
    },
    zh: {
      title: "运营方多扣 {amount}",
      detail: "账上扣款多于收款方所签。本钱包内的收据或退款单可证明应付金额。",
      next: "请同步以提交凭证；截止日之后请提出争议。",
    },
  },
};

/** What a dispute's state is called; one that a newer operator knows is shown as it is. */
export const DISPUTE_WORDS: Readonly<Record<string, Twins<string>>> = {
  opened: { en: "waits for the other side's answer", zh: "等待对方答复" },
  contested: { en: "contested; the operator decides", zh: "对方有异议，由运营方裁定" },
  unanswered: { en: "not answered in time; the operator decides", zh: "逾期未答复，由运营方裁定" },
  accepted: { en: "accepted by the other side", zh: "对方已接受" },
  refunded: { en: "decided: refunded to you", zh: "已裁定：退款给您" },
  upheld: { en: "decided: the payment stands", zh: "已裁定：维持原付款" },
  withdrawn: { en: "withdrawn", zh: "已撤回" },
  lapsed: { en: "lapsed without a decision; the payment stands", zh: "逾期未裁定，维持原付款" },
};

/** What to do when this device is lost. */
export const LOST_STEPS: Twins<readonly string[]> = {
  en: [
    "Tell your operator at once: it suspends this device, and payees learn of it with their next sync.",
    "You answer for nothing that is accepted after you reported it. Whoever has the device still needs its PIN, and has" +
      " ten tries.",
    "What was set aside and not spent comes back at its deadline. Receipts you still have prove what you paid.",
    "Enrol a new device with a new code; it gets allowances of its own.",
  ],
  zh: [
    "立即告知运营方：它会停用此设备，收款方在下次同步时即会得知。",
    "挂失之后受理的付款不由您承担。捡到设备的人仍需 PIN，且只有十次机会。",
    "已留出而未花的钱在截止日退回。您手中的收据可证明已付款项。",
    "用新的开通码开通新设备；它会获得自己的额度。",
  ],
};

/** What a receipt or note that was taken did. */
export const TAKEN_WORDS: Twins<{ readonly credit: string }> = {
  en: { credit: "{amount} can be spent again at once." },
  zh: { credit: "{amount} 可立即再次使用。" },
};
