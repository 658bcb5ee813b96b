/** How the console writes an instant, an id, an amount, a name; and the cards that pages are made of. */

import type { ComponentChildren } from "preact";
import { AmountView } from "../../ui/amount.tsx";
import { Badge, type Tone } from "../../ui/badges.tsx";
import { instant } from "../../ui/format.ts";
import type { IconName } from "../../ui/icons.tsx";
import { screenNow } from "../../ui/now.ts";
import { language, say } from "../../ui/words.ts";
import type { Allowance } from "../reading/allowances.ts";
import { shownId, wholeId } from "../reading/ids.ts";
import { HOLDERS } from "../words_pages.ts";
import { PARTS } from "../words_parts.ts";
import { ALLOWANCE_STATUS, named, SUSPEND_REASONS } from "../words_values.ts";

export function when(at: number): string {
  return instant(at, screenNow(), language());
}

/** 1,284: a count. */
export function count(value: number): string {
  return new Intl.NumberFormat("en-GB").format(value);
}

export function When({ at }: { at: number | null }) {
  if (at === null) return <span class="muted">{say(PARTS.never)}</span>;
  return <time dateTime={new Date(at * 1000).toISOString()}>{when(at)}</time>;
}

export function Id({ of, whole }: { of: string; whole?: boolean }) {
  return (
    <span class="id" title={wholeId(of)}>
      {whole === true ? wholeId(of) : shownId(of)}
    </span>
  );
}

export function Money({ minor, currency }: { minor: bigint; currency: string }) {
  return <AmountView minor={minor} currency={currency} />;
}

/** A holder's name; one that was erased says so. */
export function nameOf(name: string): string {
  return name === "" ? say(HOLDERS.erased) : name;
}

/** A name with the id below it. */
export function Named({ name, id }: { name: string; id: string }) {
  return (
    <>
      <span>{nameOf(name)}</span>
      <span class="cell-detail">
        <Id of={id} />
      </span>
    </>
  );
}

export function Card({
  title,
  children,
  actions,
}: {
  title: string;
  children: ComponentChildren;
  actions?: ComponentChildren;
}) {
  return (
    <section class="card">
      <div class="card-head">
        <h2>{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  );
}

/** A heading with a table below it, which is a card of its own. */
export function Part({
  title,
  children,
  actions,
}: {
  title: string;
  children: ComponentChildren;
  actions?: ComponentChildren;
}) {
  return (
    <section class="section">
      <div class="card-head part-head">
        <h2>{title}</h2>
        {actions}
      </div>
      {children}
    </section>
  );
}

const STATUS_LOOKS: Readonly<Record<Allowance["status"], readonly [Tone, IconName]>> = {
  good: ["good", "check"],
  reserved: ["info", "clock"],
  suspended: ["warn", "warn"],
  closed: ["plain", "minus"],
};

type Standing = Pick<Allowance, "status" | "forked" | "closed"> & { readonly reason?: string };

/** How an allowance stands: a proved fork says more than that it is suspended. */
export function AllowanceBadge({ of }: { of: Standing }) {
  if (of.forked) return <Badge tone="bad" icon="bad" words={say(HOLDERS.forked)} />;
  const status = of.closed ? "closed" : of.status;
  const [tone, icon] = STATUS_LOOKS[status];
  const said = named(ALLOWANCE_STATUS, status);
  const why =
    status === "suspended" && of.reason !== undefined && of.reason !== "" ? named(SUSPEND_REASONS, of.reason) : "";
  return <Badge tone={tone} icon={icon} words={why === "" ? said : `${said}: ${why}`} />;
}

interface SelectGiven<T extends string> {
  readonly label: string;
  readonly chosen: T;
  readonly choices: readonly { readonly value: T; readonly label: string }[];
  readonly onChoose: (value: T) => void;
  readonly testid: string;
}

export function Select<T extends string>({ label, chosen, choices, onChoose, testid }: SelectGiven<T>) {
  return (
    <label class="select">
      <span>{label}</span>
      <select
        value={chosen}
        onChange={(event) => {
          const found = choices.find(({ value }) => value === event.currentTarget.value);
          if (found !== undefined) onChoose(found.value);
        }}
        data-testid={testid}
      >
        {choices.map(({ value, label: words }) => (
          <option key={value} value={value} selected={value === chosen}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}
