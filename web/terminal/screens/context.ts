/** What every screen holds: the app, the words in the reader's language, and what the browser lends. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { money } from "../../ui/format.ts";
import type { DrawnCode } from "../../ui/qr_view.tsx";
import type { StartScan } from "../../ui/scanner_view.tsx";
import { type Language, useLanguage } from "../../ui/words.ts";
import type { TerminalApp } from "../app.ts";
import { SCREEN_WORDS, type TerminalWords } from "../words.ts";

/** What the browser lends to screens; the page that starts them brings it. */
export interface Doors {
  readonly draw: (text: string) => DrawnCode;
  readonly scan: StartScan;
  /** The enrolment code of the link by which the app was opened, or nothing. */
  readonly linkCode: string;
  readonly save: (name: string, bytes: Uint8Array) => void;
  /** A newer version of the app that waits to be let in. */
  readonly update: {
    readonly subscribe: (listener: () => void) => () => void;
    readonly waiting: () => boolean;
    readonly take: () => Promise<void>;
  };
}

export const TerminalContext = createContext<{ readonly app: TerminalApp; readonly doors: Doors } | null>(null);

export interface Screens {
  readonly app: TerminalApp;
  readonly doors: Doors;
  readonly words: TerminalWords;
  readonly language: Language;
}

export function useTerminal(): Screens {
  const held = useContext(TerminalContext);
  const language = useLanguage();
  if (held === null) throw new RangeError("a screen stands inside the app");
  return { ...held, language, words: SCREEN_WORDS.in(language) };
}

/** Amounts in this till's currency. */
export function useMoney(): (minor: bigint) => string {
  const { app } = useTerminal();
  const { currency } = app.ready();
  return (minor) => money(minor, currency);
}
