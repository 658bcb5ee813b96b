/** What the screens of seldom.tsx say: enrolment, money from the account, settings, troubles. Loaded with them. */

import { Sentences } from "../protocol/words.ts";
import { spoken, type WordFiles } from "../ui/words.ts";
import type { SeldomWords } from "./seldom_words_en.ts";

export const SELDOM_WORDS = new Sentences<SeldomWords>();

/** The words in the language of the screens. */
export const S = spoken(SELDOM_WORDS);

export const SELDOM_FILES: WordFiles = {
  en: async () => SELDOM_WORDS.hold("en", (await import("./seldom_words_en.ts")).en),
  zh: async () => SELDOM_WORDS.hold("zh", (await import("./seldom_words_zh.ts")).zh),
};
