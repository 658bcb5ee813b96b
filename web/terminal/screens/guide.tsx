/** The payee's guide, for where there is no network to look it up. */

import { GuideView } from "../../ui/guide_view.tsx";
import { Page } from "./page.tsx";
import { useSeldom } from "./seldom_context.ts";

export function GuideScreen() {
  const { guide, guideRow } = useSeldom().words;
  return (
    <Page title={guide[0]?.title ?? guideRow} testid="guide" here="more" onBack>
      <GuideView guide={guide} />
    </Page>
  );
}
