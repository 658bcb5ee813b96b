/** Reading the operator's newer lists from another device's screen: camera or text, how many codes are there, what came of it. */

import { useState } from "preact/hooks";
import { useAct } from "./act.ts";
import { Button } from "./button.tsx";
import { Field } from "./field.tsx";
import { instant } from "./format.ts";
import { CodedNotice, Notice } from "./notice.tsx";
import { screenNow } from "./now.ts";
import { PACK } from "./pack_words.ts";
import { ScannerView, type StartScan } from "./scanner_view.tsx";
import { language, say } from "./words.ts";

interface Parts {
  readonly kind: "frame";
  readonly have: number;
  readonly of: number;
}

interface Taken {
  readonly kind: "pack";
  readonly newer: boolean;
  readonly issuedAt: number;
}

interface Given {
  readonly start: StartScan;
  /** One scanned text. It rejects for what is refused; then nothing was changed. */
  readonly take: (text: string) => Promise<Parts | Taken>;
  readonly onDone: () => void;
}

export function PackScan({ start, take, onDone }: Given) {
  const act = useAct();
  const [parts, setParts] = useState<Parts | null>(null);
  const [taken, setTaken] = useState<Taken | null>(null);
  const read = (text: string) =>
    act.run(async () => {
      const found = await take(text);
      if (found.kind === "frame") setParts(found);
      else setTaken(found);
    });
  const again = () => {
    act.forget();
    setParts(null);
  };
  if (taken !== null) return <Result taken={taken} onDone={onDone} />;
  if (act.failure !== null) {
    return (
      <>
        <CodedNotice coded={act.failure} live="alert" />
        <Button onClick={again} testid="pack-again">
          {say(PACK.again)}
        </Button>
      </>
    );
  }
  return <Reading start={start} parts={parts} busy={act.busy} onText={read} />;
}

function Result({ taken: { newer, issuedAt }, onDone }: { taken: Taken; onDone: () => void }) {
  const at = instant(issuedAt, screenNow(), language());
  return (
    <>
      <Notice
        tone={newer ? "good" : "info"}
        title={say(newer ? PACK.newer : PACK.same)}
        safe={say(newer ? PACK.newerSafe : PACK.sameSafe, { at })}
        live="status"
        testid={newer ? "pack-newer" : "pack-same"}
      />
      <div class="push">
        <Button onClick={onDone} testid="pack-done">
          {say(PACK.done)}
        </Button>
      </div>
    </>
  );
}

interface ReadingGiven {
  readonly start: StartScan;
  readonly parts: Parts | null;
  readonly busy: boolean;
  readonly onText: (text: string) => boolean;
}

function Reading({ start, parts, busy, onText }: ReadingGiven) {
  const [cameraOff, setCameraOff] = useState(false);
  const [pasting, paste] = useState(false);
  const [pasted, setPasted] = useState("");
  const typing = pasting || cameraOff;
  return (
    <>
      <p class="muted">{say(PACK.lead)}</p>
      {cameraOff ? (
        <Notice
          tone="warn"
          title={say(PACK.cameraOff)}
          safe={say(PACK.cameraOffDetail)}
          live="alert"
          testid="camera-off"
        />
      ) : (
        <ScannerView start={start} onText={onText} onFailure={() => setCameraOff(true)} progress={parts} />
      )}
      {typing ? (
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (pasted.trim() !== "" && onText(pasted.trim())) setPasted("");
          }}
        >
          {parts === null ? null : (
            <p role="status" data-testid="pack-parts">
              {say(PACK.part, { have: parts.have, of: parts.of })}
            </p>
          )}
          <Field
            label={say(PACK.pasteLabel)}
            hint={say(PACK.pasteHint)}
            value={pasted}
            onInput={setPasted}
            lines={3}
            testid="pack-field"
          />
          <Button type="submit" busy={busy} disabled={pasted.trim() === ""} testid="pack-read">
            {say(busy ? PACK.checking : PACK.pasteRead)}
          </Button>
        </form>
      ) : (
        <Button kind="quiet" onClick={() => paste(true)} testid="pack-paste">
          {say(PACK.pasteInstead)}
        </Button>
      )}
    </>
  );
}
