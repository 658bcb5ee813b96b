/** Figures over time: paid offline and online, settled, exposure, time to settlement, refusals by reason. */

import { useState } from "preact/hooks";
import { Choices } from "../../ui/field.tsx";
import { money, span } from "../../ui/format.ts";
import { language, say } from "../../ui/words.ts";
import { Answered, type Asked, useAsked } from "../parts/asked.tsx";
import { Chart, type Point, RankChart } from "../parts/chart.tsx";
import { compact, compactMoney } from "../parts/chart_scale.ts";
import { Page } from "../parts/frame.tsx";
import type { ExposureOverTime, Settling, Step, Volume } from "../reading/series.ts";
import { W } from "../words.ts";
import { FIGURES } from "../words_pages.ts";
import { refusalName } from "../words_values.ts";
import { useConsole } from "./context.ts";
import { Select, when } from "./show.tsx";

const SPANS = {
  day: { step: "hour", count: 24 },
  week: { step: "hour", count: 168 },
  month: { step: "day", count: 30 },
} as const satisfies Readonly<Record<string, { step: Step; count: number }>>;
type Span = keyof typeof SPANS;
const DAY_S = 86_400;

export function FiguresPage() {
  const { operator, session } = useConsole();
  const [span, setSpan] = useState<Span>("day");
  const [chosen, choose] = useState(session.currency);
  const { step, count } = SPANS[span];
  const volume = useAsked(`volume-${span}`, () => operator.volume(step, count));
  const exposure = useAsked(`exposure-${span}`, () => operator.exposureOverTime(step, count));
  const settling = useAsked(`settling-${span}`, () => operator.settling(step, count));
  const known = [
    ...new Set([volume, exposure, settling].flatMap(({ value }) => value?.currencies.map((one) => one.currency) ?? [])),
  ];
  const currency = known.includes(chosen) ? chosen : (known[0] ?? chosen);
  return (
    <Page title={say(W.figures)} lead={say(FIGURES.lead)} here="figures" testid="figures">
      <div class="filters">
        <Choices
          label={say(FIGURES.span)}
          look="chips"
          choices={[
            { value: "day" as const, label: say(FIGURES.day) },
            { value: "week" as const, label: say(FIGURES.week) },
            { value: "month" as const, label: say(FIGURES.month) },
          ]}
          chosen={span}
          onChoose={setSpan}
          testid="span"
        />
        {known.length < 2 ? null : (
          <Select
            label={say(FIGURES.currency)}
            chosen={currency}
            choices={known.map((value) => ({ value, label: value }))}
            onChoose={choose}
            testid="currency"
          />
        )}
      </div>
      <div class="columns" key={span}>
        <Figure asked={settling}>{(found) => <Paid of={found} currency={currency} span={span} />}</Figure>
        <Figure asked={volume}>{(found) => <Settled of={found} currency={currency} span={span} />}</Figure>
        <Figure asked={exposure}>{(found) => <Exposure of={found} currency={currency} span={span} />}</Figure>
        <Figure asked={settling}>{(found) => <Delays of={found} />}</Figure>
        <Figure asked={settling}>{(found) => <Refusals of={found} />}</Figure>
      </div>
    </Page>
  );
}

function Figure<T extends { readonly step: Step; readonly since: number }>({
  asked,
  children,
}: {
  asked: Asked<T>;
  children: (found: T) => preact.ComponentChildren;
}) {
  return (
    <div class="stack-small">
      <Answered asked={asked}>{children}</Answered>
    </div>
  );
}

/** Hours in the reader's own time, days as the operator counts them. */
export function pointOf(at: number, span: Span): Point {
  const locale = language() === "zh" ? "zh-CN" : "en-GB";
  const date = new Date(at * 1000);
  const spell = (options: Intl.DateTimeFormatOptions) => new Intl.DateTimeFormat(locale, options).format(date);
  const day: Intl.DateTimeFormatOptions = { day: "numeric", month: "short" };
  const hour: Intl.DateTimeFormatOptions = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  if (span === "month") return { label: spell({ ...day, timeZone: "UTC" }), said: spell({ ...day, timeZone: "UTC" }) };
  return { label: span === "day" ? spell(hour) : spell(day), said: `${spell(day)} ${spell(hour)}` };
}

interface MoneyGiven {
  readonly currency: string;
  readonly span: Span;
}

