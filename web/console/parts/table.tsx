/**
 * A table of records. On a narrow screen the columns that matter most stay, the next ones move under the first cell, and
 * the rest is found on the record's own page: nothing scrolls sideways.
 */

import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import type { IconName } from "../../ui/icons.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import { say } from "../../ui/words.ts";
import { PARTS } from "../words_parts.ts";

/** What a narrow screen does with a column: keep it, put it under the first cell with its name, or leave it out. */
export type Narrow = "keep" | "under" | "out";

export interface Column<Row> {
  readonly id: string;
  readonly head: string;
  readonly cell: (row: Row) => ComponentChildren;
  readonly narrow: Narrow;
  readonly number?: boolean;
}

interface Given<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowId: (row: Row) => string;
  /** Where a row leads; its first cell is the link. */
  readonly to?: (row: Row) => string;
  readonly empty: { readonly icon: IconName; readonly title: string; readonly detail?: string };
  readonly testid: string;
}

export function Table<Row>({ label, columns, rows, rowId, to, empty, testid }: Given<Row>) {
  if (rows.length === 0)
    return (
      <div class="card">
        <EmptyState icon={empty.icon} title={empty.title}>
          {empty.detail === undefined ? null : <p>{empty.detail}</p>}
        </EmptyState>
      </div>
    );
  const under = columns.slice(1).filter(({ narrow }) => narrow === "under");
  return (
    <div class="card table-card">
      <table class={to === undefined ? "table" : "table table-links"} data-testid={testid}>
        <caption class="unseen">{label}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.id} scope="col" class={classOf(column)}>
                {column.head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowId(row)} data-testid={`${testid}-row`}>
              {columns.map((column, place) => (
                <td key={column.id} class={classOf(column)}>
                  {place > 0 ? (
                    column.cell(row)
                  ) : (
                    <>
                      {to === undefined ? (
                        column.cell(row)
                      ) : (
                        <a class="cell-link" href={`#/${to(row)}`} data-testid={`${testid}-link`}>
                          {column.cell(row)}
                        </a>
                      )}
                      {under.length === 0 ? null : <Under columns={under} row={row} />}
                    </>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Under<Row>({ columns, row }: { columns: readonly Column<Row>[]; row: Row }) {
  return (
    <dl class="cell-under">
      {columns.map(({ id, head, cell }) => (
        <div key={id}>
          <dt>{head}</dt>
          <dd>{cell(row)}</dd>
        </div>
      ))}
    </dl>
  );
}

function classOf<Row>({ narrow, number }: Column<Row>): string | undefined {
  const names = [narrow === "keep" ? "" : `narrow-${narrow}`, number === true ? "cell-number" : ""].join(" ").trim();
  return names === "" ? undefined : names;
}

const PAUSE_MS = 300;

/** A search that asks the operator only once the typing pauses. */
export function Search({ label, hint, onSearch }: { label: string; hint: string; onSearch: (text: string) => void }) {
  const [typed, type] = useState("");
  const [asked, ask] = useState("");
  useEffect(() => {
    const text = typed.trim();
    if (text === asked) return;
    const timer = setTimeout(() => {
      ask(text);
      onSearch(text);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, asked, onSearch]);
  return (
    <search class="search">
      <label class="unseen" for="list-search">
        {label}
      </label>
      <input
        id="list-search"
        type="search"
        value={typed}
        placeholder={hint}
        autoComplete="off"
        spellcheck={false}
        onInput={(event) => type(event.currentTarget.value)}
        data-testid="search"
      />
    </search>
  );
}

interface MoreGiven {
  readonly shown: number;
  readonly busy: boolean;
  readonly onMore: (() => void) | null;
  readonly words?: string;
}

/** What follows a page of a list: a way to the next one, or the word that there is none. */
export function More({ shown, busy, onMore, words }: MoreGiven) {
  return (
    <div class="more-rows">
      <p class="muted small" role="status" data-testid="rows-shown">
        {say(onMore === null ? PARTS.shownAll : PARTS.shown, { count: shown })}
      </p>
      {onMore === null ? null : (
        <Button kind="second" busy={busy} onClick={onMore} testid="more-rows">
          {words ?? say(PARTS.showMore)}
        </Button>
      )}
    </div>
  );
}
