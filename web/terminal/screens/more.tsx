/** Everything that is not a sale. */

import { Button } from "../../ui/button.tsx";
import { LanguageSwitch } from "../../ui/language_switch.tsx";
import { List, Row } from "../../ui/list.tsx";
import { Notice } from "../../ui/notice.tsx";
import { PACK } from "../../ui/pack_words.ts";
import { say } from "../../ui/words.ts";
import { Page } from "./page.tsx";
import { useSeldom } from "./seldom_context.ts";
import { STANDING_TONES, standingOf } from "./standing.ts";

export function MoreScreen() {
  const { app, words, doors } = useSeldom();
  const ready = app.ready();
  const standing = standingOf(ready);
  const waits = ready.queueClaims + ready.queueNotes;
  const disputed = app.disputesNeedYou();
  return (
    <Page title={words.moreTitle} testid="more" here="more">
      <div class="stack list-page">
        {doors.update.waiting() ? (
          <Notice tone="info" title={words.versionWaits} safe={words.versionWaitsSafe} testid="update-waiting">
            <Button kind="second" onClick={() => void doors.update.take()} testid="update-take">
              {words.versionTake}
            </Button>
          </Notice>
        ) : null}
        <List label={words.moreTitle}>
          <Row
            icon={standing === "ready" ? "shieldCheck" : "warn"}
            tone={STANDING_TONES[standing]}
            title={words.moreReady}
            detail={{ ready: words.readyYes, limited: words.readyLimited, stopped: words.readyNo }[standing]}
            to="ready"
            testid="more-ready"
          />
          <Row
            icon="sync"
            tone="info"
            title={words.moreSync}
            detail={waits === 0 ? words.queueEmpty : words.queueCount(String(waits))}
            to="sync"
            testid="more-sync"
          />
          <Row icon="scan" title={say(PACK.title)} detail={say(PACK.row)} to="packs" testid="more-packs" />
          <Row icon="up" title={words.moreFiles} detail={words.moreFilesDetail} to="files" testid="more-files" />
        </List>
        <List>
          <Row
            icon="returned"
            title={words.moreCancel}
            detail={words.moreCancelDetail}
            to="cancel"
            testid="more-cancel"
          />
          <Row
            icon="flag"
            title={words.moreDisputes}
            tone={disputed > 0 ? "warn" : "plain"}
            detail={disputed > 0 ? words.cases.needsYou(disputed) : words.moreDisputesDetail}
            to="disputes"
            testid="more-disputes"
          />
        </List>
        <List>
          <Row icon="info" title={words.guideRow} detail={words.guideDetail} to="guide" testid="more-guide" />
          <Row
            icon="settings"
            title={words.moreSettings}
            detail={words.moreSettingsDetail}
            to="settings"
            testid="more-settings"
          />
          <Row
            icon="eye"
            title={words.morePrivacy}
            detail={words.morePrivacyDetail}
            to="privacy"
            testid="more-privacy"
          />
          <Row
            icon="key"
            title={words.moreSignOut}
            detail={words.moreSignOutDetail}
            to="sign-out"
            testid="more-sign-out"
          />
        </List>
        <div class="more-foot">
          <LanguageSwitch />
          <Button kind="quiet" icon="lock" onClick={() => app.lock()} testid="more-lock">
            {words.lock}
          </Button>
        </div>
      </div>
    </Page>
  );
}
