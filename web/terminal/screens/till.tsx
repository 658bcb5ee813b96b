/** The till: what this shift accepted by grade, what became of it, and the end of the shift. */

import { useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { AmountView } from "../../ui/amount.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { instant } from "../../ui/format.ts";
import { Fact, Facts, List, Row } from "../../ui/list.tsx";
import { CodedNotice, Notice } from "../../ui/notice.tsx";
import type { Grade, TotalsView } from "../app.ts";
import { useMoney } from "./context.ts";
import { GradeChip, Sum } from "./grades.tsx";
import { Page } from "./page.tsx";
import { useSeldom } from "./seldom_context.ts";

const ACCEPTED: readonly Grade[] = ["F3", "F2", "F1"];
const SHOWN: readonly Grade[] = [...ACCEPTED, "F0"];

/** What the shift accepted in all: without what the operator refused. */
export function acceptedInShift(totals: TotalsView): { readonly count: number; readonly amountMinor: bigint } {
  return ACCEPTED.map((grade) => totals.byGrade[grade]).reduce(
    (sum, one) => ({ count: sum.count + one.count, amountMinor: sum.amountMinor + one.amountMinor }),
    { count: 0, amountMinor: 0n },
  );
}

export function TillScreen() {
  const { app, words, language } = useSeldom();
  const { currency, now } = app.ready();
  const [ended, setEnded] = useState<TotalsView | null>(null);
  const [asking, setAsking] = useState(false);
  const act = useAct();
  const totals = ended ?? app.totals();
  const all = acceptedInShift(totals);
  const end = () =>
    act.run(async () => {
      setEnded(await app.closeShift());
      setAsking(false);
    });
  return (
    <Page title={words.tillTitle} testid="till" here="till">
      <div class="till">
        <div class="stack">
          {ended === null ? null : (
            <Notice
              tone="good"
              title={words.shiftEnded(String(ended.shift))}
              safe={words.shiftEndedDetail}
              live="status"
              testid="shift-ended"
            />
          )}
          <section class="hero">
            <p class="hero-label">
              {words.shift(String(totals.shift))} · {words.shiftSince(instant(totals.beganAt, now, language))}
            </p>
            <AmountView minor={all.amountMinor} currency={currency} size="hero" testid="shift-total" />
            <p class="hero-label">
              {words.taken} · {words.payments(String(all.count))}
            </p>
          </section>
          <section class="section">
            <h2>{words.byGrade}</h2>
            <ByGrade totals={totals} />
          </section>
        </div>
        <div class="stack">
          <section class="section">
            <h2>{words.settlement}</h2>
            <Settlement totals={totals} />
          </section>
          {totals.told.length === 0 ? null : (
            <section class="section">
              <h2>{words.toldTitle}</h2>
              <List>
                {totals.told.map((event) => (
                  <Row
                    key={`${event.at} ${event.title}`}
                    icon="info"
                    tone="info"
                    title={<span class="told">{event.title}</span>}
                    detail={instant(event.at, now, language)}
                  />
                ))}
              </List>
            </section>
          )}
          {ended === null ? (
            <Button kind="second" onClick={() => setAsking(true)} testid="end-shift">
              {words.endShift}
            </Button>
          ) : (
            <Button kind="second" onClick={() => setEnded(null)} testid="shift-done">
              {words.done}
            </Button>
          )}
        </div>
      </div>
      {asking ? (
        <Dialog title={words.endShiftTitle} onClose={() => setAsking(false)} testid="end-shift-dialog">
          <p>{words.endShiftDetail}</p>
          {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
          <Button onClick={end} busy={act.busy} testid="end-shift-yes">
            {words.endShift}
          </Button>
        </Dialog>
      ) : null}
    </Page>
  );
}

function ByGrade({ totals }: { totals: TotalsView }) {
  const { words } = useSeldom();
  const shown = useMoney();
  return (
    <List>
      {SHOWN.map((grade) => (
        <Row
          key={grade}
          title={<GradeChip grade={grade} />}
          end={shown(totals.byGrade[grade].amountMinor)}
          endDetail={words.payments(String(totals.byGrade[grade].count))}
          testid={`total-${grade}`}
        />
      ))}
    </List>
  );
}

function Settlement({ totals }: { totals: TotalsView }) {
  const { words } = useSeldom();
  const shown = useMoney();
  return (
    <div class="card">
      <Facts>
        <Fact name={words.paidRow}>
          <Sum>{shown(totals.paidMinor)}</Sum>
        </Fact>
        <Fact name={words.waitingRow}>
          <Sum>{shown(totals.waiting.amountMinor)}</Sum>
        </Fact>
        <Fact name={words.contingentRow}>
          <Sum>{shown(totals.contingentMinor)}</Sum>
        </Fact>
        <Fact name={words.givenBackRow}>
          <Sum>{shown(totals.givenBackMinor)}</Sum>
        </Fact>
        <Fact name={words.unpaidRow}>
          <Sum>{shown(totals.unpaidMinor)}</Sum>
        </Fact>
        <Fact name={words.notesWaitingRow}>{String(totals.notesWaiting)}</Fact>
      </Facts>
    </div>
  );
}
