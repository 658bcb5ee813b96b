/** What every page holds: the app, who is signed in, and what the browser lends. */

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { DrawnCode } from "../../ui/qr_view.tsx";
import type { ConsoleApp } from "../app.ts";
import type { ConsoleOperator } from "../operator.ts";
import type { Permission, Session } from "../reading/session.ts";

/** What the browser lends to pages; the page that starts them brings it. */
export interface Doors {
  readonly draw: (text: string) => DrawnCode;
  readonly save: (name: string, kind: string, bytes: Uint8Array) => void;
}

export interface Held {
  readonly app: ConsoleApp;
  readonly doors: Doors;
  readonly session: Session | null;
}

export const ConsoleContext = createContext<Held | null>(null);

export interface Console extends Held {
  readonly session: Session;
  readonly operator: ConsoleOperator;
  readonly may: (permission: Permission) => boolean;
}

export function useHeld(): Held {
  const held = useContext(ConsoleContext);
  if (held === null) throw new RangeError("a page stands inside the app");
  return held;
}

/** For pages of somebody who is signed in. */
export function useConsole(): Console {
  const held = useHeld();
  const { session } = held;
  if (session === null) throw new RangeError("nobody is signed in");
  return { ...held, session, operator: held.app.operator, may: (permission) => session.permissions.has(permission) };
}
