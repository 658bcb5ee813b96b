/** What this wallet keeps in this browser, and the operator's newer lists from another device's screen. */

import { KeptView } from "../../ui/kept_view.tsx";
import { PackScan } from "../../ui/pack_scan.tsx";
import { PACK } from "../../ui/pack_words.ts";
import { goInstead } from "../../ui/router.ts";
import { Screen } from "../../ui/screen.tsx";
import { say } from "../../ui/words.ts";
import { S } from "../seldom_words.ts";
import { useApp, useEnvironment } from "./environment.tsx";

export function Privacy() {
  useApp();
  return (
    <Screen title={S.kept.title} onBack={true} testid="privacy">
      <p class="muted">{say(S.privacyText)}</p>
      <KeptView table={S.kept} />
    </Screen>
  );
}

export function Packs() {
  const app = useApp();
  const { startScan } = useEnvironment();
  return (
    <Screen title={say(PACK.title)} onBack={true} testid="packs">
      <PackScan start={startScan} take={(text) => app.takePack(text)} onDone={() => goInstead("more")} />
    </Screen>
  );
}
