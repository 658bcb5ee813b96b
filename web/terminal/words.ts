/**
 * What the terminal's screens say. One language is loaded; a sentence without its twin does not compile.
 *
 * Amounts and times come in as text that ui/format.ts has made. No screen says a bare "Paid" (spec 07.1).
 */

import { Sentences } from "../protocol/words.ts";
import type { TerminalWords } from "./words_en.ts";

export type { TerminalWords };

export const SCREEN_WORDS = new Sentences<TerminalWords>();
