/** The wallet in a browser: its language, its device, its service worker, and the screens over them. */

import "../ui/tokens.css";
import "../ui/base.css";
import "../ui/parts.css";
import "./wallet.css";
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { startCamera } from "../platform/camera.ts";
import { Installer } from "../platform/install.ts";
import { drawQr } from "../platform/qr_draw.ts";
import { codedOf } from "../ui/act.ts";
import { CodedNotice } from "../ui/notice.tsx";
import { goInstead } from "../ui/router.ts";
import { Screen } from "../ui/screen.tsx";
import { language, say, setLanguage, startLanguage } from "../ui/words.ts";
import type { WalletApp } from "./app.ts";
import { codeInLink } from "./screens/showing.ts";
import { WalletRoot } from "./screens/wallet_root.tsx";
import { createWalletApp } from "./start.ts";
import { W } from "./words.ts";

const installer = new Installer();
const update = { waiting: () => installer.state.updateWaiting, take: () => installer.takeUpdate() };

function Wallet({ app, linkCode }: { app: WalletApp; linkCode: string }) {
  const [, draw] = useState(0);
  useEffect(() => installer.subscribe(() => draw((times) => times + 1)), []);
  return <WalletRoot app={app} draw={drawQr} startScan={startCamera} linkCode={linkCode} update={update} />;
}

/** This browser keeps nothing for us, or what it kept cannot be read: said, instead of an empty page. */
function Broken({ failure }: { failure: unknown }) {
  return (
    <Screen title={say(W.appName)} testid="broken">
      <CodedNotice coded={codedOf(failure)} live="alert" />
    </Screen>
  );
}

async function start(root: HTMLElement): Promise<void> {
  startLanguage();
  const linkCode = codeInLink(location.hash);
  if (linkCode !== "") goInstead(""); // a code stays neither in the address nor in the history
  try {
    const app = await createWalletApp({ get: language, set: setLanguage });
    render(<Wallet app={app} linkCode={linkCode} />, root);
  } catch (failure) {
    render(<Broken failure={failure} />, root);
  }
  await installer.install();
}

const root = document.getElementById("app");
if (root !== null) void start(root);
