/**
 * Sentences for people: what happened, what is safe, what to do next, in English and Chinese.
 *
 * `Coded` is the base of every failure that a person can meet; a layer above the protocol derives its own from it.
 * Tables of sentences are `Sentences`: each language is a file of its own, and an app loads the one that is read.
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
  ...["server_busy", "draining", "disk_full", "disk_failed"], // the server's own words for it
  ...["books_damaged", "books_away", "books_busy", "schema_differs"],
]);

/** A table of words, of which the languages are files of their own. An app holds the one that is read, before it reads. */
export class Sentences<Table> {
  readonly #held = new Map<Language, Table>();

  hold(language: Language, table: Table): void {
    this.#held.set(language, table);
  }

  /** The words in one language, which must be held. */
  in(language: Language): Table {
    const table = this.#held.get(language);
    if (table === undefined) throw new RangeError(`no words in ${language} are held`);
    return table;
  }
}

/** A failure that has a stable code and sentences for people. */
export abstract class Coded extends Error {
  /** The stable code. */
  abstract readonly code: string;
  /** What happened, what is safe, what to do next. */
  abstract words(language: Language): Words;
}
