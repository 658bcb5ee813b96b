/** Six digits of the holder's authenticator. They are passed on and kept nowhere. */

import { useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Field } from "../../ui/field.tsx";
import { CodedNotice, type CodedWords } from "../../ui/notice.tsx";
import { say } from "../../ui/words.ts";
import { S } from "../seldom_words.ts";

interface Given {
  readonly button: string;
  readonly busy: boolean;
  readonly failure: CodedWords | null;
  readonly onDigits: (digits: string) => void;
  readonly onClose: () => void;
}

export function AuthenticatorCode({ button, busy, failure, onDigits, onClose }: Given) {
  const [digits, setDigits] = useState("");
  const pass = () => {
    setDigits("");
    onDigits(digits);
  };
  return (
    <Dialog title={say(S.authenticatorTitle)} onClose={onClose} testid="code-dialog">
      {failure === null ? null : <CodedNotice coded={failure} live="alert" />}
      <form
        class="stack-small"
        onSubmit={(event) => {
          event.preventDefault();
          pass();
        }}
      >
        <Field
          label={say(S.authenticatorCode)}
          hint={say(S.authenticatorHint)}
          value={digits}
          onInput={setDigits}
          kind="pin"
          maxLength={7}
          autoComplete="one-time-code"
          testid="code-digits"
        />
        <Button onClick={pass} disabled={digits.trim() === ""} busy={busy} testid="code-confirm">
          {button}
        </Button>
      </form>
    </Dialog>
  );
}
