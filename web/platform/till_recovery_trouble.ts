/** Why a till does not get its key back, in words. Comes with the part that says them, in both languages. */

import { Coded, type Language, type Words } from "../protocol/words.ts";

const TABLE = {
  recovery_missing: {
    en: words(
      "This till holds no key that its operator could give back: it was set up before there were such keys, and never synced since.",
      "Its data stays where it is, encrypted.",
      "Report it to your operator and enrol another till; payers of what was not sent have receipts.",
    ),
    zh: words(
      "此终端没有可由运营方归还的密钥：它在此功能之前设置，之后从未同步。",
      "数据仍加密保存在本机。",
      "请向运营方报告并登记新终端；未上传的付款，请向付款人索取收据。",
    ),
  },
  recovery_unreadable: {
    en: words(
      "This is not your operator's answer, or the file was altered.",
      "Nothing was changed.",
      "Have the file made again, and bring it as it is.",
    ),
    zh: words("这不是运营方的答复文件，或已被改动。", "没有任何改动。", "请重新生成该文件，并原样传递。"),
  },
  recovery_code_wrong: {
    en: words(
      "The code does not open this answer, or the answer is for another till.",
      "Nothing was changed; the till stays as it is.",
      "Check the code with your operator. It belongs to one answer only.",
    ),
    zh: words(
      "恢复码无法打开此答复，或答复属于另一台终端。",
      "没有任何改动，终端保持原样。",
      "请与运营方核对恢复码；它只对应一份答复。",
    ),
  },
} as const satisfies Record<string, Record<Language, Words>>;

export type RecoveryCode = keyof typeof TABLE;

export class RecoveryTrouble extends Coded {
  readonly code: RecoveryCode;

  constructor(code: RecoveryCode) {
    super(code);
    this.name = "RecoveryTrouble";
    this.code = code;
  }

  words(language: Language): Words {
    return TABLE[this.code][language];
  }
}

function words(message: string, safe: string, next: string): Words {
  return { message, safe, next };
}
