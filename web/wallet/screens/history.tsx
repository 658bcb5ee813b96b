/** History with search and filters, and one payment with its course, what to do, and the way to report a problem. */

import { useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { AmountView } from "../../ui/amount.tsx";
import { GradeBadge, StatusChip } from "../../ui/badges.tsx";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Choices, Field } from "../../ui/field.tsx";
import { dayName, instant, money } from "../../ui/format.ts";
import { Fact, Facts, List } from "../../ui/list.tsx";
import { CodedNotice, EmptyState, Notice } from "../../ui/notice.tsx";
import { screenNow } from "../../ui/now.ts";
import { go } from "../../ui/router.ts";
import { Screen } from "../../ui/screen.tsx";
import { type Step, Steps } from "../../ui/steps.tsx";
import { language, say } from "../../ui/words.ts";
import type { PaymentView } from "../app.ts";
import { S } from "../seldom_words.ts";
import { W } from "../words.ts";
import { useApp, useEnvironment } from "./environment.tsx";
import { awaitsReceipt, byDay, type Filter, filtered, firstFilter, isOver, noticeTone } from "./looking.ts";
import { WalletNav } from "./nav.tsx";
import { PaymentRow } from "./payment_row.tsx";
import { costMinor, costPrefix, givenBackMinor, payeeWords } from "./showing.ts";

export function History() {
  const app = useApp();
  const [search, setSearch] = useState("");
  const [filter, setFilter] = useState<Filter>(() => firstFilter(location.hash));
  const hidden = app.settings().hideAmounts;
  const found = filtered(app.payments(search), filter);
  const nothingYet = found.length === 0 && search === "" && filter === "all";
  return (
    <Screen title={say(S.historyTitle)} nav={<WalletNav here="history" />} testid="history">
      <Field
        label={say(S.search)}
        kind="search"
        value={search}
        onInput={setSearch}
        placeholder={say(S.searchHint)}
        testid="search"
      />
      <Choices
        label={say(S.historyTitle)}
        look="chips"
        chosen={filter}
        onChoose={setFilter}
        choices={[
          { value: "all", label: say(S.filterAll) },
          { value: "needs_you", label: say(S.filterNeedsYou) },
          { value: "active", label: say(S.filterActive) },
          { value: "done", label: say(S.filterDone) },
        ]}
        testid="filters"
      />
      {byDay(found).map((day) => (
        <section class="section" key={day.at}>
          <h2>{dayName(day.at, screenNow(), language())}</h2>
          <List>
            {day.payments.map((payment) => (
              <PaymentRow key={payment.number} payment={payment} hidden={hidden} />
            ))}
          </List>
        </section>
      ))}
      {found.length > 0 ? null : (
        <EmptyState icon="search" title={say(nothingYet ? W.noPayments : S.nothingFound)}>
          <p class="small">{say(nothingYet ? W.noPaymentsText : S.nothingFoundText)}</p>
        </EmptyState>
      )}
    </Screen>
  );
}

export function Detail({ number }: { number: string }) {
  const app = useApp();
  const { pass } = useEnvironment();
  const act = useAct();
  const payment = app.payments("").find((one) => one.number === number);
  if (payment === undefined) {
    return (
      <Screen title={say(S.detailTitle)} onBack={true} testid="payment-none">
        <EmptyState icon="search" title={say(S.goneNumber)} />
      </Screen>
    );
  }
  const prefix = costPrefix(payment);
  const again = () =>
    act.run(async () => {
      pass({ shown: await app.showAgain(number) });
      go("shown");
    });
  return (
    <Screen title={say(S.detailTitle)} onBack={true} testid="payment">
      <div class="detail-head">
        <AmountView
          minor={costMinor(payment)}
          currency={payment.currency}
          size="large"
          hidden={app.settings().hideAmounts}
          {...(prefix === undefined ? {} : { prefix })}
        />
        <p class="detail-payee">{payeeWords(payment)}</p>
        <p class="chips">
          {payment.grade === null ? null : <GradeBadge grade={payment.grade} />}
          <StatusChip status={payment.status} />
        </p>
      </div>
      <Notice
        tone={noticeTone(payment)}
        title={payment.words.title}
        safe={payment.words.detail}
        next={payment.words.next}
        testid="payment-words"
      />
      {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
      {payment.canShowAgain || awaitsReceipt(payment) ? (
        <div class="buttons">
          {payment.canShowAgain ? (
            <Button icon="code" busy={act.busy} onClick={again} testid="show-again">
              {say(W.showAgain)}
            </Button>
          ) : null}
          {awaitsReceipt(payment) && !payment.oneWay ? (
            <ButtonLink to="scan-receipt" kind="second" icon="scan" testid="to-scan-receipt">
              {say(W.scanReceipt)}
            </ButtonLink>
          ) : null}
        </div>
      ) : null}
      <section class="section">
        <h2>{say(S.course)}</h2>
        <Steps label={say(S.course)} steps={course(payment)} />
      </section>
      <section class="card">
        <PaymentFacts payment={payment} />
      </section>
      <ButtonLink to={`report/${encodeURIComponent(number)}`} kind="quiet" icon="flag" testid="to-report">
        {say(W.report)}
      </ButtonLink>
    </Screen>
  );
}

function PaymentFacts({ payment }: { payment: PaymentView }) {
  const back = givenBackMinor(payment);
  return (
    <Facts>
      <Fact name={say(W.payee)}>
        {payeeWords(payment)}
        {payment.payeeName === null || payment.payeeProved ? null : (
          <>
            <br />
            <span class="muted small">{say(W.notProved)}</span>
          </>
        )}
      </Fact>
      {payment.reference === null ? null : <Fact name={say(W.reference)}>{payment.reference}</Fact>}
      {back > 0n ? <Fact name={say(W.givenBack)}>{money(back, payment.currency)}</Fact> : null}
      <Fact name={say(W.number)}>{payment.number}</Fact>
    </Facts>
  );
}

/** Signed, accepted, settled: what is past with its time, what is still to come with what it waits for. */
function course(payment: PaymentView): readonly Step[] {
  const at = (when: number) => instant(when, screenNow(), language());
  const over = isOver(payment);
  const deadline = payment.deadlineAt;
  const accepted: Step = {
    id: "accepted",
    name: say(S.courseAccepted),
    state:
      payment.acknowledgedAt !== null
        ? "done"
        : over
          ? "skipped"
          : payment.state === "unconfirmed"
            ? "failed"
            : "waiting",
    detail: payment.acknowledgedAt === null ? say(S.courseNone) : at(payment.acknowledgedAt),
  };
  const back = ["voided", "cancelled", "returned"].includes(payment.state);
  const final: Step = {
    id: "final",
    name: say(back ? S.courseBack : S.courseFinal),
    state: over ? "done" : payment.state === "refused" ? "failed" : "waiting",
    detail:
      over || payment.state === "refused"
        ? payment.words.title
        : deadline === null
          ? say(S.courseWaits)
          : `${say(S.courseWaits)}; ${say(S.courseBy, { at: at(deadline) })}`,
  };
  return [{ id: "drawn", name: say(S.courseDrawn), state: "done", detail: at(payment.drawnAt) }, accepted, final];
}
