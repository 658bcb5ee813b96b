/** One payer, one payee: what they have, where it is, and what can be done. */

import { useState } from "preact/hooks";
import { spellBytes } from "../../platform/json_answer.ts";
import type { PayeeStatement } from "../../platform/operator_payee.ts";
import type { PayerStatement } from "../../platform/operator_payer.ts";
import { Button } from "../../ui/button.tsx";
import { Fact, Facts } from "../../ui/list.tsx";
import { say } from "../../ui/words.ts";
import { Answered, useAsked } from "../parts/asked.tsx";
import { Page } from "../parts/frame.tsx";
import { type Column, Table } from "../parts/table.tsx";
import type { Device, PayerDetail } from "../reading/holders.ts";
import { W } from "../words.ts";
import { ACTS_ON, HOLDERS, OVERVIEW } from "../words_pages.ts";
import { CHEQUE_STATES, ENTRY_REASONS, EVENT_KINDS, named } from "../words_values.ts";
import { PayerCodes } from "./codes.tsx";
import { useConsole } from "./context.ts";
import { FundPayer, NewCode, Suspend } from "./holder_acts.tsx";
import { HolderKeys } from "./holder_identity.tsx";
import { SignedIn } from "./holders.tsx";
import { PayeeTerminals } from "./payee_terminals.tsx";
import { AllowanceBadge, Card, Id, Money, nameOf, Part, When } from "./show.tsx";

type Asking = "code" | "fund" | "suspend" | null;

export function PayerPage({ id }: { id: string }) {
  const { operator, may } = useConsole();
  const asked = useAsked(`payer ${id}`, () => operator.payer(id));
  const [asking, ask] = useState<Asking>(null);
  const close = () => ask(null);
  const found = asked.value;
  return (
    <Page
      title={found === null ? say(HOLDERS.payer) : nameOf(found.statement.name)}
      here="payers"
      up={{ to: "payers", label: say(W.payers) }}
      testid="payer"
      actions={
        found === null ? undefined : (
          <>
            {may("funding") ? (
              <Button kind="second" icon="plus" onClick={() => ask("fund")} testid="fund-payer">
                {say(ACTS_ON.fund)}
              </Button>
            ) : null}
            {may("codes") ? (
              <Button kind="second" icon="key" onClick={() => ask("code")} testid="payer-code">
                {say(ACTS_ON.newCode)}
              </Button>
            ) : null}
            {may("suspend") ? (
              <Button kind="danger" onClick={() => ask("suspend")} testid="suspend-payer">
                {say(ACTS_ON.suspend)}
              </Button>
            ) : null}
          </>
        )
      }
    >
      <Answered asked={asked}>{(payer) => <Payer id={id} of={payer} />}</Answered>
      {asking === "code" ? <NewCode kind="payer" id={id} onClose={close} /> : null}
      {asking === "fund" && found !== null ? (
        <FundPayer id={id} currency={found.statement.currency} onClose={close} onDone={asked.again} />
      ) : null}
      {asking === "suspend" ? <Suspend payerId={id} onClose={close} onDone={asked.again} /> : null}
    </Page>
  );
}

function Payer({ id, of }: { id: string; of: PayerDetail }) {
  const { statement } = of;
  const { currency } = statement;
  return (
    <>
      <div class="columns">
        <Card title={say(HOLDERS.money)}>
          <Facts>
            <Fact name={say(HOLDERS.free)}>
              <Money minor={statement.freeMinor} currency={currency} />
            </Fact>
            <Fact name={say(HOLDERS.reserved)}>
              <Money minor={statement.reservedMinor} currency={currency} />
            </Fact>
            {of.exposure.map((one) => (
              <Fact key={one.currency} name={say(OVERVIEW.fromPool)}>
                <Money minor={one.fromPoolMinor} currency={one.currency} />
              </Fact>
            ))}
            <Fact name={say(HOLDERS.id)}>
              <Id of={id} whole />
            </Fact>
          </Facts>
        </Card>
        <Devices of={of.devices} />
        <HolderKeys of={of.holder} />
        <PayerCodes payerId={id} />
      </div>
      <Allowances of={statement} />
      <Cheques of={statement} />
      <Movements of={statement} />
    </>
  );
}

