/** Both languages by their own names; the one in use is marked. */

import { UI } from "./ui_words.ts";
import { type Language, say, setLanguage, useLanguage } from "./words.ts";

export function LanguageSwitch() {
  const current = useLanguage();
  return (
    <fieldset class="languages">
      <legend class="unseen">{say(UI.language)}</legend>
      <button
        type="button"
        lang="en"
        aria-pressed={current === "en"}
        onClick={() => choose("en")}
        data-testid="language-en"
      >
        English
      </button>
      <button
        type="button"
        lang="zh-Hans"
        aria-pressed={current === "zh"}
        onClick={() => choose("zh")}
        data-testid="language-zh"
      >
        中文
      </button>
    </fieldset>
  );
}

/** A language whose words cannot be loaded now is not taken: the other button stays marked. */
function choose(language: Language): void {
  setLanguage(language).catch(() => undefined);
}
