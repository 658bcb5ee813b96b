/**
 * Refusals: every reason to say no, in the order in which the reasons are tried (docs/spec/errors.md).
 *
 * A check that must not be ignored throws `Refused`; nothing here returns false for "not valid". When several things
 * are wrong with the same bytes, every implementation names the same one: the first in the tables of sentences. Codes,
 * order and sentences are generated from the Python tables (web/generate_refusal_words.py), so they cannot drift.
 */

import type english from "./refusal_words_en.json";
import { Coded, type Language, Sentences, type Words } from "./words.ts";

export type RefusalCode = keyof typeof english;

export const REFUSAL_WORDS = new Sentences<Readonly<Record<RefusalCode, Words>>>();

/** The other side's bytes were refused. `detail` is for developers and holds no secret and no full id. */
export class Refused extends Coded {
  readonly code: RefusalCode;
  readonly detail: string;

  constructor(code: RefusalCode, detail = "") {
    super(detail === "" ? code : `${code}: ${detail}`);
    this.name = "Refused";
    this.code = code;
    this.detail = detail;
  }

  words(language: Language): Words {
    return REFUSAL_WORDS.in(language)[this.code];
  }
}
