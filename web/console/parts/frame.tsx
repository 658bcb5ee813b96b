/**
 * The frame of every page of a signed-in person: the menu of what the role may see, beside the page where there is room
 * and behind a button where there is none; heading, way back, content. A new page moves the focus to its heading.
 */

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { RoundButton } from "../../ui/button.tsx";
import { Icon, Mark } from "../../ui/icons.tsx";
import { LanguageSwitch } from "../../ui/language_switch.tsx";
import { UI } from "../../ui/ui_words.ts";
import { say } from "../../ui/words.ts";
import { MENU, type MenuGroup, menuFor } from "../menu.ts";
import { useConsole } from "../screens/context.ts";
import { W } from "../words.ts";
import { PARTS } from "../words_parts.ts";
import { Glyph } from "./glyph.tsx";

interface Given {
  readonly title: string;
  /** A line under the heading: what this page is about. */
  readonly lead?: string;
  /** The page of the menu it belongs to. */
  readonly here: string;
  /** The list that it is one of. */
  readonly up?: { readonly to: string; readonly label: string };
  readonly actions?: ComponentChildren;
  readonly children: ComponentChildren;
  readonly testid: string;
}

export function Page({ title, lead, here, up, actions, children, testid }: Given) {
  const heading = useRef<HTMLHeadingElement>(null);
  const [menu, showMenu] = useState(false);
  useEffect(() => {
    document.title = `${title} · ${say(W.appName)}`;
  }, [title]);
  useEffect(() => {
    scrollTo(0, 0);
    if (testid !== "") heading.current?.focus({ preventScroll: true });
  }, [testid]);
  return (
    <div class="console" data-testid={`screen-${testid}`}>
      <button class="skip" type="button" onClick={() => heading.current?.focus()} data-testid="skip">
        {say(PARTS.skip)}
      </button>
      <header class="topbar">
        <RoundButton icon="more" label={say(PARTS.menu)} onClick={() => showMenu(true)} testid="menu" />
        <Brand />
      </header>
      <aside class="side">
        <Brand />
        <Menu here={here} />
        <Person />
      </aside>
      {menu ? <Drawer here={here} onClose={() => showMenu(false)} /> : null}
      <main>
        <div class="page-head">
          {up === undefined ? null : (
            <a class="page-up" href={`#/${up.to}`} data-testid="page-up">
              <Icon name="back" />
              <span>{up.label}</span>
            </a>
          )}
          <div class="page-title">
            <h1 ref={heading} tabIndex={-1}>
              {title}
            </h1>
            {actions === undefined ? null : <div class="page-actions">{actions}</div>}
          </div>
          {lead === undefined ? null : <p class="muted page-lead">{lead}</p>}
        </div>
        {children}
      </main>
    </div>
  );
}

function Brand() {
  return (
    <p class="brand">
      <Mark />
      <span>{say(W.appName)}</span>
    </p>
  );
}

function Menu({ here, onChoose }: { here: string; onChoose?: () => void }) {
  const { session } = useConsole();
  const groups: readonly MenuGroup[] = menuFor(MENU, session.permissions);
  return (
    <nav class="menu" aria-label={say(PARTS.menu)}>
      {groups.map(({ id, name, items }) => (
        <div key={id} class="menu-group">
          {name === null ? null : <p class="menu-name">{say(name)}</p>}
          <ul>
            {items.map((item) => (
              <li key={item.to}>
                <a
                  href={`#/${item.to}`}
                  aria-current={item.to === here ? "page" : undefined}
                  onClick={onChoose}
                  data-testid={`menu-${item.to}`}
                >
                  <Glyph name={item.icon} />
                  <span>{say(item.name)}</span>
                </a>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

/** Who is signed in, as what, and the way out. */
function Person() {
  const { app, session } = useConsole();
  return (
    <div class="person">
      <a class="person-who" href="#/account" data-testid="menu-account">
        <span class="person-name" data-testid="person-name">
          {session.name}
        </span>
        <span class="muted small">{say(W.roles[session.role])}</span>
      </a>
      <div class="person-ways">
        <LanguageSwitch />
        <button class="person-out" type="button" onClick={() => void app.signOut()} data-testid="sign-out">
          {say(PARTS.signOut)}
        </button>
      </div>
    </div>
  );
}

function Drawer({ here, onClose }: { here: string; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const close = useRef(onClose);
  close.current = onClose;
  useEffect(() => {
    const shown = dialog.current;
    if (shown === null) return;
    const outside = (event: MouseEvent) => {
      if (event.target === shown) close.current(); // what is inside fills it: the dialog itself is hit beside it only
    };
    shown.addEventListener("click", outside);
    if (!shown.open) shown.showModal();
    return () => {
      shown.removeEventListener("click", outside);
      shown.close();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class="drawer"
      aria-label={say(PARTS.menu)}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      data-testid="drawer"
    >
      <div class="drawer-inside">
        <div class="drawer-head">
          <Brand />
          <RoundButton icon="close" label={say(UI.close)} onClick={onClose} testid="drawer-close" />
        </div>
        <Menu here={here} onChoose={onClose} />
        <Person />
      </div>
    </dialog>
  );
}
