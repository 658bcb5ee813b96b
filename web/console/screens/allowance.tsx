/** One allowance: where its money comes from, until when, and every claim on it. */

import { Badge } from "../../ui/badges.tsx";
import { Fact, Facts } from "../../ui/list.tsx";
import { say } from "../../ui/words.ts";
import { Answered, useAsked } from "../parts/asked.tsx";
import { Page } from "../parts/frame.tsx";
import { type Column, Table } from "../parts/table.tsx";
import type { Claim } from "../reading/allowances.ts";
import { W } from "../words.ts";
import { HOLDERS, OVERVIEW } from "../words_pages.ts";
import { named, VERDICTS } from "../words_values.ts";
import { useConsole } from "./context.ts";
import { AllowanceBadge, Card, Id, Money, Part, When } from "./show.tsx";

export function AllowancePage({ id }: { id: string }) {
  const { operator } = useConsole();
  const asked = useAsked(`allowance ${id}`, () => operator.allowance(id));
  return (
    <Page
      title={say(HOLDERS.allowance)}
      here="allowances"
      up={{ to: "allowances", label: say(W.allowances) }}
      testid="allowance"
    >
      <Answered asked={asked}>
        {({ allowance, claims, more }) => {
          const { currency } = allowance;
          const amount = (minor: bigint) => <Money minor={minor} currency={currency} />;
          return (
            <>
              <div class="columns">
                <Card title={say(HOLDERS.money)} actions={<AllowanceBadge of={allowance} />}>
                  <Facts>
                    <Fact name={say(HOLDERS.amount)}>{amount(allowance.amountMinor)}</Fact>
                    <Fact name={say(HOLDERS.claimed)}>{amount(allowance.claimedMinor)}</Fact>
                    <Fact name={say(HOLDERS.reserved)}>{amount(allowance.reservedMinor)}</Fact>
                    <Fact name={say(HOLDERS.returned)}>{amount(allowance.returnedMinor)}</Fact>
                    <Fact name={say(OVERVIEW.fromPool)}>{amount(allowance.fromPoolMinor)}</Fact>
                    <Fact name={say(OVERVIEW.fromLoss)}>{amount(allowance.fromLossMinor)}</Fact>
                  </Facts>
                </Card>
                <Card title={say(HOLDERS.allowance)}>
                  <Facts>
                    <Fact name={say(HOLDERS.payer)}>
                      <a class="fact-link" href={`#/payer/${allowance.payerId}`} data-testid="allowance-payer">
                        <Id of={allowance.payerId} />
                      </a>
                    </Fact>
                    <Fact name={say(HOLDERS.device)}>
                      <Id of={allowance.deviceId} />
                    </Fact>
                    <Fact name={say(HOLDERS.issued)}>
                      <When at={allowance.issuedAt} />
                    </Fact>
                    <Fact name={say(HOLDERS.expires)}>
                      <When at={allowance.expiresAt} />
                    </Fact>
                    <Fact name={say(HOLDERS.deadline)}>
                      <When at={allowance.deadline} />
                    </Fact>
                    <Fact name={say(HOLDERS.id)}>
                      <Id of={allowance.ref} whole />
                    </Fact>
                  </Facts>
                </Card>
              </div>
              <Claims of={claims} currency={currency} more={more} />
            </>
          );
        }}
      </Answered>
    </Page>
  );
}

function Claims({ of, currency, more }: { of: readonly Claim[]; currency: string; more: boolean }) {
  const columns: readonly Column<Claim>[] = [
    {
      id: "cheque",
      head: say(HOLDERS.cheque),
      narrow: "keep",
      cell: (one) => (
        <>
          <span>
            {say(HOLDERS.number)} {one.counter}
          </span>
          <span class="cell-detail">
            <Id of={one.chequeId} />
          </span>
        </>
      ),
    },
    { id: "payee", head: say(HOLDERS.payee), narrow: "under", cell: (one) => <Id of={one.payeeId} /> },
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
      id: "verdict",
      head: say(HOLDERS.verdict),
      narrow: "under",
      cell: (one) => (
        <Badge
          tone={one.verdict === "settled" ? "good" : one.verdict === "contingent" ? "info" : "warn"}
          icon={one.verdict === "settled" ? "check" : one.verdict === "contingent" ? "clock" : "warn"}
          words={named(VERDICTS, one.verdict)}
        />
      ),
    },
    { id: "arrived", head: say(HOLDERS.arrived), narrow: "under", cell: (one) => <When at={one.arrivedAt} /> },
  ];
  return (
    <Part title={say(HOLDERS.claims)}>
      <Table
        label={say(HOLDERS.claims)}
        columns={columns}
        rows={of}
        rowId={(one) => `${one.chequeId}-${one.payeeId}`}
        empty={{ icon: "history", title: say(HOLDERS.noCheques) }}
        testid="allowance-claims"
      />
      {more ? <p class="muted small">{say(HOLDERS.chequesMore)}</p> : null}
    </Part>
  );
}
