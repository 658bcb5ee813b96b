/**
 * What a page asks of the operator: one question at a time, the latest one counts, and a failure is shown with its three
 * sentences and a way to ask again. Nothing is asked again by itself: each view stands in the audit log.
 */

import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { codedOf } from "../../ui/act.ts";
import { Button } from "../../ui/button.tsx";
import { CodedNotice, type CodedWords } from "../../ui/notice.tsx";
import { screenNow } from "../../ui/now.ts";
import { say } from "../../ui/words.ts";
import type { Page } from "../reading/page.ts";
import { PARTS } from "../words_parts.ts";

export interface Asked<T> {
  readonly value: T | null;
  readonly failure: CodedWords | null;
  readonly busy: boolean;
  /** When the value came. */
  readonly at: number;
  readonly again: () => void;
}

/** `key` says what is asked: another key is another question. */
export function useAsked<T>(key: string, ask: () => Promise<T>): Asked<T> {
  const [value, setValue] = useState<{ readonly key: string; readonly of: T; readonly at: number } | null>(null);
  const [failure, setFailure] = useState<CodedWords | null>(null);
  const [busy, setBusy] = useState(true);
  const [round, setRound] = useState(0);
  const asking = useRef(ask);
  asking.current = ask;
  // key and round say when to ask anew
  useEffect(() => {
    let counts = true;
    setBusy(true);
    setFailure(null);
    asking
      .current()
      .then(
        (of) => counts && setValue({ key, of, at: screenNow() }),
        (thrown: unknown) => counts && setFailure(codedOf(thrown)),
      )
      .finally(() => counts && setBusy(false));
    return () => {
      counts = false;
    };
  }, [key, round]);
  const again = useCallback(() => setRound((count) => count + 1), []);
  const held = value?.key === key ? value : null;
  return { value: held?.of ?? null, at: held?.at ?? 0, failure, busy, again };
}

export interface Pages<Row> extends Asked<readonly Row[]> {
  readonly more: (() => void) | null;
  readonly busyMore: boolean;
}

/** A list that grows page by page. */
export function usePages<Row>(key: string, ask: (after: string | null) => Promise<Page<Row>>): Pages<Row> {
  const first = useAsked(key, () => ask(null));
  const [rest, setRest] = useState<{
    readonly of: Page<Row>;
    readonly rows: readonly Row[];
    readonly next: string | null;
  } | null>(null);
  const [failure, setFailure] = useState<CodedWords | null>(null);
  const [busyMore, setBusyMore] = useState(false);
  const behind = rest !== null && rest.of === first.value ? rest : null;
  const next = behind === null ? (first.value?.next ?? null) : behind.next;
  const { value } = first;
  const more = (): void => {
    if (value === null || next === null || busyMore) return;
    setBusyMore(true);
    setFailure(null);
    ask(next)
      .then(
        (page) => setRest({ of: value, rows: [...(behind?.rows ?? []), ...page.rows], next: page.next }),
        (thrown: unknown) => setFailure(codedOf(thrown)),
      )
      .finally(() => setBusyMore(false));
  };
  return {
    ...first,
    value: value === null ? null : [...value.rows, ...(behind?.rows ?? [])],
    failure: first.failure ?? failure,
    more: next === null ? null : more,
    busyMore,
  };
}

/** The value as soon as it is there; before that a word, and if it does not come, why. */
export function Answered<T>({ asked, children }: { asked: Asked<T>; children: (value: T) => ComponentChildren }) {
  const { value, failure, busy, again } = asked;
  return (
    <>
      {failure === null ? null : (
        <div class="stack-small" data-testid="asked-failed">
          <CodedNotice coded={failure} live="alert" />
          <Button kind="second" busy={busy} onClick={again} testid="ask-again">
            {say(PARTS.again)}
          </Button>
        </div>
      )}
      {value === null ? (
        busy ? (
          <p class="asking muted" role="status" data-testid="asking">
            <span class="spinner" aria-hidden="true" />
            {say(PARTS.loading)}
          </p>
        ) : null
      ) : (
        children(value)
      )}
    </>
  );
}
