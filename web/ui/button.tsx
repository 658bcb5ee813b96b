/** Buttons: one way on per screen is `main`; the others step back. While an act runs its button says so and waits. */

import type { ComponentChildren } from "preact";
import { Icon, type IconName } from "./icons.tsx";

interface Given {
  readonly children: ComponentChildren;
  readonly onClick?: () => void;
  readonly kind?: "main" | "second" | "quiet" | "danger";
  readonly icon?: IconName;
  readonly type?: "button" | "submit";
  readonly disabled?: boolean;
  readonly busy?: boolean;
  readonly testid?: string;
}

export function Button({ children, onClick, kind = "main", icon, type = "button", disabled, busy, testid }: Given) {
  return (
    <button
      class={`button button-${kind}`}
      type={type}
      disabled={disabled === true || busy === true}
      aria-busy={busy === true}
      onClick={onClick}
      data-testid={testid}
    >
      {busy === true ? <span class="spinner" aria-hidden="true" /> : icon === undefined ? null : <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

interface LinkGiven {
  readonly children: ComponentChildren;
  readonly to: string;
  readonly kind?: "main" | "second" | "quiet";
  readonly icon?: IconName;
  readonly testid?: string;
}

/** A link to another screen that looks like a button. */
export function ButtonLink({ children, to, kind = "second", icon, testid }: LinkGiven) {
  return (
    <a class={`button button-${kind}`} href={`#/${to}`} data-testid={testid}>
      {icon === undefined ? null : <Icon name={icon} />}
      <span>{children}</span>
    </a>
  );
}

interface RoundGiven {
  readonly icon: IconName;
  readonly label: string;
  readonly onClick: () => void;
  readonly pressed?: boolean;
  readonly testid?: string;
}

/** An icon alone; its name is heard, and shown when one stays on it. */
export function RoundButton({ icon, label, onClick, pressed, testid }: RoundGiven) {
  return (
    <button
      class="round"
      type="button"
      aria-label={label}
      title={label}
      aria-pressed={pressed}
      onClick={onClick}
      data-testid={testid}
    >
      <Icon name={icon} />
    </button>
  );
}
