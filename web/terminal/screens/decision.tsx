/** The decision: a question where a person must agree, and then the grade, the receipt or the refusal (spec 07). */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { AmountView, TypedAmount } from "../../ui/amount.tsx";
import { AmountPad } from "../../ui/amount_pad.tsx";
import { Disc } from "../../ui/badges.tsx";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { digits, instant, parseAmount } from "../../ui/format.ts";
import { Notice } from "../../ui/notice.tsx";
import { QrView } from "../../ui/qr_view.tsx";
import { goInstead } from "../../ui/router.ts";
import type { AcceptedView, Coded } from "../app.ts";
import { type Asking, type Decided, mayTake } from "./checkout_steps.ts";
import { useMoney, useTerminal } from "./context.ts";
import { GradeBanner, useGuaranteeLine } from "./grades.tsx";
import { NoteScreen } from "./later_screens.ts";
import { Page } from "./page.tsx";

interface Question {
  readonly asking: Asking;
  readonly busy: boolean;
  readonly failure: ComponentChildren;
  readonly onNo: () => void;
}

export function OwnRiskScreen({
  asking,
  busy,
  failure,
  amountMinor,
  onYes,
  onNo,
}: Question & { readonly amountMinor: bigint; readonly onYes: () => void }) {
  const { app, words } = useTerminal();
  return (
    <Page title={words.confirmRiskTitle} testid="own-risk" flow onBack={onNo}>
      <div class="question">
        <div class="decision tone-warn" data-testid="confirm-F1">
          <Disc tone="warn" icon="handshake" />
          <p class="decision-title">{asking.words.title}</p>
          <AmountView minor={amountMinor} currency={app.ready().currency} size="large" testid="risk-amount" />
          <p class="decision-line">{asking.words.detail}</p>
        </div>
        <p class="muted centred">{words.confirmRiskDetail}</p>
        {failure}
        <div class="buttons question-ways">
          <Button kind="second" onClick={onNo} testid="risk-no">
            {words.confirmRiskNo}
          </Button>
          <Button onClick={onYes} busy={busy} icon="handshake" testid="risk-yes">
            {words.confirmRiskYes}
          </Button>
        </div>
      </div>
    </Page>
  );
}

export function FinalAmountScreen({
  asking,
  busy,
  failure,
  onYes,
  onNo,
}: Question & { readonly onYes: (finalMinor: bigint) => void }) {
  const { app, words } = useTerminal();
  const shown = useMoney();
  const [typed, setTyped] = useState("");
  const { maximumMinor } = asking;
  const finalMinor = parseAmount(typed);
  const tooMuch = finalMinor !== null && !mayTake(finalMinor, maximumMinor);
  return (
    <Page title={words.finalTitle} testid="final-amount" flow onBack={onNo}>
      <div class="question">
        {maximumMinor === null ? null : <p class="muted centred">{words.finalLead(shown(maximumMinor))}</p>}
        <div class="sell-amount">
          <TypedAmount typed={typed} currency={app.ready().currency} />
          {maximumMinor === null ? null : (
            <Button kind="quiet" onClick={() => setTyped(digits(maximumMinor).replaceAll(",", ""))} testid="final-max">
              {words.finalMaximum}
            </Button>
          )}
        </div>
        {tooMuch && maximumMinor !== null ? (
          <Notice tone="bad" title={words.finalTooMuch(shown(maximumMinor))} live="alert" testid="final-too-much" />
        ) : null}
        {failure}
        <AmountPad typed={typed} onTyped={setTyped} disabled={busy} />
        <Button
          onClick={() => finalMinor !== null && onYes(finalMinor)}
          busy={busy}
          disabled={!mayTake(finalMinor, maximumMinor)}
          testid="final-yes"
        >
          {words.finalButton}
        </Button>
      </div>
    </Page>
  );
}

interface DecidedGiven {
  readonly decided: Decided;
  readonly onScanAgain: () => void;
}

export function DecidedScreen({ decided, onScanAgain }: DecidedGiven) {
  const [noteShown, showNote] = useState(false);
  if (decided.kind === "accepted") {
    const { accepted, again } = decided;
    return again ? <Before accepted={accepted} onScanAgain={onScanAgain} /> : <Accepted accepted={accepted} />;
  }
  const { note } = decided;
  if (noteShown && note !== undefined) return <NoteScreen note={note} />;
  return (
    <Refused
      refusal={decided.refusal}
      proofKept={decided.proofKept === true}
      onScanAgain={onScanAgain}
      onNote={note === undefined ? null : () => showNote(true)}
    />
  );
}

