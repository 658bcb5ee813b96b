/** Scanning: a payee's request or a receipt, by camera or, where there is none, as pasted text. */

import { useState } from "preact/hooks";
import { CameraFailed, type CameraWhy } from "../../platform/camera_failed.ts";
import { useAct } from "../../ui/act.ts";
import { Button } from "../../ui/button.tsx";
import { Field } from "../../ui/field.tsx";
import { CodedNotice, Notice } from "../../ui/notice.tsx";
import { goInstead } from "../../ui/router.ts";
import { ScannerView } from "../../ui/scanner_view.tsx";
import { Screen } from "../../ui/screen.tsx";
import { say } from "../../ui/words.ts";
import { W } from "../words.ts";
import type { WalletWords } from "../words_en.ts";
import { useApp, useEnvironment } from "./environment.tsx";
import { WalletNav } from "./nav.tsx";

const CAMERA_WORDS: Readonly<
  Record<CameraWhy, { title: keyof Omit<WalletWords, "advice">; next: keyof Omit<WalletWords, "advice"> }>
> = {
  refused: { title: "cameraRefused", next: "cameraRefusedNext" },
  none: { title: "cameraNone", next: "cameraNoneNext" },
  busy: { title: "cameraBusy", next: "cameraBusyNext" },
  insecure: { title: "cameraInsecure", next: "cameraInsecureNext" },
};

export function Scan({ receipt }: { receipt: boolean }) {
  const app = useApp();
  const { startScan, pass } = useEnvironment();
  const act = useAct();
  const [parts, setParts] = useState<{ have: number; of: number } | null>(null);
  const [cameraWhy, setCameraWhy] = useState<CameraWhy | null>(null);
  const [attempt, again] = useState(0);
  const [pasting, paste] = useState(false);
  const [pasted, setPasted] = useState("");
  const take = (text: string) =>
    act.run(async () => {
      const taken = await app.takeScan(text);
      if (taken.kind === "frame") setParts({ have: taken.have, of: taken.of });
      else if (taken.kind === "request") {
        pass({ offer: taken.offer });
        goInstead("offer");
      } else {
        pass({ receipt: { payment: taken.payment, words: taken.words } });
        goInstead("receipt");
      }
    });
  const camera = cameraWhy === null ? null : CAMERA_WORDS[cameraWhy];
  return (
    <Screen
      title={say(receipt ? W.scanReceiptTitle : W.scanTitle)}
      {...(receipt ? { onBack: true as const } : { nav: <WalletNav here="scan" /> })}
      testid={receipt ? "scan-receipt" : "scan"}
    >
      {act.failure === null ? null : (
        <>
          <CodedNotice coded={act.failure} live="alert" />
          <Button
            onClick={() => {
              act.forget();
              setParts(null);
              again(attempt + 1);
            }}
            testid="scan-again"
          >
            {say(W.tryAgain)}
          </Button>
        </>
      )}
      {camera === null ? null : (
        <Notice
          tone="warn"
          title={W[camera.title]}
          safe={say(W.scanSafe)}
          next={W[camera.next]}
          live="alert"
          testid={`camera-${cameraWhy}`}
        />
      )}
      {act.failure === null && camera === null ? (
        <>
          <p class="muted">{say(receipt ? W.scanReceiptHint : W.scanHint)}</p>
          <ScannerView
            key={attempt}
            start={startScan}
            onText={take}
            onFailure={(failure) => setCameraWhy(failure instanceof CameraFailed ? failure.why : "none")}
            progress={parts}
          />
        </>
      ) : null}
      {pasting || camera !== null ? (
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (pasted.trim() !== "") take(pasted.trim());
          }}
        >
          <Field
            label={say(W.pasteLabel)}
            hint={say(W.pasteHint)}
            value={pasted}
            onInput={setPasted}
            lines={3}
            testid="paste-field"
          />
          <Button type="submit" busy={act.busy} disabled={pasted.trim() === ""} testid="paste-read">
            {say(act.busy ? W.reading : W.pasteRead)}
          </Button>
        </form>
      ) : (
        <Button kind="quiet" onClick={() => paste(true)} testid="paste">
          {say(W.paste)}
        </Button>
      )}
    </Screen>
  );
}
