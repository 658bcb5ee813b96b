/** The frame of every screen: heading, way back, content, navigation. A new screen moves the focus to its heading. */

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { RoundButton } from "./button.tsx";
import { Icon, type IconName } from "./icons.tsx";
import { back } from "./router.ts";
import { UI } from "./ui_words.ts";
import { say } from "./words.ts";

interface Given {
  readonly title: string;
  readonly children: ComponentChildren;
  readonly onBack?: (() => void) | true;
  /** What stands right of the heading. */
  readonly actions?: ComponentChildren;
  readonly nav?: ComponentChildren;
  /** The heading is only heard: the screen shows something larger in its place. */
  readonly quietTitle?: boolean;
  readonly testid: string;
}

export function Screen({ title, children, onBack, actions, nav, quietTitle, testid }: Given) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Feiqian`;
  }, [title]);
  // A screen is another one exactly when its test id is.
  useEffect(() => {
    scrollTo(0, 0);
    if (testid !== "") heading.current?.focus({ preventScroll: true });
  }, [testid]);
  return (
    <div class={nav === undefined ? "frame" : "frame has-nav"} data-testid={`screen-${testid}`}>
      <header class="head">
        {onBack === undefined ? null : (
          <RoundButton
            icon="back"
            label={say(UI.back)}
            onClick={onBack === true ? back : onBack}
            testid="screen-back"
          />
        )}
        <h1 ref={heading} tabIndex={-1} class={quietTitle === true ? "quiet-title" : undefined}>
          {title}
        </h1>
        {actions}
      </header>
      <main>{children}</main>
      {nav}
    </div>
  );
}

export interface NavItem {
  readonly to: string;
  readonly label: string;
  readonly icon: IconName;
  readonly count?: number;
  readonly countLabel?: string;
}

export function BottomNav({ label, items, here }: { label: string; items: readonly NavItem[]; here: string }) {
  return (
    <nav class="nav" aria-label={label}>
      <ul>
        {items.map((item) => (
          <li key={item.to}>
            <a
              href={`#/${item.to}`}
              aria-current={item.to === here ? "page" : undefined}
              data-testid={`nav-${item.to === "" ? "home" : item.to}`}
            >
              <span class="nav-icon">
                <Icon name={item.icon} />
                {item.count === undefined || item.count === 0 ? null : (
                  <span class="nav-count">
                    <span aria-hidden="true">{item.count > 9 ? "9+" : item.count}</span>
                    <span class="unseen">{item.countLabel}</span>
                  </span>
                )}
              </span>
              <span class="nav-label">{item.label}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
