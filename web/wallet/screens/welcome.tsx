/** Before there is a wallet: welcome and enrolment; and the end after ten wrong PINs. unlock.tsx is every day's. */

import { useEffect, useState } from "preact/hooks";
import { checkPinStrength } from "../../risk/pin.ts";
import { codedOf, useAct } from "../../ui/act.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { Icon, Mark } from "../../ui/icons.tsx";
import { LanguageSwitch } from "../../ui/language_switch.tsx";
import { CodedNotice, Notice } from "../../ui/notice.tsx";
import { PIN_MIN, PinPad } from "../../ui/pad.tsx";
import { goInstead } from "../../ui/router.ts";
import { Screen } from "../../ui/screen.tsx";
import { say } from "../../ui/words.ts";
import type { Coded } from "../app.ts";
import { S } from "../seldom_words.ts";
import { W } from "../words.ts";
import { useApp, useEnvironment } from "./environment.tsx";

export function Welcome() {
  const { linkCode } = useEnvironment();
  const [step, go] = useState<"welcome" | "code" | "pin">("welcome");
  const [code, setCode] = useState(linkCode);
  const [digits, setDigits] = useState("");
  const [asked, setAsked] = useState<Coded | null>(null);
  if (step === "welcome") return <FirstView onBegin={() => go("code")} />;
  const back = () => go("welcome");
  if (step === "code")
    return (
      <CodeStep
        {...{ code, digits, asked }}
        onCode={setCode}
        onDigits={setDigits}
        onBack={back}
        onNext={() => go("pin")}
      />
    );
  const ask = (failure: Coded) => {
    setAsked(failure);
    go("code");
  };
  return <PinStep code={code} digits={asked === null ? "" : digits} onAsked={ask} onBack={() => go("code")} />;
}

function FirstView({ onBegin }: { onBegin: () => void }) {
  return (
    <Screen title={say(W.appName)} quietTitle actions={<LanguageSwitch />} testid="welcome">
      <div class="welcome">
        <Mark />
        <p class="welcome-title">{say(S.welcome)}</p>
        <p class="muted">{say(S.welcomeText)}</p>
      </div>
      <ul class="promises">
        <li>
          <Icon name="wallet" />
          <span>{say(S.welcomeOffline)}</span>
        </li>
        <li>
          <Icon name="lock" />
          <span>{say(S.welcomeSealed)}</span>
        </li>
        <li>
          <Icon name="history" />
          <span>{say(S.welcomeReceipt)}</span>
        </li>
      </ul>
      <div class="push buttons">
        <Button onClick={onBegin} testid="begin">
          {say(S.begin)}
        </Button>
        <ButtonLink to="lost" kind="quiet" testid="to-lost">
          {say(S.lost)}
        </ButtonLink>
      </div>
    </Screen>
  );
}

interface CodeGiven {
  readonly code: string;
  readonly digits: string;
  /** Why the six digits that came another way are asked for; null while they are not. */
  readonly asked: Coded | null;
  readonly onCode: (code: string) => void;
  readonly onDigits: (digits: string) => void;
  readonly onBack: () => void;
  readonly onNext: () => void;
}

function CodeStep({ code, digits, asked, onCode, onDigits, onBack, onNext }: CodeGiven) {
  const { linkCode } = useEnvironment();
  const fromLink = linkCode !== "" && code === linkCode;
  return (
    <Screen title={say(S.enrolTitle)} onBack={onBack} testid="enrol-code">
      <form
        class="stack grow"
        onSubmit={(event) => {
          event.preventDefault();
          if (code.trim() !== "") onNext();
        }}
      >
        <p class="muted">{say(S.enrolStep, { at: 1, of: 3 })}</p>
        <Field
          label={say(S.enrolCode)}
          value={code}
          onInput={onCode}
          hint={say(fromLink ? S.enrolCodeFromLink : S.enrolCodeHint)}
          autoComplete="one-time-code"
          testid="enrol-code-field"
        />
        {asked === null ? null : (
          <>
            <CodedNotice coded={asked} />
            <Field label={say(S.enrolDigits)} value={digits} onInput={onDigits} testid="enrol-digits-field" />
          </>
        )}
        <div class="push">
          <Button type="submit" disabled={code.trim() === ""} testid="enrol-next">
            {say(S.continue)}
          </Button>
        </div>
      </form>
    </Screen>
  );
}

