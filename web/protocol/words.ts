/**
 * Sentences for people: what happened, what is safe, what to do next, in English and Chinese.
 *
 * `Coded` is the base of every failure that a person can meet; a layer above the protocol derives its own from it.
 */

export type Language = "en" | "zh";

/** The three sentences of a failure. */
export interface Words {
  readonly message: string;
  readonly safe: string;
  readonly next: string;
}

export type WordsTable = Readonly<Record<string, Readonly<Record<Language, Words>>>>;

/** A failure that has a stable code and sentences for people. */
export abstract class Coded extends Error {
  /** The stable code. */
  abstract readonly code: string;
  /** What happened, what is safe, what to do next. */
  abstract words(language: Language): Words;
}
