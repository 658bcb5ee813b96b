/** What the components themselves say. Apps whose words are one file take these into it; others name UI_FILES. */

import { Sentences } from "../protocol/words.ts";
import type { UiWords } from "./ui_words_en.ts";
import { spoken, type WordFiles } from "./words.ts";

export const UI_WORDS = new Sentences<UiWords>();

/** The words in the language of the screens. */
export const UI = spoken(UI_WORDS);

export const UI_FILES: WordFiles = {
  en: async () => UI_WORDS.hold("en", (await import("./ui_words_en.ts")).en),
  zh: async () => UI_WORDS.hold("zh", (await import("./ui_words_zh.ts")).zh),
};
