/** The end of a till: refused while anything has no answer, for with the key its money would be lost. */

import { useState } from "preact/hooks";
import { useAct } from "../../ui/act.ts";
import { Button, ButtonLink } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { CodedNotice, Notice } from "../../ui/notice.tsx";
import { goInstead } from "../../ui/router.ts";
import { useMoney } from "./context.ts";
import { Page } from "./page.tsx";
import { useSeldom } from "./seldom_context.ts";

export function SignOutScreen() {
  const { app, words } = useSeldom();
  const shown = useMoney();
  const [asking, setAsking] = useState(false);
  const act = useAct();
  const ready = app.ready();
  const waits = ready.queueClaims + ready.queueNotes;
  return (
    <Page title={words.signOutTitle} testid="sign-out" here="more" onBack>
      <div class="stack form-page">
        {waits > 0 ? (
          <>
            <Notice
              tone="warn"
              title={words.signOutBlocked(String(waits))}
              safe={words.signOutBlockedDetail(shown(ready.queueMinor))}
              next={words.signOutBlockedNext}
              testid="sign-out-blocked"
            />
            <div class="buttons">
              <ButtonLink to="sync" kind="main" icon="sync" testid="sign-out-sync">
                {words.syncButton}
              </ButtonLink>
              <ButtonLink to="files" icon="up" testid="sign-out-files">
                {words.exportTitle}
              </ButtonLink>
            </div>
          </>
        ) : (
          <>
            <p>{words.signOutLead}</p>
            <Button kind="danger" icon="key" onClick={() => setAsking(true)} testid="sign-out-button">
              {words.signOutButton}
            </Button>
          </>
        )}
      </div>
      {asking ? (
        <Dialog title={words.signOutSure} onClose={() => setAsking(false)} testid="sign-out-dialog">
          <p>{words.signOutLead}</p>
          {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
          <div class="buttons">
            <Button
              kind="danger"
              busy={act.busy}
              onClick={() =>
                act.run(async () => {
                  await app.signOut();
                  goInstead("");
                })
              }
              testid="sign-out-yes"
            >
              {words.signOutButton}
            </Button>
            <Button kind="quiet" onClick={() => setAsking(false)}>
              {words.signOutStay}
            </Button>
          </div>
        </Dialog>
      ) : null}
    </Page>
  );
}
