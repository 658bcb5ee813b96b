/** What takes time: its steps, each with its state. */

import type { ComponentChildren } from "preact";
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
