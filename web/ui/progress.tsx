/** What takes time: steps with their state, and how long something still lasts as a ring and in words. */

import type { ComponentChildren } from "preact";
import { clock } from "./format.ts";
import { Icon, type IconName } from "./icons.tsx";
import { UI } from "./ui_words.ts";
import { say } from "./words.ts";

export type StepState = "waiting" | "running" | "done" | "failed" | "skipped";

const ICONS: Readonly<Record<StepState, IconName>> = {
  waiting: "clock",
  running: "sync",
  done: "check",
  failed: "warn",
  skipped: "minus",
};

export interface Step {
  readonly id: string;
  readonly name: string;
  readonly state: StepState;
  readonly detail?: string | undefined;
  readonly more?: ComponentChildren;
}

export function Steps({ steps, label }: { steps: readonly Step[]; label: string }) {
  return (
    <ol class="steps" aria-label={label}>
      {steps.map((step) => (
        <li key={step.id} class={`step step-${step.state}`} data-testid={`step-${step.id}`} data-state={step.state}>
          <span class="step-icon">
            {step.state === "running" ? <span class="spinner" aria-hidden="true" /> : <Icon name={ICONS[step.state]} />}
          </span>
          <div class="step-text">
            <p class="step-name">{step.name}</p>
            <p class="step-detail">{step.detail ?? say(step.state === "done" ? UI.doneStep : UI[step.state])}</p>
            {step.more}
          </div>
        </li>
      ))}
    </ol>
  );
}

const ROUND = 2 * Math.PI * 26;
const LAST_S = 10;

/** Seconds left of a whole. The words are said aloud at the start and near the end, not every second. */
export function Countdown({ leftS, wholeS, label }: { leftS: number; wholeS: number; label: string }) {
  const share = wholeS <= 0 ? 0 : Math.min(1, Math.max(0, leftS / wholeS));
  const spoken = leftS <= LAST_S ? say(UI.left, { time: clock(LAST_S) }) : say(UI.left, { time: clock(wholeS) });
  return (
    <div class={leftS <= LAST_S ? "countdown countdown-last" : "countdown"} data-testid="countdown">
      <svg viewBox="0 0 60 60" aria-hidden="true" focusable="false">
        <circle class="countdown-track" cx="30" cy="30" r="26" />
        <circle
          class="countdown-left"
          cx="30"
          cy="30"
          r="26"
          stroke-dasharray={ROUND}
          stroke-dashoffset={ROUND * (1 - share)}
          transform="rotate(-90 30 30)"
        />
      </svg>
      <span class="countdown-text" role="timer" aria-label={label}>
        {clock(leftS)}
      </span>
      <span class="unseen" role="status">
        {spoken}
      </span>
    </div>
  );
}
