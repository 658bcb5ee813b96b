/** Running an act from a screen: one at a time, its button waits, and what it throws becomes three sentences. */

import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { Coded } from "../protocol/words.ts";
import type { CodedWords } from "./notice.tsx";
import { UI } from "./ui_words.ts";
import { language, say } from "./words.ts";

export interface Act {
  readonly busy: boolean;
  readonly failure: CodedWords | null;
  /** False when another one runs: then nothing was begun. */
  readonly run: (act: () => Promise<void>) => boolean;
  readonly forget: () => void;
}

/** The three sentences of whatever was thrown; a fault of ours says so plainly. */
export function codedOf(thrown: unknown): CodedWords {
  if (thrown instanceof Coded) return { code: thrown.code, ...thrown.words(language()) };
  const coded: unknown = thrown instanceof Error ? Reflect.get(thrown, "coded") : null;
  if (isCoded(coded)) return coded;
  return { code: "app_fault", message: say(UI.faultHappened), safe: say(UI.faultSafe), next: say(UI.faultNext) };
}

function isCoded(value: unknown): value is CodedWords {
  if (typeof value !== "object" || value === null) return false;
  return ["code", "message", "safe", "next"].every((key) => typeof Reflect.get(value, key) === "string");
}

/** Whoever taps twice runs it once. A screen that is gone by the end is told nothing. */
export function useAct(): Act {
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<CodedWords | null>(null);
  const running = useRef(false);
  const shown = useRef(true);
  useEffect(() => {
    shown.current = true;
    return () => {
      shown.current = false;
    };
  }, []);
  const run = useCallback((act: () => Promise<void>) => {
    if (running.current) return false;
    running.current = true;
    setBusy(true);
    setFailure(null);
    act()
      .catch((thrown: unknown) => {
        if (shown.current) setFailure(codedOf(thrown));
      })
      .finally(() => {
        running.current = false;
        if (shown.current) setBusy(false);
      });
    return true;
  }, []);
  return { busy, failure, run, forget: () => setFailure(null) };
}
