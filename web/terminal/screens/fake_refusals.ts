/** What the made-up till refuses with: one sentence each for what happened, what is safe and what to do. */

import { RecoveryTrouble } from "../../platform/till_recovery_trouble.ts";
import { REFUSAL_WORDS } from "../../protocol/refusals.ts";
import { language } from "../../ui/words.ts";
import type { Coded } from "../app.ts";

function coded(
  code: string,
  english: readonly [string, string, string],
  chinese: readonly [string, string, string],
): Coded {
  const [message, safe, next] = language() === "zh" ? chinese : english;
  return { code, message, safe, next };
}

function inWords(trouble: RecoveryTrouble): Coded {
  return { code: trouble.code, ...trouble.words(language()) };
}

const nothing = ["Nothing was accepted and nothing was changed.", "没有受理，也没有任何改动。"] as const;

export function overLimit(): Coded {
  return coded(
    "over_per_payment",
    [
      "The amount is more than this payer's device may pay at once.",
      nothing[0],
      "Ask for a smaller amount, or take another way of payment.",
    ],
    ["金额超过付款设备的单笔限额。", nothing[1], "请减少金额，或改用其他付款方式。"],
  );
}
export function cancelled(): Coded {
  return coded(
    "request_cancelled",
    [
      "This request was cancelled; it is never accepted any more.",
      "The payer gets everything back with the cancel note.",
      "Show the cancel note to the payer, and ask anew.",
    ],
    ["此收款请求已取消，不再受理。", "付款人凭取消凭证可全部退回。", "请向付款人出示取消凭证，再重新发起收款。"],
  );
}
export function forkSeen(): Coded {
  return coded(
    "fork_seen",
    [
      "This payer's device has signed two different histories.",
      nothing[0],
      "Take another way of payment. Tell your operator.",
    ],
    ["该付款设备签署了两份不同的账目。", nothing[1], "请改用其他付款方式，并告知运营方。"],
  );
}
export function keyMissing(): Coded {
  return inWords(new RecoveryTrouble("recovery_missing"));
}
export function recoveryCodeWrong(): Coded {
  return inWords(new RecoveryTrouble("recovery_code_wrong"));
}
export function codeOver(): Coded {
  return coded(
    "code_expired",
    ["The time of this code is over.", nothing[0], "Ask the payer to show a new code."],
    ["此付款码已过时限。", nothing[1], "请付款人重新出示付款码。"],
  );
}
export function tooMuch(): Coded {
  return coded(
    "over_cap",
    ["A single payment can be at most 100,000.00 EUR.", "Nothing was asked for.", "Ask for less."],
    ["单笔最多 100,000.00 EUR。", "尚未发起收款。", "请减少金额。"],
  );
}
export function wrongPin(): Coded {
  return coded(
    "wrong_pin",
    [
      "The PIN is wrong.",
      "Nothing was changed; what you accepted is safe.",
      "7 tries are left. Wait 30 s before the next one.",
    ],
    ["PIN 不正确。", "没有任何改动；已受理的付款安全。", "还可尝试 7 次。请等待 30 秒后再试。"],
  );
}
export function codeUnknown(): Coded {
  return coded(
    "code_unknown",
    [
      "The operator does not know this code.",
      "Nothing was set up; nothing was lost.",
      "Check the letters, or ask your operator for a new code.",
    ],
    ["运营方不认识此开通码。", "尚未开通，没有任何损失。", "请核对字符，或向运营方索取新的开通码。"],
  );
}
export function noNetwork(): Coded {
  return coded(
    "unreachable",
    [
      "The operator could not be reached.",
      "Everything you accepted is kept here and can be sent until its deadline.",
      "Go on selling; try again when there is a network.",
    ],
    ["无法连接运营方。", "已受理的付款都保存在此，截止期前均可上传。", "可继续收款，有网络时再试。"],
  );
}
export function queueWaits(): Coded {
  return coded(
    "queue_waits",
    ["12 payments still wait for the operator's answer.", "Nothing was erased.", "Sync or export first."],
    ["仍有 12 笔付款待运营方答复。", "没有清除任何内容。", "请先同步或导出。"],
  );
}
export function unknownPayment(): Coded {
  return coded(
    "payment_unknown",
    ["This till has no such payment.", nothing[0], "Look for it in the history."],
    ["此终端没有该笔付款。", nothing[1], "请在记录中查找。"],
  );
}
export function notAnAnswer(): Coded {
  return coded(
    "malformed",
    ["This file is not the operator's answer.", "Nothing was changed.", "Choose the file that your operator gave you."],
    ["此文件不是运营方的答复。", "没有任何改动。", "请选择运营方给您的文件。"],
  );
}

export function olderLists(): Coded {
  return { code: "version_rollback", ...REFUSAL_WORDS.in(language()).version_rollback };
}
