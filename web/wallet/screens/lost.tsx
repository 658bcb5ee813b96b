/** A device that is lost: its code, which is kept elsewhere, what is at stake, and what to do. */

import { useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { AmountView } from "../../ui/amount.tsx";
import { Button } from "../../ui/button.tsx";
import { instant, money } from "../../ui/format.ts";
import { List, Row } from "../../ui/list.tsx";
import { CodedNotice, Notice } from "../../ui/notice.tsx";
import { screenNow } from "../../ui/now.ts";
import { goInstead } from "../../ui/router.ts";
import { Screen } from "../../ui/screen.tsx";
import { language, say } from "../../ui/words.ts";
import type { HomeView } from "../app.ts";
import { S } from "../seldom_words.ts";
import { W } from "../words.ts";
import { useApp } from "./environment.tsx";

const REPORT_PAGE = "/lost/";

/** Also for a wallet that is not open: then nobody knows how much it holds. */
export function Lost() {
  const app = useApp();
  const open = app.phase === "open";
  return (
    <Screen title={say(S.lost)} onBack={open ? true : () => goInstead("")} testid="lost">
      {open ? <AtRisk view={app.home()} /> : null}
      {open ? <Elsewhere view={app.home()} /> : null}
      <section class="section">
        <h2>{say(S.lostSteps)}</h2>
        <ol class="numbered card">
          {[S.lost1, S.lost2, S.lost3, S.lost4].map((step, at) => (
            <li key={step}>
              <span class="number" aria-hidden="true">
                {at + 1}
              </span>
              <span>{say(step)}</span>
            </li>
          ))}
        </ol>
      </section>
      {open ? (
        <List>
          <Row icon="key" title={say(S.lostCode)} detail={say(S.lostCodeRow)} to="lost-code" testid="to-lost-code" />
        </List>
      ) : null}
      <a class="button button-second" href={REPORT_PAGE} data-testid="to-report-lost">
        {say(S.lostReport)}
      </a>
    </Screen>
  );
}

/** The most that somebody else could spend: all of what is set aside and not over. */
function AtRisk({ view: { allowances, currency } }: { view: HomeView }) {
  const live = allowances.filter((one) => one.deadlineAt >= screenNow());
  const returnsAt = Math.max(0, ...live.map((one) => one.deadlineAt));
  return (
    <section class="card centred stack-small" data-testid="at-risk">
      <h2 class="muted">{say(S.atRisk)}</h2>
      <AmountView minor={live.reduce((sum, one) => sum + one.amountMinor, 0n)} currency={currency} size="large" />
      {live.length === 0 ? null : (
        <p class="muted small">{say(S.returnsBy, { at: instant(returnsAt, screenNow(), language()) })}</p>
      )}
    </section>
  );
}

/** What this payer has on other devices, as of the last sync: it was this screen's matter there, and still is money. */
function Elsewhere({ view: { elsewhere, currency } }: { view: HomeView }) {
  if (elsewhere === null) return null;
  const { reservedMinor, waitingMinor, until } = elsewhere;
  return (
    <section class="card centred stack-small" data-testid="elsewhere">
      <h2 class="muted">{say(S.elsewhere)}</h2>
      <AmountView minor={reservedMinor} currency={currency} size="large" />
      <p class="muted small">{say(S.elsewhereBack, { at: instant(until, screenNow(), language()) })}</p>
      {waitingMinor === 0n ? null : (
        <p class="muted small">{say(S.elsewhereClaimed, { amount: money(waitingMinor, currency) })}</p>
      )}
    </section>
  );
}

/** After enrolment and from the menu. Nothing is made before it is asked for: a new code ends the one before. */
export function LostCode() {
  const app = useApp();
  const act = useAct();
  const [made, setMade] = useState<{ code: string; page: string } | null>(null);
  const leave = () => goInstead("");
  return (
    <Screen title={say(S.lostCode)} onBack={leave} testid="lost-code">
      <p class="muted">{say(S.lostCodeText)}</p>
      {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
      {made === null ? null : (
        <>
          <p class="card centred amount-longer amount-large" role="status" data-testid="lost-code-text">
            {made.code}
          </p>
          <Notice tone="warn" title={say(S.lostCodeOnce)} safe={say(S.lostCodeWhere, { at: made.page })} />
        </>
      )}
      <div class="push buttons">
        {made === null ? (
          <>
            <p class="small muted inset">{say(S.lostCodeEnds)}</p>
            <Button
              busy={act.busy}
              onClick={() => act.run(async () => setMade(await app.newLostCode()))}
              testid="lost-code-make"
            >
              {say(S.lostCodeMake)}
            </Button>
            <Button kind="quiet" onClick={leave} testid="lost-code-later">
              {say(W.later)}
            </Button>
          </>
        ) : (
          <Button onClick={leave} testid="lost-code-kept">
            {say(S.lostCodeKept)}
          </Button>
        )}
      </div>
    </Screen>
  );
}