function Devices({ of }: { of: readonly Device[] }) {
  return (
    <Card title={say(W.devices)}>
      {of.length === 0 ? (
        <p class="muted">{say(HOLDERS.noDevices)}</p>
      ) : (
        <Facts>
          {of.map((one) => (
            <div key={one.deviceId} class="fact">
              <dt>
                <Id of={one.deviceId} />
                <span class="cell-detail">
                  {say(HOLDERS.bound)} <When at={one.boundAt} />
                </span>
              </dt>
              <dd>
                <SignedIn yes={one.signedIn} />
              </dd>
            </div>
          ))}
        </Facts>
      )}
    </Card>
  );
}

function Allowances({ of }: { of: PayerStatement }) {
  type Row = PayerStatement["allowances"][number];
  const columns: readonly Column<Row>[] = [
    { id: "ref", head: say(HOLDERS.allowance), narrow: "keep", cell: (one) => <Id of={spellBytes(one.ref)} /> },
    { id: "status", head: say(HOLDERS.status), narrow: "under", cell: (one) => <AllowanceBadge of={one} /> },
    {
      id: "amount",
      head: say(HOLDERS.amount),
      narrow: "keep",
      number: true,
      cell: (one) => <Money minor={one.amountMinor} currency={one.currency} />,
    },
    {
      id: "claimed",
      head: say(HOLDERS.claimed),
      narrow: "under",
      number: true,
      cell: (one) => <Money minor={one.claimedMinor} currency={one.currency} />,
    },
    {
      id: "waiting",
      head: say(HOLDERS.waiting),
      narrow: "out",
      number: true,
      cell: (one) => <Money minor={one.waitingMinor} currency={one.currency} />,
    },
    { id: "deadline", head: say(HOLDERS.deadline), narrow: "under", cell: (one) => <When at={one.deadline} /> },
  ];
  return (
    <Part title={say(HOLDERS.allowances)}>
      <Table
        label={say(HOLDERS.allowances)}
        columns={columns}
        rows={of.allowances}
        rowId={(one) => spellBytes(one.ref)}
        to={(one) => `allowance/${spellBytes(one.ref)}`}
        empty={{ icon: "code", title: say(HOLDERS.noAllowances) }}
        testid="payer-allowances"
      />
    </Part>
  );
}

function Cheques({ of }: { of: PayerStatement }) {
  type Row = PayerStatement["cheques"][number];
  const { currency } = of;
  const columns: readonly Column<Row>[] = [
    {
      id: "payee",
      head: say(HOLDERS.payee),
      narrow: "keep",
      cell: (one) => (
        <>
          <span>
            {one.payeeName ??
              (one.payees > 1 ? say(HOLDERS.payeesCount, { count: one.payees }) : say(HOLDERS.unknownPayee))}
          </span>
          <span class="cell-detail">
            <Id of={spellBytes(one.chequeId)} />
          </span>
        </>
      ),
    },
    { id: "state", head: say(HOLDERS.status), narrow: "under", cell: (one) => named(CHEQUE_STATES, one.state) },
    {
      id: "amount",
      head: say(HOLDERS.amount),
      narrow: "keep",
      number: true,
      cell: (one) => <Money minor={one.amountMinor} currency={currency} />,
    },
    {
      id: "paid",
      head: say(HOLDERS.paid),
      narrow: "under",
      number: true,
      cell: (one) => <Money minor={one.paidMinor} currency={currency} />,
    },
    {
      id: "waiting",
      head: say(HOLDERS.waiting),
      narrow: "under",
      number: true,
      cell: (one) => <Money minor={one.waitingMinor} currency={currency} />,
    },
  ];
  return (
    <Part title={say(HOLDERS.cheques)}>
      <Table
        label={say(HOLDERS.cheques)}
        columns={columns}
        rows={of.cheques}
        rowId={(one) => spellBytes(one.chequeId)}
        empty={{ icon: "history", title: say(HOLDERS.noCheques) }}
        testid="payer-cheques"
      />
      {of.more ? <p class="muted small">{say(HOLDERS.chequesMore)}</p> : null}
    </Part>
  );
}

