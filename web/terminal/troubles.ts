/**
 * What can go wrong at a till, in words: what happened, what is safe, what to do next. Mirrors terminal/troubles.py.
 *
 * The other side's faults are `Refused`; these are the terminal's own rules. Every one of them is thrown before anything
 * was stored or shown. Codes are Python's (a test holds them together); what to do next is said for these screens.
 */

import { Coded, type Language, Sentences, type Words } from "../protocol/words.ts";
import type { TerminalTroubles } from "./troubles_en.ts";

export const TERMINAL_WORDS = new Sentences<TerminalTroubles>();

export type TroubleCode = keyof TerminalTroubles;

/** A rule of the terminal stopped it. Nothing was stored or shown; what to do stands in the words. */
export class TerminalTrouble extends Coded {
  readonly code: TroubleCode;
  readonly #values: Readonly<Record<string, string>>;

  /** Values are shown to people: no secret and no full id may be among them. */
  constructor(code: TroubleCode, values: Readonly<Record<string, string>> = {}) {
    super(`${code} ${Object.values(values).join(" ")}`.trim());
    this.name = "TerminalTrouble";
    this.code = code;
    this.#values = values;
  }

  words(language: Language): Words {
    const said = TERMINAL_WORDS.in(language)[this.code];
    const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (_, name: string) => this.#values[name] ?? "");
    return { message: fill(said.message), safe: fill(said.safe), next: fill(said.next) };
  }
}
