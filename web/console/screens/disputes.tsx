/** Disputes: what waits, what was said and done, the evidence, and the operator's decision. */

import { useState } from "preact/hooks";
import { spellBytes } from "../../platform/json_answer.ts";
import type { DisputeReply, DisputeStep } from "../../platform/operator_disputes.ts";
import { StatusChip } from "../../ui/badges.tsx";
import { Button } from "../../ui/button.tsx";
import { Choices, Field } from "../../ui/field.tsx";
import { money, parseAmount } from "../../ui/format.ts";
import { Fact, Facts } from "../../ui/list.tsx";
import { say } from "../../ui/words.ts";
import { Answered, useAsked } from "../parts/asked.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Page } from "../parts/frame.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { shownId, wholeId } from "../reading/ids.ts";
import { DISPUTE_FILTERS, type DisputeDetail, type DisputeFilter } from "../reading/trouble.ts";
import { W } from "../words.ts";
import { HOLDERS, RISK } from "../words_pages.ts";
import { DISPUTE_ACTS, DISPUTE_REASONS, DISPUTE_STATES, named, PARTIES } from "../words_values.ts";
import { useConsole } from "./context.ts";
import { Card, Id, Money, nameOf, Select, When } from "./show.tsx";

const WORDS_MAX = 500;
const FILTER_WORDS = {
  open: RISK.filterOpen,
  to_decide: RISK.filterDecide,
  done: RISK.filterDone,
} as const;

export function DisputesPage() {
  const { operator } = useConsole();
  const [state, show] = useState<DisputeFilter | "all">("open");
  const asked = useAsked(`disputes ${state}`, () => operator.disputes(state === "all" ? null : state));
  const columns: readonly Column<DisputeReply>[] = [
    {
      id: "reason",
      head: say(RISK.dispute),
      narrow: "keep",
      cell: (one) => (
        <>
          <span>{named(DISPUTE_REASONS, one.reason)}</span>
          <span class="cell-detail">
            <Id of={spellBytes(one.disputeId)} />
          </span>
        </>
      ),
    },
    { id: "payee", head: say(HOLDERS.payee), narrow: "under", cell: (one) => nameOf(one.payeeName) },
    { id: "state", head: say(HOLDERS.status), narrow: "under", cell: (one) => <State of={one} /> },
    {
      id: "amount",
      head: say(HOLDERS.amount),
      narrow: "keep",
      number: true,
      cell: (one) => <Money minor={one.amountMinor} currency={one.currency} />,
    },
    {
      id: "until",
      head: say(RISK.until),
      narrow: "under",
      cell: (one) => (one.until === null ? "–" : <When at={one.until} />),
    },
  ];
  return (
    <Page title={say(W.disputes)} lead={say(RISK.disputesLead)} here="disputes" testid="disputes">
      <div class="filters">
        <Select<DisputeFilter | "all">
          label={say(HOLDERS.state)}
          chosen={state}
          choices={[
            ...DISPUTE_FILTERS.map((value) => ({ value, label: say(FILTER_WORDS[value]) })),
            { value: "all", label: say(HOLDERS.all) },
          ]}
          onChoose={show}
          testid="dispute-filter"
        />
      </div>
      <Answered asked={asked}>
        {({ disputes, more }) => (
          <>
            <Table
              label={say(W.disputes)}
              columns={columns}
              rows={disputes}
              rowId={(one) => spellBytes(one.disputeId)}
              to={(one) => `dispute/${spellBytes(one.disputeId)}`}
              empty={{ icon: "flag", title: say(RISK.noDisputes) }}
              testid="dispute-list"
            />
            {more ? <p class="muted small">{say(RISK.disputesMore)}</p> : null}
          </>
        )}
      </Answered>
    </Page>
  );
}

function State({ of }: { of: DisputeReply }) {
  return <StatusChip status={of.status} words={named(DISPUTE_STATES, of.state)} />;
}

export function DisputePage({ id }: { id: string }) {
  const { operator, may } = useConsole();
  const asked = useAsked(`dispute ${id}`, () => operator.dispute(id));
  return (
    <Page
      title={`${say(RISK.dispute)} ${shownId(id).slice(0, 8)}`}
      here="disputes"
      up={{ to: "disputes", label: say(W.disputes) }}
      testid="dispute"
    >
      <Answered asked={asked}>
        {(found) => (
          <div class="columns">
            <About of={found.dispute} />
            <div class="stack">
              <Story of={found.dispute} />
              {may("decide") && found.dispute.status === "needs_you" ? (
                <Decide of={found} onDecided={asked.again} />
              ) : null}
            </div>
          </div>
        )}
      </Answered>
    </Page>
  );
}

/** What has moved so far, in words. */
export function movedWords({ movedMinor, currency }: Pick<DisputeReply, "movedMinor" | "currency">): string {
  if (movedMinor > 0n) return say(RISK.movedToPayer, { amount: money(movedMinor, currency) });
  if (movedMinor < 0n) return say(RISK.movedToPayee, { amount: money(-movedMinor, currency) });
  return say(RISK.movedNone);
}