function Movements({ of }: { of: PayerStatement }) {
  const columns: readonly Column<PayerStatement["entries"][number]>[] = [
    { id: "what", head: say(HOLDERS.what), narrow: "keep", cell: (one) => named(ENTRY_REASONS, one.reason) },
    { id: "when", head: say(HOLDERS.when), narrow: "under", cell: (one) => <When at={one.at} /> },
    {
      id: "amount",
      head: say(HOLDERS.amount),
      narrow: "keep",
      number: true,
      cell: (one) => <Money minor={one.amountMinor} currency={of.currency} />,
    },
  ];
  const rows = of.entries;
  return (
    <Part title={say(HOLDERS.movements)}>
      <Table
        label={say(HOLDERS.movements)}
        columns={columns}
        rows={rows}
        rowId={(one) => `${one.at}-${rows.indexOf(one)}`}
        empty={{ icon: "history", title: say(HOLDERS.noMovements) }}
        testid="payer-movements"
      />
    </Part>
  );
}

export function PayeePage({ id }: { id: string }) {
  const { operator, may } = useConsole();
  const asked = useAsked(`payee ${id}`, () => operator.payee(id));
  const [asking, ask] = useState(false);
  return (
    <Page
      title={asked.value === null ? say(HOLDERS.payee) : nameOf(asked.value.statement.name)}
      here="payees"
      up={{ to: "payees", label: say(W.payees) }}
      testid="payee"
      actions={
        may("codes") && asked.value !== null ? (
          <Button kind="second" icon="key" onClick={() => ask(true)} testid="payee-code">
            {say(ACTS_ON.newCode)}
          </Button>
        ) : undefined
      }
    >
      <Answered asked={asked}>
        {({ statement, terminals }) => (
          <>
            <div class="columns">
              <Card title={say(HOLDERS.money)}>
                <Facts>
                  <Fact name={say(HOLDERS.balance)}>
                    <Money minor={statement.balanceMinor} currency={statement.currency} />
                  </Fact>
                  <Fact name={say(OVERVIEW.waiting)}>
                    <Money minor={statement.waitingMinor} currency={statement.currency} />
                  </Fact>
                  <Fact name={say(HOLDERS.id)}>
                    <Id of={id} whole />
                  </Fact>
                </Facts>
              </Card>
              <PayeeTerminals of={terminals} onDone={asked.again} />
            </div>
            <Events of={statement} />
          </>
        )}
      </Answered>
      {asking ? <NewCode kind="payee" id={id} onClose={() => ask(false)} /> : null}
    </Page>
  );
}

function Events({ of }: { of: PayeeStatement }) {
  const { currency } = of;
  const columns: readonly Column<PayeeStatement["events"][number]>[] = [
    {
      id: "what",
      head: say(HOLDERS.what),
      narrow: "keep",
      cell: (one) => (
        <>
          <span>{named(EVENT_KINDS, one.kind)}</span>
          <span class="cell-detail">
            <Id of={spellBytes(one.chequeId)} />
          </span>
        </>
      ),
    },
    { id: "when", head: say(HOLDERS.when), narrow: "under", cell: (one) => <When at={one.at} /> },
    {
      id: "paid",
      head: say(HOLDERS.paid),
      narrow: "keep",
      number: true,
      cell: (one) => <Money minor={one.paidMinor} currency={currency} />,
    },
    {
      id: "waiting",
      head: say(HOLDERS.waiting),
      narrow: "under",
      number: true,
      cell: (one) => <Money minor={one.waitingMinor} currency={currency} />,
    },
  ];
  return (
    <Part title={say(HOLDERS.events)}>
      <Table
        label={say(HOLDERS.events)}
        columns={columns}
        rows={of.events}
        rowId={(one) => String(one.number)}
        empty={{ icon: "history", title: say(HOLDERS.noEvents) }}
        testid="payee-events"
      />
    </Part>
  );
}
