/**
 * The page on which the wallet's screens are looked at and tested: fake.html?language=zh&day=trouble&pass=offer:upto#/offer
 *
 * `pass` hands a screen what another would have: offer:KIND, shown:KIND, code:SECONDS, receipt:KIND. `camera`: what the
 * camera does (see, refused, none, busy, insecure, or a text that it reads at once).
 */

import "../../ui/tokens.css";
import "../../ui/base.css";
import "../../ui/parts.css";
import "../wallet.css";
import { render } from "preact";
import { CameraFailed, type CameraWhy } from "../../platform/camera_failed.ts";
import { drawQr } from "../../platform/qr_draw.ts";
import { setScreenClock } from "../../ui/now.ts";
import type { StartScan } from "../../ui/scanner_view.tsx";
import { addWords, setLanguage } from "../../ui/words.ts";
import { troubleWords, WORD_FILES } from "../tongue.ts";
import type { Passing } from "./environment.tsx";
import { FakeApp, type Play, USUAL_PLAY } from "./fake_app.ts";
import { FAKE_NOW } from "./fake_payments.ts";
import { WalletRoot } from "./wallet_root.tsx";

const asked = new URLSearchParams(location.search);
const one = <T extends string>(name: string, known: readonly T[], usual: T): T =>
  known.find((value) => value === asked.get(name)) ?? usual;

await setLanguage(one("language", ["en", "zh"], "en"));
await addWords(WORD_FILES);
await troubleWords();
setScreenClock(() => FAKE_NOW);

const play: Play = {
  phase: one("phase", ["new", "locked", "open", "blocked"], USUAL_PLAY.phase),
  day: one("day", ["full", "empty", "spent", "trouble", "rich"], USUAL_PLAY.day),
  waits: asked.has("waits"),
  sync: one("sync", ["none", "running", "done", "failed"], USUAL_PLAY.sync),
  failing: asked.has("failing"),
  passkey: one("passkey", ["none", "offered", "enrolled"], USUAL_PLAY.passkey),
};
const app = new FakeApp(play);

function passed(): Partial<Passing> {
  const [what, kind = ""] = (asked.get("pass") ?? "").split(":");
  if (what === "offer") return { offer: app.offer(kind) };
  if (what === "shown")
    return { shown: app.shown({ upTo: kind === "upto", canShowAgain: true }, kind === "frames" ? 4 : 1) };
  if (what === "code") return { shown: app.code(1_250n, false, Number(kind)) };
  if (what === "receipt") {
    const { payment, words } = app.acknowledgement(kind === "note" ? "note" : "receipt");
    return { receipt: { payment, words } };
  }
  if (what === "flash") return { flash: kind };
  return {};
}

const WHYS: readonly CameraWhy[] = ["refused", "none", "busy", "insecure"];

const startScan: StartScan = async (_video, onText) => {
  const does = asked.get("camera") ?? "see";
  const why = WHYS.find((known) => known === does);
  if (why !== undefined) throw new CameraFailed(why);
  if (does !== "see") setTimeout(() => onText(does), 20);
  return { hasTorch: true, setTorch: async () => undefined, stop: () => undefined };
};

const root = document.getElementById("app");
if (root !== null) {
  render(
    <WalletRoot
      app={app}
      draw={drawQr}
      startScan={startScan}
      linkCode={asked.get("code") ?? ""}
      update={{ waiting: () => asked.has("update"), take: async () => undefined }}
      firstPassing={passed()}
    />,
    root,
  );
  document.body.dataset["ready"] = "";
}
