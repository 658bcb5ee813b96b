/** What the app says of payments, advice, findings and disputes, in Chinese. app_words.ts says where they come from. */

import type { AppWords } from "./app_words_en.ts";

const NOTHING = "没有任何改动。";
const OWNED = "已留出的钱仍属于您。";
const REPORT = "请立即向运营方挂失此设备，并停止用它付款。";

export const zh: AppWords = {
  payments: {
    unsigned: {
      title: "等待通行密钥确认",
      detail: "通行密钥尚未确认 {amount}，因此没有向{payee}出示任何内容。这笔金额预留到 {deadline}，或到您确认为止。",
      next: "再次出示：通行密钥会重新请您确认。",
    },
    abandoned: {
      title: "从未确认",
      detail: "通行密钥没有及时确认，没有出示任何内容。{amount} 最迟在 {deadline} 退回。",
      next: null,
    },
    shown: {
      title: "已出示，等待收据",
      detail: "{payee}尚未确认。无论出示多少次都只计一次。",
      next: "请扫描收据。",
    },
    code_shown: {
      title: "付款码已出示",
      detail: "在 {ends} 之前可收取一次；若无人收取，{amount} 最迟于 {deadline} 退回。",
      next: null,
    },
    unconfirmed: {
      title: "尚无收据",
      detail: "收款请求已结束，{payee}可能已收取 {amount}，也可能没有；最迟于 {deadline} 确定。",
      next: "请再次出示以取得收据，或请收款方开取消单。",
    },
    hidden: {
      title: "付款码已隐藏，等待结算",
      detail: "有效时间已过；若无人收取，{amount} 最迟于 {deadline} 退回。",
      next: null,
    },
    accepted: {
      title: "已离线受理，有担保",
      detail: "{payee}已签收 {final}。任一方联网后结算，只结一次。",
      next: null,
    },
    accepted_at_risk: {
      title: "已离线受理，风险由收款方承担",
      detail: "{payee}已签收 {final}。风险不由您承担，只结算一次。",
      next: null,
    },
    accepted_less: {
      title: "已离线受理，有担保",
      detail: "{payee}已签收 {final}；{amount} 中的 {back} 退回。",
      next: null,
    },
    voided: {
      title: "已退回",
      detail: "{amount} 中的 {back} 退回；{final} 归{payee}。",
      next: null,
    },
    cancelled: {
      title: "已取消，全额退回",
      detail: "{payee}未收取此付款，也不会再收取：{amount} 全部退回。",
      next: null,
    },
    contingent: {
      title: "已提交，{deadline} 决定",
      detail: "运营方已收到{payee}的提交，届时支付或退回 {amount}。",
      next: null,
    },
    refused: {
      title: "运营方不予支付",
      detail: "运营方目前不予支付：{amount} 最迟于 {deadline} 退回。",
      next: null,
    },
    settled: {
      title: "已付，最终",
      detail: "{final} 已与{payee}结算完毕，没有待办事项。",
      next: null,
    },
    returned: {
      title: "已退回账户",
      detail: "逾期无人提交：{amount} 已回到您的账户。",
      next: null,
    },
  },
  thePayee: "收款方",
  theDeadline: "截止日",
  credited: "{amount} 可立即再次使用。",
  advice: {
    nothing_to_spend: {
      message: "已无可离线支付的额度。",
      safe: OWNED,
      next: "请在有网络时充值。",
    },
    top_up_suggested: {
      message: "额度已用过大半。",
      safe: OWNED,
      next: "请在有网络时充值。",
    },
    ends_soon: {
      message: "离线额度即将到期。",
      safe: "未花完的部分会退回。",
      next: "请在有网络时充值。",
    },
    few_cheques: {
      message: "可离线支付的次数所剩无几。",
      safe: OWNED,
      next: "请在有网络时充值。",
    },
    trust_old: {
      message: "本机的信任资料较旧。",
      safe: "付款仍可使用。",
      next: "有网络时请同步。",
    },
    clock_behind: {
      message: "本设备的时钟似乎偏慢。",
      safe: NOTHING,
      next: "请校准时钟。",
    },
    update_needed: {
      message: "运营方要求更新此应用。",
      safe: "付款仍可使用。",
      next: "请尽快升级。",
    },
    payee_not_proved: {
      message: "收款方身份未经证明。",
      safe: NOTHING,
      next: "请确认付款对象。",
    },
  },
  findings: {
    not_ours: {
      title: "并非由本钱包签发的付款：{amount}",
      detail:
        "有人持有本钱包或其密钥的副本，或它是从旧副本恢复的。您自己的付款不受影响。挂失之后受理的付款不由您承担。",
      next: REPORT,
    },
    forked: {
      title: "有另一笔付款与此相矛盾：{amount}",
      detail:
        "它是用本设备的密钥签发的，运营方已停用该额度。您手中的收据可证明已付款项。挂失之后受理的付款不由您承担。",
      next: REPORT,
    },
    code_wrong: {
      title: "一笔 {amount} 的付款动态验证码有误",
      detail: "该验证码错误或已用过。收款方已得款；运营方已停用本设备的额度。",
      next: "若并非您所为，请立即挂失此设备；若是您所为，请向运营方索取新的开通码。",
    },
    too_much: {
      title: "运营方多扣 {amount}",
      detail: "账上扣款多于收款方所签。本钱包内的收据或退款单可证明应付金额。",
      next: "请同步以提交凭证；截止日之后请提出争议。",
    },
  },
  disputes: {
    opened: "等待对方答复",
    contested: "对方有异议，由运营方裁定",
    unanswered: "逾期未答复，由运营方裁定",
    accepted: "对方已接受",
    refunded: "已裁定：退款给您",
    upheld: "已裁定：维持原付款",
    withdrawn: "已撤回",
    lapsed: "逾期未裁定，维持原付款",
  },
};
