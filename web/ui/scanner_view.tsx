/** The camera's picture with a frame to aim by. Whoever uses it says what to do with a text and with a failure. */

import "./seldom_icons.ts";
import { useEffect, useRef, useState } from "preact/hooks";
import { RoundButton } from "./button.tsx";
import { UI } from "./ui_words.ts";
import { say } from "./words.ts";

/** A scan that runs: it gives texts until it is stopped. */
export interface RunningScan {
  readonly hasTorch: boolean;
  setTorch(on: boolean): Promise<void>;
  stop(): void;
}

export type StartScan = (video: HTMLVideoElement, onText: (text: string) => boolean) => Promise<RunningScan>;

interface Given {
  readonly start: StartScan;
  /** Whether it was taken: whoever is busy with another one gets it again. */
  readonly onText: (text: string) => boolean;
  readonly onFailure: (failure: unknown) => void;
  readonly progress?: { readonly have: number; readonly of: number } | null;
}

export function ScannerView({ start, onText, onFailure, progress }: Given) {
  const video = useRef<HTMLVideoElement>(null);
  const [running, setRunning] = useState<RunningScan | null>(null);
  const [lit, light] = useState(false);
  const hidden = useHidden();
  const told = useRef({ onText, onFailure });
  told.current = { onText, onFailure };
  useEffect(() => {
    const shown = video.current;
    if (shown === null || hidden) return; // a camera that nobody looks through is off
    let over = false;
    let scan: RunningScan | null = null;
    start(shown, (text) => !over && told.current.onText(text)).then(
      (begun) => {
        scan = begun;
        if (over) begun.stop();
        else setRunning(begun);
      },
      (failure: unknown) => {
        if (!over) told.current.onFailure(failure);
      },
    );
    return () => {
      over = true;
      scan?.stop();
      setRunning(null);
    };
  }, [start, hidden]);
  return (
    <div class="scanner" data-testid="scanner" data-running={running !== null}>
      <video ref={video} playsInline muted aria-label={say(UI.camera)} />
      <div class="scanner-aim" aria-hidden="true" />
      {running === null ? (
        <p class="scanner-word" role="status">
          {say(UI.cameraStarts)}
        </p>
      ) : null}
      {progress == null ? null : (
        <div class="scanner-parts">
          <progress value={progress.have} max={progress.of} aria-label={say(UI.code)} />
          <p role="status">{say(UI.codePart, { at: progress.have, of: progress.of })}</p>
        </div>
      )}
      {running?.hasTorch !== true ? null : (
        <RoundButton
          icon="torch"
          label={say(UI.torch)}
          pressed={lit}
          onClick={() => {
            light(!lit);
            running.setTorch(!lit).catch(() => light(false));
          }}
          testid="torch"
        />
      )}
    </div>
  );
}

function useHidden(): boolean {
  const isHidden = () => document.visibilityState === "hidden";
  const [hidden, hide] = useState(isHidden);
  useEffect(() => {
    const look = () => hide(isHidden());
    document.addEventListener("visibilitychange", look);
    return () => document.removeEventListener("visibilitychange", look);
  }, []);
  return hidden;
}
