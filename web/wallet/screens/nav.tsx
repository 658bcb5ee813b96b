/** The five places of the wallet, at the lower edge where a thumb reaches them. */

import { BottomNav } from "../../ui/screen.tsx";
import { say } from "../../ui/words.ts";
import { W } from "../words.ts";
import { useApp } from "./environment.tsx";

export function WalletNav({ here }: { here: "" | "scan" | "code" | "history" | "more" }) {
  const needsYou = useApp().home().needsYou;
  return (
    <BottomNav
      label={say(W.nav)}
      here={here}
      items={[
        { to: "", label: say(W.home), icon: "home" },
        { to: "scan", label: say(W.scan), icon: "scan" },
        { to: "code", label: say(W.code), icon: "code" },
        {
          to: "history",
          label: say(W.history),
          icon: "history",
          count: needsYou,
          countLabel: say(W.needsYouCount, { count: needsYou }),
        },
        { to: "more", label: say(W.more), icon: "more" },
      ]}
    />
  );
}
