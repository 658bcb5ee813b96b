/**
 * What the terminal's screens say, in English and Chinese. A sentence without its twin does not compile.
 *
 * Amounts and times come in as text that ui/format.ts has made. No screen says a bare "Paid" (spec 07.1).
 */

import type { Language } from "../ui/words.ts";
import { en, type TerminalWords } from "./words_en.ts";
import { zh } from "./words_zh.ts";

export type { TerminalWords };

export const terminalWords: Readonly<Record<Language, TerminalWords>> = { en, zh };