function About({ of }: { of: DisputeReply }) {
  const { may } = useConsole();
  return (
    <Card title={say(RISK.about)} actions={<State of={of} />}>
      <p>{movedWords(of)}</p>
      <Facts>
        <Fact name={say(RISK.reason)}>{named(DISPUTE_REASONS, of.reason)}</Fact>
        <Fact name={say(HOLDERS.amount)}>
          <Money minor={of.amountMinor} currency={of.currency} />
        </Fact>
        <Fact name={say(RISK.opened)}>
          {named(PARTIES, of.opener)}, <When at={of.openedAt} />
        </Fact>
        {of.until === null ? null : (
          <Fact name={say(RISK.until)}>
            <When at={of.until} />
          </Fact>
        )}
        <Fact name={say(HOLDERS.deadline)}>
          <When at={of.deadline} />
        </Fact>
        <Fact name={say(HOLDERS.payee)}>
          <Way to={may("holders") ? `payee/${spellBytes(of.payeeId)}` : null}>{nameOf(of.payeeName)}</Way>
        </Fact>
        <Fact name={say(HOLDERS.payer)}>
          <Way to={may("holders") ? `payer/${spellBytes(of.payerId)}` : null}>
            <Id of={spellBytes(of.payerId)} />
          </Way>
        </Fact>
        <Fact name={say(RISK.paymentRef)}>
          <Id of={spellBytes(of.chequeId)} whole />
        </Fact>
      </Facts>
    </Card>
  );
}

function Way({ to, children }: { to: string | null; children: preact.ComponentChildren }) {
  if (to === null) return <>{children}</>;
  return (
    <a class="fact-link" href={`#/${to}`} data-testid={`to-${to.split("/")[0] ?? ""}`}>
      {children}
    </a>
  );
}

/** It names the dispute and the step, so that the file can be found again. */
function evidenceName(disputeId: string, number: number): string {
  return `evidence-${wholeId(disputeId)}-${number}.bin`;
}

function Story({ of }: { of: DisputeReply }) {
  return (
    <Card title={say(RISK.story)}>
      <ol class="story">
        {of.steps.map((step, number) => (
          <Told
            key={`${step.at}-${step.act}`}
            step={step}
            currency={of.currency}
            file={evidenceName(spellBytes(of.disputeId), number + 1)}
          />
        ))}
      </ol>
    </Card>
  );
}

function Told({ step, currency, file }: { step: DisputeStep; currency: string; file: string }) {
  const { doors } = useConsole();
  return (
    <li>
      <p class="story-head">
        <span class="story-who">
          {named(PARTIES, step.by)} {named(DISPUTE_ACTS, step.act)}
        </span>
        <span class="muted small">
          <When at={step.at} />
        </span>
      </p>
      {step.amountMinor === 0n ? null : (
        <p>
          <Money minor={step.amountMinor} currency={currency} />
        </p>
      )}
      {step.words === "" ? null : <p class="story-words">{step.words}</p>}
      {step.evidence.length === 0 ? null : (
        <div class="row-buttons">
          <Button
            kind="second"
            onClick={() => doors.save(file, "application/octet-stream", step.evidence)}
            testid="evidence"
          >
            {say(RISK.evidence, { size: step.evidence.length })}
          </Button>
        </div>
      )}
    </li>
  );
}

type Choice = "uphold" | "all" | "part";

/** What is refunded by a choice; null as long as it is no possible amount. */
export function refundOf(choice: Choice, typed: string, amountMinor: bigint): bigint | null {
  if (choice === "uphold") return 0n;
  if (choice === "all") return amountMinor;
  const part = parseAmount(typed);
  return part !== null && part <= amountMinor ? part : null;
}

function Decide({ of, onDecided }: { of: DisputeDetail; onDecided: () => void }) {
  const { operator } = useConsole();
  const { dispute } = of;
  const [choice, choose] = useState<Choice | null>(null);
  const [typed, type] = useState("");
  const [words, setWords] = useState("");
  const [wrong, setWrong] = useState(false);
  const [asking, ask] = useState(false);
  const whole = money(dispute.amountMinor, dispute.currency);
  const refund = choice === null ? null : refundOf(choice, typed, dispute.amountMinor);
  const badAmount = choice === "part" && refund === null && (typed.trim() !== "" || wrong);
  return (
    <Card title={say(RISK.decide)}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          setWrong(true);
          if (refund !== null && words.trim() !== "") ask(true);
        }}
      >
        <p class="muted">{say(RISK.decideLead)}</p>
        <Choices<Choice>
          label={say(RISK.decision)}
          look="rows"
          choices={[
            { value: "uphold", label: say(RISK.uphold), detail: say(RISK.upholdDetail) },
            ...(of.refundPossible
              ? ([
                  { value: "all", label: say(RISK.refundAll), detail: say(RISK.refundAllDetail, { amount: whole }) },
                  { value: "part", label: say(RISK.refundPart), detail: say(RISK.refundPartDetail) },
                ] as const)
              : []),
          ]}
          chosen={choice}
          onChoose={choose}
          testid="decision"
        />
        {choice === "part" ? (
          <Field
            label={say(RISK.refundAmount)}
            kind="decimal"
            suffix={dispute.currency}
            value={typed}
            onInput={type}
            wrong={badAmount ? say(RISK.refundWrong, { amount: whole }) : null}
            testid="refund-amount"
          />
        ) : null}
        <Field
          label={say(RISK.words)}
          hint={say(RISK.wordsHint)}
          value={words}
          onInput={setWords}
          lines={3}
          maxLength={WORDS_MAX}
          wrong={wrong && words.trim() === "" ? say(RISK.wordsMissing) : null}
          testid="decision-words"
        />
        <Button type="submit" disabled={choice === null} testid="decide">
          {say(RISK.decide)}
        </Button>
      </form>
      {asking && refund !== null ? (
        <Confirm
          title={refund === 0n ? say(RISK.askUphold) : say(RISK.askRefund, { amount: money(refund, dispute.currency) })}
          happens={[say(refund === 0n ? RISK.happensUphold : RISK.happensRefund), say(RISK.happensFinal)]}
          button={say(RISK.decideYes)}
          act={async () => {
            await operator.decide(spellBytes(dispute.disputeId), refund, words.trim());
            ask(false);
            onDecided();
          }}
          onClose={() => ask(false)}
          testid="decide-sure"
        />
      ) : null}
    </Card>
  );
}
