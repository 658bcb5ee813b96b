/** Lists: rows that lead somewhere, rows that only say something, and pairs of what and how much. */

import type { ComponentChildren } from "preact";
import type { Tone } from "./badges.tsx";
import { Icon, type IconName } from "./icons.tsx";

export function List({ children, label }: { children: ComponentChildren; label?: string }) {
  return (
    <ul class="list" aria-label={label}>
      {children}
    </ul>
  );
}

interface RowGiven {
  readonly title: ComponentChildren;
  readonly detail?: ComponentChildren;
  readonly icon?: IconName;
  readonly tone?: Tone;
  readonly end?: ComponentChildren;
  readonly endDetail?: ComponentChildren;
  readonly to?: string;
  readonly onClick?: () => void;
  /** No arrow: where the row has much to say and everybody knows that it opens. */
  readonly quiet?: boolean;
  readonly testid?: string;
}

export function Row({ title, detail, icon, tone = "plain", end, endDetail, to, onClick, quiet, testid }: RowGiven) {
  const inside = (
    <>
      {icon === undefined ? null : (
        <span class={`row-icon tone-${tone}`} aria-hidden="true">
          <Icon name={icon} />
        </span>
      )}
      <span class="row-text">
        <span class="row-title">{title}</span>
        {detail === undefined ? null : <span class="row-detail">{detail}</span>}
      </span>
      {end === undefined ? null : (
        <span class="row-end">
          <span class="row-end-main">{end}</span>
          {endDetail === undefined ? null : <span class="row-detail">{endDetail}</span>}
        </span>
      )}
      {quiet === true || (to === undefined && onClick === undefined) ? null : (
        <span class="row-forward" aria-hidden="true">
          <Icon name="forward" />
        </span>
      )}
    </>
  );
  return (
    <li>
      {to !== undefined ? (
        <a class="row row-link" href={`#/${to}`} data-testid={testid}>
          {inside}
        </a>
      ) : onClick !== undefined ? (
        <button class="row row-link" type="button" onClick={onClick} data-testid={testid}>
          {inside}
        </button>
      ) : (
        <div class="row" data-testid={testid}>
          {inside}
        </div>
      )}
    </li>
  );
}

export function Facts({ children }: { children: ComponentChildren }) {
  return <dl class="facts">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
