/** The console's page: the app on this browser's network, and its pages. It needs the network and keeps nothing. */

import "../ui/tokens.css";
import "../ui/base.css";
import "../ui/parts.css";
import "../ui/seldom.css";
import "./screens/console.css";
import { render } from "preact";
import { drawQr } from "../platform/qr_draw.ts";
import { concat } from "../protocol/octets.ts";
import { screenNow } from "../ui/now.ts";
import { language, startLanguage } from "../ui/words.ts";
import { ConsoleApp } from "./app.ts";
import type { Doors } from "./screens/context.ts";
import { ConsoleScreens } from "./screens/shell.tsx";
import { holdWords } from "./tongue.ts";

/** Time enough for the browser to have read a file's address. */
const ADDRESS_LIFE_MS = 60_000;

const doors: Doors = { draw: drawQr, save };
const root = document.getElementById("app");
if (root !== null) await start(root);

async function start(into: HTMLElement): Promise<void> {
  holdWords();
  await startLanguage();
  const app = new ConsoleApp({ language, now: screenNow });
  render(<ConsoleScreens app={app} doors={doors} />, into);
  document.body.dataset["ready"] = "";
  await app.start();
}

/** Hands a file to the browser's downloads. */
function save(name: string, kind: string, bytes: Uint8Array): void {
  const address = URL.createObjectURL(new Blob([concat(bytes)], { type: kind }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), ADDRESS_LIFE_MS);
}
