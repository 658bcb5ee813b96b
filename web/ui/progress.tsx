/** How long something still lasts, as a ring and in words. */

import { clock } from "./format.ts";
import { UI } from "./ui_words.ts";
import { say } from "./words.ts";

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
