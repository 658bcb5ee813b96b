/** Words of the console about wallets that have stopped paying by themselves. */

import type { Twin } from "../ui/words.ts";

export const LOCKS = {
  title: ["Wallets that stopped paying by themselves", "自行停止付款的钱包"],
  lead: [
    "Make sure who has the device. Allowing lets it pay again; refusing stops no money: suspend it besides.",
    "请核实设备在谁手中。允许后可继续付款；拒绝并不会止付，还请停用其额度。",
  ],
  why: ["Why", "原因"],
  since: ["Since", "时间"],
  decision: ["Decision", "决定"],
  waits: ["Waits for you", "等待决定"],
  allowed: ["May pay again", "已允许付款"],
  refused: ["Refused", "已拒绝"],
  allow: ["Allow", "允许"],
  refuse: ["Refuse", "拒绝"],
} as const satisfies Record<string, Twin>;

export const LOCK_REASONS: Readonly<Record<string, Twin>> = {
  store_behind: ["Cheques that it did not draw", "有并非由它签发的支票"],
  clock_back: ["Its clock is far behind", "时钟严重落后"],
  guessed: ["Wrong PINs, then a large payment", "PIN 多次输错后支付大额"],
  burst: ["Many payments in a short time", "短时间内多次付款"],
  spree: ["Far more within an hour than ever before", "一小时内支付远超以往"],
};
