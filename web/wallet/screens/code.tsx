/** The one-way code: amount first, then a code that counts down, burns when shown and hides by itself. */

import { useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { AmountView, TypedAmount } from "../../ui/amount.tsx";
import { AmountPad } from "../../ui/amount_pad.tsx";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { money, parseAmount } from "../../ui/format.ts";
import { CodedNotice, Notice } from "../../ui/notice.tsx";
import { useNow } from "../../ui/now.ts";
import { Countdown } from "../../ui/progress.tsx";
import { QrView } from "../../ui/qr_view.tsx";
import { goInstead } from "../../ui/router.ts";
import { Screen } from "../../ui/screen.tsx";
import { Switch } from "../../ui/switch.tsx";
import { language, say } from "../../ui/words.ts";
import type { ShownView } from "../app.ts";
import { W } from "../words.ts";
import { AuthenticatorDialog, withCode } from "./authenticator.tsx";
import { useApp, useEnvironment, useHiddenPage } from "./environment.tsx";
import { type Holder, HolderDialog } from "./holder_dialog.tsx";
import { WalletNav } from "./nav.tsx";
import { amountTrouble, codeLimitMinor, whyWords } from "./showing.ts";

export function Code() {
  const app = useApp();
  const { pass } = useEnvironment();
  const act = useAct();
  const [typed, setTyped] = useState("");
  const [upTo, setUpTo] = useState(false);
  const [asking, ask] = useState(false);
  const [coding, askCode] = useState<Holder | null>(null);
  const view = app.home();
  const limit = codeLimitMinor(view.capabilities);
  if (limit === null) return <NoCode />;
  const minor = parseAmount(typed);
  const trouble = amountTrouble(minor, limit);
  const make = (holder: Holder, digits?: string) =>
    act.run(async () => {
      const wanted = { amountMinor: minor ?? 0n, upTo, holder, ...(digits === undefined ? {} : { digits }) };
      const shown = await withCode(holder, askCode, () => app.oneWayCode(wanted));
      pass({ shown });
      goInstead("shown");
    });
  return (
    <Screen title={say(W.codeTitle)} nav={<WalletNav here="code" />} testid="code">
      <p class="muted small">{say(W.codeText)}</p>
      <div class="amount-entry">
        <TypedAmount typed={typed} currency={view.currency} />
        <p class={trouble === "too_much" ? "entry-note entry-wrong" : "entry-note"} role="status">
          {say(trouble === "too_much" ? W.codeOverLimit : W.codeLimit, { amount: money(limit, view.currency) })}
        </p>
      </div>
      <AmountPad typed={typed} onTyped={setTyped} disabled={act.busy} />
      <div class="list">
        <Switch label={say(W.codeUpTo)} hint={say(W.codeUpToHint)} on={upTo} onChange={setUpTo} testid="code-up-to" />
      </div>
      {act.failure === null || asking || coding !== null ? null : <CodedNotice coded={act.failure} live="alert" />}
      <div class="push stack-small">
        <Button
          onClick={() => (view.paysByPasskey ? make("none") : ask(true))}
          disabled={trouble !== null}
          testid="code-make"
        >
          {say(W.codeMake)}
        </Button>
      </div>
      {coding !== null ? (
        <AuthenticatorDialog
          button={say(W.codeMake)}
          busy={act.busy}
          failure={act.failure}
          onDigits={(digits) => make(coding, digits)}
          onClose={() => {
            askCode(null);
            ask(false);
            act.forget();
          }}
        />
      ) : null}
      {asking && coding === null ? (
        <HolderDialog
          amount={money(minor ?? 0n, view.currency)}
          button={say(W.codeMake)}
          busy={act.busy}
          failure={act.failure}
          onHolder={(holder) => make(holder)}
          onClose={() => {
            ask(false);
            act.forget();
          }}
        />
      ) : null}
    </Screen>
  );
}

function NoCode() {
  const found = useApp()
    .home()
    .capabilities.find((one) => one.what === "show_code");
  return (
    <Screen title={say(W.codeTitle)} nav={<WalletNav here="code" />} testid="code-none">
      <Notice tone="warn" title={say(W.codeNot)} next={whyWords(found?.why ?? null, language())} />
      <ButtonLink to="top-up" kind="main" icon="plus">
        {say(W.topUp)}
      </ButtonLink>
    </Screen>
  );
}

export function CodeShown({ shown }: { shown: ShownView }) {
  const { draw } = useEnvironment();
  const hidden = useHiddenPage();
  const now = useNow(250);
  const [put, putAway] = useState(false);
  const { payment } = shown;
  const hideAt = shown.hideAt ?? payment.expiresAt;
  const leftS = hideAt - now;
  const over = put || leftS <= 0;
  const covered = over ? say(W.coveredOver) : hidden ? say(W.coveredBackground) : null;
  return (
    <Screen title={say(W.codeShownTitle)} onBack={() => goInstead("")} testid="code-shown">
      <div class="shown-head">
        <AmountView
          minor={payment.amountMinor}
          currency={payment.currency}
          size="large"
          testid="shown-amount"
          {...(payment.upTo ? { prefix: say(W.upToWord) } : {})}
        />
      </div>
      <QrView texts={over ? [] : shown.qr} draw={draw} label={say(W.codeShownTitle)} covered={covered} />
      {over ? null : <Countdown leftS={leftS} wholeS={hideAt - payment.drawnAt} label={say(W.codeHidesIn)} />}
      <p class="centred small muted" role="status">
        {say(over ? W.codeHidden : W.codeShownMeaning)}
      </p>
      <div class="push buttons">
        {over ? (
          <Button onClick={() => goInstead("")} testid="code-done">
            {say(W.done)}
          </Button>
        ) : (
          <Button kind="second" icon="eyeOff" onClick={() => putAway(true)} testid="code-hide">
            {say(W.codeHideNow)}
          </Button>
        )}
      </div>
    </Screen>
  );
}
