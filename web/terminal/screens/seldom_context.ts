/** What the screens of seldom.tsx hold: the same as every screen, and their own words beside those of every day. */

import { SELDOM_WORDS } from "../seldom_words.ts";
import type { SeldomWords } from "../seldom_words_en.ts";
import type { TerminalWords } from "../words.ts";
import { type Screens, useTerminal } from "./context.ts";

export type AllWords = TerminalWords & SeldomWords;

export function useSeldom(): Screens & { readonly words: AllWords } {
  const held = useTerminal();
  return { ...held, words: { ...held.words, ...SELDOM_WORDS.in(held.language) } };
}
