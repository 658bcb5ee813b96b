/** The boundary in words: what each thing is called, and why it does not work. Generated from the Python table. */

import type { Language } from "../protocol/words.ts";
import type { What, Why } from "./boundary.ts";
import table from "./boundary_words.json" with { type: "json" };

export const WHAT_WORDS: Readonly<Record<What, Readonly<Record<Language, string>>>> = table.what;
export const WHY_WORDS: Readonly<Record<Why, Readonly<Record<Language, string>>>> = table.why;
