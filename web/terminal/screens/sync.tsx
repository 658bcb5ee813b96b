/** A round with the operator: its steps as they go, each payment in it, and an honest word on how long it takes. */

import { useAct } from "../../ui/act.ts";
import { Button } from "../../ui/button.tsx";
import { instant, span } from "../../ui/format.ts";
import { List, Row } from "../../ui/list.tsx";
import { CodedNotice, Notice } from "../../ui/notice.tsx";
import { Steps } from "../../ui/steps.tsx";
import type { SyncStep, SyncView } from "../app.ts";
import { useMoney } from "./context.ts";
import { Page } from "./page.tsx";
import { type AllWords, useSeldom } from "./seldom_context.ts";

export function SyncScreen() {
  const { app, words, language } = useSeldom();
  const shown = useMoney();
  const ready = app.ready();
  const sync = app.syncState();
  const act = useAct();
  const waits = ready.queueClaims + ready.queueNotes;
  const run = (force: boolean) => act.run(() => app.sync(force ? { force } : {}));
  return (
    <Page title={words.syncTitle} testid="sync" here="more" onBack>
      <div class="detail">
        <div class="stack">
          <section class="hero">
            <p class="hero-label">{waits === 0 ? words.queueEmpty : words.queueRow}</p>
            {waits === 0 ? null : (
              <>
                <p class="hero-number numbers">{shown(ready.queueMinor)}</p>
                <p class="hero-label">
                  {words.queueCount(String(waits))}
                  {ready.firstDeadline === null
                    ? ""
                    : ` · ${words.firstDeadline(instant(ready.firstDeadline, ready.now, language))}`}
                </p>
              </>
            )}
          </section>
          <p
            class="muted small"
            role="status"
            data-testid="sync-hint"
            data-low-ms={sync.expectedMs?.low}
            data-high-ms={sync.expectedMs?.high}
          >
            {hintOf(
              sync,
              words,
              (at) => instant(at, ready.now, language),
              (ms) => span(ms / 1000, language),
            )}
          </p>
          {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
          <div class="buttons">
            <Button icon="sync" busy={sync.running || act.busy} onClick={() => run(false)} testid="sync-now">
              {sync.running || act.busy ? words.syncRunning : words.syncButton}
            </Button>
            <Button kind="quiet" disabled={sync.running || act.busy} onClick={() => run(true)} testid="sync-force">
              {words.syncForce}
            </Button>
            <p class="muted small centred">{words.syncForceHint}</p>
          </div>
        </div>
        {sync.steps.length === 0 ? null : (
          <div class="stack">
            <Steps label={words.syncTitle} steps={sync.steps.map((step) => shownStep(step, words))} />
            {sync.steps.map((step) =>
              step.failure === null ? null : (
                <CodedNotice key={step.id} coded={step.failure} live="status" tone="warn" />
              ),
            )}
            {sync.running ? <Notice tone="info" title={words.syncLeave} /> : null}
            {sync.items.length === 0 ? null : (
              <section class="section">
                <h2>{words.syncItems}</h2>
                <List>
                  {sync.items.map((item) => (
                    <Row key={item.id} title={item.words} detail={stateWords(item.state, words)} />
                  ))}
                </List>
              </section>
            )}
          </div>
        )}
      </div>
    </Page>
  );
}

/** How long it may take while it runs, when it was done after; and plainly when that is not known. */
export function hintOf(
  sync: SyncView,
  words: AllWords,
  at: (time: number) => string,
  lasting: (ms: number) => string,
): string {
  if (sync.running) {
    const { expectedMs } = sync;
    return expectedMs === null
      ? words.syncUnknown
      : words.syncExpected(lasting(expectedMs.low), lasting(expectedMs.high));
  }
  if (sync.finishedAt === null) return words.syncLead;
  const failed = sync.steps.some((step) => step.state === "failed");
  return failed ? words.syncStopped(at(sync.finishedAt)) : words.syncDone(at(sync.finishedAt));
}

function shownStep(step: SyncStep, words: AllWords) {
  const names = { batch: words.stepBatch, events: words.stepEvents, trust: words.stepTrust };
  const counted =
    step.of > 0 && (step.state === "running" || step.state === "done") ? ` · ${step.count}/${step.of}` : "";
  return { id: step.id, name: names[step.id], state: step.state, detail: `${stateWords(step.state, words)}${counted}` };
}

/** The words of a step's or a payment's state; what the operator said of a payment is words already. */
function stateWords(state: string, words: AllWords): string {
  switch (state) {
    case "waiting":
      return words.stepWaiting;
    case "running":
      return words.stepRunning;
    case "done":
      return words.stepDone;
    case "failed":
      return words.stepFailed;
    case "skipped":
      return words.stepSkipped;
    default:
      return state;
  }
}
