/**
 * Refusals: every reason to say no, in the order in which the reasons are tried (docs/spec/errors.md).
 *
 * A check that must not be ignored throws `Refused`; nothing here returns false for "not valid". When several things
 * are wrong with the same bytes, every implementation names the same one: the first in `REFUSAL_CODES`. Codes, order
 * and sentences are generated from the Python tables (web/generate_refusal_words.py), so they cannot drift.
 */

import table from "./refusal_words.json" with { type: "json" };
import { Coded, type Language, type Words, type WordsTable } from "./words.ts";

export type RefusalCode = keyof typeof table;

export const REFUSAL_WORDS: Readonly<Record<RefusalCode, Readonly<Record<Language, Words>>>> & WordsTable = table;

/** Whether some text names a refusal, as one from an answer or an older version may not. */
export function isRefusalCode(text: string): text is RefusalCode {
  return Object.hasOwn(table, text);
}

/** Every code, in the normative order of the checks. */
export const REFUSAL_CODES: readonly RefusalCode[] = Object.keys(table).filter(isRefusalCode);

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
    return REFUSAL_WORDS[this.code][language];
  }
}
