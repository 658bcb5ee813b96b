/** The operator's newer lists from another device's screen. */

import { PackScan } from "../../ui/pack_scan.tsx";
import { PACK } from "../../ui/pack_words.ts";
import { goInstead } from "../../ui/router.ts";
import { say } from "../../ui/words.ts";
import { Page } from "./page.tsx";
import { useSeldom } from "./seldom_context.ts";

export function PacksScreen() {
  const { app, doors } = useSeldom();
  return (
    <Page title={say(PACK.title)} testid="packs" here="more" onBack>
      <div class="stack list-page">
        <PackScan start={doors.scan} take={(text) => app.takePack(text)} onDone={() => goInstead("more")} />
      </div>
    </Page>
  );
}
