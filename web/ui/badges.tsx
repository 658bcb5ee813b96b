/** Finality grade and status: colour, icon and words together, never one of them alone (docs/spec/07-finality.md). */

import { Icon, type IconName } from "./icons.tsx";
import { UI } from "./ui_words.ts";
import { say } from "./words.ts";

export type Grade = "F0" | "F1" | "F2" | "F3";
export type Status = "active" | "needs_you" | "done";
export type Tone = "good" | "info" | "warn" | "bad" | "plain";

const GRADE_TONES: Readonly<Record<Grade, Tone>> = { F0: "bad", F1: "warn", F2: "info", F3: "good" };
const GRADE_ICONS: Readonly<Record<Grade, IconName>> = { F0: "bad", F1: "handshake", F2: "shieldCheck", F3: "check" };
const STATUS_TONES: Readonly<Record<Status, Tone>> = { active: "info", needs_you: "warn", done: "plain" };
const STATUS_ICONS: Readonly<Record<Status, IconName>> = { active: "clock", needs_you: "hand", done: "check" };

export function Badge({ tone, icon, words, testid }: { tone: Tone; icon: IconName; words: string; testid?: string }) {
  return (
    <span class={`badge tone-${tone}`} data-testid={testid}>
      <Icon name={icon} />
      <span>{words}</span>
    </span>
  );
}

/** The grade's own words, or those that say it more exactly. */
export function GradeBadge({ grade, words }: { grade: Grade; words?: string }) {
  return (
    <Badge
      tone={GRADE_TONES[grade]}
      icon={GRADE_ICONS[grade]}
      words={words ?? say(UI[grade])}
      testid={`grade-${grade}`}
    />
  );
}

export function StatusChip({ status, words }: { status: Status; words?: string }) {
  const said = status === "done" ? say(UI.finished) : say(UI[status]);
  return (
    <Badge tone={STATUS_TONES[status]} icon={STATUS_ICONS[status]} words={words ?? said} testid={`status-${status}`} />
  );
}

export function gradeTone(grade: Grade): Tone {
  return GRADE_TONES[grade];
}

/** What became of it, large: a disc with an icon in its colour. */
export function Disc({ tone, icon }: { tone: Tone; icon: IconName }) {
  return (
    <span class={`disc tone-${tone}`} aria-hidden="true">
      <Icon name={icon} />
    </span>
  );
}
