/** Lists of payers, payees, devices, terminals and allowances, with search and paging. */

import { useState } from "preact/hooks";
import { Badge } from "../../ui/badges.tsx";
import { Button } from "../../ui/button.tsx";
import { say } from "../../ui/words.ts";
import { Answered, type Pages, usePages } from "../parts/asked.tsx";
import { Page } from "../parts/frame.tsx";
import { type Column, More, Search, Table } from "../parts/table.tsx";
import { ALLOWANCE_STATES, type Allowance, type AllowanceFilter } from "../reading/allowances.ts";
import type { Device, PayeeLine, PayerLine, Terminal } from "../reading/holders.ts";
import { W } from "../words.ts";
import { ACTS_ON, HOLDERS } from "../words_pages.ts";
import { ALLOWANCE_FILTERS } from "../words_values.ts";
import { useConsole } from "./context.ts";
import { EnrolHolder } from "./holder_acts.tsx";
import { LockedWallets } from "./locks.tsx";
import { Revoked } from "./payee_terminals.tsx";
import { AllowanceBadge, Id, Money, Named, nameOf, Select, When } from "./show.tsx";

interface SearchedGiven<Row> {
  readonly pages: Pages<Row>;
  readonly searching: boolean;
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rowId: (row: Row) => string;
  readonly to?: (row: Row) => string;
  readonly testid: string;
}

/** A list page by page. A search may find nothing on one page and something on the next: it says so and goes on. */
export function ListOf<Row>({ pages, searching, label, columns, rowId, to, testid }: SearchedGiven<Row>) {
  const further = pages.more !== null;
  const nobody = !searching ? HOLDERS.nothing : further ? HOLDERS.nobodyFurther : HOLDERS.nobodyFound;
  return (
    <Answered asked={pages}>
      {(rows) => (
        <>
          <Table
            label={label}
            columns={columns}
            rows={rows}
            rowId={rowId}
            {...(to === undefined ? {} : { to })}
            empty={{
              icon: searching ? "search" : "info",
              title: say(nobody),
              ...(searching && !further ? { detail: say(HOLDERS.nobodyDetail) } : {}),
            }}
            testid={testid}
          />
          {rows.length === 0 && !further ? null : (
            <More
              shown={rows.length}
              busy={pages.busyMore}
              onMore={pages.more}
              {...(searching ? { words: say(HOLDERS.searchFurther) } : {})}
            />
          )}
        </>
      )}
    </Answered>
  );
}

export function PayersPage() {
  const { operator, may } = useConsole();
  const [q, search] = useState("");
  const [enrolling, enrol] = useState(false);
  const pages = usePages(`payers ${q}`, (after) => operator.payers(q, after));
  const columns: readonly Column<PayerLine>[] = [
    { id: "name", head: say(HOLDERS.name), narrow: "keep", cell: (one) => <Named name={one.name} id={one.payerId} /> },
    {
      id: "free",
      head: say(HOLDERS.free),
      narrow: "keep",
      number: true,
      cell: (one) => <Money minor={one.freeMinor} currency={one.currency} />,
    },
    {
      id: "reserved",
      head: say(HOLDERS.reserved),
      narrow: "under",
      number: true,
      cell: (one) => <Money minor={one.reservedMinor} currency={one.currency} />,
    },
    { id: "devices", head: say(HOLDERS.devices), narrow: "under", number: true, cell: (one) => one.devices },
  ];
  return (
    <Page
      title={say(W.payers)}
      lead={say(HOLDERS.payersLead)}
      here="payers"
      testid="payers"
      actions={
        may("codes") ? (
          <Button icon="plus" onClick={() => enrol(true)} testid="enrol-payer">
            {say(ACTS_ON.newPayer)}
          </Button>
        ) : undefined
      }
    >
      <Search label={say(HOLDERS.search)} hint={say(HOLDERS.searchHint)} onSearch={search} />
      <ListOf
        pages={pages}
        searching={q !== ""}
        label={say(W.payers)}
        columns={columns}
        rowId={(one) => one.payerId}
        to={(one) => `payer/${one.payerId}`}
        testid="payer-list"
      />
      {enrolling ? <EnrolHolder kind="payer" onClose={() => enrol(false)} onDone={pages.again} /> : null}
    </Page>
  );
}

export function PayeesPage() {
  const { operator, may } = useConsole();
  const [q, search] = useState("");
  const [enrolling, enrol] = useState(false);
  const pages = usePages(`payees ${q}`, (after) => operator.payees(q, after));
  const columns: readonly Column<PayeeLine>[] = [
    { id: "name", head: say(HOLDERS.name), narrow: "keep", cell: (one) => <Named name={one.name} id={one.payeeId} /> },
    {
      id: "balance",
      head: say(HOLDERS.balance),
      narrow: "keep",
      number: true,
      cell: (one) => <Money minor={one.balanceMinor} currency={one.currency} />,
    },
    {
      id: "waiting",
      head: say(HOLDERS.waiting),
      narrow: "under",
      number: true,
      cell: (one) => <Money minor={one.waitingMinor} currency={one.currency} />,
    },
    { id: "terminals", head: say(HOLDERS.terminals), narrow: "under", number: true, cell: (one) => one.terminals },
  ];
  return (
    <Page
      title={say(W.payees)}
      lead={say(HOLDERS.payeesLead)}
      here="payees"
      testid="payees"
      actions={
        may("codes") ? (
          <Button icon="plus" onClick={() => enrol(true)} testid="enrol-payee">
            {say(ACTS_ON.newPayee)}
          </Button>
        ) : undefined
      }
    >
      <Search label={say(HOLDERS.search)} hint={say(HOLDERS.searchHint)} onSearch={search} />
      <ListOf
        pages={pages}
        searching={q !== ""}
        label={say(W.payees)}
        columns={columns}
        rowId={(one) => one.payeeId}
        to={(one) => `payee/${one.payeeId}`}
        testid="payee-list"
      />
      {enrolling ? <EnrolHolder kind="payee" onClose={() => enrol(false)} onDone={pages.again} /> : null}
    </Page>
  );
}

