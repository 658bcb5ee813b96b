/** The first visit: what this is, then the operator's code and a PIN chosen twice. */

import { useState } from "preact/hooks";
import { checkPinStrength, WeakPin } from "../../risk/pin.ts";
import { useAct } from "../../ui/act.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { Icon, type IconName, Mark } from "../../ui/icons.tsx";
import { LanguageSwitch } from "../../ui/language_switch.tsx";
import { CodedNotice } from "../../ui/notice.tsx";
import { PIN_MAX } from "../../ui/pad.tsx";
import { goInstead } from "../../ui/router.ts";
import { Screen } from "../../ui/screen.tsx";
import type { Language } from "../../ui/words.ts";
import type { AllWords } from "./seldom_context.ts";
import { useSeldom } from "./seldom_context.ts";

const POINT_ICONS: readonly IconName[] = ["code", "shieldCheck", "up"];
const CODE_MAX = 64;

export function Welcome() {
  const { words } = useSeldom();
  return (
    <Screen title={words.app} testid="welcome" quietTitle>
      <div class="welcome">
        <Mark />
        <p class="welcome-title">{words.welcomeTitle}</p>
        <p class="muted">{words.welcomeLead}</p>
        <ul class="points">
          {words.welcomePoints.map(([title, detail], at) => (
            <li key={title} class="point">
              <span class="row-icon tone-info">
                <Icon name={POINT_ICONS[at] ?? "check"} />
              </span>
              <span class="row-text">
                <span class="row-title">{title}</span>
                <span class="row-detail">{detail}</span>
              </span>
            </li>
          ))}
        </ul>
      </div>
      <div class="push stack">
        <ButtonLink to="enrol" kind="main" testid="welcome-start">
          {words.welcomeStart}
        </ButtonLink>
        <LanguageSwitch />
      </div>
    </Screen>
  );
}

export interface EnrolTyped {
  readonly code: string;
  readonly pin: string;
  readonly again: string;
}

/** What is wrong beside each field; null where nothing is. The till itself still judges code and PIN. */
export function enrolWrong(
  typed: EnrolTyped,
  words: AllWords,
  language: Language,
): Readonly<Record<keyof EnrolTyped, string | null>> {
  return {
    code: typed.code.trim() === "" ? words.codeMissing : null,
    pin: weakness(typed.pin, language),
    again: typed.pin === typed.again ? null : words.pinsDiffer,
  };
}

/** Why a PIN is too easy to guess; null when it may protect a till. */
function weakness(pin: string, language: Language): string | null {
  try {
    checkPinStrength(pin);
    return null;
  } catch (thrown) {
    if (thrown instanceof WeakPin) return thrown.words(language).message;
    throw thrown;
  }
}

export function Enrol() {
  const { app, doors, words, language } = useSeldom();
  const [typed, setTyped] = useState<EnrolTyped>({ code: doors.linkCode, pin: "", again: "" });
  const [tried, setTried] = useState(false);
  const act = useAct();
  const wrong = enrolWrong(typed, words, language);
  const set = (key: keyof EnrolTyped) => (value: string) => setTyped({ ...typed, [key]: value });
  const submit = (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (Object.values(wrong).some((one) => one !== null)) return;
    act.run(async () => {
      await app.enrol({ code: typed.code.trim(), pin: typed.pin });
      goInstead("");
    });
  };
  return (
    <Screen title={words.enrolTitle} testid="enrol" onBack={() => goInstead("")}>
      <form class="stack form-page" onSubmit={submit} noValidate>
        <p class="muted">{words.enrolLead}</p>
        <Field
          label={words.enrolCode}
          value={typed.code}
          onInput={set("code")}
          hint={doors.linkCode !== "" && typed.code === doors.linkCode ? words.enrolCodeFromLink : words.enrolCodeHint}
          wrong={tried ? wrong.code : null}
          autoComplete="one-time-code"
          maxLength={CODE_MAX}
          testid="enrol-code"
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
          testid="enrol-pin"
        />
        <Field
          label={words.enrolPinAgain}
          value={typed.again}
          onInput={set("again")}
          wrong={tried ? wrong.again : null}
          kind="pin"
          autoComplete="new-password"
          maxLength={PIN_MAX}
          testid="enrol-pin-again"
        />
        {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
        <Button type="submit" busy={act.busy} testid="enrol-submit">
          {act.busy ? words.working : words.enrolButton}
        </Button>
      </form>
    </Screen>
  );
}