function moneyWords(currency: string) {
  return {
    spell: (value: bigint) => money(value, currency),
    spellTick: (value: number) => compactMoney(value, language()),
    nothing: say(FIGURES.nothing),
  };
}

function pointName(span: Span): string {
  return say(span === "month" ? FIGURES.dayName : FIGURES.hour);
}

function Paid({ of, currency, span: shown }: { of: Settling } & MoneyGiven) {
  const buckets = of.currencies.find((one) => one.currency === currency)?.buckets ?? [];
  const from = buckets[0]?.at ?? of.since;
  return (
    <>
      <Chart
        title={say(FIGURES.paid)}
        unit={say(FIGURES.paidUnit, { currency, time: span(of.onlineWithinS, language()) })}
        kind="bars"
        points={buckets.map(({ at }) => pointOf(at, shown))}
        series={[
          { id: "offline", name: say(FIGURES.offline), values: buckets.map((one) => one.offlineMinor) },
          { id: "online", name: say(FIGURES.online), values: buckets.map((one) => one.onlineMinor) },
        ]}
        pointName={pointName(shown)}
        {...moneyWords(currency)}
        testid="chart-paid"
      />
      {of.since > from + DAY_S / 24 ? <p class="muted small">{say(FIGURES.since, { time: when(of.since) })}</p> : null}
    </>
  );
}

function Settled({ of, currency, span: shown }: { of: Volume } & MoneyGiven) {
  const buckets = of.currencies.find((one) => one.currency === currency)?.buckets ?? [];
  const back = buckets.reduce((sum, one) => sum + one.chargedBackMinor, 0n);
  return (
    <Chart
      title={say(FIGURES.settled)}
      unit={say(FIGURES.settledUnit, { currency, amount: money(back, currency) })}
      kind="bars"
      points={buckets.map(({ at }) => pointOf(at, shown))}
      series={[
        { id: "arrival", name: say(FIGURES.onArrival), values: buckets.map((one) => one.onArrivalMinor) },
        { id: "deadline", name: say(FIGURES.atDeadline), values: buckets.map((one) => one.atDeadlineMinor) },
      ]}
      pointName={pointName(shown)}
      {...moneyWords(currency)}
      testid="chart-settled"
    />
  );
}

function Exposure({ of, currency, span: shown }: { of: ExposureOverTime } & MoneyGiven) {
  const buckets = of.currencies.find((one) => one.currency === currency)?.buckets ?? [];
  return (
    <Chart
      title={say(FIGURES.exposure)}
      unit={say(FIGURES.exposureUnit, { currency })}
      kind="line"
      points={buckets.map(({ at }) => pointOf(at, shown))}
      series={[
        { id: "reserved", name: say(FIGURES.reserved), values: buckets.map((one) => one.reservedMinor) },
        { id: "pool", name: say(FIGURES.pool), values: buckets.map((one) => one.poolMinor) },
      ]}
      pointName={pointName(shown)}
      {...moneyWords(currency)}
      testid="chart-exposure"
    />
  );
}

const countWords = {
  spell: (value: bigint) => value.toString(),
  spellTick: (value: number) => compact(value, language()),
};

function Delays({ of }: { of: Settling }) {
  const last = of.delays.findLast(({ upToS }) => upToS !== null)?.upToS ?? 0;
  return (
    <Chart
      title={say(FIGURES.delay)}
      unit={say(FIGURES.delayUnit, { count: of.claims })}
      kind="bars"
      points={of.delays.map(({ upToS }) => {
        const time = span(upToS ?? last, language());
        return upToS === null
          ? { label: `> ${time}`, said: say(FIGURES.later) }
          : { label: `≤ ${time}`, said: say(FIGURES.within, { time }) };
      })}
      series={[{ id: "claims", name: say(FIGURES.claims), values: of.delays.map(({ claims }) => BigInt(claims)) }]}
      pointName={say(FIGURES.delay)}
      {...countWords}
      nothing={say(FIGURES.nothing)}
      testid="chart-delay"
    />
  );
}

function Refusals({ of }: { of: Settling }) {
  return (
    <RankChart
      title={say(FIGURES.refusals)}
      unit={say(FIGURES.refusalsUnit)}
      ranks={of.refusals.map(({ reason, claims }) => ({
        id: reason,
        name: refusalName(reason),
        value: BigInt(claims),
      }))}
      spell={countWords.spell}
      nothing={say(FIGURES.noRefusals)}
      testid="chart-refusals"
    />
  );
}
