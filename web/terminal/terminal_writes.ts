/**
 * What the writes of the till's store are made of: rows put together in one change, after its laws were looked at.
 *
 * A law that is broken throws `Conflict`: nothing was written, and our own program is wrong.
 */

import type { RecordValue } from "../platform/record_value.ts";
import type { Changes } from "../platform/store.ts";
import { Conflict, PartMissing } from "./ports.ts";
import { held } from "./terminal_reads.ts";
import { type Kind, keyOf, ONE, type Row, type Rows } from "./terminal_rows.ts";

/** What one write changes, put together row by row. */
export class Change {
  readonly #put = new Map<string, RecordValue>();
  readonly #removed = new Set<string>();

  put<K extends Kind>(kind: K, number: number, row: Row<K> & RecordValue): this {
    this.#put.set(keyOf(kind, number), row);
    return this;
  }

  remove(kind: Kind, number: number): this {
    this.#removed.add(keyOf(kind, number));
    return this;
  }

  get changes(): Changes {
    return { put: this.#put, remove: this.#removed };
  }
}

/** Throws Conflict with the law that was broken. */
export function law(kept: boolean, broken: string): void {
  if (!kept) throw new Conflict(broken);
}

/** The shift in which something happens now. */
export function shiftNow(rows: Rows): number {
  return held(rows.get("shift", ONE)).number;
}

/** The writes of a round with the operator, loaded with the first of them. Throws PartMissing; then nothing is written. */
export const rounds = () =>
  import("./terminal_rounds.ts").catch((cause: unknown) => {
    throw new PartMissing(cause);
  });
