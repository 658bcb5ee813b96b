/** The holder confirms with the PIN or a passkey before anything is signed. */

import { useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { CodedNotice } from "../../ui/notice.tsx";
import { PIN_MIN, PinPad } from "../../ui/pad.tsx";
import { say } from "../../ui/words.ts";
import type { Coded } from "../app.ts";
import { W } from "../words.ts";
import { useApp } from "./environment.tsx";

export type Holder = { pin: string } | "passkey" | "none";

interface Given {
  readonly amount: string;
  readonly button: string;
  readonly busy: boolean;
  readonly failure: Coded | null;
  readonly onHolder: (holder: Holder) => void;
  readonly onClose: () => void;
}

export function HolderDialog({ amount, button, busy, failure, onHolder, onClose }: Given) {
  const app = useApp();
  const [pin, setPin] = useState("");
  const confirm = () => {
    setPin("");
    onHolder({ pin });
  };
  return (
    <Dialog title={say(W.confirmTitle)} onClose={onClose} testid="holder-dialog">
      <p class="muted">{say(W.confirmText, { amount })}</p>
      {failure === null ? null : <CodedNotice coded={failure} live="alert" />}
      {app.prfEnrolled ? (
        <Button kind="second" icon="finger" disabled={busy} onClick={() => onHolder("passkey")} testid="holder-passkey">
          {say(W.usePasskey)}
        </Button>
      ) : null}
      <PinPad pin={pin} onPin={setPin} disabled={busy} onEnter={confirm} />
      <Button onClick={confirm} disabled={pin.length < PIN_MIN} busy={busy} testid="holder-confirm">
        {button}
      </Button>
    </Dialog>
  );
}
