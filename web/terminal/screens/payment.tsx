/** One accepted payment: its grade, amounts, what the operator said, and what can still be done with it. */

import { useState } from "preact/hooks";
import { StatusChip } from "../../ui/badges.tsx";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { instant } from "../../ui/format.ts";
import { Fact, Facts } from "../../ui/list.tsx";
import { CodedNotice } from "../../ui/notice.tsx";
import { QrView } from "../../ui/qr_view.tsx";
import type { AcceptedView } from "../app.ts";
import { useMoney } from "./context.ts";
import { GradeBanner, Sum, useGuaranteeLine } from "./grades.tsx";
import { Page } from "./page.tsx";
import { useRecord } from "./record.ts";
import { useSeldom } from "./seldom_context.ts";

const ID_SHOWN = 16;

export function PaymentScreen({ number }: { number: string }) {
  const { words } = useSeldom();
  const found = useRecord(number);
  return (
    <Page title={words.receiptNumber(number)} testid="payment" here="history" onBack>
      {found.payment === null ? <CodedNotice coded={found.failure} /> : <Detail payment={found.payment} />}
    </Page>
  );
}

/** Whether anything is left that could be given back; the till itself still judges time and permission. */
export function mayGiveBack(payment: AcceptedView, mayVoid: boolean): boolean {
  return mayVoid && payment.grade !== "F0" && payment.keptMinor > 0n;
}

function Detail({ payment }: { payment: AcceptedView }) {
  const { app, words, doors } = useSeldom();
  const shown = useMoney();
  const line = useGuaranteeLine();
  const [receipt, setReceipt] = useState(false);
  const ready = app.ready();
  const title = payment.grade === "F0" ? words.refusedByOperator : words.grades[payment.grade];
  return (
    <div class="detail">
      <div class="stack">
        <GradeBanner
          grade={payment.grade}
          title={title}
          amount={shown(payment.keptMinor)}
          line={payment.grade === "F0" ? payment.words.title : line(payment)}
        />
        <section class="section">
          <h2>{words.operatorSays}</h2>
          <div class="card stack-small">
            <StatusChip status={payment.status} />
            <p class="card-title">{payment.words.title}</p>
            <p>{payment.words.detail}</p>
            {payment.words.next === null ? null : <p class="card-next">{payment.words.next}</p>}
          </div>
        </section>
      </div>
      <div class="stack">
        <Amounts payment={payment} />
        <div class="buttons">
          {payment.receiptQr.length === 0 ? null : (
            <Button kind="second" icon="code" onClick={() => setReceipt(true)} testid="show-receipt">
              {words.showReceipt}
            </Button>
          )}
          {mayGiveBack(payment, ready.mayVoid) ? (
            <ButtonLink kind="second" icon="returned" to={`give-back/${payment.receiptCounter}`} testid="give-back">
              {words.giveBack}
            </ButtonLink>
          ) : null}
          <ButtonLink kind="quiet" icon="flag" to={`disputes/${payment.receiptCounter}`} testid="report">
            {words.disputeButton}
          </ButtonLink>
        </div>
      </div>
      {receipt ? (
        <Dialog
          title={words.receiptNumber(String(payment.receiptCounter))}
          onClose={() => setReceipt(false)}
          testid="receipt-dialog"
        >
          <QrView texts={payment.receiptQr} draw={doors.draw} label={words.receiptTitle} copies />
          <p class="muted small centred">{words.receiptShowHint}</p>
        </Dialog>
      ) : null}
    </div>
  );
}

function Amounts({ payment }: { payment: AcceptedView }) {
  const { app, words, language } = useSeldom();
  const shown = useMoney();
  const { now } = app.ready();
  return (
    <section class="card">
      <Facts>
        <Fact name={words.amountRow}>
          <Sum>{shown(payment.finalMinor)}</Sum>
        </Fact>
        {payment.amountMinor === payment.finalMinor ? null : (
          <Fact name={words.askedRow}>
            <Sum>{shown(payment.amountMinor)}</Sum>
          </Fact>
        )}
        {payment.backMinor === 0n ? null : (
          <Fact name={words.backRow}>
            <Sum>{shown(payment.backMinor)}</Sum>
          </Fact>
        )}
        {payment.backMinor === 0n ? null : (
          <Fact name={words.keptRow}>
            <Sum>{shown(payment.keptMinor)}</Sum>
          </Fact>
        )}
        {payment.paidMinor === 0n ? null : (
          <Fact name={words.operatorPaidRow}>
            <Sum>{shown(payment.paidMinor)}</Sum>
          </Fact>
        )}
        {payment.waitingMinor === 0n ? null : (
          <Fact name={words.operatorWaitsRow}>
            <Sum>{shown(payment.waitingMinor)}</Sum>
          </Fact>
        )}
        {payment.grade === "F2" ? (
          <Fact name={words.guaranteedRow}>
            <Sum>{shown(payment.guaranteedMinor)}</Sum>
          </Fact>
        ) : null}
        {payment.grade === "F2" || payment.grade === "F1" ? (
          <Fact name={words.sendByRow}>{instant(payment.deadline, now, language)}</Fact>
        ) : null}
        <Fact name={words.timeRow}>{instant(payment.time, now, language)}</Fact>
        {payment.reference === "" ? null : <Fact name={words.referenceRow}>{payment.reference}</Fact>}
        {payment.tier === null ? null : (
          <Fact name={words.tierRow}>{words.tiers[payment.tier - 1] ?? words.tiers[0]}</Fact>
        )}
        <Fact name={words.chequeRow}>
          <span class="mono">{payment.chequeHex.slice(0, ID_SHOWN)}</span>
        </Fact>
      </Facts>
    </section>
  );
}
