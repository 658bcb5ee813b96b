/** What can go wrong on the payer's device, in Chinese. troubles.ts says where they come from. */

import type { WalletTroubles } from "./troubles_en.ts";

const NOTHING = "没有签发任何支付，资金未动。";

export const zh: WalletTroubles = {
  not_enrolled: {
    message: "此钱包尚未开通。",
    safe: NOTHING,
    next: "请用运营方提供的开通码开通。",
  },
  already_enrolled: {
    message: "此钱包已在 {server} 开通。",
    safe: "原有内容未作改动。",
    next: "如为另一付款人，请使用另一个浏览器用户配置。",
  },
  deployment_changed: {
    message: "服务器前后给出的系统名称不一致。",
    safe: "其答复未被保存。",
    next: "请核对服务器地址，并向运营方索取新的开通码。",
  },
  allowance_not_as_asked: {
    message: "运营方发来的额度与申请不符（{why}）。",
    safe: "未予保存；申请仍然有效，重试只计一次。",
    next: "请重试；若仍如此，请告知运营方。",
  },
  top_up_waits: {
    message: "已有一笔 {amount} 的充值尚未得到答复。",
    safe: "无论重试多少次都只计一次。",
    next: "请先完成它：按该金额重试，或进行同步。",
  },
  no_allowance: {
    message: "此设备上没有可离线支付的额度。",
    safe: NOTHING,
    next: "请在有网络时充值。",
  },
  allowances_expired: {
    message: "此设备上的额度均已到期。",
    safe: "未花完的部分最迟于 {deadline} 退回您的账户。",
    next: "请在有网络时重新充值；若日期有误，请校准本设备时钟。",
  },
  allowance_not_begun: {
    message: "按本设备时钟，额度尚未生效。",
    safe: NOTHING,
    next: "请校准本设备时钟后重试。",
  },
  allowance_stopped: {
    message: "运营方已暂停或停用此设备的支付额度。",
    safe: NOTHING,
    next: "请同步；如有疑问，请联系运营方。",
  },
  other_payee_only: {
    message: "此设备上的额度只能用于另一收款方。",
    safe: NOTHING,
    next: "请在该处使用，或另行充值。",
  },
  currency_not_held: {
    message: "此钱包没有 {currency}。",
    safe: NOTHING,
    next: "请收款方改用其他币种。",
  },
  over_one_payment: {
    message: "{amount} 超过单笔上限 {limit}。",
    safe: NOTHING,
    next: "请收款方分开收款，或在线支付。",
  },
  over_one_way: {
    message: "{amount} 超过单向付款码上限 {limit}。",
    safe: NOTHING,
    next: "请让收款方出示收款请求再付，限额更高。",
  },
  tier_too_low: {
    message: "支付 {amount} 要求密钥存放在更安全的硬件中；以本钱包的密钥至多可付 {limit}。",
    safe: NOTHING,
    next: "请减少金额，或改为扫收款请求付款，或改用其他方式。",
  },
  not_enough: {
    message: "{amount} 超出单个额度的剩余；此刻单笔最多可付 {limit}。",
    safe: NOTHING,
    next: "请在有网络时充值，或支付较小金额。",
  },
  cheques_used_up: {
    message: "额度内的支票张数已用完。",
    safe: "未花完的部分最迟于 {deadline} 退回您的账户。",
    next: "请在有网络时充值。",
  },
  one_time_code_needed: {
    message: "支付 {amount} 需要验证器上的动态验证码。",
    safe: NOTHING,
    next: "请输入验证器当前显示的验证码。",
  },
  one_time_code_malformed: {
    message: "动态验证码为六位数字。",
    safe: NOTHING,
    next: "请输入验证器显示的六位数字。",
  },
  one_time_code_used: {
    message: "此动态验证码已用于先前一笔付款，每个限用一次。",
    safe: NOTHING,
    next: "请等下一个验证码显示后再用。",
  },
  holder_check_needed: {
    message: "金额超过 {limit} 时须确认持有人身份。",
    safe: NOTHING,
    next: "请输入 PIN 确认后重试。",
  },
  clocks_differ: {
    message: "收款方时钟为 {theirs}，本机为 {ours}，因此该请求看来已失效。",
    safe: NOTHING,
    next: "请校准有误的时钟，然后由收款方重新出示请求。",
  },
  own_request: {
    message: "此请求的收款额度就在本钱包内。",
    safe: NOTHING,
    next: "无需支付。",
  },
  code_hidden: {
    message: "此单向付款码已过期，不再显示。",
    safe: "它最多支付一次；若无人收取，金额最迟于 {deadline} 退回。",
    next: "若收款方未收取，请生成新码。",
  },
  payment_unknown: {
    message: "此钱包没有编号为 {number} 的付款。",
    safe: "没有任何改动。",
    next: "请在付款记录中查找。",
  },
  about_no_payment: {
    message: "此收据或退款单与本钱包的任何付款无关。",
    safe: "没有任何改动。",
    next: "请收款方出示与您付款编号相符的收据。",
  },
  nothing_to_close: {
    message: "没有可关闭的额度。",
    safe: "没有任何改动。",
    next: "请查看额度列表。",
  },
  closing_needs_cheque: {
    message: "此额度的支票已用完，而关闭须用一张。",
    safe: "它已不能再用于支付。",
    next: "它会自行结束：余额最迟于 {deadline} 退回。",
  },
  wallet_changed: {
    message: "处理期间钱包数据发生了变化。",
    safe: "本次操作没有写入。",
    next: "请重试；若仍如此，请保持设备原状并告知运营方。",
  },
  amount_out_of_range: {
    message: "此金额无法支付。",
    safe: NOTHING,
    next: "请输入大于零的金额。",
  },
};
