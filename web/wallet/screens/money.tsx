/** Money set aside: topping up, and the allowances with the way to end one early. */

import { useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { AmountView } from "../../ui/amount.tsx";
import { Badge } from "../../ui/badges.tsx";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Choices, Field } from "../../ui/field.tsx";
import { digits, instant, money, parseAmount } from "../../ui/format.ts";
import { Fact, Facts } from "../../ui/list.tsx";
import { CodedNotice, EmptyState } from "../../ui/notice.tsx";
import { screenNow } from "../../ui/now.ts";
import { goInstead } from "../../ui/router.ts";
import { Screen } from "../../ui/screen.tsx";
import { Switch } from "../../ui/switch.tsx";
import { language, say } from "../../ui/words.ts";
import type { AllowanceView } from "../app.ts";
import { S } from "../seldom_words.ts";
import { W } from "../words.ts";
import { useApp, useEnvironment } from "./environment.tsx";
import { Flash } from "./flash.tsx";
import { canEnd, leftShare, STANDINGS } from "./looking.ts";
import { amountTrouble } from "./showing.ts";

const USUAL_MINOR = [5_000n, 10_000n, 20_000n, 50_000n];

export function TopUp() {
  const app = useApp();
  const { pass } = useEnvironment();
  const act = useAct();
  const [typed, setTyped] = useState("");
  const [byPasskey, setByPasskey] = useState(false);
  const view = app.home();
  const minor = parseAmount(typed);
  const trouble = amountTrouble(minor, view.freeMinor);
  const usual = USUAL_MINOR.filter((one) => view.freeMinor === null || one <= view.freeMinor);
  const tooMuch = trouble === "too_much" && view.freeMinor !== null;
  const topUp = () =>
    act.run(async () => {
      await app.topUp(minor, byPasskey);
      const after = app.home();
      pass({ flash: say(S.topUpDone, { amount: money(after.spendableMinor, after.currency) }) });
      goInstead("");
    });
  return (
    <Screen title={say(W.topUp)} onBack={true} testid="top-up">
      <p class="muted">{say(S.topUpText)}</p>
      <section class="card">
        <Facts>
          {view.freeMinor === null ? null : (
            <Fact name={say(S.freeAccount)}>{money(view.freeMinor, view.currency)}</Fact>
          )}
          <Fact name={say(W.spendable)}>{money(view.spendableMinor, view.currency)}</Fact>
        </Facts>
      </section>
      <form
        class="stack grow"
        onSubmit={(event) => {
          event.preventDefault();
          if (trouble === null) topUp();
        }}
      >
        <Field
          label={say(S.topUpAmount)}
          kind="decimal"
          value={typed}
          onInput={setTyped}
          suffix={view.currency}
          wrong={tooMuch ? say(S.topUpMore, { amount: money(view.freeMinor ?? 0n, view.currency) }) : null}
          testid="top-up-amount"
        />
        <Choices
          label={say(S.topUpAmount)}
          look="chips"
          chosen={usual.find((one) => one === minor)?.toString() ?? null}
          onChoose={(chosen) => setTyped(digits(BigInt(chosen)).replaceAll(",", ""))}
          choices={usual.map((one) => ({ value: one.toString(), label: digits(one) }))}
        />
        {app.passkeyPays ? (
          <div class="list">
            <Switch
              label={say(S.topUpPasskey)}
              hint={say(S.topUpPasskeyHint)}
              on={byPasskey}
              onChange={setByPasskey}
              testid="top-up-passkey"
            />
          </div>
        ) : null}
        {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
        <div class="push stack-small">
          <Button type="submit" busy={act.busy} disabled={trouble !== null} testid="top-up-button">
            {say(S.topUpButton)}
          </Button>
          <p class="centred small muted">{say(S.topUpNeeds)}</p>
        </div>
      </form>
    </Screen>
  );
}

export function Allowances() {
  const app = useApp();
  const [ending, end] = useState<AllowanceView | null>(null);
  const view = app.home();
  return (
    <Screen title={say(S.allowances)} onBack={true} testid="allowances">
      <Flash />
      <p class="muted">{say(S.allowancesText)}</p>
      {view.allowances.length === 0 ? <EmptyState icon="wallet" title={say(S.noAllowances)} /> : null}
      {view.allowances.map((one) => (
        <AllowanceCard key={one.refHex} one={one} currency={view.currency} onEnd={() => end(one)} />
      ))}
      <div class="push">
        <ButtonLink to="top-up" kind="second" icon="plus">
          {say(W.topUp)}
        </ButtonLink>
      </div>
      {ending === null ? null : <EndDialog one={ending} currency={view.currency} onClose={() => end(null)} />}
    </Screen>
  );
}

function AllowanceCard({ one, currency, onEnd }: { one: AllowanceView; currency: string; onEnd: () => void }) {
  const standing = STANDINGS[one.standing];
  const now = screenNow();
  return (
    <section class="card stack-small" data-testid={`allowance-${one.refHex}`}>
      <div class="card-head">
        <AmountView minor={one.totalMinor} currency={currency} size="large" />
        {standing === undefined ? null : <Badge tone={standing.tone} icon={standing.icon} words={S[standing.words]} />}
      </div>
      <meter
        class="left"
        min={0}
        max={100}
        value={leftShare(one)}
        aria-label={say(S.leftOf, { left: money(one.totalMinor, currency), all: money(one.amountMinor, currency) })}
      />
      <p class="muted small">
        {say(S.leftOf, { left: digits(one.totalMinor), all: money(one.amountMinor, currency) })}
        {canEnd(one) ? ` · ${say(S.chequesLeft, { count: one.cheques })}` : null}
      </p>
      <Facts>
        {canEnd(one) ? <Fact name={say(W.perPayment)}>{money(one.paymentMinor, currency)}</Fact> : null}
        <Fact name={say(S.ends)}>{instant(one.expiresAt, now, language())}</Fact>
        <Fact name={say(S.returns)}>{instant(one.deadlineAt, now, language())}</Fact>
      </Facts>
      {one.endUnsigned ? <p class="muted small">{say(S.endUnsigned)}</p> : null}
      {canEnd(one) || one.endUnsigned ? (
        <Button kind="second" onClick={onEnd} testid={`end-${one.refHex}`}>
          {say(one.endUnsigned ? S.endSign : S.endEarly)}
        </Button>
      ) : null}
    </section>
  );
}

function EndDialog({ one, currency, onClose }: { one: AllowanceView; currency: string; onClose: () => void }) {
  const app = useApp();
  const { pass } = useEnvironment();
  const act = useAct();
  const filling = {
    amount: money(one.totalMinor, currency),
    at: instant(one.deadlineAt, screenNow(), language()),
  };
  return (
    <Dialog title={say(one.endUnsigned ? S.endSign : S.endTitle)} onClose={onClose} testid="end-dialog">
      <p>{say(one.endUnsigned ? S.endTextUnsigned : S.endText, filling)}</p>
      {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
      <div class="buttons">
        <Button
          kind="danger"
          busy={act.busy}
          onClick={() =>
            act.run(async () => {
              await app.close(one.refHex);
              pass({ flash: say(S.ended) });
              onClose();
            })
          }
          testid="end-confirm"
        >
          {say(one.endUnsigned ? S.endSign : S.endButton)}
        </Button>
        <Button kind="quiet" onClick={onClose}>
          {say(S.cancel)}
        </Button>
      </div>
    </Dialog>
  );
}
