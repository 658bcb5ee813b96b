/** What the page for lost devices says, and the sentences of a link that failed. */

import { LINK_WORDS } from "../platform/link_trouble.ts";
import type { Twin, WordFiles } from "../ui/words.ts";

export const LOST = {
  title: ["Stop a lost device", "挂失设备"],
  lead: [
    "With the lost-device code that you wrote down, the wallet on the lost device is stopped at once. No account and no PIN are asked for.",
    "凭您抄下的挂失码，可立即停用丢失设备上的钱包，无需账户或 PIN。",
  ],
  code: ["Lost-device code", "挂失码"],
  codeHint: ["Sixteen letters and digits, in groups of four", "16 位字母与数字，四个一组"],
  stop: ["Stop the device", "停用设备"],
  asking: ["Asking the operator…", "正在联系运营方…"],
  noCode: [
    "Without the code, tell your operator at once: it stops the device, too.",
    "没有挂失码？请立即告知运营方，由其停用设备。",
  ],
  stopped: ["The device is stopped", "该设备已停用"],
  stoppedSafe: ["You answer for nothing that is accepted from now on.", "此后受理的付款不由您承担。"],
  nothing: ["The device is signed out", "该设备已退出"],
  nothingSafe: ["Nothing of it is at risk.", "没有资金风险。"],
  atRisk: ["At risk at most", "最多涉及"],
  backBy: ["The rest is back by {at}", "其余退回不晚于 {at}"],
  next: ["What happens next", "接下来"],
  next1: [
    "Payees learn of it with their next sync. What they accepted before is paid; what was not spent comes back to your account.",
    "收款方在下次同步时即会得知。此前受理的付款照常结算，未花的钱退回您的账户。",
  ],
  next2: [
    "Ask your operator for a new enrolment code. A new device gets a new key and new allowances, and its statement shows what the lost one paid.",
    "请向运营方索取新的开通码。新设备使用新密钥与新额度，对账单会列出丢失设备的付款。",
  ],
  next3: [
    "If you find the device, it stays stopped. Its history can still be read with its PIN.",
    "即使找回，该设备仍保持停用；输入 PIN 仍可查看其记录。",
  ],
  home: ["To the first page", "返回首页"],
} as const satisfies Readonly<Record<string, Twin>>;

export const LINK_FILES: WordFiles = {
  en: async () => LINK_WORDS.hold("en", (await import("../platform/link_words_en.json")).default),
  zh: async () => LINK_WORDS.hold("zh", (await import("../platform/link_words_zh.json")).default),
};
