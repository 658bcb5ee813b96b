/** What went wrong and was told: findings in the operator's books, disputes, and reporting a problem. */

import { useEffect, useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { StatusChip } from "../../ui/badges.tsx";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Choices, Field } from "../../ui/field.tsx";
import { money, parseAmount } from "../../ui/format.ts";
import { List, Row } from "../../ui/list.tsx";
import { CodedNotice, EmptyState, Notice } from "../../ui/notice.tsx";
import { goInstead } from "../../ui/router.ts";
import { Screen } from "../../ui/screen.tsx";
import { say } from "../../ui/words.ts";
import type { WalletApp } from "../app.ts";
import { S } from "../seldom_words.ts";
import { W } from "../words.ts";
import { useApp, useEnvironment } from "./environment.tsx";
import { Flash } from "./flash.tsx";
import { costMinor, payeeWords } from "./showing.ts";

type DisputeView = Awaited<ReturnType<WalletApp["disputes"]>>[number];
type Reason = "not_delivered" | "wrong_amount" | "not_me";

export function Findings() {
  const app = useApp();
  const found = app.findings();
  const currency = app.home().currency;
  return (
    <Screen title={say(S.findings)} onBack={true} testid="findings">
      {found.length === 0 ? (
        <EmptyState icon="shieldCheck" title={say(S.noFindings)}>
          <p class="small">{say(S.noFindingsText)}</p>
        </EmptyState>
      ) : null}
      {found.map((one) => (
        <Notice
          key={`${one.kind}-${one.number}`}
          tone="bad"
          title={`${one.words.title} · ${money(one.amountMinor, currency)}`}
          safe={one.words.detail}
          next={one.words.next}
          testid={`finding-${one.kind}`}
        >
          {one.number === null ? null : (
            <ButtonLink to={`payment/${encodeURIComponent(one.number)}`}>{say(W.toPayment)}</ButtonLink>
          )}
        </Notice>
      ))}
      {found.length === 0 ? null : (
        <div class="push">
          <ButtonLink to="lost" kind="main" icon="phone" testid="to-lost">
            {say(S.lostLink)}
          </ButtonLink>
        </div>
      )}
    </Screen>
  );
}

export function Disputes() {
  const app = useApp();
  const act = useAct();
  const [all, setAll] = useState<readonly DisputeView[] | null>(null);
  const load = () => act.run(async () => setAll(await app.disputes()));
  // Asked for once, when the screen opens.
  useEffect(() => void load(), []);
  return (
    <Screen title={say(S.disputes)} onBack={true} testid="disputes">
      <Flash />
      {act.busy ? (
        <p class="muted loading" role="status">
          <span class="spinner" aria-hidden="true" />
          {say(S.enrolling)}
        </p>
      ) : null}
      {act.failure === null ? null : (
        <>
          <CodedNotice coded={act.failure} tone="warn" live="alert" />
          <Button kind="second" onClick={load} testid="disputes-again">
            {say(W.tryAgain)}
          </Button>
        </>
      )}
      {all !== null && all.length === 0 ? (
        <EmptyState icon="flag" title={say(S.noDisputes)}>
          <p class="small">{say(S.noDisputesText)}</p>
        </EmptyState>
      ) : null}
      {all === null || all.length === 0 ? null : (
        <List label={say(S.disputes)}>
          {all.map((one) => (
            <Row
              key={one.id}
              icon="flag"
              tone={one.needsYou ? "warn" : "plain"}
              title={one.words}
              detail={
                <span class="chips-left">
                  <StatusChip status={one.needsYou ? "needs_you" : isOpen(one.state) ? "active" : "done"} />
                  {one.number === null ? null : ` ${say(W.number)} ${one.number}`}
                </span>
              }
              testid={`dispute-${one.id}`}
              {...(one.number === null ? {} : { to: `payment/${encodeURIComponent(one.number)}` })}
            />
          ))}
        </List>
      )}
    </Screen>
  );
}

const OPEN = ["opened", "contested", "unanswered"];

function isOpen(state: string): boolean {
  return OPEN.includes(state);
}

export function ReportProblem({ number }: { number: string }) {
  const app = useApp();
  const { pass } = useEnvironment();
  const act = useAct();
  const [reason, setReason] = useState<Reason | null>(null);
  const [words, setWords] = useState("");
  const [typed, setTyped] = useState("");
  const payment = app.payments("").find((one) => one.number === number);
  if (payment === undefined) {
    return (
      <Screen title={say(S.reportTitle)} onBack={true} testid="report-none">
        <EmptyState icon="search" title={say(S.goneNumber)} />
      </Screen>
    );
  }
  const amount = reason === "wrong_amount" ? parseAmount(typed) : null;
  const ready = reason !== null && (reason !== "wrong_amount" || amount !== null);
  const send = () =>
    act.run(async () => {
      await app.dispute(number, { reason: reason ?? "", words, amountMinor: amount });
      pass({ flash: say(S.disputeSent) });
      goInstead("disputes");
    });
  return (
    <Screen title={say(S.reportTitle)} onBack={true} testid="report">
      <p class="muted">
        {payeeWords(payment)} · {money(costMinor(payment), payment.currency)}
      </p>
      <form
        class="stack grow"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) send();
        }}
      >
        <Choices<Reason>
          label={say(S.reason)}
          look="rows"
          chosen={reason}
          onChoose={setReason}
          choices={[
            { value: "not_delivered", label: say(S.not_delivered) },
            { value: "wrong_amount", label: say(S.wrong_amount) },
            { value: "not_me", label: say(S.not_me) },
          ]}
          testid="reasons"
        />
        {reason === "wrong_amount" ? (
          <Field
            label={say(S.rightAmount)}
            kind="decimal"
            value={typed}
            onInput={setTyped}
            suffix={payment.currency}
            testid="report-amount"
          />
        ) : null}
        <Field
          label={say(S.reasonWords)}
          hint={say(S.reasonHint)}
          value={words}
          onInput={setWords}
          lines={3}
          maxLength={500}
          testid="report-words"
        />
        {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
        <div class="push stack-small">
          <Button type="submit" busy={act.busy} disabled={!ready} testid="report-send">
            {say(S.reportSend)}
          </Button>
          <p class="centred small muted">{say(S.reportNeeds)}</p>
        </div>
      </form>
    </Screen>
  );
}
