/** A question that waits for an answer: the browser's own dialog, so focus stays inside and Escape closes it. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { RoundButton } from "./button.tsx";
import { UI } from "./ui_words.ts";
import { say } from "./words.ts";

interface Given {
  readonly title: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
  readonly testid: string;
}

/** Mount it to open it. */
export function Dialog({ title, onClose, children, testid }: Given) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const id = useId();
  useEffect(() => {
    const shown = dialog.current;
    if (shown !== null && !shown.open) {
      shown.showModal();
      heading.current?.focus();
    }
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class="dialog"
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      data-testid={testid}
    >
      <div class="dialog-head">
        <h2 id={id} ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <RoundButton icon="close" label={say(UI.close)} onClick={onClose} testid="dialog-close" />
      </div>
      <div class="stack">{children}</div>
    </dialog>
  );
}
