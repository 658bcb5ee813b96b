/** Sync: each step with what came of it, an honest hint how long it takes, and a way to ask for everything anew. */

import { useAct } from "../../ui/act.ts";
import { Button } from "../../ui/button.tsx";
import { span } from "../../ui/format.ts";
import { CodedNotice, EmptyState, Notice } from "../../ui/notice.tsx";
import { screenNow, useNow } from "../../ui/now.ts";
import { Screen } from "../../ui/screen.tsx";
import { type Step, Steps } from "../../ui/steps.tsx";
import { language, say } from "../../ui/words.ts";
import type { SyncStep, SyncView } from "../app.ts";
import { S } from "../seldom_words.ts";
import { W } from "../words.ts";
import { useApp } from "./environment.tsx";
import { stepWords, syncOutcome, waitWords } from "./looking.ts";

export function Sync() {
  const app = useApp();
  const act = useAct();
  const sync = app.syncState();
  const view = app.home();
  const outcome = syncOutcome(sync);
  const running = sync.running || act.busy;
  const start = (force: boolean) => act.run(() => app.sync({ force }));
  return (
    <Screen title={say(S.syncTitle)} onBack={true} testid="sync">
      <p class="muted">
        {view.lastSyncAt === null
          ? say(W.neverSynced)
          : say(W.synced, { ago: span(screenNow() - view.lastSyncAt, language()) })}
        {" · "}
        {say(W.listsAge, { ago: span(screenNow() - view.listsIssuedAt, language()) })}
      </p>
      {outcome === null ? null : (
        <Notice
          tone={outcome === "done" ? "good" : "warn"}
          title={say(outcome === "done" ? S.syncDone : S.syncPart)}
          live="status"
          testid={`sync-${outcome}`}
        />
      )}
      {act.failure === null || outcome === "part" ? null : <CodedNotice coded={act.failure} live="alert" />}
      {sync.startedAt === null ? (
        <EmptyState icon="sync" title={say(S.syncIdle)}>
          <p class="small">{say(S.syncPay)}</p>
        </EmptyState>
      ) : (
        <Steps label={say(S.stepsLabel)} steps={sync.steps.map(stepShown)} />
      )}
      <WaitHint sync={sync} />
      <div class="push buttons">
        <Button icon="sync" busy={running} onClick={() => start(false)} testid="sync-now">
          {say(running ? S.syncRunning : S.syncNow)}
        </Button>
        <Button kind="quiet" disabled={running} onClick={() => start(true)} testid="sync-force">
          {say(S.syncForce)}
        </Button>
        <p class="centred small muted">{say(S.syncForceHint)}</p>
      </div>
    </Screen>
  );
}

function WaitHint({ sync }: { sync: SyncView }) {
  const now = useNow();
  const hint =
    sync.expectedMs === null
      ? say(S.syncHintNone)
      : say(S.syncHint, {
          low: waitWords(sync.expectedMs.low, language()),
          high: waitWords(sync.expectedMs.high, language()),
        });
  return (
    <p
      class="wait-hint small"
      data-testid="wait-hint"
      data-low-ms={sync.expectedMs?.low}
      data-high-ms={sync.expectedMs?.high}
    >
      {hint}
      {sync.running && sync.startedAt !== null ? (
        <>
          <br />
          <span aria-hidden="true">{say(S.syncAgo, { time: span(now - sync.startedAt, language()) })} · </span>
          {say(S.syncPay)}
        </>
      ) : null}
    </p>
  );
}

function stepShown(step: SyncStep): Step {
  return {
    id: step.id,
    name: stepWords(step),
    state: step.state,
    detail:
      step.failure !== null
        ? step.failure.message
        : step.state === "done" && step.count > 0
          ? say(S.stepCount, { count: step.count })
          : undefined,
    more: step.failure === null ? null : <p class="small">{step.failure.next}</p>,
  };
}