interface PinGiven {
  readonly code: string;
  readonly digits: string;
  readonly onAsked: (failure: Coded) => void;
  readonly onBack: () => void;
}

function PinStep({ code, digits, onAsked, onBack }: PinGiven) {
  const app = useApp();
  const act = useAct();
  const { failure } = act;
  useEffect(() => {
    if (failure?.code.startsWith("enrolment_pin_")) onAsked(failure);
  }, [failure, onAsked]);
  return (
    <NewPin
      title={say(S.choosePin)}
      firstStep={say(S.enrolStep, { at: 2, of: 3 })}
      secondStep={say(S.enrolStep, { at: 3, of: 3 })}
      busy={act.busy}
      busyWords={say(S.enrolling)}
      failure={act.failure}
      onBack={onBack}
      onPin={(pin) => {
        goInstead("lost-code"); // where an enrolled wallet begins; until then the address says nothing
        act.run(() => app.enrol({ code: code.trim(), pin, digits: digits.trim() }));
      }}
      testid="enrol-pin"
    />
  );
}

interface NewPinGiven {
  readonly title: string;
  readonly firstStep: string;
  readonly secondStep: string;
  readonly busy: boolean;
  readonly busyWords: string;
  readonly failure: Coded | null;
  readonly onBack: () => void;
  readonly onPin: (pin: string) => void;
  readonly testid: string;
}

/** A new PIN, twice. One that is easily guessed is refused at once, before it is repeated. */
export function NewPin(given: NewPinGiven) {
  const [first, setFirst] = useState<string | null>(null);
  const [pin, setPin] = useState("");
  const [weak, setWeak] = useState<Coded | null>(null);
  const [differ, setDiffer] = useState(false);
  const repeated = first !== null;
  const next = () => {
    if (first === null) {
      try {
        checkPinStrength(pin);
      } catch (refused: unknown) {
        setWeak(codedOf(refused));
        setPin("");
        return;
      }
      setWeak(null);
      setDiffer(false);
      setFirst(pin);
      setPin("");
    } else if (first !== pin) {
      setDiffer(true);
      setFirst(null);
      setPin("");
    } else given.onPin(pin);
  };
  const trouble = weak ?? given.failure;
  return (
    <Screen
      title={repeated ? say(S.repeatPin) : given.title}
      onBack={
        repeated
          ? () => {
              setFirst(null);
              setPin("");
            }
          : given.onBack
      }
      testid={repeated ? `${given.testid}-again` : given.testid}
    >
      <p class="muted">
        {repeated ? given.secondStep : given.firstStep}
        <br />
        {say(repeated ? S.repeatPinText : S.choosePinText)}
      </p>
      {trouble === null ? null : <CodedNotice coded={trouble} live="alert" />}
      {differ ? <Notice tone="bad" title={say(S.pinsDiffer)} live="alert" testid="notice-pins-differ" /> : null}
      <div class="push stack">
        <PinPad pin={pin} onPin={setPin} disabled={given.busy} onEnter={next} />
        <Button onClick={next} disabled={pin.length < PIN_MIN} busy={given.busy} testid="pin-next">
          {given.busy ? given.busyWords : say(S.continue)}
        </Button>
      </div>
    </Screen>
  );
}

export function Blocked() {
  return (
    <Screen title={say(S.blocked)} testid="blocked">
      <Notice tone="bad" title={say(S.blockedText)} safe={say(S.blockedSafe)} next={say(S.blockedNext)} live="alert" />
      <div class="push">
        <ButtonLink to="lost" kind="second" testid="to-lost">
          {say(S.lost)}
        </ButtonLink>
      </div>
    </Screen>
  );
}
