/** Everything that is not a payment: the list of it, settings, the boundary, a lost device, an update. */

import { useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { AmountView } from "../../ui/amount.tsx";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Choices, Switch } from "../../ui/field.tsx";
import { instant, money } from "../../ui/format.ts";
import { LanguageSwitch } from "../../ui/language_switch.tsx";
import { List, Row } from "../../ui/list.tsx";
import { CodedNotice, Notice } from "../../ui/notice.tsx";
import { screenNow } from "../../ui/now.ts";
import { PIN_MIN, PinPad } from "../../ui/pad.tsx";
import { goInstead } from "../../ui/router.ts";
import { Screen } from "../../ui/screen.tsx";
import { language, say } from "../../ui/words.ts";
import { W } from "../words.ts";
import { useApp, useEnvironment } from "./environment.tsx";
import { CapabilityLine } from "./home.tsx";
import { WalletNav } from "./nav.tsx";
import { NewPin } from "./welcome.tsx";

export function More() {
  const app = useApp();
  const view = app.home();
  const hidden = app.settings().hideAmounts;
  const free =
    view.freeMinor === null || hidden ? undefined : `${say(W.freeAccount)}: ${money(view.freeMinor, view.currency)}`;
  return (
    <Screen title={say(W.more)} nav={<WalletNav here="more" />} testid="more">
      <List>
        <Row icon="plus" tone="info" title={say(W.topUp)} detail={free} to="top-up" testid="to-top-up" />
        <Row icon="sync" tone="info" title={say(W.syncTitle)} to="sync" testid="to-sync" />
        <Row icon="wallet" tone="info" title={say(W.allowances)} to="allowances" testid="to-allowances" />
      </List>
      <List>
        <Row icon="check" title={say(W.boundary)} to="boundary" testid="to-boundary" />
        <Row icon="flag" title={say(W.disputes)} to="disputes" testid="to-disputes" />
        <Row icon="shieldCheck" title={say(W.findings)} to="findings" testid="to-findings" />
      </List>
      <List>
        <Row icon="settings" title={say(W.settings)} to="settings" testid="to-settings" />
        <Row icon="phone" title={say(W.lost)} to="lost" testid="to-lost" />
        <Row icon="lock" title={say(W.lock)} onClick={() => app.lock()} testid="more-lock" />
      </List>
    </Screen>
  );
}

export function Boundary() {
  const app = useApp();
  const view = app.home();
  const hidden = app.settings().hideAmounts;
  const groups = [
    { title: say(W.worksNow), all: view.capabilities.filter((one) => one.works) },
    { title: say(W.notNow), all: view.capabilities.filter((one) => !one.works) },
  ];
  return (
    <Screen title={say(W.boundary)} onBack={true} testid="boundary">
      <p class="muted">{say(W.boundaryText)}</p>
      {groups.map((group) =>
        group.all.length === 0 ? null : (
          <section class="section" key={group.title}>
            <h2>{group.title}</h2>
            <ul class="list">
              {group.all.map((one) => (
                <CapabilityLine key={one.what} one={one} currency={view.currency} hidden={hidden} />
              ))}
            </ul>
          </section>
        ),
      )}
    </Screen>
  );
}

const AUTO_LOCK_MIN = ["1", "5", "15"];

