/** What happened, what is safe, what to do next: the three sentences of a refusal, or a short word of warning. */

import type { ComponentChildren } from "preact";
import type { Tone } from "./badges.tsx";
import { Icon, type IconName } from "./icons.tsx";

const ICONS: Readonly<Record<Tone, IconName>> = {
  good: "check",
  info: "info",
  warn: "warn",
  bad: "bad",
  plain: "info",
};

interface Given {
  readonly tone: Tone;
  readonly title: string;
  readonly safe?: string | undefined;
  readonly next?: string | null | undefined;
  readonly children?: ComponentChildren;
  /** Said aloud when it appears, at once if it is an alert. */
  readonly live?: "alert" | "status";
  readonly testid?: string;
}

export function Notice({ tone, title, safe, next, children, live, testid }: Given) {
  return (
    <div class={`notice tone-${tone}`} role={live} data-testid={testid}>
      <Icon name={ICONS[tone]} />
      <div class="notice-text">
        <p class="notice-title">{title}</p>
        {safe === undefined || safe === "" ? null : <p>{safe}</p>}
        {next == null || next === "" ? null : <p class="notice-next">{next}</p>}
        {children}
      </div>
    </div>
  );
}

export interface CodedWords {
  readonly code: string;
  readonly message: string;
  readonly safe: string;
  readonly next: string;
}

export function CodedNotice({
  coded,
  tone = "bad",
  live,
}: {
  /** Null as long as there is nothing to say, or no words yet. */
  coded: CodedWords | null;
  tone?: Tone;
  live?: "alert" | "status";
}) {
  if (coded === null) return null;
  return (
    <Notice
      tone={tone}
      title={coded.message}
      safe={coded.safe}
      next={coded.next}
      testid={`notice-${coded.code}`}
      {...(live === undefined ? {} : { live })}
    />
  );
}

export function EmptyState({ icon, title, children }: { icon: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="empty" data-testid="empty">
      <span class="disc tone-plain" aria-hidden="true">
        <Icon name={icon} />
      </span>
      <p class="empty-title">{title}</p>
      {children}
    </div>
  );
}
