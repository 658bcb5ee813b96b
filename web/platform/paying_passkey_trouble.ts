/** What can go wrong with a passkey that signs cheques, in words. Comes with the part that uses it, in both languages. */

import { Coded, type Language, type Words } from "../protocol/words.ts";

const DRAFT_EN =
  "No code was shown. The amount stays set aside for this payment, and what is not used returns by itself.";
const DRAFT_ZH = "没有出示任何付款码。这笔金额仍为该付款预留，未用的会自动退回。";

const TABLE = {
  passkey_not_confirmed: {
    en: words(
      "The passkey did not confirm.",
      DRAFT_EN,
      "Confirm it again in the payment, or have a new request shown.",
    ),
    zh: words("通行密钥没有确认。", DRAFT_ZH, "请在该笔付款中再次确认，或请收款方重新出示收款码。"),
  },
  passkey_unfit: {
    en: words(
      "This device's passkey cannot sign payments.",
      "No code was shown.",
      "Use the PIN: top up without the passkey.",
    ),
    zh: words("本设备的通行密钥无法为付款签名。", "没有出示任何付款码。", "请改用 PIN：充值时不要选择通行密钥。"),
  },
  passkey_not_accepted: {
    en: words(
      "The passkey signed in a way that no terminal would accept.",
      DRAFT_EN,
      "Confirm it again in the payment; if it stays so, top up without the passkey.",
    ),
    zh: words(
      "通行密钥的签名不会被收款终端接受。",
      DRAFT_ZH,
      "请在该笔付款中再次确认；若仍如此，充值时不要选择通行密钥。",
    ),
  },
  closing_not_confirmed: {
    en: words(
      "The passkey did not confirm the end of this allowance.",
      "Nothing more is paid from it, and what is left comes back by itself at the time shown.",
      "Confirm it again in the allowance, or wait.",
    ),
    zh: words(
      "通行密钥没有确认结清该额度。",
      "将不再从该额度付款，余款到所示时间自动退回。",
      "请在该额度中再次确认，或等待到期。",
    ),
  },
  passkey_too_late: {
    en: words("The passkey confirmed too late.", DRAFT_EN, "Have a new request shown."),
    zh: words("通行密钥确认得太晚。", DRAFT_ZH, "请收款方重新出示收款码。"),
  },
} as const satisfies Record<string, Record<Language, Words>>;

export class PasskeyTrouble extends Coded {
  readonly code: keyof typeof TABLE;

  constructor(code: keyof typeof TABLE) {
    super(code);
    this.name = "PasskeyTrouble";
    this.code = code;
  }

  words(language: Language): Words {
    return TABLE[this.code][language];
  }
}

function words(message: string, safe: string, next: string): Words {
  return { message, safe, next };
}
