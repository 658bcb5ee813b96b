/**
 * Screens that are loaded when somebody first asks for them. The service worker keeps their file, so that this needs no
 * network; without it (a first visit that was cut off) it is said, and the page can be loaded anew.
 */

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Button } from "./button.tsx";
import { Notice } from "./notice.tsx";
import { Screen } from "./screen.tsx";
import { UI } from "./ui_words.ts";
import { addWords, say, type WordFiles } from "./words.ts";

type State<Module> = { readonly module: Module } | "loading" | "missing";

/** What picks a screen out of a file that comes later. File and words, if it has its own, are loaded before it is shown. */
export function later<Module>(load: () => Promise<Module>, words?: WordFiles) {
  let held: Module | undefined;
  const hold = async (): Promise<Module> => {
    const [module] = await Promise.all([load(), words && addWords(words)]);
    held = module;
    return module;
  };
  return <Given extends object>(pick: (module: Module) => ComponentType<Given>): ComponentType<Given> =>
    function Later(given: Given) {
      const [state, set] = useState<State<Module>>(() => (held === undefined ? "loading" : { module: held }));
      useEffect(() => {
        if (state !== "loading") return undefined;
        let shown = true;
        hold().then(
          (module) => shown && set({ module }),
          () => shown && set("missing"),
        );
        return () => {
          shown = false;
        };
      }, [state]);
      if (state === "loading") return null;
      if (state === "missing") return <Missing />;
      const Chosen = pick(state.module);
      return <Chosen {...given} />;
    };
}

function Missing() {
  return (
    <Screen title={say(UI.partMissing)} onBack={true} testid="part-missing">
      <Notice
        tone="warn"
        title={say(UI.partMissingTitle)}
        safe={say(UI.partMissingSafe)}
        next={say(UI.partMissingNext)}
        live="alert"
      />
      <div class="push">
        <Button onClick={() => location.reload()} testid="load-anew">
          {say(UI.loadAnew)}
        </Button>
      </div>
    </Screen>
  );
}
