/**
 * A page of tests/browser: the acceptance cases of the wallet's store over IndexedDB, under `window.walletStore`. No app
 * carries it; the test builds it into a folder of its own.
 */

import { deviceClock } from "../../platform/clock.ts";
import { DeviceStore } from "../../platform/store.ts";
import { Vault } from "../../platform/vault.ts";
import { CASES } from "../wallet/store_acceptance.ts";

const walletStore = {
  names: CASES.map((one) => one.name),

  /** What the store does not keep; "" if it keeps all that the case asks. Each case has a database of its own. */
  async run(name: string, pin: string): Promise<string> {
    const place = CASES.findIndex((one) => one.name === name);
    const vault = await Vault.at(`feiqian-case-${place}`, deviceClock);
    await vault.create(pin);
    try {
      await CASES[place]?.run(() => DeviceStore.open(vault));
      return "";
    } catch (error) {
      return error instanceof Error ? error.message : "failed";
    }
  },
};

Object.assign(window, { walletStore });
document.body.dataset["ready"] = "yes";
