/**
 * What can go wrong on the payer's device, in words: what happened, what is safe, what to do next.
 *
 * Codes and sentences are those of src/feiqian/wallet/troubles.py (a test holds them together); only where that one names
 * a command, the next step is said as this app knows it.
 */

import { Coded, type Language, type Words } from "../protocol/words.ts";

const NOTHING_EN = "Nothing was signed and no money moved.";
const NOTHING_ZH = "没有签发任何支付，资金未动。";

export const WALLET_WORDS = {
  not_enrolled: {
    en: words("This wallet is not enrolled yet.", NOTHING_EN, "Enrol it with a code from the operator."),
    zh: words("此钱包尚未开通。", NOTHING_ZH, "请用运营方提供的开通码开通。"),
  },
  already_enrolled: {
    en: words(
      "This wallet is enrolled already, at {server}.",
      "What it holds was left as it is.",
      "For another payer use another browser profile.",
    ),
    zh: words("此钱包已在 {server} 开通。", "原有内容未作改动。", "如为另一付款人，请使用另一个浏览器用户配置。"),
  },
  deployment_changed: {
    en: words(
      "The server answered for another deployment than it named first.",
      "Nothing of its answer was kept.",
      "Check the server's address and ask the operator for a new code.",
    ),
    zh: words("服务器前后给出的系统名称不一致。", "其答复未被保存。", "请核对服务器地址，并向运营方索取新的开通码。"),
  },
  allowance_not_as_asked: {
    en: words(
      "The operator sent an allowance that is not the one asked for ({why}).",
      "It was not stored; the request stays open, and repeating it counts once.",
      "Try again; if it stays so, tell the operator.",
    ),
    zh: words(
      "运营方发来的额度与申请不符（{why}）。",
      "未予保存；申请仍然有效，重试只计一次。",
      "请重试；若仍如此，请告知运营方。",
    ),
  },
  top_up_waits: {
    en: words(
      "A top-up of {amount} was begun and has no answer yet.",
      "It counts once, however often it is asked.",
      "Finish it first: repeat that amount, or sync.",
    ),
    zh: words(
      "已有一笔 {amount} 的充值尚未得到答复。",
      "无论重试多少次都只计一次。",
      "请先完成它：按该金额重试，或进行同步。",
    ),
  },
  no_allowance: {
    en: words("There is nothing on this device to pay with offline.", NOTHING_EN, "Top up while there is a network."),
    zh: words("此设备上没有可离线支付的额度。", NOTHING_ZH, "请在有网络时充值。"),
  },
  allowances_expired: {
    en: words(
      "The allowances on this device have ended.",
      "What was not spent returns to your account by {deadline}.",
      "Top up again while there is a network. If the date looks wrong, set this device's clock.",
    ),
    zh: words(
      "此设备上的额度均已到期。",
      "未花完的部分最迟于 {deadline} 退回您的账户。",
      "请在有网络时重新充值；若日期有误，请校准本设备时钟。",
    ),
  },
  allowance_not_begun: {
    en: words(
      "By this device's clock the allowance has not begun yet.",
      NOTHING_EN,
      "Set this device's clock, then try again.",
    ),
    zh: words("按本设备时钟，额度尚未生效。", NOTHING_ZH, "请校准本设备时钟后重试。"),
  },
  allowance_stopped: {
    en: words(
      "The operator has suspended or retired what this device could pay with.",
      NOTHING_EN,
      "Sync, and ask the operator if you did not expect this.",
    ),
    zh: words("运营方已暂停或停用此设备的支付额度。", NOTHING_ZH, "请同步；如有疑问，请联系运营方。"),
  },
  other_payee_only: {
    en: words(
      "The allowances on this device may be spent at another payee only.",
      NOTHING_EN,
      "Pay there, or top up without that condition.",
    ),
    zh: words("此设备上的额度只能用于另一收款方。", NOTHING_ZH, "请在该处使用，或另行充值。"),
  },
  currency_not_held: {
    en: words("This wallet holds no {currency}.", NOTHING_EN, "Ask the payee for another currency."),
    zh: words("此钱包没有 {currency}。", NOTHING_ZH, "请收款方改用其他币种。"),
  },
  over_one_payment: {
    en: words(
      "{amount} is more than one payment may be; the limit is {limit}.",
      NOTHING_EN,
      "Ask the payee for a smaller request, or pay online.",
    ),
    zh: words("{amount} 超过单笔上限 {limit}。", NOTHING_ZH, "请收款方分开收款，或在线支付。"),
  },
  over_one_way: {
    en: words(
      "{amount} is more than a one-way code may carry; the limit is {limit}.",
      NOTHING_EN,
      "Let the payee show a request and pay that: it allows more.",
    ),
    zh: words("{amount} 超过单向付款码上限 {limit}。", NOTHING_ZH, "请让收款方出示收款请求再付，限额更高。"),
  },
  not_enough: {
    en: words(
      "{amount} is more than one allowance on this device still covers; at most {limit} can be paid at once.",
      NOTHING_EN,
      "Top up while there is a network, or pay a smaller amount.",
    ),
    zh: words(
      "{amount} 超出单个额度的剩余；此刻单笔最多可付 {limit}。",
      NOTHING_ZH,
      "请在有网络时充值，或支付较小金额。",
    ),
  },
  cheques_used_up: {
    en: words(
      "All cheques of the allowances on this device are used.",
      "What was not spent returns to your account by {deadline}.",
      "Top up while there is a network.",
    ),
    zh: words("额度内的支票张数已用完。", "未花完的部分最迟于 {deadline} 退回您的账户。", "请在有网络时充值。"),
  },
  holder_check_needed: {
    en: words(
      "Above {limit} this device must check that it is you.",
      NOTHING_EN,
      "Confirm with your PIN and try again.",
    ),
    zh: words("金额超过 {limit} 时须确认持有人身份。", NOTHING_ZH, "请输入 PIN 确认后重试。"),
  },
  clocks_differ: {
    en: words(
      "The payee's clock says {theirs}, this device's says {ours}, so the request looks out of date.",
      NOTHING_EN,
      "Set the clock that is wrong, then let the payee make a new request.",
    ),
    zh: words(
      "收款方时钟为 {theirs}，本机为 {ours}，因此该请求看来已失效。",
      NOTHING_ZH,
      "请校准有误的时钟，然后由收款方重新出示请求。",
    ),
  },
  own_request: {
    en: words(
      "This request asks for money onto an allowance of this same wallet.",
      NOTHING_EN,
      "There is nothing to pay.",
    ),
    zh: words("此请求的收款额度就在本钱包内。", NOTHING_ZH, "无需支付。"),
  },
  code_hidden: {
    en: words(
      "This one-way code has had its time and is not shown again.",
      "It pays at most once. If nobody took it, the amount returns by {deadline}.",
      "Make a new code if the payee did not take it.",
    ),
    zh: words(
      "此单向付款码已过期，不再显示。",
      "它最多支付一次；若无人收取，金额最迟于 {deadline} 退回。",
      "若收款方未收取，请生成新码。",
    ),
  },
  payment_unknown: {
    en: words("This wallet knows no payment {number}.", "Nothing was changed.", "Look it up in the history."),
    zh: words("此钱包没有编号为 {number} 的付款。", "没有任何改动。", "请在付款记录中查找。"),
  },
  about_no_payment: {
    en: words(
      "This receipt or note is about no payment of this wallet.",
      "Nothing was changed.",
      "Let the payee show the one for your payment; its number stands beside it.",
    ),
    zh: words("此收据或退款单与本钱包的任何付款无关。", "没有任何改动。", "请收款方出示与您付款编号相符的收据。"),
  },
  nothing_to_close: {
    en: words("There is no allowance that could be closed.", "Nothing was changed.", "See the list of allowances."),
    zh: words("没有可关闭的额度。", "没有任何改动。", "请查看额度列表。"),
  },
  closing_needs_cheque: {
    en: words(
      "All cheques of this allowance are used, and closing it would need one.",
      "Nothing more can be spent on it.",
      "It ends by itself: what is left returns by {deadline}.",
    ),
    zh: words(
      "此额度的支票已用完，而关闭须用一张。",
      "它已不能再用于支付。",
      "它会自行结束：余额最迟于 {deadline} 退回。",
    ),
  },
  wallet_changed: {
    en: words(
      "The wallet's store changed while this was being done.",
      "Nothing of this was written.",
      "Try again; if it stays so, keep the device as it is and tell the operator.",
    ),
    zh: words("处理期间钱包数据发生了变化。", "本次操作没有写入。", "请重试；若仍如此，请保持设备原状并告知运营方。"),
  },
  amount_out_of_range: {
    en: words("This amount cannot be paid.", NOTHING_EN, "Give an amount above zero."),
    zh: words("此金额无法支付。", NOTHING_ZH, "请输入大于零的金额。"),
  },
} as const satisfies Record<string, Record<Language, Words>>;

export type WalletCode = keyof typeof WALLET_WORDS;

/** A rule of this wallet stops what was asked. Values are shown to people: no secret and no full id is among them. */
export class WalletTrouble extends Coded {
  readonly code: WalletCode;
  readonly values: Readonly<Record<string, string>>;

  constructor(code: WalletCode, values: Readonly<Record<string, string>> = {}) {
    super(code);
    this.name = "WalletTrouble";
    this.code = code;
    this.values = values;
  }

  words(language: Language): Words {
    const said = WALLET_WORDS[this.code][language];
    return { message: this.#filled(said.message), safe: this.#filled(said.safe), next: this.#filled(said.next) };
  }

  #filled(text: string): string {
    return text.replace(/\{(\w+)\}/g, (_, name: string) => this.values[name] ?? "");
  }
}

function words(message: string, safe: string, next: string): Words {
  return { message, safe, next };
}
