/**
 * All tables of words that a wallet reads, and the files in which each language stands: one for every day, one for failures,
 * which is loaded with the first of them. The words of seldom screens come with those.
 */

import { LINK_WORDS } from "../platform/link_trouble.ts";
import { VAULT_WORDS } from "../platform/vault_trouble.ts";
import { REFUSAL_WORDS } from "../protocol/refusals.ts";
import type { Language, Sentences } from "../protocol/words.ts";
import { BOUNDARY_WORDS } from "../risk/boundary_words.ts";
import { UI_WORDS } from "../ui/ui_words.ts";
import { addWords, type WordFiles } from "../ui/words.ts";
import { APP_TROUBLE_WORDS } from "./app_refused.ts";
import { APP_WORDS } from "./app_words.ts";
import { WALLET_WORDS } from "./troubles.ts";
import { WORDS } from "./words.ts";

/** What is said every day. */
const DAILY = { boundary: BOUNDARY_WORDS, ui: UI_WORDS, app: APP_WORDS, screens: WORDS };
/** What is said of failures. */
const FAILURES = {
  link: LINK_WORDS,
  vault: VAULT_WORDS,
  refusals: REFUSAL_WORDS,
  rules: WALLET_WORDS,
  app: APP_TROUBLE_WORDS,
};

/** The words of every table in one language: a table without its twin does not compile. */
type In<Tables extends Readonly<Record<string, Sentences<unknown>>>> = {
  readonly [Name in keyof Tables]: ReturnType<Tables[Name]["in"]>;
};
export type Tongue = In<typeof DAILY>;
export type Troubles = In<typeof FAILURES>;

export const WORD_FILES: WordFiles = {
  en: async () => holdDaily("en", (await import("./in_english.ts")).tongue),
  zh: async () => holdDaily("zh", (await import("./in_chinese.ts")).tongue),
};

const TROUBLE_FILES: WordFiles = {
  en: async () => holdTroubles("en", (await import("./troubles_in_english.ts")).troubles),
  zh: async () => holdTroubles("zh", (await import("./troubles_in_chinese.ts")).troubles),
};

/** Called with a failure in hand, before anything is said of it. */
export function troubleWords(): Promise<void> {
  return addWords(TROUBLE_FILES);
}

/** Both, for tests that look at every word. */
export const ALL_FILES: readonly WordFiles[] = [WORD_FILES, TROUBLE_FILES];

function holdDaily(language: Language, tongue: Tongue): void {
  DAILY.boundary.hold(language, tongue.boundary);
  DAILY.ui.hold(language, tongue.ui);
  DAILY.app.hold(language, tongue.app);
  DAILY.screens.hold(language, tongue.screens);
}

function holdTroubles(language: Language, troubles: Troubles): void {
  FAILURES.link.hold(language, troubles.link);
  FAILURES.vault.hold(language, troubles.vault);
  FAILURES.refusals.hold(language, troubles.refusals);
  FAILURES.rules.hold(language, troubles.rules);
  FAILURES.app.hold(language, troubles.app);
}
