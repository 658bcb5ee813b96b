/** What this till keeps in this browser, why, how long, and how it is protected. */

import { KeptView } from "../../ui/kept_view.tsx";
import { Page } from "./page.tsx";
import { useSeldom } from "./seldom_context.ts";

export function PrivacyScreen() {
  const { words } = useSeldom();
  return (
    <Page title={words.kept.title} testid="privacy" here="more" onBack>
      <div class="stack list-page">
        <p class="muted">{words.privacyLead}</p>
        <KeptView table={words.kept} />
      </div>
    </Page>
  );
}
