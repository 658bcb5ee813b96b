/** What is said while newer lists of the operator are taken from another device's screen, in every app. */

import type { Twin } from "./words.ts";

export const PACK = {
  title: ["Newer lists by camera", "用相机更新列表"],
  row: ["From another device, with no network", "从另一台设备读取，无需网络"],
  lead: [
    "Hold the camera over the codes on the other device until all are read. It may be anybody's: only what your operator signed is taken.",
    "请将相机对准另一台设备上轮流显示的码，直到全部读完。对方是谁都可以：只采用您的运营方签名的内容。",
  ],
  cameraOff: ["The camera cannot be used", "无法使用相机"],
  cameraOffDetail: [
    "Allow it in the browser, or paste the codes as text.",
    "请在浏览器中允许使用相机，或粘贴码的文本。",
  ],
  pasteInstead: ["Paste the codes' text instead", "改为粘贴码的文本"],
  pasteLabel: ["Text of the next code", "下一个码的文本"],
  pasteHint: ["Each begins with FQ1", "均以 FQ1 开头"],
  pasteRead: ["Read", "读取"],
  checking: ["Checking…", "正在核验…"],
  part: ["{have} of {of} codes are read", "已读取 {have} 个码，共 {of} 个"],
  newer: ["Newer lists taken", "已采用较新的列表"],
  newerSafe: [
    "This device now knows what the other one knew. Signed: {at}.",
    "此设备现在与对方所知相同。签名时间：{at}。",
  ],
  same: ["These lists are held already", "与现有列表相同"],
  sameSafe: ["Nothing was changed. Signed: {at}.", "没有任何改动。签名时间：{at}。"],
  again: ["Scan again", "重新扫描"],
  done: ["Done", "完成"],
} as const satisfies Readonly<Record<string, Twin>>;
