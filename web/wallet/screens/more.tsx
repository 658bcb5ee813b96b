/** Everything that is not a payment: the list of it, settings, the boundary, an update. */

import { useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Choices } from "../../ui/field.tsx";
import { money } from "../../ui/format.ts";
import { LanguageSwitch } from "../../ui/language_switch.tsx";
import { List, Row } from "../../ui/list.tsx";
import { CodedNotice, Notice } from "../../ui/notice.tsx";
import { PACK } from "../../ui/pack_words.ts";
import { PIN_MIN, PinPad } from "../../ui/pad.tsx";
import { goInstead } from "../../ui/router.ts";
import { Screen } from "../../ui/screen.tsx";
import { Switch } from "../../ui/switch.tsx";
import { say } from "../../ui/words.ts";
import { S } from "../seldom_words.ts";
import { W } from "../words.ts";
import { useApp, useEnvironment } from "./environment.tsx";
import { Flash } from "./flash.tsx";
import { CapabilityLine } from "./home.tsx";
import { WalletNav } from "./nav.tsx";
import { NewPin } from "./welcome.tsx";

export function More() {
  const app = useApp();
  const view = app.home();
  const hidden = app.settings().hideAmounts;
  const free =
    view.freeMinor === null || hidden ? undefined : `${say(S.freeAccount)}: ${money(view.freeMinor, view.currency)}`;
  return (
    <Screen title={say(W.more)} nav={<WalletNav here="more" />} testid="more">
      <List>
        <Row icon="plus" tone="info" title={say(W.topUp)} detail={free} to="top-up" testid="to-top-up" />
        <Row icon="sync" tone="info" title={say(S.syncTitle)} to="sync" testid="to-sync" />
        <Row icon="wallet" tone="info" title={say(S.allowances)} to="allowances" testid="to-allowances" />
      </List>
      <List>
        <Row icon="check" title={say(S.boundary)} to="boundary" testid="to-boundary" />
        <Row icon="scan" title={say(PACK.title)} detail={say(PACK.row)} to="packs" testid="to-packs" />
        <Row icon="flag" title={say(S.disputes)} to="disputes" testid="to-disputes" />
        <Row icon="shieldCheck" title={say(S.findings)} to="findings" testid="to-findings" />
      </List>
      <List>
        <Row icon="info" title={S.guideRow} detail={S.guideDetail} to="guide" testid="to-guide" />
        <Row icon="settings" title={say(S.settings)} to="settings" testid="to-settings" />
        <Row icon="eye" title={say(S.privacy)} detail={S.kept.title} to="privacy" testid="to-privacy" />
        <Row icon="phone" title={say(S.lost)} to="lost" testid="to-lost" />
        <Row icon="up" title={say(S.backup)} detail={say(S.backupRow)} to="backup" testid="to-backup" />
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
    { title: say(S.worksNow), all: view.capabilities.filter((one) => one.works) },
    { title: say(S.notNow), all: view.capabilities.filter((one) => !one.works) },
  ];
  return (
    <Screen title={say(S.boundary)} onBack={true} testid="boundary">
      <p class="muted">{say(S.boundaryText)}</p>
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
  const act = useAct();
  const settings = app.settings();
  return (
    <Screen title={say(S.settings)} onBack={true} testid="settings">
      <Flash />
      {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
      <section class="section">
        <h2>{say(S.language)}</h2>
        <div class="card card-low">
          <LanguageSwitch />
        </div>
      </section>
      <section class="section">
        <h2>{say(S.privacy)}</h2>
        <div class="list">
          <Switch
            label={say(W.hideAmounts)}
            hint={say(S.hideHint)}
            on={settings.hideAmounts}
            onChange={(hideAmounts) => app.set({ hideAmounts })}
            testid="settings-hide"
          />
        </div>
        <div class="card">
          <Choices
            label={say(S.autoLock)}
            look="segments"
            chosen={String(settings.autoLockS / 60)}
            onChoose={(minutes) => app.set({ autoLockS: Number(minutes) * 60 })}
            choices={AUTO_LOCK_MIN.map((count) => ({ value: count, label: say(S.minutes, { count }) }))}
            testid="auto-lock"
          />
        </div>
        <p class="small muted inset">{say(S.privacyText)}</p>
      </section>
      <section class="section">
        <h2>{say(S.security)}</h2>
        <List>
          <Row icon="key" title={say(S.changePin)} detail={say(S.changePinHint)} to="pin" testid="to-pin" />
          <Row
            icon="finger"
            tone={app.prfEnrolled ? "good" : "plain"}
            title={say(S.passkey)}
            detail={say(app.prfEnrolled ? S.passkeyOn : app.prfAvailable ? S.passkeyOff : S.passkeyNot)}
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
            {say(S.passkeyRemove)}
          </Button>
        ) : app.prfAvailable ? (
          <Button kind="second" busy={act.busy} onClick={() => act.run(() => app.addPasskey())} testid="passkey-add">
            {say(S.passkeyAdd)}
          </Button>
        ) : null}
        <p class="small muted inset">{say(S.pinWeaker)}</p>
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
        title={say(S.newPin)}
        firstStep={say(S.enrolStep, { at: 2, of: 3 })}
        secondStep={say(S.enrolStep, { at: 3, of: 3 })}
        busy={act.busy}
        busyWords={say(W.reading)}
        failure={act.failure}
        onBack={() => give(false)}
        onPin={(next) =>
          act.run(async () => {
            await app.changePin(old, next);
            pass({ flash: say(S.pinChanged) });
            goInstead("settings");
          })
        }
        testid="new-pin"
      />
    );
  }
  return (
    <Screen title={say(S.oldPin)} onBack={true} testid="old-pin">
      <p class="muted">
        {say(S.enrolStep, { at: 1, of: 3 })}
        <br />
        {say(S.changePinHint)}
      </p>
      <div class="push stack">
        <PinPad pin={old} onPin={setOld} onEnter={() => give(true)} />
        <Button disabled={old.length < PIN_MIN} onClick={() => give(true)} testid="pin-next">
          {say(S.continue)}
        </Button>
      </div>
    </Screen>
  );
}

export function UpdateNeeded() {
  const { update } = useEnvironment();
  const act = useAct();
  useApp();
  const ready = update.waiting();
  return (
    <Screen title={say(S.update)} onBack={true} testid="update">
      <Notice tone="warn" title={say(S.updateTitle)} safe={`${say(S.updateText)} ${say(S.updateSafe)}`} />
      <Notice
        tone="info"
        title={say(ready ? S.updateReady : S.updateNone)}
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
          {say(S.updateNow)}
        </Button>
        <ButtonLink to="" kind="quiet">
          {say(S.later2)}
        </ButtonLink>
      </div>
    </Screen>
  );
}
