/** Reading the payer's screen: the camera, and a text field for where there is none. */

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import { ScannerView } from "../../ui/scanner_view.tsx";
import { useTerminal } from "./context.ts";
import { Page } from "./page.tsx";

interface Given {
  readonly title: string;
  readonly lead: string;
  readonly progress: { readonly have: number; readonly of: number } | null;
  readonly busy: boolean;
  readonly failure: ComponentChildren;
  readonly onText: (text: string) => boolean;
  readonly onBack: () => void;
}

export function ScanScreen({ title, lead, progress, busy, failure, onText, onBack }: Given) {
  const { words, doors } = useTerminal();
  const [cameraOff, setCameraOff] = useState(false);
  const [pasting, setPasting] = useState(false);
  const [pasted, setPasted] = useState("");
  const typing = pasting || cameraOff;
  return (
    <Page title={title} testid="scan" flow onBack={onBack}>
      <div class="scan">
        <p class="scan-lead">{lead}</p>
        {cameraOff ? (
          <Notice tone="warn" title={words.cameraOff} safe={words.cameraOffDetail} live="status" testid="camera-off" />
        ) : (
          <ScannerView start={doors.scan} onText={onText} onFailure={() => setCameraOff(true)} progress={progress} />
        )}
        <p role="status" class={busy ? "scan-busy" : "unseen"}>
          {busy ? words.checking : ""}
        </p>
        {failure}
        {typing ? (
          <form
            class="stack"
            onSubmit={(event) => {
              event.preventDefault();
              if (pasted.trim() === "") return;
              setPasted("");
              onText(pasted.trim());
            }}
          >
            <Field
              label={words.pasteLabel}
              hint={words.pasteHint}
              value={pasted}
              onInput={setPasted}
              lines={3}
              testid="paste"
            />
            <Button type="submit" kind="second" busy={busy} testid="paste-submit">
              {words.pasteUse}
            </Button>
          </form>
        ) : (
          <Button kind="quiet" onClick={() => setPasting(true)} testid="paste-instead">
            {words.pasteInstead}
          </Button>
        )}
      </div>
    </Page>
  );
}
