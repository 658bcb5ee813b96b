/** What an act of the app rejects with: a code and three sentences in the language of the screens, whatever failed. */

import { Conflict as VersionConflict } from "../platform/store.ts";
import { VaultTrouble } from "../platform/vault_trouble.ts";
import { Refused } from "../protocol/refusals.ts";
import { Coded, type Language } from "../protocol/words.ts";
import type * as app from "./app.ts";
import { Conflict } from "./ports.ts";
import { TerminalTrouble } from "./troubles.ts";
import { AppTrouble } from "./view_words.ts";
import { codedOf } from "./views.ts";

/** An act was refused, or could not be done; `coded` is what a person reads. */
export class AppRefused extends Error {
  readonly coded: app.Coded;

  constructor(coded: app.Coded, cause: unknown) {
    super(coded.code, { cause });
    this.name = "AppRefused";
    this.coded = coded;
  }
}

/** A no to what was shown: the payer's side, our rules, or a code that is not for a till. */
export function isRefusal(error: unknown): error is Coded {
  return error instanceof Refused || error instanceof TerminalTrouble || error instanceof AppTrouble;
}

/** What an act throws for this failure: with sentences where there are any; anything else is our own mistake. */
export function refusalOf(error: unknown, language: Language): unknown {
  const failure = codedFrom(error);
  return failure === undefined ? error : new AppRefused(codedOf(failure, language), error);
}

export function codedFrom(error: unknown): Coded | undefined {
  if (error instanceof Coded) return error;
  return error instanceof VersionConflict || error instanceof Conflict ? new VaultTrouble("store_conflict") : undefined;
}
