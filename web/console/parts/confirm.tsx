/** Every change asks once: what will happen, what cannot be taken back, and what the operator said if it refused. */

import type { ComponentChildren } from "preact";
import { useAct } from "../../ui/act.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { CodedNotice } from "../../ui/notice.tsx";
import { UI } from "../../ui/ui_words.ts";
import { say } from "../../ui/words.ts";

interface Given {
  readonly title: string;
  /** What will happen, a sentence each. */
  readonly happens: readonly string[];
  readonly button: string;
  readonly danger?: boolean;
  /** Resolves when the operator has done it; the asker then shows what has become of it. */
  readonly act: () => Promise<void>;
  readonly onClose: () => void;
  /** Fields that belong to the question. */
  readonly children?: ComponentChildren;
  readonly ready?: boolean;
  readonly testid: string;
}

export function Confirm({ title, happens, button, danger, act, onClose, children, ready = true, testid }: Given) {
  const running = useAct();
  return (
    <Dialog title={title} onClose={onClose} testid={testid}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) running.run(act);
        }}
      >
        {happens.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
        {children}
        {running.failure === null ? null : <CodedNotice coded={running.failure} live="alert" />}
        <div class="buttons">
          <Button
            type="submit"
            kind={danger === true ? "danger" : "main"}
            busy={running.busy}
            disabled={!ready}
            testid={`${testid}-yes`}
          >
            {button}
          </Button>
          <Button kind="quiet" onClick={onClose} testid={`${testid}-no`}>
            {say(UI.cancel)}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
