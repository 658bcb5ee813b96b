/** Where a sale begins: the amount, exact or at most, what for, and which way the payer pays. */

import { useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { TypedAmount } from "../../ui/amount.tsx";
import { AmountPad } from "../../ui/amount_pad.tsx";
import { Button, RoundButton } from "../../ui/button.tsx";
import { Choices, Field } from "../../ui/field.tsx";
import { instant, money, parseAmount, time } from "../../ui/format.ts";
import { Icon, type IconName } from "../../ui/icons.tsx";
import { List, Row } from "../../ui/list.tsx";
import { CodedNotice, Notice } from "../../ui/notice.tsx";
import { go } from "../../ui/router.ts";
import type { ReadyView } from "../app.ts";
import { useTerminal } from "./context.ts";
import { GradeChip } from "./grades.tsx";
import { Page } from "./page.tsx";
import { STANDING_TONES, standingOf, type Standing as TillStanding } from "./standing.ts";

const REFERENCE_MAX = 35;
const LAST_SHOWN = 6;

/** Whether an amount goes beyond what is guaranteed now; never for none. */
export function aboveGuarantee(amountMinor: bigint | null, ready: ReadyView): boolean {
  return amountMinor !== null && ready.guaranteeMinor !== null && amountMinor > ready.guaranteeMinor;
}

export function SellScreen() {
  const { app, words } = useTerminal();
  const [typed, setTyped] = useState("");
  const [mode, setMode] = useState<"exact" | "upTo">("exact");
  const [reference, setReference] = useState<string | null>(null);
  const act = useAct();
  const ready = app.ready();
  const amountMinor = parseAmount(typed);
  const open = app.openRequests();
  const ask = () =>
    act.run(async () => {
      if (amountMinor === null) return;
      const about = reference === null || reference.trim() === "" ? {} : { reference: reference.trim() };
      const wanted = mode === "exact" ? { exactMinor: amountMinor } : { upToMinor: amountMinor };
      const asked = await app.request({ ...wanted, ...about });
      go(`request/${asked.hashHex}`);
    });
  return (
    <Page
      title={ready.payeeName}
      testid="sell"
      here=""
      actions={<RoundButton icon="lock" label={words.lock} onClick={() => app.lock()} testid="lock" />}
    >
      <div class="sell">
        <section class="sell-pad" aria-label={words.sellTitle}>
          <Standing ready={ready} />
          <div class="sell-amount">
            <TypedAmount typed={typed} currency={ready.currency} />
            <div class="sell-kinds">
              <Choices
                label={words.amountMode}
                look="chips"
                choices={[
                  { value: "exact", label: words.exact },
                  { value: "upTo", label: words.upTo },
                ]}
                chosen={mode}
                onChoose={setMode}
                testid="amount-mode"
              />
              {reference === null ? (
                <button
                  class="sell-reference"
                  type="button"
                  onClick={() => setReference("")}
                  data-testid="reference-add"
                >
                  <Icon name="plus" />
                  {words.referenceAdd}
                </button>
              ) : null}
            </div>
            {mode === "upTo" ? <p class="muted small centred">{words.upToHint}</p> : null}
          </div>
          {aboveGuarantee(amountMinor, ready) && ready.guaranteeMinor !== null ? (
            <Notice
              tone="warn"
              title={words.aboveGuarantee(money(ready.guaranteeMinor, ready.currency))}
              live="status"
              testid="above-guarantee"
            />
          ) : null}
          {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
          {reference === null ? null : (
            <Field
              label={words.reference}
              value={reference}
              onInput={setReference}
              maxLength={REFERENCE_MAX}
              placeholder={words.referenceHint}
              testid="reference"
            />
          )}
          <AmountPad typed={typed} onTyped={setTyped} disabled={!ready.mayRequest && !ready.mayTakeCodes} />
          <div class="sell-ways">
            <Button
              icon="code"
              onClick={ask}
              busy={act.busy}
              disabled={amountMinor === null || !ready.mayRequest}
              testid="ask"
            >
              {words.ask}
            </Button>
            <Button
              kind="second"
              icon="scan"
              onClick={() => amountMinor !== null && go(`code/${amountMinor}`)}
              disabled={amountMinor === null || mode === "upTo" || !ready.mayTakeCodes}
              testid="take-code"
            >
              {words.takeCode}
            </Button>
          </div>
        </section>
        <div class="sell-side stack">
          {open.length === 0 ? null : <OpenRequests />}
          <LastPayments />
        </div>
      </div>
    </Page>
  );
}

const STANDING_ICONS: Readonly<Record<TillStanding, IconName>> = {
  ready: "shieldCheck",
  limited: "warn",
  stopped: "bad",
};

/** What can be counted on now, in one line that leads to the whole list. */
function Standing({ ready }: { ready: ReadyView }) {
  const { words } = useTerminal();
  const standing = standingOf(ready);
  const said =
    standing === "stopped" || ready.guaranteeMinor === null
      ? words.nothingNow
      : words.guaranteedNow(money(ready.guaranteeMinor, ready.currency));
  return (
    <a class={`standing tone-${STANDING_TONES[standing]}`} href="#/ready" data-testid="standing">
      <Icon name={STANDING_ICONS[standing]} />
      <span>{said}</span>
      <Icon name="forward" />
    </a>
  );
}

function OpenRequests() {
  const { app, words, language } = useTerminal();
  const { currency } = app.ready();
  return (
    <section class="section">
      <h2>{words.openRequests}</h2>
      <List>
        {app.openRequests().map((one) => (
          <Row
            key={one.hashHex}
            icon="clock"
            tone="info"
            title={one.reference === "" ? words.requestTitle : one.reference}
            detail={words.requestLine(time(one.expiresAt, language))}
            end={`${one.isMaximum ? "≤ " : ""}${money(one.amountMinor, currency)}`}
            to={`request/${one.hashHex}`}
            testid="open-request"
          />
        ))}
      </List>
    </section>
  );
}

function LastPayments() {
  const { app, words, language } = useTerminal();
  const { currency, now } = app.ready();
  const lines = app
    .history("")
    .filter((line) => line.kind === "accepted" && line.grade !== null)
    .slice(0, LAST_SHOWN);
  if (lines.length === 0) return null;
  return (
    <section class="section sell-last">
      <h2>{words.lastPayments}</h2>
      <List>
        {lines.map((line) => (
          <Row
            key={line.id}
            title={line.title}
            detail={
              <>
                {line.grade === null ? null : <GradeChip grade={line.grade} />}
                {instant(line.time, now, language)}
              </>
            }
            end={line.amountMinor === null ? "" : money(line.amountMinor, currency)}
            to={`payment/${line.id}`}
          />
        ))}
      </List>
    </section>
  );
}
