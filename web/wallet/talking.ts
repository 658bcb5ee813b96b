/** The app's talk with its operator is loaded when it first talks: a payment needs none of it. */

import type { SyncView } from "./app.ts";
import { PartMissing } from "./ports.ts";

/** Throws PartMissing; then nothing was asked. */
export const talking = () =>
  import("./talk.ts").catch((cause: unknown) => {
    throw new PartMissing(cause);
  });

/** So are backups. Throws PartMissing. */
export const backingUp = () =>
  import("./backups.ts").catch((cause: unknown) => {
    throw new PartMissing(cause);
  });

/** Before the first sync. */
export const NO_SYNC: SyncView = { running: false, startedAt: null, expectedMs: null, steps: [], finishedAt: null };
