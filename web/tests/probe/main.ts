/**
 * A page of tests/browser: the platform as the apps have it, under `window.probe`, in a real browser and under the real
 * content policy. No app carries it; the test builds it into a folder of its own.
 */

import { type Camera, startCamera } from "../../platform/camera.ts";
import { deviceClock } from "../../platform/clock.ts";
import { Installer } from "../../platform/install.ts";
import { deviceKeys } from "../../platform/keys.ts";
import { drawQr } from "../../platform/qr_draw.ts";
import { QrReader } from "../../platform/qr_read.ts";
import { deviceRandomness } from "../../platform/randomness.ts";
import { DeviceStore } from "../../platform/store.ts";
import { Vault } from "../../platform/vault.ts";
import { toHex } from "../../protocol/octets.ts";
import { Coded } from "../../protocol/words.ts";

const NAME = "feiqian-probe";

let vault = await Vault.at(NAME, deviceClock);
let store: DeviceStore | undefined;
let camera: Camera | undefined;
const installer = new Installer();

/** What went wrong, by its code; "" if nothing did. */
async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "";
  } catch (error) {
    if (error instanceof Coded) return error.code;
    throw error;
  }
}

function held(): DeviceStore {
  if (store === undefined) throw new TypeError("not open");
  return store;
}

/** Draws the next counter and keeps it with a record of its own; what is returned would now be shown. */
async function draw(label: string): Promise<number> {
  const open = held();
  return open.exclusively(async () => {
    const last = open.records.get("counter");
    const next = (typeof last === "number" ? last : 0) + 1;
    const record = { label, counter: next, amountMinor: 1250n, secret: deviceRandomness(64) };
    await open.write("probe.draw", {
      put: new Map<string, number | typeof record>([
        ["counter", next],
        [`cheque/${next}`, record],
      ]),
    });
    return next;
  });
}

const probe = {
  state: () => vault.state,
  failures: () => vault.failures,
  waitUntil: () => vault.pinWaitUntil,
  passkeyEnrolled: () => vault.passkeyEnrolled,
  create: (pin: string) => codeOf(vault.create(pin)),
  unlock: (pin: string) => codeOf(vault.unlock(pin)),
  changePin: (old: string, next: string) => codeOf(vault.changePin(old, next)),
  addPasskey: () => codeOf(vault.addPasskey("Probe")),
  unlockWithPasskey: () => codeOf(vault.unlockWithPasskey()),
  async reopen(): Promise<void> {
    store?.close();
    store = undefined;
    vault.lock();
    vault = await Vault.at(NAME, deviceClock);
  },
  async open(): Promise<string> {
    return codeOf(
      DeviceStore.open(vault).then((opened) => {
        store = opened;
      }),
    );
  },
  lock(): void {
    store?.close();
    store = undefined;
    vault.lock();
  },
  draw,
  async drawMany(label: string, many: number): Promise<number[]> {
    const drawn: number[] = [];
    for (let turn = 0; turn < many; turn += 1) drawn.push(await draw(label));
    return drawn;
  },
  counter: () => held().records.get("counter") ?? 0,
  cheques: () => [...held().records.keys()].filter((key) => key.startsWith("cheque/")).length,
  /** Keeps a private key and says it in hex, so that the test can look for it on the disk. */
  async keepKey(): Promise<string> {
    const kept = await deviceKeys.make();
    await held().exclusively(() => held().write("probe.key", { put: new Map([["key", kept]]) }));
    return toHex(kept);
  },
  async keySigns(): Promise<boolean> {
    const kept = held().records.get("key");
    if (!(kept instanceof Uint8Array)) return false;
    const signer = await deviceKeys.load(new Uint8Array(kept));
    return (await signer.sign(deviceRandomness(10))).length === 64;
  },
  commitMs: () => performance.getEntriesByName("feiqian.write").map((entry) => entry.duration),
  install: () => installer.install(),
  installed: () => installer.state,
  lookForUpdate: () => installer.lookForUpdate(),
  takeUpdate: () => void installer.takeUpdate(),
  drawQr,
  async readPicture(bytes: number[]): Promise<readonly string[]> {
    const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: "image/png" }));
    const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    if (context === null) throw new TypeError("no canvas");
    context.drawImage(picture, 0, 0);
    return new QrReader().read(context.getImageData(0, 0, picture.width, picture.height));
  },
  /** The first text that the camera gives twice, because nobody took it the first time. */
  async scan(): Promise<string> {
    const video = document.body.appendChild(document.createElement("video"));
    let busy = true;
    return new Promise((seen, failed) => {
      const take = (text: string): boolean => {
        if (!busy) seen(text);
        busy = !busy;
        return busy;
      };
      startCamera(video, take).then((started) => {
        camera = started;
      }, failed);
    }).then((text) => {
      camera?.stop();
      return String(text);
    });
  },
};

declare global {
  interface Window {
    probe: typeof probe;
  }
}

window.probe = probe;
document.body.dataset["ready"] = "yes";
