/** Exposure by payer, forks with their proofs, and the guarantee pool. */

import { useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { Button } from "../../ui/button.tsx";
import { Fact, Facts } from "../../ui/list.tsx";
import { CodedNotice, EmptyState } from "../../ui/notice.tsx";
import { say } from "../../ui/words.ts";
import { Answered, useAsked, usePages } from "../parts/asked.tsx";
import { Page } from "../parts/frame.tsx";
import { type Column, Table } from "../parts/table.tsx";
import type { ExposureLine } from "../reading/allowances.ts";
import { wholeId } from "../reading/ids.ts";
import type { Fork, Pool, PoolMove } from "../reading/trouble.ts";
import { W } from "../words.ts";
import { ACTS_ON, FIGURES, HOLDERS, RISK } from "../words_pages.ts";
import { PARTS } from "../words_parts.ts";
import { ENTRY_REASONS, FORK_REASONS, named } from "../words_values.ts";
import { useConsole } from "./context.ts";
import { Fund } from "./holder_acts.tsx";
import { ListOf } from "./holders.tsx";
import { Card, Id, Money, Part, Select, When } from "./show.tsx";

export function ExposurePage() {
  const { operator, may } = useConsole();
  const pages = usePages("exposure", (after) => operator.exposures(after));
  const columns: readonly Column<ExposureLine>[] = [
    { id: "payer", head: say(HOLDERS.payer), narrow: "keep", cell: (one) => <Id of={one.payerId} /> },
    {
      id: "reserved",
      head: say(HOLDERS.reserved),
      narrow: "keep",
      number: true,
      cell: (one) => <Money minor={one.reservedMinor} currency={one.currency} />,
    },
    {
      id: "free",
      head: say(RISK.fromFree),
      narrow: "under",
      number: true,
      cell: (one) => <Money minor={one.fromFreeMinor} currency={one.currency} />,
    },
    {
      id: "pool",
      head: say(RISK.fromPool),
      narrow: "under",
      number: true,
      cell: (one) => <Money minor={one.fromPoolMinor} currency={one.currency} />,
    },
    {
      id: "loss",
      head: say(RISK.fromLoss),
      narrow: "under",
      number: true,
      cell: (one) => <Money minor={one.fromLossMinor} currency={one.currency} />,
    },
    { id: "allowances", head: say(RISK.openCount), narrow: "out", number: true, cell: (one) => one.allowances },
    { id: "deadline", head: say(RISK.nextDeadline), narrow: "under", cell: (one) => <When at={one.nextDeadline} /> },
  ];
  return (
    <Page title={say(W.exposure)} lead={say(RISK.exposureLead)} here="exposure" testid="exposure">
      <ListOf
        pages={pages}
        searching={false}
        label={say(W.exposure)}
        columns={columns}
        rowId={(one) => `${one.payerId}-${one.currency}`}
        {...(may("holders") ? { to: (one: ExposureLine) => `payer/${one.payerId}` } : {})}
        testid="exposure-list"
      />
    </Page>
  );
}

export function ForksPage() {
  const { operator } = useConsole();
  const pages = usePages("forks", (after) => operator.forks(after));
  return (
    <Page title={say(W.forks)} lead={say(RISK.forksLead)} here="forks" testid="forks">
      <Answered asked={pages}>
        {(forks) =>
          forks.length === 0 ? (
            <div class="card">
              <EmptyState icon="shieldCheck" title={say(RISK.noForks)}>
                <p>{say(RISK.noForksDetail)}</p>
              </EmptyState>
            </div>
          ) : (
            <>
              <div class="columns">
                {forks.map((one) => (
                  <ForkCard key={one.ref} of={one} />
                ))}
              </div>
              <p class="muted small">{say(RISK.checkProof)}</p>
              {pages.more === null ? null : (
                <Button kind="second" busy={pages.busyMore} onClick={pages.more} testid="more-rows">
                  {say(PARTS.showMore)}
                </Button>
              )}
            </>
          )
        }
      </Answered>
    </Page>
  );
}

function ForkCard({ of }: { of: Fork }) {
  const { operator, doors, may } = useConsole();
  const act = useAct();
  return (
    <Card title={named(FORK_REASONS, of.reason)}>
      <Facts>
        <Fact name={say(RISK.found)}>
          <When at={of.foundAt} />
        </Fact>
        <Fact name={say(HOLDERS.allowance)}>
          {may("holders") ? (
            <a class="fact-link" href={`#/allowance/${of.ref}`} data-testid="fork-allowance">
              <Id of={of.ref} />
            </a>
          ) : (
            <Id of={of.ref} />
          )}
        </Fact>
        <Fact name={say(HOLDERS.payer)}>
          <Id of={of.payerId} />
        </Fact>
        <Fact name={say(HOLDERS.device)}>
          <Id of={of.deviceId} />
        </Fact>
        <Fact name={say(HOLDERS.amount)}>
          <Money minor={of.amountMinor} currency={of.currency} />
        </Fact>
        <Fact name={say(RISK.lost)}>
          <Money minor={of.fromPoolMinor + of.fromLossMinor} currency={of.currency} />
        </Fact>
      </Facts>
      {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
      <div class="row-buttons">
        <Button
          kind="second"
          busy={act.busy}
          onClick={() =>
            act.run(async () =>
              doors.save(`fork-${wholeId(of.ref)}.cbor`, "application/cbor", await operator.forkProof(of.ref)),
            )
          }
          testid="fork-proof"
        >
          {say(RISK.download)}
        </Button>
      </div>
    </Card>
  );
}

export function PoolPage() {
  const { operator, may, session } = useConsole();
  const asked = useAsked("pool", () => operator.pool());
  const [funding, fund] = useState<string | null>(null);
  const [chosen, choose] = useState(session.currency);
  const currencies = [...new Set([session.currency, ...(asked.value?.pools.map(({ currency }) => currency) ?? [])])];
  return (
    <Page
      title={say(W.pool)}
      lead={say(RISK.poolLead)}
      here="pool"
      testid="pool"
      actions={
        may("funding") ? (
          <>
            {currencies.length < 2 ? null : (
              <Select
                label={say(FIGURES.currency)}
                chosen={chosen}
                choices={currencies.map((value) => ({ value, label: value }))}
                onChoose={choose}
                testid="pool-currency"
              />
            )}
            <Button icon="plus" onClick={() => fund(chosen)} testid="fund-pool">
              {say(ACTS_ON.fundPool)}
            </Button>
          </>
        ) : undefined
      }
    >
      <Answered asked={asked}>{(pool) => <PoolShown of={pool} />}</Answered>
      {funding === null ? null : (
        <Fund
          title={say(ACTS_ON.fundPool)}
          happens={say(ACTS_ON.fundPoolHappens)}
          currency={funding}
          fund={(key, amountMinor) => operator.fundPool(key, amountMinor, funding)}
          onClose={() => fund(null)}
          onDone={asked.again}
        />
      )}
    </Page>
  );
}

function PoolShown({ of }: { of: Pool }) {
  if (of.pools.length === 0)
    return (
      <div class="card">
        <EmptyState icon="shieldCheck" title={say(RISK.noPool)} />
      </div>
    );
  return (
    <>
      <div class="columns">
        {of.pools.map((one) => (
          <Card key={one.currency} title={one.currency}>
            <Facts>
              <Fact name={say(RISK.poolHas)}>
                <Money minor={one.poolMinor} currency={one.currency} />
              </Fact>
              <Fact name={say(RISK.loss)}>
                <Money minor={one.lossMinor} currency={one.currency} />
              </Fact>
            </Facts>
          </Card>
        ))}
      </div>
      {of.pools.map((one) => (
        <Moves key={one.currency} currency={one.currency} of={one.moves} />
      ))}
    </>
  );
}

function Moves({ currency, of }: { currency: string; of: readonly PoolMove[] }) {
  const columns: readonly Column<PoolMove>[] = [
    { id: "what", head: say(HOLDERS.what), narrow: "keep", cell: (one) => named(ENTRY_REASONS, one.reason) },
    { id: "when", head: say(HOLDERS.when), narrow: "under", cell: (one) => <When at={one.at} /> },
    {
      id: "amount",
      head: say(HOLDERS.amount),
      narrow: "keep",
      number: true,
      cell: (one) => <Money minor={one.amountMinor} currency={one.currency} />,
    },
  ];
  const title = say(RISK.moves, { currency });
  return (
    <Part title={title}>
      <Table
        label={title}
        columns={columns}
        rows={of}
        rowId={(one) => `${one.at}-${of.indexOf(one)}`}
        empty={{ icon: "info", title: say(RISK.noMoves) }}
        testid="pool-moves"
      />
    </Part>
  );
}
