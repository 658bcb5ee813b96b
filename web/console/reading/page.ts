/** One page of a list, and how the next one is asked for; null at the end. */

export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next: string | null;
}
