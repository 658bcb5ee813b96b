/** Giving back and cancelling, with the note that the payer scans (spec 05.4): a note counts at once. */

import { useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { AmountView } from "../../ui/amount.tsx";
import { Disc } from "../../ui/badges.tsx";
import { Button } from "../../ui/button.tsx";
import { Choices, Field } from "../../ui/field.tsx";
import { instant, money, parseAmount, time } from "../../ui/format.ts";
import { List, Row } from "../../ui/list.tsx";
import { CodedNotice, EmptyState, Notice } from "../../ui/notice.tsx";
import { QrView } from "../../ui/qr_view.tsx";
import { back, goInstead } from "../../ui/router.ts";
import type { NoteView } from "../app.ts";
import { useMoney } from "./context.ts";
import { Page } from "./page.tsx";
import { useRecord } from "./record.ts";
import { useSeldom } from "./seldom_context.ts";

export function GiveBackScreen({ number }: { number: string }) {
  const { app, words } = useSeldom();
  const shown = useMoney();
  const { currency } = app.ready();
  const found = useRecord(number);
  const [part, setPart] = useState<"all" | "part">("all");
  const [typed, setTyped] = useState("");
  const [note, setNote] = useState<NoteView | null>(null);
  const act = useAct();
  if (note !== null) return <NoteScreen note={note} />;
  if (found.payment === null)
    return (
      <Page title={words.giveBackTitle} testid="give-back" onBack>
        <CodedNotice coded={found.failure} />
      </Page>
    );
  const { payment } = found;
  const partMinor = parseAmount(typed);
  const backMinor = part === "all" ? payment.keptMinor : partMinor;
  const tooMuch = backMinor !== null && backMinor > payment.keptMinor;
  const give = () =>
    act.run(async () => {
      if (backMinor === null || tooMuch) return;
      // The note names the total that is given back of this payment, earlier notes included.
      setNote(await app.voidPayment(payment.receiptCounter, part === "all" ? null : payment.backMinor + backMinor));
    });
  return (
    <Page title={words.giveBackTitle} testid="give-back" onBack>
      <div class="stack form-page">
        <p>{words.giveBackLead(shown(payment.keptMinor))}</p>
        <Choices
          label={words.giveBackTitle}
          look="rows"
          choices={[
            { value: "all", label: words.giveBackAll, detail: shown(payment.keptMinor) },
            { value: "part", label: words.giveBackPart },
          ]}
          chosen={part}
          onChoose={setPart}
          testid="give-back-choice"
        />
        {part === "part" ? (
          <Field
            label={words.giveBackAmount}
            value={typed}
            onInput={setTyped}
            kind="decimal"
            suffix={currency}
            wrong={tooMuch ? words.giveBackTooMuch(shown(payment.keptMinor)) : null}
            testid="give-back-amount"
          />
        ) : null}
        <Notice tone="info" title={words.giveBackConfirm} />
        {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
        <Button
          icon="returned"
          onClick={give}
          busy={act.busy}
          disabled={backMinor === null || backMinor === 0n || tooMuch}
          testid="give-back-yes"
        >
          {backMinor === null || tooMuch ? words.giveBack : words.giveBackButton(shown(backMinor))}
        </Button>
      </div>
    </Page>
  );
}

/** The note itself, for the payer to scan. */
export function NoteScreen({ note }: { note: NoteView }) {
  const { app, words, doors, language } = useSeldom();
  const { currency, now } = app.ready();
  const isVoid = note.kind === "void";
  const title = isVoid ? words.voidNoteTitle : words.cancelNoteTitle;
  return (
    <Page title={title} testid={`${note.kind}-note`} flow unseenTitle>
      <div class="decided">
        <div class="decision tone-info" role="status">
          <Disc tone="info" icon="returned" />
          <p class="decision-title">{title}</p>
          {isVoid ? <AmountView minor={note.backMinor} currency={currency} size="large" testid="note-amount" /> : null}
          <p class="decision-line">
            {isVoid ? words.voidNoteDetail(money(note.backMinor, currency)) : words.cancelNoteDetail}
          </p>
        </div>
        <div class="decided-receipt">
          <section class="receipt">
            <QrView texts={note.qr} draw={doors.draw} label={title} copies />
            <p class="muted small">{words.noteTime(instant(note.time, now, language))}</p>
          </section>
        </div>
        <div class="buttons decided-ways">
          <Button onClick={() => goInstead("")} testid="note-done">
            {words.done}
          </Button>
        </div>
      </div>
    </Page>
  );
}

/** Which request is to be cancelled. */
export function CancelListScreen() {
  const { app, words, language } = useSeldom();
  const { currency } = app.ready();
  const asked = app.cancellable();
  return (
    <Page title={words.cancelListTitle} testid="cancel-list" here="more" onBack>
      {asked.length === 0 ? (
        <EmptyState icon="returned" title={words.cancelListEmpty}>
          <p>{words.cancelListEmptyDetail}</p>
        </EmptyState>
      ) : (
        <List label={words.cancelListTitle}>
          {asked.map((one) => (
            <Row
              key={one.hashHex}
              icon="clock"
              title={one.reference === "" ? one.hashHex.slice(0, 8) : one.reference}
              detail={words.requestLine(time(one.expiresAt, language))}
              end={`${one.isMaximum ? "≤ " : ""}${money(one.amountMinor, currency)}`}
              to={`cancel/${one.hashHex}`}
              testid="cancellable"
            />
          ))}
        </List>
      )}
    </Page>
  );
}

/** The question before, and the note after. A request that was cancelled before gives the same note again. */
export function CancelScreen({ hashHex }: { hashHex: string }) {
  const { app, words } = useSeldom();
  const shown = useMoney();
  const [asked] = useState(() => app.cancellable().find((one) => one.hashHex === hashHex));
  const [note, setNote] = useState<NoteView | null>(null);
  const act = useAct();
  if (note !== null) return <NoteScreen note={note} />;
  return (
    <Page title={words.cancelTitle} testid="cancel" onBack>
      <div class="stack form-page">
        {asked === undefined ? null : (
          <List>
            <Row
              icon="code"
              title={`${asked.isMaximum ? "≤ " : ""}${shown(asked.amountMinor)}`}
              detail={asked.reference === "" ? hashHex.slice(0, 8) : asked.reference}
            />
          </List>
        )}
        <p>{words.cancelDetail}</p>
        {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
        <div class="buttons">
          <Button
            kind="danger"
            busy={act.busy}
            onClick={() => act.run(async () => setNote(await app.cancel(hashHex)))}
            testid="cancel-yes"
          >
            {words.cancelYes}
          </Button>
          <Button kind="quiet" onClick={back} testid="cancel-no">
            {words.cancelNo}
          </Button>
        </div>
      </div>
    </Page>
  );
}
