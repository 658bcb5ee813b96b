/** Why this wallet has stopped paying, in words: those of src/feiqian/wallet/lock_troubles.py, without its commands. */

import type { Language, Words } from "../protocol/words.ts";
import type { LockReason } from "../risk/anomaly.ts";

const SAFE_EN = "No counter was used and no money moved. Receipts and history stay readable.";
const SAFE_ZH = "没有使用计数，资金未动。收据与历史仍可查看。";
const NEXT_EN = "With a network, sync: your operator is told and may unlock it. You can also call your operator.";
const NEXT_ZH = "请在有网络时同步：运营方会获知并可解锁。也可致电运营方。";

function both(english: string, chinese: string, nextEn = NEXT_EN, nextZh = NEXT_ZH): Record<Language, Words> {
  return {
    en: { message: english, safe: SAFE_EN, next: nextEn },
    zh: { message: chinese, safe: SAFE_ZH, next: nextZh },
  };
}

export const LOCK_WORDS: Readonly<Record<`locked_${LockReason}`, Record<Language, Words>>> = {
  locked_store_behind: both(
    "This wallet has stopped paying: the operator knows of {seen} cheque(s) that it did not draw. It may be an older copy of itself, or somebody may have copied it.",
    "此钱包已停止付款：运营方查到 {seen} 张并非由它签发的支票。它可能是较旧的副本，也可能被人复制。",
    "With a network, sync. If you restored no copy, report this device lost.",
    "请在有网络时同步。若您没有恢复过副本，请挂失此设备。",
  ),
  locked_clock_back: both(
    "This wallet has stopped paying: its clock is {seen} h behind the time that others have signed.",
    "此钱包已停止付款：本机时钟比他人签名的时间慢 {seen} 小时。",
    "Set the clock: it then pays again by itself. If the clock is right, sync.",
    "请校准时钟，之后会自动恢复付款。若时钟无误，请同步。",
  ),
  locked_guessed: both(
    "This wallet has stopped paying: {seen} wrong PINs, and then a large payment.",
    "此钱包已停止付款：PIN 连续输错 {seen} 次后随即支付大额。",
  ),
  locked_burst: both(
    "This wallet has stopped paying: {seen} payments in a short time; {allowed} are usual at most.",
    "此钱包已停止付款：短时间内付款 {seen} 次，通常至多 {allowed} 次。",
  ),
  locked_spree: both(
    "This wallet has stopped paying: {seen} within an hour is far more than it ever paid ({allowed}).",
    "此钱包已停止付款：一小时内支付 {seen}，远超以往（{allowed}）。",
  ),
};
