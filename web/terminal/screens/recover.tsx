/**
 * A till whose PIN is lost: what the operator is sent, what comes back, and the new PIN. Nothing of what the till holds
 * shows before it is open again.
 */

import { useRef, useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { LanguageSwitch } from "../../ui/language_switch.tsx";
import { CodedNotice, Notice } from "../../ui/notice.tsx";
import { PIN_MAX } from "../../ui/pad.tsx";
import { goInstead } from "../../ui/router.ts";
import { Screen } from "../../ui/screen.tsx";
import { type EnrolTyped, enrolWrong } from "./enrol.tsx";
import { Page } from "./page.tsx";
import { useSeldom } from "./seldom_context.ts";

const CODE_MAX = 64;

/** Ten wrong PINs: the passkey, where there is one, or the operator. */
export function Blocked() {
  const { app, words } = useSeldom();
  const { recover } = words;
  const act = useAct();
  return (
    <Screen title={recover.blockedTitle} testid="blocked">
      <Notice tone="bad" title={recover.blockedHappened} safe={recover.blockedSafe} next={recover.blockedNext} />
      {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
      <div class="push stack">
        {app.prfEnrolled ? (
          <Button icon="finger" onClick={() => act.run(() => app.unlock("passkey"))} testid="unlock-passkey">
            {words.unlockPasskey}
          </Button>
        ) : null}
        <ButtonLink to="recover" kind={app.prfEnrolled ? "second" : "main"} icon="key" testid="ask-operator">
          {recover.ask}
        </ButtonLink>
        <LanguageSwitch />
      </div>
    </Screen>
  );
}

export function RecoverScreen() {
  const { words } = useSeldom();
  return (
    <Screen title={words.recover.title} testid="recover" onBack={() => goInstead("")}>
      <p class="muted">{words.recover.lead}</p>
      <div class="detail">
        <Request />
        <Answer />
      </div>
    </Screen>
  );
}

function Request() {
  const { app, words, doors } = useSeldom();
  const { recover } = words;
  const [made, setMade] = useState(false);
  const act = useAct();
  const make = () =>
    act.run(async () => {
      const { name, bytes } = await app.recoveryFile();
      doors.save(name, bytes);
      setMade(true);
    });
  return (
    <section class="card stack">
      <h2 class="card-title">{recover.requestTitle}</h2>
      <p class="muted small">{recover.requestLead}</p>
      {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
      {made ? <Notice tone="good" title={recover.requestMade} live="status" testid="request-made" /> : null}
      <Button kind={made ? "second" : "main"} icon="up" busy={act.busy} onClick={make} testid="recovery-file">
        {recover.requestButton}
      </Button>
    </section>
  );
}

function Answer() {
  const { app, words, language } = useSeldom();
  const { recover } = words;
  const [file, choose] = useState<File | null>(null);
  const [typed, setTyped] = useState<EnrolTyped>({ code: "", pin: "", again: "" });
  const [tried, setTried] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const act = useAct();
  const wrong = enrolWrong(typed, { ...words, codeMissing: recover.codeMissing }, language);
  const set = (key: keyof EnrolTyped) => (value: string) => setTyped({ ...typed, [key]: value });
  const submit = (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (file === null || Object.values(wrong).some((one) => one !== null)) return;
    act.run(async () => {
      const answer = new Uint8Array(await file.arrayBuffer());
      await app.recover({ answer, code: typed.code.trim(), pin: typed.pin });
      goInstead("recovered");
    });
  };
  return (
    <section class="card">
      <form class="stack" onSubmit={submit} noValidate>
        <h2 class="card-title">{recover.answerTitle}</h2>
        <p class="muted small">{recover.answerLead}</p>
        <input
          ref={chooser}
          class="unseen"
          type="file"
          tabIndex={-1}
          aria-label={recover.answerChoose}
          onChange={(event) => {
            choose(event.currentTarget.files?.[0] ?? null);
            event.currentTarget.value = ""; // the same file may be chosen again
          }}
          data-testid="recovery-answer"
        />
        <Button kind="second" onClick={() => chooser.current?.click()} testid="recovery-choose">
          {recover.answerChoose}
        </Button>
        {file === null ? (
          tried ? (
            <p class="field-note" role="alert">
              {recover.answerMissing}
            </p>
          ) : null
        ) : (
          <p class="small file-name" role="status">
            {recover.answerChosen(file.name)}
          </p>
        )}
        <Field
          label={recover.code}
          value={typed.code}
          onInput={set("code")}
          hint={recover.codeHint}
          wrong={tried ? wrong.code : null}
          autoComplete="one-time-code"
          maxLength={CODE_MAX}
          testid="recovery-code"
        />
        <Field
          label={words.enrolPin}
          value={typed.pin}
          onInput={set("pin")}
          hint={words.enrolPinHint}
          wrong={tried ? wrong.pin : null}
          kind="pin"
          autoComplete="new-password"
          maxLength={PIN_MAX}
          testid="recovery-pin"
        />
        <Field
          label={words.enrolPinAgain}
          value={typed.again}
          onInput={set("again")}
          wrong={tried ? wrong.again : null}
          kind="pin"
          autoComplete="new-password"
          maxLength={PIN_MAX}
          testid="recovery-pin-again"
        />
        {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
        <Button type="submit" busy={act.busy} testid="recovery-open">
          {act.busy ? words.working : recover.open}
        </Button>
      </form>
    </section>
  );
}

/** What stands right after a till was opened again. */
export function RecoveredScreen() {
  const { app, words } = useSeldom();
  const { recover } = words;
  const ready = app.ready();
  const waits = ready.queueClaims + ready.queueNotes;
  return (
    <Page title={recover.openedTitle} testid="recovered">
      <div class="stack form-page">
        <Notice
          tone="good"
          title={words.queueCount(String(waits))}
          safe={recover.openedSafe}
          next={recover.openedNext}
        />
        <div class="buttons">
          <ButtonLink to="sync" kind="main" icon="sync" testid="recovered-sync">
            {recover.toSync}
          </ButtonLink>
          <ButtonLink to="" testid="recovered-sell">
            {recover.toSell}
          </ButtonLink>
        </div>
      </div>
    </Page>
  );
}
