/** The numbers now, and first of all what asks for attention. */

import type { ComponentChildren } from "preact";
import { Button } from "../../ui/button.tsx";
import { Fact, Facts } from "../../ui/list.tsx";
import { Notice } from "../../ui/notice.tsx";
import { say } from "../../ui/words.ts";
import { needed } from "../menu.ts";
import { Answered, useAsked } from "../parts/asked.tsx";
import { Page } from "../parts/frame.tsx";
import type { MoneyNow, Overview } from "../reading/overview.ts";
import { W } from "../words.ts";
import { OVERVIEW } from "../words_pages.ts";
import { PARTS } from "../words_parts.ts";
import { useConsole } from "./context.ts";
import { Card, count, Money, When, when } from "./show.tsx";

export function OverviewPage() {
  const { operator } = useConsole();
  const asked = useAsked("overview", () => operator.overview());
  return (
    <Page
      title={say(W.overview)}
      here="home"
      testid="overview"
      actions={
        <>
          {asked.value === null ? null : (
            <span class="muted small" role="status">
              {say(PARTS.asOf, { time: when(asked.value.at) })}
            </span>
          )}
          <Button kind="second" icon="sync" busy={asked.busy} onClick={asked.again} testid="refresh">
            {say(PARTS.refresh)}
          </Button>
        </>
      }
    >
      <Answered asked={asked}>
        {(found) => (
          <>
            <Warnings of={found} />
            <Tiles of={found} />
            <div class="columns">
              {found.money.map((money) => (
                <MoneyCard key={money.currency} of={money} />
              ))}
              <KeysCard of={found} />
              <AuditCard of={found} />
            </div>
          </>
        )}
      </Answered>
    </Page>
  );
}

function Warnings({ of }: { of: Overview }) {
  return (
    <div class="warnings" data-testid="warnings">
      {of.onTrial ? <Notice tone="info" title={say(W.trial)} /> : null}
      {of.warnings.length === 0 ? (
        <Notice tone="good" title={say(OVERVIEW.allWell)} testid="all-well" />
      ) : (
        of.warnings.map(({ code, message, next }) => (
          <Notice key={code} tone="warn" title={message} next={next} testid={`warning-${code}`} />
        ))
      )}
    </div>
  );
}

interface TileGiven {
  readonly to: string;
  readonly name: string;
  readonly value: number;
  readonly detail?: string;
  readonly needs?: boolean;
}

/** A number that leads to its list, for whoever may see that. */
function Tile({ to, name, value, detail, needs }: TileGiven) {
  const { may } = useConsole();
  const permission = needed(to);
  const inside: ComponentChildren = (
    <>
      <span class="tile-name">{name}</span>
      <span class="tile-value">{count(value)}</span>
      {detail === undefined ? null : <span class="tile-detail">{detail}</span>}
    </>
  );
  const look = needs === true ? "tile tile-needs" : "tile";
  return (
    <li>
      {permission !== null && permission !== "nothing" && may(permission) ? (
        <a class={look} href={`#/${to}`} data-testid={`tile-${to}`}>
          {inside}
        </a>
      ) : (
        <div class={look}>{inside}</div>
      )}
    </li>
  );
}

function Tiles({ of }: { of: Overview }) {
  const aside = of.batchesAside ?? 0;
  return (
    <ul class="tiles">
      <Tile to="payers" name={say(W.payers)} value={of.payers} />
      <Tile to="payees" name={say(W.payees)} value={of.payees} />
      <Tile to="devices" name={say(W.devices)} value={of.devices} detail={say(OVERVIEW.signedIn)} />
      <Tile to="terminals" name={say(W.terminals)} value={of.terminals} />
      <Tile to="allowances" name={say(OVERVIEW.openAllowances)} value={of.allowancesOpen} />
      <Tile
        to="disputes"
        name={say(OVERVIEW.toDecide)}
        value={of.disputesToDecide}
        detail={say(OVERVIEW.openOf, { count: of.disputesOpen })}
        needs={of.disputesToDecide > 0}
      />
      <Tile to="forks" name={say(OVERVIEW.forksProved)} value={of.forks} />
      <Tile
        to="batches"
        name={say(OVERVIEW.batches)}
        value={of.batchesWaiting ?? 0}
        detail={of.batchesWaiting === null ? say(OVERVIEW.noQueue) : say(OVERVIEW.aside, { count: aside })}
        needs={aside > 0}
      />
    </ul>
  );
}

function MoneyCard({ of }: { of: MoneyNow }) {
  const { currency } = of;
  const amount = (minor: bigint) => <Money minor={minor} currency={currency} />;
  return (
    <Card title={say(OVERVIEW.moneyIn, { currency })}>
      <Facts>
        <Fact name={say(OVERVIEW.free)}>{amount(of.freeMinor)}</Fact>
        <Fact name={say(OVERVIEW.reserved)}>{amount(of.reservedMinor)}</Fact>
        <Fact name={say(OVERVIEW.fromFree)}>{amount(of.fromFreeMinor)}</Fact>
        <Fact name={say(OVERVIEW.fromPool)}>{amount(of.fromPoolMinor)}</Fact>
        <Fact name={say(OVERVIEW.fromLoss)}>{amount(of.fromLossMinor)}</Fact>
        <Fact name={say(OVERVIEW.waiting)}>{amount(of.waitingMinor)}</Fact>
        <Fact name={say(OVERVIEW.poolNow)}>{amount(of.poolMinor)}</Fact>
        <Fact name={say(OVERVIEW.payeesNow)}>{amount(of.payeesMinor)}</Fact>
      </Facts>
    </Card>
  );
}

function numberOr(value: number | null): string {
  return value === null ? say(OVERVIEW.notYet) : say(OVERVIEW.version, { number: value });
}

function KeysCard({ of: { keys } }: { of: Overview }) {
  return (
    <Card title={say(OVERVIEW.keysCard)}>
      <Facts>
        <Fact name={say(OVERVIEW.keySet)}>{say(OVERVIEW.version, { number: keys.keySetVersion })}</Fact>
        <Fact name={say(OVERVIEW.expires)}>
          <When at={keys.keySetExpiresAt} />
        </Fact>
        <Fact name={say(OVERVIEW.index)}>{numberOr(keys.indexVersion)}</Fact>
        <Fact name={say(OVERVIEW.issued)}>
          <When at={keys.indexIssuedAt} />
        </Fact>
        <Fact name={say(OVERVIEW.list)}>{numberOr(keys.listVersion)}</Fact>
      </Facts>
    </Card>
  );
}

function AuditCard({ of: { audit } }: { of: Overview }) {
  return (
    <Card title={say(OVERVIEW.auditCard)}>
      <Facts>
        <Fact name={say(OVERVIEW.leaves)}>{count(audit.size)}</Fact>
        <Fact name={say(OVERVIEW.queued)}>{count(audit.queued)}</Fact>
        <Fact name={say(OVERVIEW.newest)}>
          <When at={audit.newestAt} />
        </Fact>
        <Fact name={say(OVERVIEW.cosigned)}>
          {audit.cosignedSize === null ? say(OVERVIEW.notYet) : count(audit.cosignedSize)}
        </Fact>
        <Fact name={say(OVERVIEW.witnesses)}>{audit.witnesses}</Fact>
      </Facts>
    </Card>
  );
}
