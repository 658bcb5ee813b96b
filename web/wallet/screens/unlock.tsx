/** A locked wallet: the PIN or the passkey opens it, and the way out for whoever has neither. */

import { useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { Button, ButtonLink, RoundButton } from "../../ui/button.tsx";
import { span } from "../../ui/format.ts";
import { Mark } from "../../ui/icons.tsx";
import { LanguageSwitch } from "../../ui/language_switch.tsx";
import { CodedNotice, Notice } from "../../ui/notice.tsx";
import { useNow } from "../../ui/now.ts";
import { PIN_MIN, PinPad } from "../../ui/pad.tsx";
import { Screen } from "../../ui/screen.tsx";
import { language, say } from "../../ui/words.ts";
import { W } from "../words.ts";
import { useApp } from "./environment.tsx";

export function Unlock() {
  const app = useApp();
  const act = useAct();
  const now = useNow();
  const [pin, setPin] = useState("");
  const waitS = app.pinWait === null ? 0 : app.pinWait - now;
  const waits = waitS > 0;
  const unlock = () =>
    act.run(async () => {
      try {
        await app.unlock({ pin });
      } finally {
        setPin("");
      }
    });
  return (
    <Screen title={say(W.unlock)} quietTitle actions={<LanguageSwitch />} testid="unlock">
      <div class="unlock-mark">
        <Mark />
      </div>
      {waits ? (
        <Notice tone="warn" title={say(W.pinWait, { time: span(waitS, language()) })} live="status" testid="pin-wait" />
      ) : act.failure === null ? null : (
        <CodedNotice coded={act.failure} live="alert" />
      )}
      <div class="push stack">
        <PinPad
          pin={pin}
          onPin={setPin}
          disabled={waits || act.busy}
          onEnter={unlock}
          corner={
            app.prfEnrolled ? (
              <RoundButton
                icon="finger"
                label={say(W.usePasskey)}
                onClick={() => act.run(() => app.unlock("passkey"))}
                testid="unlock-passkey"
              />
            ) : undefined
          }
        />
        <Button onClick={unlock} disabled={waits || pin.length < PIN_MIN} busy={act.busy} testid="unlock-button">
          {say(W.unlockButton)}
        </Button>
        <ButtonLink to="lost" kind="quiet" testid="to-lost">
          {say(W.forgot)}
        </ButtonLink>
      </div>
    </Screen>
  );
}
