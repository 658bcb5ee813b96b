/** What only the app, and no rule of the wallet, refuses, in Chinese; app_refused.ts says when. */

import type { AppTroubles } from "./app_troubles_en.ts";

const NOTHING = "没有签发任何支付，资金未动。";

export const zh: AppTroubles = {
  offer_unknown: {
    message: "此收款请求已失效。",
    safe: NOTHING,
    next: "请重新扫描收款方的二维码。",
  },
  not_for_wallet: {
    message: "此二维码不是给钱包用的。",
    safe: NOTHING,
    next: "请扫描收款方的收款请求、收据或退款单。",
  },
  dispute_reason_unknown: {
    message: "无法识别此原因。",
    safe: "没有发送任何内容。",
    next: "请从所列原因中选择。",
  },
};
