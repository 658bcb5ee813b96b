/** Stopping a lost device by its code: from any browser, with no wallet in it. */

import { useState } from "preact/hooks";
import type { LostReply } from "../platform/operator_lost.ts";
import { useAct } from "../ui/act.ts";
import { AmountView } from "../ui/amount.tsx";
import { Button } from "../ui/button.tsx";
import { Field } from "../ui/field.tsx";
import { instant } from "../ui/format.ts";
import { LanguageSwitch } from "../ui/language_switch.tsx";
import { CodedNotice, Notice } from "../ui/notice.tsx";
import { screenNow } from "../ui/now.ts";
import { Screen } from "../ui/screen.tsx";
import { language, say, useLanguage } from "../ui/words.ts";
import { LOST } from "./words.ts";

export type Report = (code: string) => Promise<LostReply>;

export function LostPage({ report }: { report: Report }) {
  useLanguage();
  const [reply, setReply] = useState<LostReply | null>(null);
  return reply === null ? <Asking report={report} onReply={setReply} /> : <Stopped reply={reply} />;
}

function Asking({ report, onReply }: { report: Report; onReply: (reply: LostReply) => void }) {
  const act = useAct();
  const [code, setCode] = useState("");
  return (
    <Screen title={say(LOST.title)} actions={<LanguageSwitch />} testid="report-lost">
      <form
        class="stack grow"
        onSubmit={(event) => {
          event.preventDefault();
          if (code.trim() !== "") act.run(async () => onReply(await report(code.trim())));
        }}
      >
        <p class="muted">{say(LOST.lead)}</p>
        {act.failure === null ? null : <CodedNotice coded={act.failure} live="alert" />}
        <Field
          label={say(LOST.code)}
          hint={say(LOST.codeHint)}
          value={code}
          onInput={setCode}
          autoComplete="off"
          testid="lost-code-field"
        />
        <Button type="submit" busy={act.busy} disabled={code.trim() === ""} testid="lost-stop">
          {say(act.busy ? LOST.asking : LOST.stop)}
        </Button>
        <p class="small muted">{say(LOST.noCode)}</p>
      </form>
      <Home />
    </Screen>
  );
}

function Stopped({ reply: { atRiskMinor, currency, deadline } }: { reply: LostReply }) {
  const nothing = currency === null || deadline === null;
  return (
    <Screen title={say(LOST.title)} actions={<LanguageSwitch />} testid="lost-stopped">
      <Notice
        tone="good"
        title={say(nothing ? LOST.nothing : LOST.stopped)}
        safe={say(nothing ? LOST.nothingSafe : LOST.stoppedSafe)}
        live="status"
        testid="stopped"
      />
      {nothing ? null : (
        <section class="card centred stack-small" data-testid="at-risk">
          <h2 class="muted">{say(LOST.atRisk)}</h2>
          <AmountView minor={atRiskMinor} currency={currency} size="large" />
          <p class="muted small">{say(LOST.backBy, { at: instant(deadline, screenNow(), language()) })}</p>
        </section>
      )}
      <section class="section">
        <h2>{say(LOST.next)}</h2>
        <ul class="card stack">
          {[LOST.next1, LOST.next2, LOST.next3].map((next) => (
            <li key={next[0]}>{say(next)}</li>
          ))}
        </ul>
      </section>
      <Home />
    </Screen>
  );
}

function Home() {
  return (
    <div class="push">
      <a class="button button-quiet" href="/" data-testid="to-start">
        {say(LOST.home)}
      </a>
    </div>
  );
}
