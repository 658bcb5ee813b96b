/** What every screen may use: the app, drawing and scanning of codes, and what one screen hands to the next. */

import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { DrawnCode } from "../../ui/qr_view.tsx";
import type { StartScan } from "../../ui/scanner_view.tsx";
import type { OfferView, PaymentView, ShownView, WalletApp } from "../app.ts";

/** What one screen hands to the next. Lost at a reload: the wallet has stored all that must not be. */
export interface Passing {
  readonly offer: OfferView | null;
  readonly shown: ShownView | null;
  readonly receipt: { readonly payment: PaymentView; readonly words: { title: string; detail: string } } | null;
  /** A word about what was just done, said by the next screen (Flash). */
  readonly flash: string | null;
}

export const NOTHING_PASSED: Passing = { offer: null, shown: null, receipt: null, flash: null };

export interface Environment {
  readonly app: WalletApp;
  readonly draw: (text: string) => DrawnCode;
  readonly startScan: StartScan;
  /** The enrolment code of the link by which the app was opened. */
  readonly linkCode: string;
  readonly update: { readonly waiting: () => boolean; readonly take: () => Promise<void> };
  readonly passing: Passing;
  readonly pass: (some: Partial<Passing>) => void;
}

export const EnvironmentContext = createContext<Environment | null>(null);

export function useEnvironment(): Environment {
  const found = useContext(EnvironmentContext);
  if (found === null) throw new Error("no environment around this screen");
  return found;
}

/** The app, and a new drawing whenever something in it changed. */
export function useApp(): WalletApp {
  const { app } = useEnvironment();
  const [, draw] = useState(0);
  useEffect(() => app.subscribe(() => draw((times) => times + 1)), [app]);
  return app;
}

/** True while the page is in the background or has lost the focus to something above it. */
export function useHiddenPage(): boolean {
  const [hidden, hide] = useState(document.visibilityState === "hidden");
  useEffect(() => {
    const look = () => hide(document.visibilityState === "hidden");
    const away = () => hide(true);
    document.addEventListener("visibilitychange", look);
    addEventListener("pagehide", away);
    addEventListener("blur", away);
    addEventListener("focus", look);
    return () => {
      document.removeEventListener("visibilitychange", look);
      removeEventListener("pagehide", away);
      removeEventListener("blur", away);
      removeEventListener("focus", look);
    };
  }, []);
  return hidden;
}