export function Settings() {
  const app = useApp();
  const { passing } = useEnvironment();
  const act = useAct();
  const settings = app.settings();
  return (
    <Screen title={say(W.settings)} onBack={true} testid="settings">
      {passing.flash === null ? null : <Notice tone="good" title={passing.flash} live="status" testid="flash" />}
      {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
      <section class="section">
        <h2>{say(W.language)}</h2>
        <div class="card card-low">
          <LanguageSwitch />
        </div>
      </section>
      <section class="section">
        <h2>{say(W.privacy)}</h2>
        <div class="list">
          <Switch
            label={say(W.hideAmounts)}
            hint={say(W.hideHint)}
            on={settings.hideAmounts}
            onChange={(hideAmounts) => app.set({ hideAmounts })}
            testid="settings-hide"
          />
        </div>
        <div class="card">
          <Choices
            label={say(W.autoLock)}
            look="segments"
            chosen={String(settings.autoLockS / 60)}
            onChoose={(minutes) => app.set({ autoLockS: Number(minutes) * 60 })}
            choices={AUTO_LOCK_MIN.map((count) => ({ value: count, label: say(W.minutes, { count }) }))}
            testid="auto-lock"
          />
        </div>
        <p class="small muted inset">{say(W.privacyText)}</p>
      </section>
      <section class="section">
        <h2>{say(W.security)}</h2>
        <List>
          <Row icon="key" title={say(W.changePin)} detail={say(W.changePinHint)} to="pin" testid="to-pin" />
          <Row
            icon="finger"
            tone={app.prfEnrolled ? "good" : "plain"}
            title={say(W.passkey)}
            detail={say(app.prfEnrolled ? W.passkeyOn : app.prfAvailable ? W.passkeyOff : W.passkeyNot)}
            testid="passkey"
          />
        </List>
        {app.prfEnrolled ? (
          <Button
            kind="danger"
            busy={act.busy}
            onClick={() => act.run(() => app.removePasskey())}
            testid="passkey-remove"
          >
            {say(W.passkeyRemove)}
          </Button>
        ) : app.prfAvailable ? (
          <Button kind="second" busy={act.busy} onClick={() => act.run(() => app.addPasskey())} testid="passkey-add">
            {say(W.passkeyAdd)}
          </Button>
        ) : null}
        <p class="small muted inset">{say(W.pinWeaker)}</p>
      </section>
    </Screen>
  );
}

export function ChangePin() {
  const app = useApp();
  const { pass } = useEnvironment();
  const act = useAct();
  const [old, setOld] = useState("");
  const [given, give] = useState(false);
  if (given) {
    return (
      <NewPin
        title={say(W.newPin)}
        firstStep={say(W.enrolStep, { at: 2, of: 3 })}
        secondStep={say(W.enrolStep, { at: 3, of: 3 })}
        busy={act.busy}
        busyWords={say(W.reading)}
        failure={act.failure}
        onBack={() => give(false)}
        onPin={(next) =>
          act.run(async () => {
            await app.changePin(old, next);
            pass({ flash: say(W.pinChanged) });
            goInstead("settings");
          })
        }
        testid="new-pin"
      />
    );
  }
  return (
    <Screen title={say(W.oldPin)} onBack={true} testid="old-pin">
      <p class="muted">
        {say(W.enrolStep, { at: 1, of: 3 })}
        <br />
        {say(W.changePinHint)}
      </p>
      <div class="push stack">
        <PinPad pin={old} onPin={setOld} onEnter={() => give(true)} />
        <Button disabled={old.length < PIN_MIN} onClick={() => give(true)} testid="pin-next">
          {say(W.continue)}
        </Button>
      </div>
    </Screen>
  );
}

/** Also for a wallet that is not open: then nobody knows how much it holds. */
export function Lost() {
  const app = useApp();
  const open = app.phase === "open";
  const lost = open ? app.lostDevice() : { atRiskMinor: null, returnsAt: null, steps: [] };
  const steps = lost.steps.length > 0 ? lost.steps : [W.lost1, W.lost2, W.lost3, W.lost4].map((step) => say(step));
  return (
    <Screen title={say(W.lost)} onBack={open ? true : () => goInstead("")} testid="lost">
      {lost.atRiskMinor === null ? null : (
        <section class="card centred stack-small" data-testid="at-risk">
          <h2 class="muted">{say(W.atRisk)}</h2>
          <AmountView minor={lost.atRiskMinor} currency={app.home().currency} size="large" />
          {lost.returnsAt === null ? null : (
            <p class="muted small">{say(W.returnsBy, { at: instant(lost.returnsAt, screenNow(), language()) })}</p>
          )}
        </section>
      )}
      <section class="section">
        <h2>{say(W.lostSteps)}</h2>
        <ol class="numbered card">
          {steps.map((step, at) => (
            <li key={step}>
              <span class="number" aria-hidden="true">
                {at + 1}
              </span>
              <span>{step}</span>
            </li>
          ))}
        </ol>
      </section>
    </Screen>
  );
}

export function UpdateNeeded() {
  const { update } = useEnvironment();
  const act = useAct();
  useApp();
  const ready = update.waiting();
  return (
    <Screen title={say(W.update)} onBack={true} testid="update">
      <Notice tone="warn" title={say(W.updateTitle)} safe={`${say(W.updateText)} ${say(W.updateSafe)}`} />
      <Notice
        tone="info"
        title={say(ready ? W.updateReady : W.updateNone)}
        testid={ready ? "update-ready" : "update-none"}
      />
      {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
      <div class="push buttons">
        <Button
          icon="up"
          disabled={!ready}
          busy={act.busy}
          onClick={() => act.run(() => update.take())}
          testid="update-now"
        >
          {say(W.updateNow)}
        </Button>
        <ButtonLink to="" kind="quiet">
          {say(W.later2)}
        </ButtonLink>
      </div>
    </Screen>
  );
}
