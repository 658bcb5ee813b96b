/** What an act of the app rejects with: a code and three sentences in the language of the screens, whatever failed. */

import { LinkTrouble } from "../platform/link_trouble.ts";
import { Conflict as VersionConflict } from "../platform/store.ts";
import { VaultTrouble } from "../platform/vault_trouble.ts";
import { Refused } from "../protocol/refusals.ts";
import { Coded, type Language } from "../protocol/words.ts";
import type * as app from "./app.ts";
import { Conflict, PartMissing } from "./ports.ts";
import { TerminalTrouble } from "./troubles.ts";
import { AppTrouble } from "./view_words.ts";
import { codedOf } from "./views.ts";

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

  get coded(): app.Coded {
    return codedOf(this.#failure, this.#language);
  }
}

/** A no to what was shown: the payer's side, our rules, or a code that is not for a till. */
export function isRefusal(error: unknown): error is Coded {
  return error instanceof Refused || error instanceof TerminalTrouble || error instanceof AppTrouble;
}

/** What an act throws for this failure: with sentences where there are any; anything else is our own mistake. */
export function refusalOf(error: unknown, language: Language): unknown {
  const failure = codedFrom(error);
  return failure === undefined ? error : new AppRefused(failure, language, error);
}

export function codedFrom(error: unknown): Coded | undefined {
  if (error instanceof Coded) return error;
  if (error instanceof PartMissing) return new LinkTrouble("operator_unreachable"); // who would have sent it
  return error instanceof VersionConflict || error instanceof Conflict ? new VaultTrouble("store_conflict") : undefined;
}
