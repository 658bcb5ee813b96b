/** What an act of the app rejects with: a code and three sentences in the language of the screens, whatever failed. */

import { LinkTrouble } from "../platform/link_trouble.ts";
import { VaultTrouble } from "../platform/vault_trouble.ts";
import { Coded, type Language, type Words } from "../protocol/words.ts";
import type { Coded as Told } from "./app.ts";
import { Conflict, PartMissing } from "./ports.ts";
import { FormUnknown } from "./record_forms.ts";
import { WalletTrouble } from "./troubles.ts";

const NOTHING_EN = "Nothing was signed and no money moved.";
const NOTHING_ZH = "没有签发任何支付，资金未动。";

const TABLE = {
  offer_unknown: {
    en: words("This offer is not open any more.", NOTHING_EN, "Scan the payee's code again."),
    zh: words("此收款请求已失效。", NOTHING_ZH, "请重新扫描收款方的二维码。"),
  },
  not_for_wallet: {
    en: words("This code is not for a wallet.", NOTHING_EN, "Scan a payee's request, or its receipt or note."),
    zh: words("此二维码不是给钱包用的。", NOTHING_ZH, "请扫描收款方的收款请求、收据或退款单。"),
  },
  dispute_reason_unknown: {
    en: words("This reason is not known.", "Nothing was sent.", "Choose one of those listed."),
    zh: words("无法识别此原因。", "没有发送任何内容。", "请从所列原因中选择。"),
  },
} as const satisfies Record<string, Record<Language, Words>>;

/** What only the app, and no rule of the wallet, refuses. */
export class AppTrouble extends Coded {
  readonly code: keyof typeof TABLE;

  constructor(code: keyof typeof TABLE) {
    super(code);
    this.name = "AppTrouble";
    this.code = code;
  }

  words(language: Language): Words {
    return TABLE[this.code][language];
  }
}

/** An act was refused, or could not be done; `coded` is what a person reads, once failures can be said in words. */
export class AppRefused extends Error {
  readonly #failure: Coded;
  readonly #language: Language;

  constructor(failure: Coded, language: Language, cause: unknown) {
    super(failure.code, { cause });
    this.name = "AppRefused";
    this.#failure = failure;
    this.#language = language;
  }

  get coded(): Told {
    return toldOf(this.#failure, this.#language);
  }
}

/** A failure with its sentences. */
export function toldOf(failure: Coded, language: Language): Told {
  return { code: failure.code, ...failure.words(language) };
}

/** What an act throws for this failure: with sentences where there are any; anything else is our own mistake. */
export function refusalOf(error: unknown, language: Language): unknown {
  const failure = codedFrom(error);
  return failure === undefined ? error : new AppRefused(failure, language, error);
}

/** The failure that a person can be told of. */
export function codedFrom(error: unknown): Coded | undefined {
  if (error instanceof Coded) return error;
  if (error instanceof PartMissing) return new LinkTrouble("operator_unreachable"); // who would have sent it
  if (error instanceof Conflict) return new WalletTrouble("wallet_changed");
  if (error instanceof FormUnknown) return new VaultTrouble("vault_damaged");
  return undefined;
}

function words(message: string, safe: string, next: string): Words {
  return { message, safe, next };
}
