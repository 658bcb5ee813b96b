/**
 * A chart that everybody can read: bars or a line with ticks, the values of one point in words under the pointer or the
 * arrow keys, and the same as a table. Series differ by colour and by pattern, never by colour alone.
 *
 * The reader is a range input over the picture: keyboards, fingers and screen readers know what to do with it.
 */

import { useEffect, useId, useRef, useState } from "preact/hooks";
import { say, useLanguage } from "../../ui/words.ts";
import { PARTS } from "../words_parts.ts";
import { bar, labelled, level, line, middle, nearest, type Surface, ticks } from "./chart_scale.ts";

const HEIGHT = 220;
const TOP = 12;
const FOOT = 28;
const RIGHT = 8;
const CHARACTER = 7.5;
const LABEL_ROOM = 62;
const FIRST_WIDTH = 320;

export interface Series {
  readonly id: string;
  readonly name: string;
  /** One for each point. */
  readonly values: readonly bigint[];
}

export interface Point {
  /** Short, for the axis. */
  readonly label: string;
  /** Whole, for whoever reads its values. */
  readonly said: string;
}

export interface ChartGiven {
  readonly title: string;
  /** What is counted, in which unit. */
  readonly unit: string;
  readonly kind: "bars" | "line";
  readonly points: readonly Point[];
  readonly series: readonly Series[];
  readonly pointName: string;
  readonly spell: (value: bigint) => string;
  readonly spellTick: (value: number) => string;
  readonly nothing: string;
  readonly testid: string;
}

export function Chart(given: ChartGiven) {
  const { title, unit, series, points, testid } = given;
  useLanguage();
  const id = useId();
  const [chosen, choose] = useState<number | null>(null);
  const at = chosen === null || chosen >= points.length ? null : chosen;
  const empty = series.every(({ values }) => values.every((value) => value === 0n));
  return (
    <figure class="card chart" data-testid={testid} aria-labelledby={id}>
      <figcaption>
        <h2 id={id}>{title}</h2>
        <p class="muted small">{unit}</p>
      </figcaption>
      {empty ? (
        <p class="chart-nothing muted">{given.nothing}</p>
      ) : (
        <>
          <Legend given={given} at={at} />
          <Picture given={given} at={at} onAt={choose} />
          <details class="chart-table">
            <summary>{say(PARTS.asTable)}</summary>
            <ChartTable given={given} />
          </details>
        </>
      )}
    </figure>
  );
}

