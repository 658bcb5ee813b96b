/** How the till stands, in one word: what the first screen shows, and the screen of readiness explains. Pure. */

import type { Tone } from "../../ui/badges.tsx";
import type { ReadyView } from "../app.ts";

export type Standing = "ready" | "limited" | "stopped";

const LIMITS = new Set(["ask", "accept", "take_code"]);

/** How the till stands: stopped where nothing can be accepted, limited where something asks for care. */
export function standingOf(ready: ReadyView): Standing {
  if (ready.guaranteeMinor === null || (!ready.mayRequest && !ready.mayTakeCodes)) return "stopped";
  const lower = ready.capabilities.some((one) => LIMITS.has(one.what) && one.why !== null);
  return lower || ready.clockIsOff || ready.listsAgeS === null ? "limited" : "ready";
}

export const STANDING_TONES: Readonly<Record<Standing, Tone>> = { ready: "good", limited: "warn", stopped: "bad" };
