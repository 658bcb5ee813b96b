/** Why a backup is not made or not put back, in both languages. Comes with the part that says it. */

import { Coded, type Language, type Words } from "../protocol/words.ts";

const TABLE = {
  backup_unreadable: {
    en: words(
      "This is not a wallet's backup, or it was altered.",
      "Nothing was changed.",
      "Take another copy of the file, as it was made.",
    ),
    zh: words("这不是钱包备份，或文件已被改动。", "没有任何改动。", "请换用未经改动的备份文件。"),
  },
  backup_passphrase_wrong: {
    en: words(
      "The passphrase does not open this backup, or the file was altered.",
      "Nothing was changed.",
      "Try again. A forgotten passphrase cannot be replaced; your money does not depend on the backup.",
    ),
    zh: words(
      "口令打不开此备份，或文件已被改动。",
      "没有任何改动。",
      "请重试。口令遗忘后无法找回；您的资金不依赖备份。",
    ),
  },
  backup_too_new: {
    en: words("This backup was made by a newer version of the wallet.", "Nothing was changed.", "Update this wallet."),
    zh: words("此备份由较新版本的钱包生成。", "没有任何改动。", "请升级本钱包。"),
  },
  backup_too_large: {
    en: words(
      "This history is too long for one backup.",
      "Nothing was changed; the history stays in this wallet.",
      "Keep this device. Your operator's statement has the payments, too.",
    ),
    zh: words(
      "付款记录过多，无法存入一份备份。",
      "没有任何改动，记录仍在本钱包中。",
      "请保留此设备；运营方的对账单中也有这些付款。",
    ),
  },
  backup_other_payer: {
    en: words(
      "This backup is of another payer, or of another operator.",
      "Nothing was changed.",
      "Put it back into a wallet of that payer.",
    ),
    zh: words("此备份属于另一位付款人或另一家运营方。", "没有任何改动。", "请恢复到该付款人的钱包。"),
  },
  backup_not_for_browsers: {
    en: words(
      "No browser can read this backup: it was made for a computer's wallet.",
      "Nothing was changed; the backup is whole.",
      "Put it back on a computer, or make it there once more for browsers.",
    ),
    zh: words(
      "浏览器无法读取此备份：它是为电脑上的钱包生成的。",
      "没有任何改动，备份完好。",
      "请在电脑上恢复，或在电脑上重新生成供浏览器使用的备份。",
    ),
  },
  passphrase_weak: {
    en: words(
      "This passphrase is too easy to guess: whoever has the file can try as often as they like.",
      "No backup was made.",
      "Take at least 12 characters, such as four words that have nothing to do with each other.",
    ),
    zh: words(
      "口令过于简单：得到文件的人可以无限次尝试。",
      "没有生成备份。",
      "请至少使用 12 个字符，例如四个互不相关的词。",
    ),
  },
} as const satisfies Record<string, Record<Language, Words>>;

export type BackupCode = keyof typeof TABLE;

export class BackupTrouble extends Coded {
  readonly code: BackupCode;

  constructor(code: BackupCode) {
    super(code);
    this.name = "BackupTrouble";
    this.code = code;
  }

  words(language: Language): Words {
    return TABLE[this.code][language];
  }
}

function words(message: string, safe: string, next: string): Words {
  return { message, safe, next };
}
