/** What is not right with a payment: what is disputed already; choose another, say what is wrong, send it. */

import { useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { Disc } from "../../ui/badges.tsx";
import { Button } from "../../ui/button.tsx";
import { Choices, Field } from "../../ui/field.tsx";
import { instant, money } from "../../ui/format.ts";
import { List, Row } from "../../ui/list.tsx";
import { CodedNotice, EmptyState } from "../../ui/notice.tsx";
import { goInstead } from "../../ui/router.ts";
import type { HistoryLine } from "../app.ts";
import { Cases } from "./cases.tsx";
import { useMoney } from "./context.ts";
import { GradeChip } from "./grades.tsx";
import { Page } from "./page.tsx";
import { useRecord } from "./record.ts";
import type { AllWords } from "./seldom_context.ts";
import { useSeldom } from "./seldom_context.ts";

const WORDS_MAX = 500;

type Reason = keyof AllWords["disputeReasons"];
const REASONS: readonly Reason[] = ["not_paid", "wrong_amount"];

/** Payments that may have gone wrong: those that need a person, and what the operator refused. */
export function mayBeWrong(lines: readonly HistoryLine[]): readonly HistoryLine[] {
  return lines.filter((line) => line.kind === "accepted" && (line.status === "needs_you" || line.grade === "F0"));
}

export function DisputesScreen() {
  const { app, words, language } = useSeldom();
  const { currency, now } = app.ready();
  const lines = mayBeWrong(app.history(""));
  return (
    <Page title={words.disputesTitle} testid="disputes" here="more" onBack>
      <div class="stack list-page">
        <Cases />
        {lines.length === 0 ? (
          <EmptyState icon="flag" title={words.disputesEmpty}>
            <p>{words.disputesEmptyDetail}</p>
          </EmptyState>
        ) : (
          <section class="section">
            <h2>{words.disputeTitle}</h2>
            <p class="muted">{words.disputesLead}</p>
            <List label={words.disputesTitle}>
              {lines.map((line) => (
                <Row
                  key={line.id}
                  title={line.title}
                  detail={
                    <>
                      {line.grade === null ? null : <GradeChip grade={line.grade} />}
                      {instant(line.time, now, language)}
                    </>
                  }
                  end={line.amountMinor === null ? "" : money(line.amountMinor, currency)}
                  to={`disputes/${line.id}`}
                  testid={`dispute-${line.id}`}
                />
              ))}
            </List>
            <p class="muted small">{words.disputesEmptyDetail}</p>
          </section>
        )}
      </div>
    </Page>
  );
}

export function DisputeScreen({ number }: { number: string }) {
  const { app, words } = useSeldom();
  const shown = useMoney();
  const found = useRecord(number);
  const [reason, setReason] = useState<Reason | null>(null);
  const [said, setSaid] = useState("");
  const [sent, setSent] = useState(false);
  const act = useAct();
  if (found.payment === null)
    return (
      <Page title={words.disputeTitle} testid="dispute" here="more" onBack>
        <CodedNotice coded={found.failure} />
      </Page>
    );
  const { payment } = found;
  if (sent)
    return (
      <Page title={words.disputeSent} testid="dispute-sent" here="more" unseenTitle>
        <div class="decision tone-good" role="status">
          <Disc tone="good" icon="check" />
          <p class="decision-title">{words.disputeSent}</p>
          <p class="decision-line">{words.disputeSentDetail}</p>
        </div>
        <Button kind="second" onClick={() => goInstead(`payment/${payment.receiptCounter}`)} testid="dispute-done">
          {words.done}
        </Button>
      </Page>
    );
  return (
    <Page title={words.disputeTitle} testid="dispute" here="more" onBack>
      <form
        class="stack form-page"
        onSubmit={(event) => {
          event.preventDefault();
          if (reason === null) return;
          act.run(async () => {
            await app.dispute(payment.receiptCounter, { reason, words: said.trim() });
            setSent(true);
          });
        }}
      >
        <p class="muted">{words.disputeAbout(String(payment.receiptCounter), shown(payment.finalMinor))}</p>
        <Choices
          label={words.disputeReason}
          look="rows"
          choices={REASONS.map((value) => ({ value, label: words.disputeReasons[value] }))}
          chosen={reason}
          onChoose={setReason}
          testid="dispute-reason"
        />
        <Field
          label={words.disputeWords}
          hint={words.disputeWordsHint}
          value={said}
          onInput={setSaid}
          lines={4}
          maxLength={WORDS_MAX}
          testid="dispute-words"
        />
        {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
        <Button type="submit" busy={act.busy} disabled={reason === null} testid="dispute-send">
          {words.disputeSend}
        </Button>
        <p class="muted small centred">{words.disputeNeedsNetwork}</p>
      </form>
    </Page>
  );
}