export function SignedIn({ yes }: { yes: boolean }) {
  return yes ? (
    <Badge tone="good" icon="check" words={say(HOLDERS.signedIn)} />
  ) : (
    <Badge tone="plain" icon="minus" words={say(HOLDERS.signedOut)} />
  );
}

export function DevicesPage() {
  const { operator } = useConsole();
  const [q, search] = useState("");
  const pages = usePages(`devices ${q}`, (after) => operator.devices(q, after));
  const columns: readonly Column<Device>[] = [
    { id: "device", head: say(HOLDERS.device), narrow: "keep", cell: (one) => <Id of={one.deviceId} /> },
    { id: "payer", head: say(HOLDERS.payer), narrow: "under", cell: (one) => nameOf(one.payerName) },
    { id: "status", head: say(HOLDERS.status), narrow: "keep", cell: (one) => <SignedIn yes={one.signedIn} /> },
    { id: "bound", head: say(HOLDERS.bound), narrow: "under", cell: (one) => <When at={one.boundAt} /> },
    { id: "open", head: say(HOLDERS.open), narrow: "under", number: true, cell: (one) => one.openAllowances },
  ];
  return (
    <Page title={say(W.devices)} lead={say(HOLDERS.devicesLead)} here="devices" testid="devices">
      <LockedWallets />
      <Search label={say(HOLDERS.search)} hint={say(HOLDERS.searchHint)} onSearch={search} />
      <ListOf
        pages={pages}
        searching={q !== ""}
        label={say(W.devices)}
        columns={columns}
        rowId={(one) => one.deviceId}
        to={(one) => `payer/${one.payerId}`}
        testid="device-list"
      />
    </Page>
  );
}

export function TerminalsPage() {
  const { operator } = useConsole();
  const [q, search] = useState("");
  const pages = usePages(`terminals ${q}`, (after) => operator.terminals(q, after));
  const columns: readonly Column<Terminal>[] = [
    { id: "terminal", head: say(HOLDERS.terminal), narrow: "keep", cell: (one) => <Id of={one.terminalRef} /> },
    { id: "payee", head: say(HOLDERS.payee), narrow: "under", cell: (one) => nameOf(one.payeeName) },
    {
      id: "last",
      head: say(HOLDERS.lastBatch),
      narrow: "keep",
      cell: (one) => (one.revokedAt === null ? <When at={one.lastBatchAt} /> : <Revoked at={one.revokedAt} />),
    },
    { id: "enrolled", head: say(HOLDERS.enrolled), narrow: "under", cell: (one) => <When at={one.enrolledAt} /> },
  ];
  return (
    <Page title={say(W.terminals)} lead={say(HOLDERS.terminalsLead)} here="terminals" testid="terminals">
      <Search label={say(HOLDERS.search)} hint={say(HOLDERS.searchHint)} onSearch={search} />
      <ListOf
        pages={pages}
        searching={q !== ""}
        label={say(W.terminals)}
        columns={columns}
        rowId={(one) => one.terminalRef}
        to={(one) => `payee/${one.payeeId}`}
        testid="terminal-list"
      />
    </Page>
  );
}

export function AllowancesPage() {
  const { operator } = useConsole();
  const [state, show] = useState<AllowanceFilter | "all">("open");
  const filter = state === "all" ? null : state;
  const pages = usePages(`allowances ${state}`, (after) => operator.allowances(filter, after));
  const columns: readonly Column<Allowance>[] = [
    { id: "ref", head: say(HOLDERS.allowance), narrow: "keep", cell: (one) => <Id of={one.ref} /> },
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
    { id: "deadline", head: say(HOLDERS.deadline), narrow: "under", cell: (one) => <When at={one.deadline} /> },
  ];
  return (
    <Page title={say(W.allowances)} lead={say(HOLDERS.allowancesLead)} here="allowances" testid="allowances">
      <div class="filters">
        <Select<AllowanceFilter | "all">
          label={say(HOLDERS.state)}
          chosen={state}
          choices={[
            ...ALLOWANCE_STATES.map((value) => ({ value, label: say(ALLOWANCE_FILTERS[value]) })),
            { value: "all", label: say(HOLDERS.all) },
          ]}
          onChoose={show}
          testid="allowance-state"
        />
      </div>
      <ListOf
        pages={pages}
        searching={filter !== null}
        label={say(W.allowances)}
        columns={columns}
        rowId={(one) => one.ref}
        to={(one) => `allowance/${one.ref}`}
        testid="allowance-list"
      />
    </Page>
  );
}
