/** The terminal app in a browser: which vault, store, keys, clock and operator it is made of. */

import { deviceClock, deviceStopwatch } from "../platform/clock.ts";
import { deviceKeys } from "../platform/keys.ts";
import { laterCalls, once } from "../platform/later_calls.ts";
import { deviceRandomness } from "../platform/randomness.ts";
import { ReachWatch } from "../platform/reach.ts";
import { DeviceStore } from "../platform/store.ts";
import { Vault } from "../platform/vault.ts";
import { watchIdle } from "../platform/visibility.ts";
import type { Language } from "../protocol/words.ts";
import { APP_VERSION } from "../version.ts";
import type { TerminalApp } from "./app.ts";
import { AppRefused } from "./app_refused.ts";
import { TerminalDevice } from "./device.ts";
import { troubleWords } from "./tongue.ts";

const DATABASE = "feiqian-terminal";

/**
 * The app, locked or not enrolled yet. It locks itself when nobody touches it, and syncs quietly when it is unlocked:
 * what fails then stands in `syncState`. Throws StorageFailed, VaultTrouble when this browser keeps nothing for us.
 */
export async function createTerminalApp(language: {
  readonly get: () => Language;
  readonly set: (language: Language) => void;
}): Promise<TerminalApp> {
  const vault = await Vault.at(DATABASE, deviceClock);
  const watch = new ReachWatch(() => device.lookAgain());
  const link = once(async () => (await import("./link.ts")).linkOf(watch.heard, language.get));
  const device: TerminalDevice = new TerminalDevice({
    vault,
    recovery: laterCalls(async () => new (await import("../platform/vault_recovery.ts")).VaultRecovery(vault)),
    openStore: () => DeviceStore.open(vault),
    passkeysPossible: await Vault.passkeysPossible(),
    keys: deviceKeys,
    clock: deviceClock,
    stopwatch: deviceStopwatch,
    randomness: deviceRandomness,
    version: APP_VERSION,
    server: location.origin,
    operator: (token) => laterCalls(async () => (await link())(token)),
    watch,
    language: language.get,
    setLanguage: language.set,
    troubleWords,
  });
  let before = device.phase;
  device.subscribe(() => {
    if (device.phase === "open" && before !== "open") void quietly(device.sync({ quiet: true }));
    before = device.phase;
  });
  watchIdle(
    () => device.settings().autoLockS,
    () => device.phase === "open" && device.lock(),
  );
  return device;
}

/** Nobody asked for it, so nobody is told; the next act that needs it says what is wrong. */
async function quietly(act: Promise<void>): Promise<void> {
  try {
    await act;
  } catch (error) {
    if (!(error instanceof AppRefused)) throw error;
  }
}
