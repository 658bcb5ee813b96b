/** The frame of a screen of an open till: heading, content and the navigation. */

import type { ComponentChildren } from "preact";
import { BottomNav, Screen } from "../../ui/screen.tsx";
import { useTerminal } from "./context.ts";

interface PageGiven {
  readonly title: string;
  readonly testid: string;
  readonly here?: "" | "till" | "history" | "more";
  readonly onBack?: (() => void) | true;
  readonly actions?: ComponentChildren;
  readonly quietTitle?: boolean;
  /** A payment under way: on a phone it has the whole screen, and its own buttons lead out. */
  readonly flow?: boolean;
  /** The heading is heard and not seen: the screen says the same larger. */
  readonly unseenTitle?: boolean;
  readonly children: ComponentChildren;
}

/** A screen of an open till: with the navigation, which leads out of everything but a payment under way. */
export function Page({ here, flow, unseenTitle, children, ...given }: PageGiven) {
  const { app, words } = useTerminal();
  const waiting = app.ready().queueClaims + app.ready().queueNotes;
  const items = [
    { to: "", label: words.navSell, icon: "plus" as const },
    { to: "till", label: words.navTill, icon: "store" as const },
    { to: "history", label: words.navHistory, icon: "history" as const },
    {
      to: "more",
      label: words.navMore,
      icon: "more" as const,
      count: waiting,
      countLabel: words.queueCount(String(waiting)),
    },
  ];
  const kind = [flow === true ? "flow" : "", unseenTitle === true ? "title-unseen" : ""].join(" ").trim();
  return (
    <div class={kind}>
      <Screen {...given} nav={<BottomNav label={words.navLabel} items={items} here={here ?? "none"} />}>
        {children}
      </Screen>
    </div>
  );
}
