/** Language, automatic lock, passkey and PIN of this till. */

import { useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { Button } from "../../ui/button.tsx";
import { Choices, Field } from "../../ui/field.tsx";
import { LanguageSwitch } from "../../ui/language_switch.tsx";
import { CodedNotice, Notice } from "../../ui/notice.tsx";
import { PIN_MAX } from "../../ui/pad.tsx";
import { enrolWrong } from "./enrol.tsx";
import { Page } from "./page.tsx";
import { useSeldom } from "./seldom_context.ts";

const MINUTE_S = 60;
const LOCK_CHOICES = ["1", "5", "15", "60"] as const;

export function SettingsScreen() {
  const { app, words } = useSeldom();
  const chosen = LOCK_CHOICES.find((minutes) => Number(minutes) * MINUTE_S === app.settings().autoLockS) ?? null;
  return (
    <Page title={words.settingsTitle} testid="settings" here="more" onBack>
      <div class="detail">
        <div class="stack">
          <section class="card settings-line">
            <h2 class="card-title">{words.language}</h2>
            <LanguageSwitch />
          </section>
          <section class="card stack">
            <h2 class="card-title">{words.autoLock}</h2>
            <Choices
              label={words.autoLock}
              look="chips"
              choices={LOCK_CHOICES.map((value) => ({ value, label: words.minutes(value) }))}
              chosen={chosen}
              onChoose={(minutes) => app.set({ autoLockS: Number(minutes) * MINUTE_S })}
              testid="auto-lock"
            />
          </section>
          <Passkey />
        </div>
        <ChangePin />
      </div>
    </Page>
  );
}

function Passkey() {
  const { app, words } = useSeldom();
  const act = useAct();
  return (
    <section class="card stack">
      <h2 class="card-title">{words.passkey}</h2>
      <p class="muted small">{app.prfAvailable ? words.passkeyLead : words.passkeyNot}</p>
      {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
      {app.prfEnrolled ? (
        <Notice tone="good" title={words.passkeyThere} live="status" testid="passkey-there" />
      ) : app.prfAvailable ? (
        <Button
          kind="second"
          icon="finger"
          busy={act.busy}
          onClick={() => act.run(() => app.addPasskey())}
          testid="passkey-add"
        >
          {words.passkeyAdd}
        </Button>
      ) : null}
    </section>
  );
}

const NO_PINS = { old: "", pin: "", again: "" };

function ChangePin() {
  const { app, words, language } = useSeldom();
  const [pins, setPins] = useState(NO_PINS);
  const [tried, setTried] = useState(false);
  const [changed, setChanged] = useState(false);
  const act = useAct();
  const wrong = enrolWrong({ code: pins.old, pin: pins.pin, again: pins.again }, words, language);
  const set = (key: keyof typeof NO_PINS) => (value: string) => {
    setChanged(false);
    setPins({ ...pins, [key]: value });
  };
  const submit = (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (wrong.pin !== null || wrong.again !== null || pins.old === "") return;
    act.run(async () => {
      await app.changePin(pins.old, pins.pin);
      setPins(NO_PINS);
      setTried(false);
      setChanged(true);
    });
  };
  const shared = { kind: "pin", maxLength: PIN_MAX } as const;
  return (
    <section class="card">
      <form class="stack" onSubmit={submit} noValidate>
        <h2 class="card-title">{words.changePin}</h2>
        <Field
          {...shared}
          label={words.oldPin}
          value={pins.old}
          onInput={set("old")}
          wrong={tried && pins.old === "" ? words.unlockLead : null}
          autoComplete="current-password"
          testid="pin-old"
        />
        <Field
          {...shared}
          label={words.newPin}
          value={pins.pin}
          onInput={set("pin")}
          hint={words.enrolPinHint}
          wrong={tried ? wrong.pin : null}
          autoComplete="new-password"
          testid="pin-new"
        />
        <Field
          {...shared}
          label={words.newPinAgain}
          value={pins.again}
          onInput={set("again")}
          wrong={tried ? wrong.again : null}
          autoComplete="new-password"
          testid="pin-again"
        />
        {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
        {changed ? <Notice tone="good" title={words.pinChanged} live="status" testid="pin-changed" /> : null}
        <Button type="submit" kind="second" busy={act.busy} testid="pin-change">
          {words.changePinButton}
        </Button>
      </form>
    </section>
  );
}
