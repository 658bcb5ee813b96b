/** The first page: who are you here? Payer, payee or operator; and whether it already opens without a network. */

import "../ui/seldom_icons.ts";
import "../ui/tokens.css";
import "../ui/base.css";
import "../ui/parts.css";
import "./start.css";
import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Installer } from "../platform/install.ts";
import { Icon, type IconName } from "../ui/icons.tsx";
import { LanguageSwitch } from "../ui/language_switch.tsx";
import { UI_FILES } from "../ui/ui_words.ts";
import { say, startLanguage, useLanguage } from "../ui/words.ts";
import { START } from "./words.ts";

interface Door {
  readonly to: string;
  readonly icon: IconName;
  readonly title: string;
  readonly detail: string;
}

function Start({ installer }: { installer: Installer }) {
  useLanguage();
  const [ready, setReady] = useState(installer.state.offlineReady);
  useEffect(() => installer.subscribe(() => setReady(installer.state.offlineReady)), [installer]);
  const doors: readonly Door[] = [
    { to: "wallet", icon: "wallet", title: say(START.wallet), detail: say(START.walletDetail) },
    { to: "terminal", icon: "store", title: say(START.terminal), detail: say(START.terminalDetail) },
    { to: "console", icon: "shieldCheck", title: say(START.console), detail: say(START.consoleDetail) },
  ];
  return (
    <div class="frame start" data-testid="screen-start">
      <header class="start-head">
        <img src="/icons/mark.svg" alt="" width="64" height="64" />
        <h1>{say(START.title)}</h1>
        <p class="muted">{say(START.about)}</p>
      </header>
      <main>
        <nav aria-label={say(START.choose)}>
          <ul class="doors">
            {doors.map((door) => (
              <li key={door.to}>
                <a class="card door" href={`/${door.to}/`} data-testid={`door-${door.to}`}>
                  <span class="row-icon tone-info" aria-hidden="true">
                    <Icon name={door.icon} />
                  </span>
                  <span class="row-text">
                    <span class="row-title">{door.title}</span>
                    <span class="row-detail">{door.detail}</span>
                  </span>
                  <span class="row-forward" aria-hidden="true">
                    <Icon name="forward" />
                  </span>
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <a class="button button-quiet" href="/lost/" data-testid="door-lost">
          {say(START.lost)}
        </a>
        <p class="small muted centred" role="status" data-testid="offline-state" data-ready={ready}>
          {say(ready ? START.ready : START.notReady)}
        </p>
        <div class="push">
          <LanguageSwitch />
        </div>
      </main>
    </div>
  );
}

await startLanguage(UI_FILES);
const installer = new Installer();
void installer.install();
const place = document.getElementById("app");
if (place !== null) render(<Start installer={installer} />, place);
