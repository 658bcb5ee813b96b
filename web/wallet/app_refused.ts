/** What an act of the app rejects with: a code and three sentences in the language of the screens, whatever failed. */

import { LinkTrouble } from "../platform/link_trouble.ts";
import { VaultTrouble } from "../platform/vault_trouble.ts";
import { Coded, type Language, Sentences, type Words } from "../protocol/words.ts";
import type { Coded as Told } from "./app.ts";
import type { AppTroubles } from "./app_troubles_en.ts";
import { Conflict, PartMissing } from "./ports.ts";
import { FormUnknown } from "./record_forms.ts";
import { WalletTrouble } from "./troubles.ts";

export const APP_TROUBLE_WORDS = new Sentences<AppTroubles>();

/** What only the app, and no rule of the wallet, refuses. */
export class AppTrouble extends Coded {
  readonly code: keyof AppTroubles;

  constructor(code: keyof AppTroubles) {
    super(code);
    this.name = "AppTrouble";
    this.code = code;
  }

  words(language: Language): Words {
    return APP_TROUBLE_WORDS.in(language)[this.code];
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
