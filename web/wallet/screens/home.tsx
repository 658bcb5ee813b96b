/** Home: what can be spent offline now, until when, what waits and what needs the holder. */

import { AmountView } from "../../ui/amount.tsx";
import { ButtonLink, RoundButton } from "../../ui/button.tsx";
import { instant, span } from "../../ui/format.ts";
import { Icon } from "../../ui/icons.tsx";
import { List, Row } from "../../ui/list.tsx";
import { CodedNotice, EmptyState } from "../../ui/notice.tsx";
import { screenNow } from "../../ui/now.ts";
import { Screen } from "../../ui/screen.tsx";
import { language, say } from "../../ui/words.ts";
import type { Capability, HomeView } from "../app.ts";
import { W } from "../words.ts";
import { useApp } from "./environment.tsx";
import { Flash } from "./flash.tsx";
import { WalletNav } from "./nav.tsx";
import { PaymentRow } from "./payment_row.tsx";
import { homeCapabilities, upToWords, whatWords, whyWords } from "./showing.ts";

const LATEST = 3;

export function Home() {
  const app = useApp();
  const view = app.home();
  const hidden = app.settings().hideAmounts;
  const latest = app.payments("").slice(0, LATEST);
  return (
    <Screen
      title={view.payerName}
      quietTitle
      actions={
        <>
          <RoundButton
            icon={hidden ? "eyeOff" : "eye"}
            label={say(W.hideAmounts)}
            pressed={hidden}
            onClick={() => app.set({ hideAmounts: !hidden })}
            testid="hide-amounts"
          />
          <RoundButton icon="lock" label={say(W.lock)} onClick={() => app.lock()} testid="lock" />
        </>
      }
      nav={<WalletNav here="" />}
      testid="home"
    >
      <Flash />
      <Spendable view={view} hidden={hidden} />
      <div class="quick">
        <ButtonLink to="scan" kind="main" icon="scan" testid="pay-by-scan">
          {say(W.payByScan)}
        </ButtonLink>
        <ButtonLink to="code" kind="second" icon="code" testid="show-code">
          {say(W.showCode)}
        </ButtonLink>
      </div>
      <Pressing view={view} />
      {view.warnings.map((warning) => (
        <CodedNotice key={warning.code} coded={warning} tone="warn" />
      ))}
      {view.waitingCount === 0 ? null : (
        <List>
          <Row
            icon="clock"
            tone="info"
            title={say(W.waiting)}
            detail={view.waitingCount === 1 ? say(W.waitingOne) : say(W.waitingCount, { count: view.waitingCount })}
            end={<AmountView minor={view.waitingMinor} currency={view.currency} hidden={hidden} />}
            to="history?filter=active"
            testid="waiting"
          />
        </List>
      )}
      <section class="section">
        <div class="section-head">
          <h2>{say(W.recent)}</h2>
          {latest.length === 0 ? null : <a href="#/history">{say(W.showAll)}</a>}
        </div>
        {latest.length === 0 ? (
          <div class="card">
            <EmptyState icon="history" title={say(W.noPayments)}>
              <p class="small">{say(W.noPaymentsText)}</p>
            </EmptyState>
          </div>
        ) : (
          <List label={say(W.recent)}>
            {latest.map((payment) => (
              <PaymentRow key={payment.number} payment={payment} hidden={hidden} />
            ))}
          </List>
        )}
      </section>
      <section class="section">
        <div class="section-head">
          <h2>{say(W.nowPossible)}</h2>
          <a href="#/boundary">{say(W.showAll)}</a>
        </div>
        <ul class="list">
          {homeCapabilities(view.capabilities).map((one) => (
            <CapabilityLine key={one.what} one={one} currency={view.currency} hidden={hidden} />
          ))}
        </ul>
      </section>
      <Freshness view={view} />
    </Screen>
  );
}

function Spendable({ view, hidden }: { view: HomeView; hidden: boolean }) {
  return (
    <section class="hero" data-testid="spendable">
      <h2>{say(W.spendable)}</h2>
      <AmountView
        minor={view.spendableMinor}
        currency={view.currency}
        size="hero"
        hidden={hidden}
        testid="spendable-amount"
      />
      <dl class="hero-facts">
        <div>
          <dt>{say(W.perPayment)}</dt>
          <dd>
            <AmountView minor={view.perPaymentMinor} currency={view.currency} hidden={hidden} />
          </dd>
        </div>
        <div>
          <dt>{say(W.until)}</dt>
          <dd>{view.until === null ? say(W.none) : instant(view.until, screenNow(), language())}</dd>
        </div>
      </dl>
      {view.topUpSuggested ? (
        <a class="hero-action" href="#/top-up" data-testid="top-up-suggested">
          <Icon name="plus" />
          <span>{say(W.topUpSuggested)}</span>
        </a>
      ) : null}
    </section>
  );
}

/** What needs the holder, most pressing first. */
function Pressing({ view }: { view: HomeView }) {
  const findings = useApp().findings().length > 0;
  if (!findings && view.needsYou === 0 && !view.updateNeeded) return null;
  return (
    <List>
      {findings ? (
        <Row
          icon="warn"
          tone="bad"
          title={say(W.findingsRow)}
          detail={say(W.findingsRowDetail)}
          to="findings"
          testid="to-findings"
        />
      ) : null}
      {view.needsYou > 0 ? (
        <Row
          icon="hand"
          tone="warn"
          title={view.needsYou === 1 ? say(W.needsYouOne) : say(W.needsYou, { count: view.needsYou })}
          detail={say(W.needsYouDetail)}
          to="history?filter=needs_you"
          testid="needs-you"
        />
      ) : null}
      {view.updateNeeded ? (
        <Row
          icon="up"
          tone="warn"
          title={say(W.updateRow)}
          detail={say(W.updateRowDetail)}
          to="update"
          testid="to-update"
        />
      ) : null}
    </List>
  );
}

interface LineGiven {
  readonly one: Capability;
  readonly currency: string;
  readonly hidden: boolean;
}

/** One thing that can be done now, or not, with its limits and the reason. */
export function CapabilityLine({ one, currency, hidden }: LineGiven) {
  const limits = [
    one.works && !hidden ? upToWords(one.upToMinor, currency) : null,
    one.works && one.until !== null ? say(W.untilAt, { at: instant(one.until, screenNow(), language()) }) : null,
  ].filter((words) => words !== null);
  const why = whyWords(one.why, language());
  return (
    <li class="row capability" data-testid={`capability-${one.what}`} data-works={one.works}>
      <span class={`row-icon tone-${one.works ? "good" : "plain"}`}>
        <Icon name={one.works ? "check" : "close"} />
      </span>
      <span class="row-text">
        <span class="row-title">
          {whatWords(one.what, language())}
          <span class="unseen">: {say(one.works ? W.works : W.worksNot)}</span>
        </span>
        {limits.length === 0 ? null : <span class="row-detail">{limits.join(" · ")}</span>}
        {why === null ? null : <span class="row-detail">{why}</span>}
      </span>
    </li>
  );
}

function Freshness({ view }: { view: HomeView }) {
  const now = screenNow();
  const ago = (at: number) => span(now - at, language());
  return (
    <a class="freshness" href="#/sync" data-testid="freshness">
      <Icon name="sync" />
      <span>
        {view.lastSyncAt === null ? say(W.neverSynced) : say(W.synced, { ago: ago(view.lastSyncAt) })}
        {" · "}
        {say(W.listsAge, { ago: ago(view.listsIssuedAt) })}
      </span>
    </a>
  );
}
