/** The terminal's page: the app on this browser's storage, camera and service worker, and its screens. */

import "../ui/tokens.css";
import "../ui/base.css";
import "../ui/parts.css";
import "./screens/terminal.css";
import { render } from "preact";
import { useMemo } from "preact/hooks";
import { Installer } from "../platform/install.ts";
import { drawQr } from "../platform/qr_draw.ts";
import { concat } from "../protocol/octets.ts";
import { codedOf } from "../ui/act.ts";
import { CodedNotice } from "../ui/notice.tsx";
import { takeLinkCode, useLinkCode } from "../ui/router.ts";
import { Screen } from "../ui/screen.tsx";
import { language, setLanguage, startLanguage } from "../ui/words.ts";
import type { TerminalApp } from "./app.ts";
import type { Doors } from "./screens/context.ts";
import { TerminalScreens } from "./screens/shell.tsx";
import { createTerminalApp } from "./start.ts";
import { troubleWords, WORD_FILES } from "./tongue.ts";
import { SCREEN_WORDS } from "./words.ts";

/** Seconds a file's address lives: time enough for the browser to have read it. */
const ADDRESS_LIFE_MS = 60_000;

const installer = new Installer();
const root = document.getElementById("app");
if (root !== null) void start(root); // not awaited here: the parts that are loaded later import from this file

function Till({ app, lent, code }: { app: TerminalApp; lent: Omit<Doors, "linkCode">; code: string }) {
  const linkCode = useLinkCode(code);
  const doors = useMemo(() => ({ ...lent, linkCode }), [lent, linkCode]);
  return <TerminalScreens app={app} doors={doors} />;
}

async function start(into: HTMLElement): Promise<void> {
  await startLanguage(WORD_FILES);
  const code = takeLinkCode();
  const doors: Omit<Doors, "linkCode"> = {
    draw: drawQr,
    scan: async (...given) => (await import("../platform/camera.ts")).startCamera(...given), // loaded with the first scan
    save,
    update: {
      subscribe: (listener) => installer.subscribe(listener),
      waiting: () => installer.state.updateWaiting,
      take: () => installer.takeUpdate(),
    },
  };
  try {
    const app = await createTerminalApp({ get: language, set: setLanguage });
    render(<Till app={app} lent={doors} code={code} />, into);
  } catch (thrown) {
    await troubleWords();
    render(
      <Screen title={SCREEN_WORDS.in(language()).startFailed} testid="start-failed">
        <CodedNotice coded={codedOf(thrown)} />
      </Screen>,
      into,
    );
  }
  document.body.dataset["ready"] = "";
  await installer.install();
}

/** Hands a file to the browser's downloads. */
function save(name: string, bytes: Uint8Array): void {
  const address = URL.createObjectURL(new Blob([concat(bytes)], { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), ADDRESS_LIFE_MS);
}