function Accepted({ accepted }: { accepted: AcceptedView }) {
  const { words } = useTerminal();
  const shown = useMoney();
  const line = useGuaranteeLine();
  const restMinor = accepted.amountMinor - accepted.finalMinor;
  return (
    <Page title={words.grades[accepted.grade]} testid="accepted" flow unseenTitle>
      <div class="decided">
        <GradeBanner
          grade={accepted.grade}
          title={words.grades[accepted.grade]}
          amount={shown(accepted.finalMinor)}
          line={line(accepted)}
        />
        <div class="decided-receipt">
          {restMinor > 0n ? <Notice tone="info" title={words.restBack(shown(restMinor))} testid="rest-back" /> : null}
          {accepted.backMinor > 0n ? <Notice tone="info" title={words.givenBack(shown(accepted.backMinor))} /> : null}
          <ReceiptCode accepted={accepted} />
        </div>
        <div class="buttons decided-ways">
          <Button icon="plus" onClick={() => goInstead("")} testid="next-payment">
            {words.nextPayment}
          </Button>
          <ToPayment accepted={accepted} />
        </div>
      </div>
    </Page>
  );
}

/** Old bytes shown once more: the receipt is the same, and it must not look as if anything new were paid. */
function Before({ accepted, onScanAgain }: { accepted: AcceptedView; onScanAgain: () => void }) {
  const { app, words, language } = useTerminal();
  const shown = useMoney();
  const at = instant(accepted.time, app.ready().now, language);
  return (
    <Page title={words.beforeTitle} testid="accepted-before" flow unseenTitle>
      <div class="decided">
        <div class="decision tone-warn" role="status" data-testid="decision-before">
          <Disc tone="warn" icon="history" />
          <p class="decision-title">{words.beforeTitle}</p>
          <p class="decision-line">{words.beforeLine(shown(accepted.finalMinor), at)}</p>
          <p class="decision-line">{words.beforeNext}</p>
        </div>
        <div class="decided-receipt">
          <ReceiptCode accepted={accepted} />
        </div>
        <div class="buttons decided-ways">
          <Button icon="scan" onClick={onScanAgain} testid="scan-again">
            {words.scanAgain}
          </Button>
          <Button kind="quiet" onClick={() => goInstead("")} testid="next-payment">
            {words.nextPayment}
          </Button>
          <ToPayment accepted={accepted} />
        </div>
      </div>
    </Page>
  );
}

function ReceiptCode({ accepted }: { accepted: AcceptedView }) {
  const { words, doors } = useTerminal();
  if (accepted.receiptQr.length === 0) return null;
  return (
    <section class="receipt">
      <h2>{words.receiptShow}</h2>
      <QrView texts={accepted.receiptQr} draw={doors.draw} label={words.receiptTitle} copies />
      <p class="muted small">
        {words.receiptNumber(String(accepted.receiptCounter))} · {words.receiptShowHint}
      </p>
    </section>
  );
}

function ToPayment({ accepted }: { accepted: AcceptedView }) {
  const { words } = useTerminal();
  if (accepted.receiptQr.length === 0) return null;
  return (
    <ButtonLink kind="quiet" to={`payment/${accepted.receiptCounter}`} testid="to-payment">
      {words.receiptNumber(String(accepted.receiptCounter))}
    </ButtonLink>
  );
}

interface RefusedGiven {
  readonly refusal: Coded;
  readonly proofKept: boolean;
  readonly onScanAgain: () => void;
  readonly onNote: (() => void) | null;
}

function Refused({ refusal, proofKept, onScanAgain, onNote }: RefusedGiven) {
  const { words } = useTerminal();
  return (
    <Page title={words.refusedTitle} testid="refused" flow unseenTitle>
      <div class="decided">
        <GradeBanner grade="F0" title={words.refusedTitle} line={words.refusedSub} />
        <dl class="card refusal" data-testid={`notice-${refusal.code}`}>
          <div>
            <dt>{words.happened}</dt>
            <dd class="refusal-message">{refusal.message}</dd>
          </div>
          <div>
            <dt>{words.safe}</dt>
            <dd>{refusal.safe}</dd>
          </div>
          <div>
            <dt>{words.next}</dt>
            <dd class="refusal-next">{refusal.next}</dd>
          </div>
        </dl>
        {proofKept ? <Notice tone="info" title={words.proofKept} testid="proof-kept" /> : null}
        <div class="buttons decided-ways">
          {onNote !== null ? (
            <Button icon="returned" onClick={onNote} testid="show-cancel-note">
              {words.showCancelNote}
            </Button>
          ) : (
            <Button icon="scan" onClick={onScanAgain} testid="scan-again">
              {words.scanAgain}
            </Button>
          )}
          <Button kind="quiet" onClick={() => goInstead("")} testid="next-payment">
            {words.nextPayment}
          </Button>
        </div>
      </div>
    </Page>
  );
}
