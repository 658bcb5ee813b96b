/**
 * A page of tests/browser: the acceptance cases of the till's store over IndexedDB, under `window.terminalStore`. No app
 * carries it; the test builds it into a folder of its own.
 */

import { deviceClock } from "../../platform/clock.ts";
import { DeviceStore } from "../../platform/store.ts";
import { Vault } from "../../platform/vault.ts";
import { TERMINAL_STORE_CASES } from "../terminal_store_suite.ts";

const terminalStore = {
  names: TERMINAL_STORE_CASES.map((one) => one.name),

  /** What the store does not keep; "" if it keeps all that the case asks. Each case has a database of its own. */
  async run(name: string, pin: string): Promise<string> {
    const place = TERMINAL_STORE_CASES.findIndex((one) => one.name === name);
    const vault = await Vault.at(`feiqian-till-case-${place}`, deviceClock);
    await vault.create(pin);
    try {
      await TERMINAL_STORE_CASES[place]?.run(await DeviceStore.open(vault), () => DeviceStore.open(vault));
      return "";
    } catch (error) {
      return error instanceof Error ? error.message : "failed";
    }
  },
};

Object.assign(window, { terminalStore });
document.body.dataset["ready"] = "yes";
