/**
 * What can go wrong between a device and its operator (src/feiqian/links/http_trouble.py, whose sentences these are).
 *
 * `LinkTrouble`: the world failed, the operator has decided nothing that we know of, and asking again is safe because
 * every request carries its own key or id. `OperatorRefused`: the operator has read the request and says no; asking the
 * same again gives the same answer.
 */

import { Coded, type Language, Sentences, type Words } from "../protocol/words.ts";
import type english from "./link_words_en.json";

export type LinkCode = keyof typeof english;

export const LINK_WORDS = new Sentences<Readonly<Record<LinkCode, Words>>>();

/** What a problem body (RFC 9457) says. `requestId` is what a person may quote; empty if unknown. */
export interface Problem {
  readonly code: string;
  readonly words: Words;
  readonly requestId: string;
}

/** The operator could not be asked, or its answer could not be read. Asking the same again is always safe. */
export class LinkTrouble extends Coded {
  readonly code: LinkCode;
  readonly #facts: Readonly<Record<string, string>>;

  constructor(code: LinkCode, facts: Readonly<Record<string, string>> = {}) {
    super(`${code} ${Object.values(facts).join(" ")}`.trim());
    this.name = "LinkTrouble";
    this.code = code;
    this.#facts = facts;
  }

  words(language: Language): Words {
    const said = LINK_WORDS.in(language)[this.code];
    const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (_, name: string) => this.#facts[name] ?? "");
    return { message: fill(said.message), safe: fill(said.safe), next: fill(said.next) };
  }
}

/** The operator's server says itself why it cannot answer now: a full disk, a full house, a stop. Ask again later. */
export class OperatorUnable extends Coded {
  readonly code: string;
  readonly status: number;
  readonly #problem: Problem;

  constructor(problem: Problem, status: number) {
    super(`${problem.code} (${status})`);
    this.name = "OperatorUnable";
    this.code = problem.code;
    this.status = status;
    this.#problem = problem;
  }

  /** The operator's own sentences, in the language that was asked for, and the request's id to quote. */
  words(language: Language): Words {
    const { words, requestId } = this.#problem;
    if (requestId === "") return words;
    const quoted = language === "zh" ? `（请求编号 ${requestId}）` : ` (Request ${requestId}.)`;
    return { ...words, next: words.next + quoted };
  }
}

/** The operator refused: code and sentences as it sent them, in the language the client asked for. */
export class OperatorRefused extends Coded {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly #words: Words;

  constructor(problem: Problem, status: number, detail: string) {
    super(`${problem.code} (${status})`);
    this.name = "OperatorRefused";
    this.code = problem.code;
    this.status = status;
    this.detail = detail;
    this.#words = problem.words;
  }

  words(_language: Language): Words {
    return this.#words;
  }
}
