/** The locked till: PIN pad, passkey, the wait after wrong PINs. After ten of them recover.tsx goes on. */

import { useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { span } from "../../ui/format.ts";
import { Mark } from "../../ui/icons.tsx";
import { LanguageSwitch } from "../../ui/language_switch.tsx";
import { CodedNotice, Notice } from "../../ui/notice.tsx";
import { useNow } from "../../ui/now.ts";
import { PIN_MIN, PinPad } from "../../ui/pad.tsx";
import { Screen } from "../../ui/screen.tsx";
import { useTerminal } from "./context.ts";

/** Seconds that no PIN is taken; 0 when one may be tried. */
export function waitLeft(pinWait: number | null, now: number): number {
  return pinWait === null ? 0 : Math.max(0, Math.ceil(pinWait - now));
}

export function Unlock() {
  const { app, words, language } = useTerminal();
  const [pin, setPin] = useState("");
  const act = useAct();
  const waitS = waitLeft(app.pinWait, useNow());
  const unlock = (way: { pin: string } | "passkey") =>
    act.run(async () => {
      setPin("");
      await app.unlock(way);
    });
  return (
    <Screen title={words.app} testid="unlock" quietTitle>
      <form
        class="unlock"
        onSubmit={(event) => {
          event.preventDefault();
          if (pin.length >= PIN_MIN && waitS === 0) unlock({ pin });
        }}
      >
        <div class="unlock-head">
          <Mark />
          <p class="unlock-title">{words.unlockTitle}</p>
          <p class="muted">{words.unlockLead}</p>
        </div>
        {waitS > 0 ? (
          <Notice tone="warn" title={words.unlockWait(span(waitS, language))} testid="pin-wait" />
        ) : act.failure === null ? null : (
          <CodedNotice coded={act.failure} live="alert" />
        )}
        <PinPad pin={pin} onPin={setPin} disabled={act.busy || waitS > 0} />
        <div class="stack-small">
          <Button type="submit" busy={act.busy} disabled={pin.length < PIN_MIN || waitS > 0} testid="unlock-submit">
            {words.unlockButton}
          </Button>
          {app.prfEnrolled ? (
            <Button kind="quiet" icon="finger" onClick={() => unlock("passkey")} testid="unlock-passkey">
              {words.unlockPasskey}
            </Button>
          ) : null}
          <ButtonLink to="recover" kind="quiet" testid="forgot">
            {words.unlockForgot}
          </ButtonLink>
          <LanguageSwitch />
        </div>
      </form>
    </Screen>
  );
}
