/** What happened at this till, newest first, by day; one field searches it all. */

import { useState } from "preact/hooks";
import { StatusChip } from "../../ui/badges.tsx";
import { Field } from "../../ui/field.tsx";
import { dayName, money, time } from "../../ui/format.ts";
import type { IconName } from "../../ui/icons.tsx";
import { List, Row } from "../../ui/list.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import type { HistoryLine } from "../app.ts";
import { useTerminal } from "./context.ts";
import { GradeChip } from "./grades.tsx";
import { Page } from "./page.tsx";
import { useSeldom } from "./seldom_context.ts";

const ICONS: Readonly<Record<HistoryLine["kind"], IconName>> = {
  accepted: "store",
  void: "returned",
  cancel: "close",
  notice: "check",
  told: "info",
};

/** Lines under the name of their day, in the order in which they came. */
export function byDay(
  lines: readonly HistoryLine[],
  nameOf: (line: HistoryLine) => string,
): readonly { readonly name: string; readonly lines: readonly HistoryLine[] }[] {
  const days: { name: string; lines: HistoryLine[] }[] = [];
  for (const line of lines) {
    const name = nameOf(line);
    const last = days.at(-1);
    if (last?.name === name) last.lines.push(line);
    else days.push({ name, lines: [line] });
  }
  return days;
}

export function HistoryScreen() {
  const { app, words, language } = useSeldom();
  const { now } = app.ready();
  const [search, setSearch] = useState("");
  const lines = app.history(search);
  const searching = search.trim() !== "";
  return (
    <Page title={words.historyTitle} testid="history" here="history">
      <div class="stack list-page">
        <Field
          label={words.search}
          value={search}
          onInput={setSearch}
          kind="search"
          placeholder={words.searchHint}
          testid="search"
        />
        <p role="status" class={searching ? "muted small" : "unseen"}>
          {searching ? words.found(String(lines.length)) : ""}
        </p>
        {lines.length === 0 ? (
          <EmptyState
            icon={searching ? "search" : "history"}
            title={searching ? words.historyNothing : words.historyEmpty}
          >
            <p>{searching ? words.historyNothingDetail(search.trim()) : words.historyEmptyDetail}</p>
          </EmptyState>
        ) : (
          byDay(lines, (line) => dayName(line.time, now, language)).map((day) => (
            <section key={day.name} class="section">
              <h2>{day.name}</h2>
              <List label={day.name}>
                {day.lines.map((line) => (
                  <Line key={line.id} line={line} />
                ))}
              </List>
            </section>
          ))
        )}
      </div>
    </Page>
  );
}

function Line({ line }: { line: HistoryLine }) {
  const { app, language } = useTerminal();
  const { currency } = app.ready();
  const detail = (
    <>
      {line.grade === null ? null : <GradeChip grade={line.grade} />}
      {line.grade !== null && line.status !== "needs_you" ? null : <StatusChip status={line.status} />}
      <span class="line-detail">
        {time(line.time, language)} · {line.detail}
      </span>
    </>
  );
  const opens = line.kind === "accepted" && /^\d+$/u.test(line.id);
  return (
    <Row
      icon={ICONS[line.kind]}
      title={line.title}
      detail={detail}
      end={line.amountMinor === null || line.kind === "told" ? "" : money(line.amountMinor, currency)}
      {...(opens ? { to: `payment/${line.id}` } : {})}
      testid={`line-${line.id}`}
    />
  );
}
