/** What the first page says. */

import type { Twin } from "../ui/words.ts";

export const START = {
  title: ["Feiqian · 飞钱", "飞钱 Feiqian"],
  about: ["Pay and be paid, also without a network.", "没有网络，也能付款和收款。"],
  choose: ["Choose what you do here", "选择要使用的应用"],
  wallet: ["I pay", "我要付款"],
  walletDetail: ["The wallet, for phones", "钱包，适合手机"],
  terminal: ["I am paid", "我要收款"],
  terminalDetail: ["The terminal, for phones and tills", "收款终端，适合手机与收银台"],
  console: ["I run the service", "我是运营方"],
  consoleDetail: ["The operator's console, needs the network", "运营控制台，需要网络"],
  lost: ["Stop a lost device", "挂失设备"],
  ready: ["These pages now open without a network.", "现在没有网络也能打开这些页面。"],
  notReady: ["Being made ready for use without a network…", "正在准备离线使用……"],
} as const satisfies Readonly<Record<string, Twin>>;
