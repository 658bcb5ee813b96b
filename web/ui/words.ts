/**
 * The language of the screens: chosen by the browser, switched in every menu, kept in localStorage and nothing else.
 *
 * A small table of words holds pairs, English and Chinese; a large one is a file a language, of which one is loaded
 * (`Sentences`, read through `spoken`). In both a missing twin does not compile. `say` fills `{name}` places.
 */

import { useEffect, useState } from "preact/hooks";
import { typed } from "../protocol/typed.ts";
import type { Language, Sentences } from "../protocol/words.ts";

export type { Language };
export type Twin = readonly [en: string, zh: string];
export type Filling = Readonly<Record<string, string | number>>;

/** How the words of an app, or of a part that comes later, are loaded and held: a file a language. */
export type WordFiles = Readonly<Record<Language, () => Promise<void>>>;

const KEPT_AS = "feiqian-language";
const listeners = new Set<() => void>();
/** The files that are known, and of each the languages that are held. */
const files = new Map<WordFiles, Set<Language>>();
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

/** Reads the choice once, when an app starts, and loads its words: nothing is said before. */
export async function startLanguage(...words: readonly WordFiles[]): Promise<Language> {
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(KEPT_AS);
  } catch {
    // A browser that keeps nothing for us still shows its own language.
  }
  apply(firstLanguage(kept, navigator.languages));
  await Promise.all(words.map(addWords));
  return current;
}

/** At once if the words are held already; else the screens stay as they are until they are, or if they cannot be had. */
export async function setLanguage(next: Language): Promise<void> {
  const missing = [...files].filter(([, held]) => !held.has(next));
  if (missing.length > 0) await Promise.all(missing.map(([words]) => holdWords(words, next)));
  try {
    localStorage.setItem(KEPT_AS, next);
  } catch {
    // Chosen for this visit only.
  }
  apply(next);
}

/** The words of a part that comes later, in the language of the screens; from now on they change with it. */
export async function addWords(words: WordFiles): Promise<void> {
  if (!files.get(words)?.has(current)) await holdWords(words, current);
}

async function holdWords(words: WordFiles, wanted: Language): Promise<void> {
  await words[wanted]();
  files.set(words, (files.get(words) ?? new Set()).add(wanted));
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

/** A table whose words are those of the language that the screens have when they are read. */
export function spoken<Table extends object>(sentences: Sentences<Table>): Table {
  return new Proxy(typed<Table>({}), { get: (_, name) => Reflect.get(sentences.in(current), name) });
}

/** The words in the current language. A place that nothing fills is our mistake. */
export function say(words: Twin | string, filling: Filling = {}): string {
  const text = typeof words === "string" ? words : pick(words, current);
  return text.replace(/\{(\w+)\}/gu, (place, name: string) => {
    const value = filling[name];
    if (value === undefined) throw new RangeError(`nothing fills ${place}`);
    return String(value);
  });
}
