/**
 * The language of the screens: chosen by the browser, switched in every menu, kept in localStorage and nothing else.
 *
 * A table of words holds pairs, English and Chinese: a missing twin does not compile. `say` fills `{name}` places.
 */

import { useEffect, useState } from "preact/hooks";
import type { Language } from "../protocol/words.ts";

export type { Language };
export type Twin = readonly [en: string, zh: string];
export type Filling = Readonly<Record<string, string | number>>;

const KEPT_AS = "feiqian-language";
const listeners = new Set<() => void>();
let current: Language = "en";

/** What the reader chose last, or what the browser prefers. */
export function firstLanguage(kept: string | null, preferred: readonly string[]): Language {
  if (kept === "en" || kept === "zh") return kept;
  const first = preferred.find((one) => /^(en|zh)\b/iu.test(one));
  return first?.toLowerCase().startsWith("zh") === true ? "zh" : "en";
}

export function language(): Language {
  return current;
}

/** Reads the choice once, when an app starts. */
export function startLanguage(): Language {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(KEPT_AS);
  } catch {
    // A browser that keeps nothing for us still shows its own language.
  }
  apply(firstLanguage(kept, navigator.languages));
  return current;
}

export function setLanguage(next: Language): void {
  try {
    localStorage.setItem(KEPT_AS, next);
  } catch {
    // Chosen for this visit only.
  }
  apply(next);
}

function apply(next: Language): void {
  current = next;
  document.documentElement.lang = next === "zh" ? "zh-Hans" : "en";
  for (const tell of listeners) tell();
}

/** The language, and a new drawing whenever it changes. */
export function useLanguage(): Language {
  const [shown, show] = useState(current);
  useEffect(() => {
    const tell = () => show(current);
    listeners.add(tell);
    tell();
    return () => void listeners.delete(tell);
  }, []);
  return shown;
}

export function pick(twin: Twin, which: Language): string {
  return which === "zh" ? twin[1] : twin[0];
}

/** The words in the current language. A place that nothing fills is our mistake. */
export function say(twin: Twin, filling: Filling = {}): string {
  return pick(twin, current).replace(/\{(\w+)\}/gu, (place, name: string) => {
    const value = filling[name];
    if (value === undefined) throw new RangeError(`nothing fills ${place}`);
    return String(value);
  });
}
