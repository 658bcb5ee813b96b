/** A code to be scanned: dark on a white card in either theme, several parts in turn, and gone when nobody should see. */

import { useEffect, useState } from "preact/hooks";
import { Button } from "./button.tsx";
import { UI } from "./ui_words.ts";
import { say } from "./words.ts";

/** A drawn code: the side in modules, quiet zone included, and the dark modules as one SVG path. */
export interface DrawnCode {
  readonly size: number;
  readonly path: string;
}

const TURN_MS = 400;

interface Given {
  readonly texts: readonly string[];
  readonly draw: (text: string) => DrawnCode;
  readonly label: string;
  /** Words in place of the code: it burned, or the app is in the background. */
  readonly covered?: string | null;
  /** Whether its text may be copied, for a device with no camera. Not for a code that whoever has it may take. */
  readonly copies?: boolean;
}

export function QrView({ texts, draw, label, covered, copies }: Given) {
  const [at, turn] = useState(0);
  const several = texts.length > 1;
  useEffect(() => {
    if (!several) return;
    const timer = setInterval(() => turn((now) => (now + 1) % texts.length), TURN_MS);
    return () => clearInterval(timer);
  }, [several, texts.length]);
  const text = texts[Math.min(at, texts.length - 1)];
  const gone = covered != null || text === undefined;
  const drawn = gone ? null : draw(text);
  return (
    <figure class="qr" data-testid="qr" data-covered={gone} data-text={gone ? undefined : text}>
      {drawn === null ? (
        <div class="qr-covered">
          <p>{covered}</p>
        </div>
      ) : (
        <svg role="img" aria-label={label} viewBox={`0 0 ${drawn.size} ${drawn.size}`} shape-rendering="crispEdges">
          <path class="qr-light" d={`M0 0h${drawn.size}v${drawn.size}h-${drawn.size}z`} />
          <path class="qr-dark" d={drawn.path} />
        </svg>
      )}
      {several && !gone ? (
        <figcaption class="qr-parts">{say(UI.codePart, { at: (at % texts.length) + 1, of: texts.length })}</figcaption>
      ) : null}
      {copies === true && !several && !gone ? <CopyText key={text} text={text} /> : null}
    </figure>
  );
}

function CopyText({ text }: { text: string }) {
  const [copied, tell] = useState<"no" | "yes" | "refused">("no");
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => tell("yes"),
      () => tell("refused"),
    );
  const words = { no: UI.copyText, yes: UI.copied, refused: UI.notCopied }[copied];
  return (
    <>
      <Button kind="quiet" icon={copied === "yes" ? "check" : "code"} onClick={() => void copy()} testid="copy-text">
        {say(words)}
      </Button>
      <p role="status" class="unseen">
        {copied === "no" ? "" : say(words)}
      </p>
    </>
  );
}
