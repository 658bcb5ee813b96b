/** What the wallet's daily screens say. One language is loaded; a word without its twin does not compile. */

import { Sentences } from "../protocol/words.ts";
import { spoken } from "../ui/words.ts";
import type { WalletWords } from "./words_en.ts";

export const WORDS = new Sentences<WalletWords>();

/** The words in the language of the screens. */
export const W = spoken(WORDS);