function Legend({ given, at }: { given: ChartGiven; at: number | null }) {
  const { series, points, spell } = given;
  const named = series.length > 1;
  const point = at === null ? undefined : points[at];
  return (
    <div class="legend">
      <p class="legend-at" data-testid={`${given.testid}-at`}>
        {point === undefined ? (given.kind === "bars" ? say(PARTS.sum) : points.at(-1)?.said) : point.said}
      </p>
      <ul>
        {series.map(({ id, name, values }, index) => (
          <li key={id}>
            <Swatch index={index} />
            {named ? <span class="legend-name">{name}</span> : null}
            <span class="legend-value numbers">
              {given.kind === "line" && at === null
                ? spell(values.at(-1) ?? 0n)
                : spell(at === null ? sum(values) : (values[at] ?? 0n))}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function Swatch({ index }: { index: number }) {
  return (
    <svg class={`swatch series-${index}`} viewBox="0 0 14 14" aria-hidden="true" focusable="false">
      <rect class="series-ground" width="14" height="14" rx="3" />
      {index === 1 ? <path class="series-stroke" d="M-2 8 8 -2M-2 16 16 -2M6 16 16 6" /> : null}
    </svg>
  );
}

function Picture({ given, at, onAt }: { given: ChartGiven; at: number | null; onAt: (at: number | null) => void }) {
  const { points, series, kind, spell, spellTick } = given;
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const hatch = useId();
  const lines = ticks(largestOf(series, kind));
  const left = Math.max(...lines.map((value) => spellTick(value).length)) * CHARACTER + 10;
  const surface: Surface = {
    left,
    top: TOP,
    width: Math.max(60, width - left - RIGHT),
    height: HEIGHT - TOP - FOOT,
    largest: lines.at(-1) ?? 1,
    count: points.length,
  };
  const last = points.length - 1;
  const read = (index: number): string =>
    `${points[index]?.said ?? ""}: ${series.map((one) => `${one.name} ${spell(one.values[index] ?? 0n)}`).join("; ")}`;
  return (
    <div
      class="chart-box"
      ref={box}
      onPointerMove={(event) => {
        if (event.pointerType === "mouse") onAt(nearest(surface, event.offsetX));
      }}
      onPointerLeave={() => onAt(null)}
    >
      <svg class="chart-picture" width={width} height={HEIGHT} aria-hidden="true" focusable="false">
        <defs>
          <pattern id={hatch} class="series-1" width="7" height="7" patternUnits="userSpaceOnUse">
            <rect class="series-ground" width="7" height="7" />
            <path class="series-stroke" d="M-1.500 1.500 1.500 -1.500M0 7 7 0M5.500 8.500 8.500 5.500" />
          </pattern>
        </defs>
        {lines.map((value) => (
          <g key={value}>
            <line
              class={value === 0 ? "chart-floor" : "chart-line"}
              x1={left}
              x2={left + surface.width}
              y1={level(surface, value)}
              y2={level(surface, value)}
            />
            <text class="chart-text" x={left - 8} y={level(surface, value) + 4} text-anchor="end">
              {spellTick(value)}
            </text>
          </g>
        ))}
        {at === null ? null : (
          <rect
            class="chart-here"
            x={middle(surface, at) - surface.width / points.length / 2}
            width={surface.width / points.length}
            y={TOP}
            height={surface.height}
          />
        )}
        {kind === "bars" ? (
          <Bars series={series} surface={surface} hatch={`url(#${hatch})`} />
        ) : (
          <Lines series={series} surface={surface} at={at} />
        )}
        {labelled(points.length, surface.width, LABEL_ROOM).map((index) => (
          <text
            key={index}
            class="chart-text"
            x={Math.min(middle(surface, index), width - 22)}
            y={HEIGHT - 9}
            text-anchor="middle"
          >
            {points[index]?.label}
          </text>
        ))}
      </svg>
      <input
        class="chart-reader"
        type="range"
        min={0}
        max={last}
        step={1}
        value={at ?? last}
        aria-label={say(PARTS.readValues, { title: given.title })}
        aria-valuetext={read(at ?? last)}
        onFocus={() => onAt(at ?? last)}
        onBlur={() => onAt(null)}
        onInput={(event) => onAt(Number(event.currentTarget.value))}
        data-testid={`${given.testid}-reader`}
      />
    </div>
  );
}

function Bars({ series, surface, hatch }: { series: readonly Series[]; surface: Surface; hatch: string }) {
  return (
    <>
      {series.map(({ id, values }, which) => (
        <g key={id} class={`series-${which}`}>
          {values.map((value, index) => {
            const below = sum(series.slice(0, which).map((one) => one.values[index] ?? 0n));
            const { x, y, width, height } = bar(surface, index, Number(below), Number(value));
            const place = { x, y, width, height };
            const key = `${id}-${index}`;
            return which === 1 ? (
              <rect key={key} class="chart-bar" fill={hatch} {...place} />
            ) : (
              <rect key={key} class="chart-bar series-ground" {...place} />
            );
          })}
        </g>
      ))}
    </>
  );
}

function Lines({ series, surface, at }: { series: readonly Series[]; surface: Surface; at: number | null }) {
  return (
    <>
      {series.map(({ id, values }, which) => {
        const numbers = values.map(Number);
        const drawn = line(surface, numbers);
        const floor = level(surface, 0);
        const [from, to] = [middle(surface, 0), middle(surface, numbers.length - 1)];
        return (
          <g key={id} class={`series-${which}`}>
            {which === 0 ? <polygon class="chart-area" points={`${from},${floor} ${drawn} ${to},${floor}`} /> : null}
            <polyline class="chart-curve" points={drawn} />
            {at === null ? null : (
              <circle class="chart-dot" cx={middle(surface, at)} cy={level(surface, numbers[at] ?? 0)} r={5} />
            )}
          </g>
        );
      })}
    </>
  );
}

function ChartTable({ given }: { given: ChartGiven }) {
  return (
    <table class="table chart-values">
      <caption class="unseen">{given.title}</caption>
      <thead>
        <tr>
          <th scope="col">{given.pointName}</th>
          {given.series.map(({ id, name }) => (
            <th key={id} scope="col" class="cell-number">
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {given.points.map((point, index) => (
          <tr key={point.said}>
            <th scope="row">{point.said}</th>
            {given.series.map(({ id, values }) => (
              <td key={id} class="cell-number">
                {given.spell(values[index] ?? 0n)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export interface Rank {
  readonly id: string;
  readonly name: string;
  readonly value: bigint;
}

interface RanksGiven {
  readonly title: string;
  readonly unit: string;
  readonly ranks: readonly Rank[];
  readonly spell: (value: bigint) => string;
  readonly nothing: string;
  readonly testid: string;
}

/** Bars with long names, one under the other: a list, so that it needs no other way to be read. */
export function RankChart({ title, unit, ranks, spell, nothing, testid }: RanksGiven) {
  const id = useId();
  const largest = ranks.reduce((most, { value }) => (value > most ? value : most), 1n);
  return (
    <figure class="card chart" data-testid={testid} aria-labelledby={id}>
      <figcaption>
        <h2 id={id}>{title}</h2>
        <p class="muted small">{unit}</p>
      </figcaption>
      {ranks.length === 0 ? (
        <p class="chart-nothing muted">{nothing}</p>
      ) : (
        <ul class="ranks">
          {ranks.map((rank) => (
            <li key={rank.id}>
              <span class="rank-name">{rank.name}</span>
              <span class="rank-value numbers">{spell(rank.value)}</span>
              <svg class="rank-bar series-0" aria-hidden="true" focusable="false">
                <rect class="rank-track" width="100%" height="8" rx="4" />
                <rect
                  class="series-ground"
                  width={`${Number((rank.value * 1000n) / largest) / 10}%`}
                  height="8"
                  rx="4"
                />
              </svg>
            </li>
          ))}
        </ul>
      )}
    </figure>
  );
}

function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

/** What the highest bar or line reaches; bars stand on each other. */
export function largestOf(series: readonly Series[], kind: "bars" | "line"): number {
  if (kind === "line") return Math.max(0, ...series.flatMap(({ values }) => values.map(Number)));
  const count = Math.max(0, ...series.map(({ values }) => values.length));
  return Math.max(
    0,
    ...Array.from({ length: count }, (_, index) => Number(sum(series.map(({ values }) => values[index] ?? 0n)))),
  );
}

function useWidth(box: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(FIRST_WIDTH);
  useEffect(() => {
    const shown = box.current;
    if (shown === null) return;
    const watch = new ResizeObserver(() => setWidth(shown.clientWidth));
    watch.observe(shown);
    setWidth(shown.clientWidth);
    return () => watch.disconnect();
  }, [box]);
  return width;
}
