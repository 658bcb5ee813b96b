/**
 * The words of the tables that the console shares with other apps, in both languages and in the console's own file: it
 * needs the network anyway, is not kept offline, and a change of language then waits for nothing.
 */

import { LINK_WORDS } from "../platform/link_trouble.ts";
import linkEn from "../platform/link_words_en.json" with { type: "json" };
import linkZh from "../platform/link_words_zh.json" with { type: "json" };
import refusalsEn from "../protocol/refusal_words_en.json" with { type: "json" };
import refusalsZh from "../protocol/refusal_words_zh.json" with { type: "json" };
import { REFUSAL_WORDS } from "../protocol/refusals.ts";
import { UI_WORDS } from "../ui/ui_words.ts";
import { en } from "../ui/ui_words_en.ts";
import { zh } from "../ui/ui_words_zh.ts";

/** Called once, before anything is said. */
export function holdWords(): void {
  LINK_WORDS.hold("en", linkEn);
  LINK_WORDS.hold("zh", linkZh);
  REFUSAL_WORDS.hold("en", refusalsEn);
  REFUSAL_WORDS.hold("zh", refusalsZh);
  UI_WORDS.hold("en", en);
  UI_WORDS.hold("zh", zh);
}
