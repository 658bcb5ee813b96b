/** What can be wrong with the vault, the store and passkeys, with sentences. Codes are those of the Python vault. */

import { Coded, type Language, type Words } from "../protocol/words.ts";
import { PIN_FAILURES_MAX } from "../risk/pin.ts";

const NOTHING_EN = "Nothing was changed; payments and receipts are safe.";
const NOTHING_ZH = "没有任何改动；付款与收据都安全。";

const TABLE = {
  wrong_pin: {
    en: words("The PIN is wrong.", NOTHING_EN, "{left} tries are left.{wait}"),
    zh: words("PIN 不正确。", NOTHING_ZH, "还可尝试 {left} 次。{wait}"),
  },
  pin_waiting: {
    en: words("Too many wrong PINs: wait until {time}.", NOTHING_EN, "Try again then, or use the passkey."),
    zh: words("PIN 错误次数过多：请等到 {time}。", NOTHING_ZH, "届时再试，或使用通行密钥。"),
  },
  pin_locked: {
    en: words(
      `${PIN_FAILURES_MAX} wrong PINs: this device takes no PIN any more.`,
      "What was paid or accepted stands. What is left comes back through the operator.",
      "Open with the passkey if there is one. Otherwise ask the operator to stop this device and enrol anew.",
    ),
    zh: words(
      `PIN 连续输错 ${PIN_FAILURES_MAX} 次：此设备不再接受 PIN。`,
      "已付或已收的款项依然有效，剩余的钱可通过运营方退回。",
      "若设有通行密钥，请用它解锁；否则请联系运营方停用此设备，再重新开通。",
    ),
  },
  vault_locked: {
    en: words("The app is locked.", NOTHING_EN, "Unlock it and try again."),
    zh: words("应用已锁定。", NOTHING_ZH, "请解锁后再试。"),
  },
  vault_missing: {
    en: words("This browser holds no account yet.", "Nothing was changed.", "Enrol with a code from the operator."),
    zh: words("此浏览器尚未开通账户。", "没有任何改动。", "请用运营方提供的开通码开通。"),
  },
  vault_exists: {
    en: words("This browser is enrolled already.", NOTHING_EN, "Unlock it. To enrol anew, erase it first."),
    zh: words("此浏览器已开通。", NOTHING_ZH, "请直接解锁；若要重新开通，请先清除。"),
  },
  vault_damaged: {
    en: words(
      "What this browser kept is damaged or was changed from outside.",
      "Nothing is shown or signed from it. The operator's books still say what was paid.",
      "Ask the operator to stop this device, and enrol anew.",
    ),
    zh: words(
      "此浏览器保存的数据已损坏或被外部改动。",
      "不会据此出示或签署任何内容；付款以运营方账簿为准。",
      "请联系运营方停用此设备，再重新开通。",
    ),
  },
  store_conflict: {
    en: words("Another tab did something at the same moment.", "Nothing was written twice.", "Try again."),
    zh: words("另一个标签页同时进行了操作。", "没有重复写入。", "请再试一次。"),
  },
  storage_failed: {
    en: words(
      "The browser could not save ({why}).",
      "Nothing was shown that was not saved first, so nothing is lost.",
      "Free some space, leave private browsing, and try again.",
    ),
    zh: words("浏览器无法保存（{why}）。", "内容总是先保存后出示，因此没有丢失。", "请清理空间、退出无痕模式后再试。"),
  },
  passkey_none: {
    en: words("No passkey opens this app.", NOTHING_EN, "Use the PIN."),
    zh: words("尚未设置可解锁此应用的通行密钥。", NOTHING_ZH, "请使用 PIN。"),
  },
  passkey_unavailable: {
    en: words("This device's passkeys cannot protect the app.", NOTHING_EN, "Go on with the PIN."),
    zh: words("此设备的通行密钥无法用来保护应用。", NOTHING_ZH, "请继续使用 PIN。"),
  },
  passkey_failed: {
    en: words("The passkey was not confirmed.", NOTHING_EN, "Try again, or use the PIN."),
    zh: words("通行密钥未获确认。", NOTHING_ZH, "请再试一次，或使用 PIN。"),
  },
} as const satisfies Record<string, Record<Language, Words>>;

export type VaultCode = keyof typeof TABLE;

/** What a sentence is filled with. */
export interface VaultFacts {
  readonly failures?: number;
  readonly waitS?: number;
  /** Seconds since 1970 by this device's clock. */
  readonly until?: number;
  readonly why?: string;
}

/** The vault, the store or a passkey cannot do what was asked; nothing was changed by it. */
export class VaultTrouble extends Coded {
  readonly code: VaultCode;
  readonly facts: VaultFacts;

  constructor(code: VaultCode, facts: VaultFacts = {}) {
    super(code);
    this.name = "VaultTrouble";
    this.code = code;
    this.facts = facts;
  }

  words(language: Language): Words {
    const { failures = 0, waitS = 0, until = 0, why = "" } = this.facts;
    const waits: Record<Language, string> = {
      en: ` Wait ${waitS} s before the next one.`,
      zh: `请等待 ${waitS} 秒后再试。`,
    };
    const parts: Record<string, string> = {
      left: String(PIN_FAILURES_MAX - failures),
      wait: waitS > 0 ? waits[language] : "",
      time: new Date(until * 1000).toLocaleTimeString(language === "zh" ? "zh-CN" : "en-GB"),
      why,
    };
    const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (_, name: string) => parts[name] ?? "");
    const said = TABLE[this.code][language];
    return { message: fill(said.message), safe: fill(said.safe), next: fill(said.next) };
  }
}

function words(message: string, safe: string, next: string): Words {
  return { message, safe, next };
}
