/** What the screens of seldom.tsx say: setting up, readiness, notes, files, disputes, settings. Loaded with them. */

import { Sentences } from "../protocol/words.ts";
import type { WordFiles } from "../ui/words.ts";
import type { SeldomWords } from "./seldom_words_en.ts";

export const SELDOM_WORDS = new Sentences<SeldomWords>();

export const SELDOM_FILES: WordFiles = {
  en: async () => SELDOM_WORDS.hold("en", (await import("./seldom_words_en.ts")).en),
  zh: async () => SELDOM_WORDS.hold("zh", (await import("./seldom_words_zh.ts")).zh),
};
