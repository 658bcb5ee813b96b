/** Whether the till can take payments now: lists, clock, certificate, queue, and the boundary in words. */

import type { Tone } from "../../ui/badges.tsx";
import { ButtonLink } from "../../ui/button.tsx";
import { instant, money, span } from "../../ui/format.ts";
import type { IconName } from "../../ui/icons.tsx";
import { List, Row } from "../../ui/list.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { Language } from "../../ui/words.ts";
import type { Capability, ReadyView } from "../app.ts";
import { Page } from "./page.tsx";
import type { AllWords } from "./seldom_context.ts";
import { useSeldom } from "./seldom_context.ts";
import { STANDING_TONES, standingOf } from "./standing.ts";

export function ReadyScreen() {
  const { app, words } = useSeldom();
  const ready = app.ready();
  const standing = standingOf(ready);
  const title = { ready: words.readyYes, limited: words.readyLimited, stopped: words.readyNo }[standing];
  const open = ready.capabilities.filter((one) => one.works);
  const shut = ready.capabilities.filter((one) => !one.works);
  return (
    <Page title={words.readyTitle} testid="ready" here="more" onBack>
      <div class="detail">
        <div class="stack">
          <Notice
            tone={STANDING_TONES[standing]}
            title={title}
            safe={ready.payeeName}
            testid={`standing-${standing}`}
          />
          {ready.updateNeeded ? (
            <Notice
              tone="warn"
              title={words.updateTitle}
              safe={`${words.updateHappened} ${words.updateSafe}`}
              next={words.updateNext}
              testid="update-needed"
            />
          ) : null}
          <Checks ready={ready} />
          <ButtonLink to="sync" kind="main" icon="sync" testid="ready-sync">
            {words.moreSync}
          </ButtonLink>
        </div>
        <section class="section">
          <h2>{words.possibleNow}</h2>
          <List label={words.possibleNow}>
            {[...open, ...shut].map((one) => (
              <Able key={one.what} one={one} ready={ready} />
            ))}
          </List>
        </section>
      </div>
    </Page>
  );
}

interface Check {
  readonly name: string;
  readonly said: string;
  readonly tone: Tone;
  readonly testid: string;
}

/** The checks in the order in which they matter; each says the same in colour, icon and words. */
export function checksOf(ready: ReadyView, words: AllWords, language: Language): readonly Check[] {
  const at = (time: number) => instant(time, ready.now, language);
  const amount = (minor: bigint) => money(minor, ready.currency);
  const aheadS = ready.clockAheadS ?? 0;
  const off = aheadS < 0 ? words.clockSlow : words.clockOff;
  const oldLists = ready.capabilities.some((one) => one.why === "lists_old" || one.why === "lists_stale");
  const waits = ready.queueClaims + ready.queueNotes > 0;
  return [
    {
      name: words.guaranteeRow,
      said: ready.guaranteeMinor === null ? words.guaranteeNone : words.guaranteedNow(amount(ready.guaranteeMinor)),
      tone: ready.guaranteeMinor === null ? "bad" : "good",
      testid: "check-guarantee",
    },
    {
      name: words.listsRow,
      said: ready.listsAgeS === null ? words.listsOver : words.listsAge(span(ready.listsAgeS, language)),
      tone: ready.listsAgeS === null ? "bad" : oldLists ? "warn" : "good",
      testid: "check-lists",
    },
    {
      name: words.clockRow,
      said: ready.clockIsOff ? off(span(Math.abs(aheadS), language)) : words.clockGood,
      tone: ready.clockIsOff ? "warn" : "good",
      testid: "check-clock",
    },
    {
      name: words.certificateRow,
      said: words.validUntil(at(ready.certificateExpiresAt)),
      tone: ready.certificateExpiresAt <= ready.now ? "bad" : "good",
      testid: "check-certificate",
    },
    {
      name: words.queueRow,
      said: waits
        ? words.queueSome(String(ready.queueClaims), String(ready.queueNotes), amount(ready.queueMinor)) +
          (ready.firstDeadline === null ? "" : ` · ${words.firstDeadline(at(ready.firstDeadline))}`)
        : words.queueEmpty,
      tone: waits ? "info" : "good",
      testid: "check-queue",
    },
  ];
}

const TONE_ICONS: Readonly<Record<Tone, IconName>> = {
  good: "check",
  info: "up",
  warn: "warn",
  bad: "bad",
  plain: "info",
};

function Checks({ ready }: { ready: ReadyView }) {
  const { words, language } = useSeldom();
  return (
    <List>
      {checksOf(ready, words, language).map((check) => (
        <Row
          key={check.testid}
          icon={TONE_ICONS[check.tone]}
          tone={check.tone}
          title={check.name}
          detail={check.said}
          testid={check.testid}
        />
      ))}
    </List>
  );
}

/** The name of a capability in words; one that this version does not know shows its own name. */
function named(table: Readonly<Record<string, string>>, key: string): string {
  return table[key] ?? key;
}

function Able({ one, ready }: { one: Capability; ready: ReadyView }) {
  const { words, language } = useSeldom();
  const { boundary } = words;
  const limits = [
    one.upToMinor === null ? "" : words.worksUpTo(money(one.upToMinor, ready.currency)),
    one.until === null ? "" : words.worksUntil(instant(one.until, ready.now, language)),
  ].filter((part) => part !== "");
  const why = one.why === null ? "" : named(boundary.why, one.why);
  const said = [
    one.works ? [words.works, ...limits].join(language === "zh" ? "，" : ", ") : words.worksNot,
    why,
  ].filter((part) => part !== "");
  const tone = one.works ? (one.why === null ? "good" : "warn") : "plain";
  return (
    <Row
      icon={one.works ? (one.why === null ? "check" : "warn") : "minus"}
      tone={tone}
      title={named(boundary.what, one.what)}
      detail={said.join(language === "zh" ? "。" : ". ")}
      testid={`able-${one.what}`}
    />
  );
}
