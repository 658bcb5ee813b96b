/**
 * The page where screens are looked at: fake.html?phase=open&day=busy&sync=none&language=zh#/till
 *
 * No page of the build. Tests build it by itself (tests/browser/test_terminal_screens.py).
 */

import "../../ui/tokens.css";
import "../../ui/base.css";
import "../../ui/parts.css";
import "./terminal.css";
import { render } from "preact";
import { drawQr } from "../../platform/qr_draw.ts";
import { setScreenClock } from "../../ui/now.ts";
import type { StartScan } from "../../ui/scanner_view.tsx";
import { addWords, setLanguage } from "../../ui/words.ts";
import { troubleWords, WORD_FILES } from "../tongue.ts";
import { FAKE_NOW, FakeApp, type Play } from "./fake_app.ts";
import { TerminalScreens } from "./shell.tsx";

const asked = new URLSearchParams(location.search);
const one = <T extends string>(name: string, among: readonly T[], otherwise: T): T =>
  among.find((value) => value === asked.get(name)) ?? otherwise;

const play: Play = {
  phase: one("phase", ["new", "locked", "open", "blocked"], "open"),
  day: one("day", ["busy", "empty", "old", "stopped"], "busy"),
  pinWait: asked.has("wait") ? FAKE_NOW + 30 : null,
  sync: one("sync", ["none", "running", "done", "failed"], "none"),
  failing: asked.has("failing"),
};

/** A camera that sees nothing, or none at all. */
const scan: StartScan = async () => {
  if (asked.has("dark")) throw new Error("no camera");
  return { hasTorch: false, setTorch: async () => undefined, stop: () => undefined };
};

setScreenClock(() => FAKE_NOW);
await setLanguage(one("language", ["en", "zh"], "en"));
await addWords(WORD_FILES);
await troubleWords();
const root = document.getElementById("app");
if (root !== null) {
  render(
    <TerminalScreens
      app={new FakeApp(play)}
      doors={{
        draw: drawQr,
        scan,
        linkCode: asked.get("code") ?? "",
        save: () => undefined,
        update: {
          subscribe: () => () => undefined,
          waiting: () => asked.has("update"),
          take: () => Promise.resolve(),
        },
      }}
    />,
    root,
  );
  document.body.dataset["ready"] = "";
}
