/** The wallet in a browser: its language, its device, its service worker, and the screens over them. */

import "../ui/tokens.css";
import "../ui/base.css";
import "../ui/parts.css";
import "./wallet.css";
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Installer } from "../platform/install.ts";
import { drawQr } from "../platform/qr_draw.ts";
import { codedOf } from "../ui/act.ts";
import { CodedNotice } from "../ui/notice.tsx";
import { takeLinkCode, useLinkCode } from "../ui/router.ts";
import type { StartScan } from "../ui/scanner_view.tsx";
import { Screen } from "../ui/screen.tsx";
import { language, say, setLanguage, startLanguage } from "../ui/words.ts";
import type { WalletApp } from "./app.ts";
import { WalletRoot } from "./screens/wallet_root.tsx";
import { createWalletApp } from "./start.ts";
import { troubleWords, WORD_FILES } from "./tongue.ts";
import { W } from "./words.ts";

const installer = new Installer();
/** The scanner is loaded with the first scan. */
const startScan: StartScan = async (...given) => (await import("../platform/camera.ts")).startCamera(...given);
const update = { waiting: () => installer.state.updateWaiting, take: () => installer.takeUpdate() };

function Wallet({ app, code }: { app: WalletApp; code: string }) {
  const linkCode = useLinkCode(code);
  const [, draw] = useState(0);
  useEffect(() => installer.subscribe(() => draw((times) => times + 1)), []);
  return <WalletRoot app={app} draw={drawQr} startScan={startScan} linkCode={linkCode} update={update} />;
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
  await startLanguage(WORD_FILES);
  const code = takeLinkCode();
  try {
    const app = await createWalletApp({ get: language, set: setLanguage });
    render(<Wallet app={app} code={code} />, root);
  } catch (failure) {
    await troubleWords();
    render(<Broken failure={failure} />, root);
  }
  await installer.install();
}

const root = document.getElementById("app");
if (root !== null) void start(root);
