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

/** Codes of a link to the operator that failed: asking for anything else at once would only wait again. */
export const WORLD_FAILED: ReadonlySet<string> = new Set([
  ...["operator_unreachable", "operator_busy", "operator_failed"],
  ...["batch_received", "queue_away", "queue_full"], // sent, and not settled; or not even received
  ...["server_busy", "draining", "disk_full", "disk_failed", "books_damaged"], // the server's own words for it
]);

export type WordsTable = Readonly<Record<string, Readonly<Record<Language, Words>>>>;

/** A failure that has a stable code and sentences for people. */
export abstract class Coded extends Error {
  /** The stable code. */
  abstract readonly code: string;
  /** What happened, what is safe, what to do next. */
  abstract words(language: Language): Words;
}
