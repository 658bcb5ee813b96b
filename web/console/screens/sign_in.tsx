/** Signing in: name, password and a one-time code; and the first time a password of one's own. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { Mark } from "../../ui/icons.tsx";
import { LanguageSwitch } from "../../ui/language_switch.tsx";
import { CodedNotice, Notice } from "../../ui/notice.tsx";
import { say } from "../../ui/words.ts";
import { SIGN_IN, W } from "../words.ts";
import { PARTS } from "../words_parts.ts";
import { useHeld } from "./context.ts";

const PASSWORD_CHARS_MIN = 12;
const CODE = /^[0-9]{6}$/u;

interface GateGiven {
  readonly title: string;
  readonly lead?: string;
  readonly children: ComponentChildren;
  readonly testid: string;
}

/** A page before the console is open. */
function Gate({ title, lead, children, testid }: GateGiven) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${say(W.appName)}`;
  }, [title]);
  useEffect(() => {
    if (testid !== "") heading.current?.focus();
  }, [testid]);
  return (
    <div class="sign-in" data-testid={`screen-${testid}`}>
      <header class="sign-in-head">
        <Mark />
        <p class="muted">{say(W.appName)}</p>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {lead === undefined ? null : <p class="muted small">{lead}</p>}
      </header>
      <main>{children}</main>
      <footer class="sign-in-foot">
        <LanguageSwitch />
      </footer>
    </div>
  );
}

export function Starting() {
  return (
    <Gate title={say(SIGN_IN.starting)} testid="starting">
      <span class="spinner" aria-hidden="true" />
    </Gate>
  );
}

export function Unreachable() {
  const { app } = useHeld();
  const act = useAct();
  return (
    <Gate title={say(SIGN_IN.offline)} testid="unreachable">
      {app.failure === null ? null : <CodedNotice coded={app.failure} live="alert" />}
      <Button busy={act.busy} onClick={() => act.run(() => app.start())} testid="start-again">
        {say(PARTS.again)}
      </Button>
    </Gate>
  );
}

interface Wrong {
  readonly name: string | null;
  readonly password: string | null;
  readonly code: string | null;
}

/** What is missing, said beside each field. */
export function signInWrong(typed: { name: string; password: string; code: string }): Wrong | null {
  const wrong = {
    name: typed.name === "" ? say(SIGN_IN.nameMissing) : null,
    password: typed.password === "" ? say(SIGN_IN.passwordMissing) : null,
    code: CODE.test(typed.code) ? null : say(SIGN_IN.codeWrong),
  };
  return Object.values(wrong).every((one) => one === null) ? null : wrong;
}

export function SignIn() {
  const { app } = useHeld();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [wrong, setWrong] = useState<Wrong | null>(null);
  const act = useAct();
  const typed = { name: name.trim().toLowerCase(), password, code: code.replaceAll(/\s/gu, "") };
  return (
    <Gate title={say(SIGN_IN.title)} lead={say(SIGN_IN.lead)} testid="sign-in">
      {app.unheard ? <Unheard /> : null}
      {app.ended && act.failure === null ? (
        <Notice
          tone="info"
          title={say(SIGN_IN.over)}
          safe={say(SIGN_IN.overSafe)}
          next={say(SIGN_IN.overNext)}
          live="status"
          testid="session-over"
        />
      ) : null}
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          const found = signInWrong(typed);
          setWrong(found);
          if (found !== null) return;
          act.run(async () => {
            try {
              await app.signIn(typed.name, typed.password, typed.code);
            } finally {
              setCode(""); // each counts once
            }
          });
        }}
      >
        <Field
          label={say(SIGN_IN.name)}
          value={name}
          onInput={setName}
          wrong={wrong?.name ?? null}
          testid="sign-in-name"
        />
        <Field
          label={say(SIGN_IN.password)}
          kind="password"
          autoComplete="current-password"
          value={password}
          onInput={setPassword}
          wrong={wrong?.password ?? null}
          testid="sign-in-password"
        />
        <Field
          label={say(SIGN_IN.code)}
          hint={say(SIGN_IN.codeHint)}
          autoComplete="one-time-code"
          value={code}
          onInput={setCode}
          wrong={wrong?.code ?? null}
          maxLength={9}
          testid="sign-in-code"
        />
        {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
        <Button type="submit" busy={act.busy} testid="sign-in-submit">
          {say(SIGN_IN.button)}
        </Button>
      </form>
    </Gate>
  );
}

function Unheard() {
  const { app } = useHeld();
  return (
    <Notice
      tone="warn"
      title={say(SIGN_IN.unheard)}
      safe={say(SIGN_IN.unheardSafe)}
      next={say(SIGN_IN.unheardNext)}
      live="alert"
      testid="sign-out-unheard"
    >
      <Button kind="second" onClick={() => void app.signOut()} testid="sign-out-again">
        {say(SIGN_IN.outAgain)}
      </Button>
    </Notice>
  );
}

/** What is wrong with a new password before the operator is asked. */
export function passwordWrong(next: string, again: string): { next: string | null; again: string | null } | null {
  if ([...next].length < PASSWORD_CHARS_MIN) return { next: say(SIGN_IN.tooShort), again: null };
  return next === again ? null : { next: null, again: say(SIGN_IN.differ) };
}

export function PasswordForm({ onDone }: { onDone: () => void }) {
  const { app } = useHeld();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const [wrong, setWrong] = useState<{ next: string | null; again: string | null } | null>(null);
  const act = useAct();
  return (
    <form
      class="stack form"
      onSubmit={(event) => {
        event.preventDefault();
        const found = passwordWrong(next, again);
        setWrong(found);
        if (found !== null) return;
        act.run(async () => {
          await app.choosePassword(current, next);
          for (const forget of [setCurrent, setNext, setAgain]) forget("");
          onDone();
        });
      }}
    >
      <Field
        label={say(SIGN_IN.current)}
        kind="password"
        autoComplete="current-password"
        value={current}
        onInput={setCurrent}
        testid="password-current"
      />
      <Field
        label={say(SIGN_IN.next)}
        hint={say(SIGN_IN.nextHint)}
        kind="password"
        autoComplete="new-password"
        value={next}
        onInput={setNext}
        wrong={wrong?.next ?? null}
        testid="password-next"
      />
      <Field
        label={say(SIGN_IN.again)}
        kind="password"
        autoComplete="new-password"
        value={again}
        onInput={setAgain}
        wrong={wrong?.again ?? null}
        testid="password-again"
      />
      {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
      <Button type="submit" busy={act.busy} disabled={current === ""} testid="password-submit">
        {say(SIGN_IN.change)}
      </Button>
    </form>
  );
}

/** Signed in with the password that was handed out: nothing else opens before there is an own one. */
export function FirstPassword() {
  const { app } = useHeld();
  return (
    <Gate title={say(SIGN_IN.own)} lead={say(SIGN_IN.ownLead)} testid="first-password">
      <PasswordForm onDone={() => undefined} />
      <Button kind="quiet" onClick={() => void app.signOut()} testid="sign-out">
        {say(PARTS.signOut)}
      </Button>
    </Gate>
  );
}
