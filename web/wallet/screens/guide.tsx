/** The payer's guide, for where there is no network to look it up. */

import { GuideView } from "../../ui/guide_view.tsx";
import { Screen } from "../../ui/screen.tsx";
import { S } from "../seldom_words.ts";
import { useApp } from "./environment.tsx";

export function Guide() {
  useApp();
  return (
    <Screen title={S.guide[0]?.title ?? S.guideRow} onBack={true} testid="guide">
      <GuideView guide={S.guide} />
    </Screen>
  );
}
