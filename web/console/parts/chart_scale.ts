/**
 * How values become a picture: ticks people can read, and which labels of the axis have room. No browser.
 *
 * Money comes here as bigint and is turned into a number only to be drawn: a pixel is coarser than any rounding. What is
 * written beside the picture is spelled from the bigint.
 */

import { SCALE } from "../../ui/format.ts";
import type { Language } from "../../ui/words.ts";

const STEPS = [1, 2, 5, 10];

/** The values of the horizontal lines, from 0 to the first one that no value passes. */
export function ticks(largest: number, wanted = 4): readonly number[] {
  const rough = Math.max(largest, 1) / wanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, (STEPS.find((one) => one * power >= rough) ?? 10) * power);
  const lines = Math.max(1, Math.ceil(largest / step));
  return Array.from({ length: lines + 1 }, (_, index) => index * step);
}

/** Which of `count` labels are written, so that each has `each` pixels of `width`; the last one always is. */
export function labelled(count: number, width: number, each: number): readonly number[] {
  const room = Math.max(1, Math.floor(width / each));
  const every = Math.max(1, Math.ceil(count / room));
  const found: number[] = [];
  for (let index = count - 1; index >= 0; index -= every) found.unshift(index);
  return found;
}

/** 1.2K or 1.2万: a whole number in few characters. */
export function compact(value: number, language: Language): string {
  const locale = language === "zh" ? "zh-CN" : "en-GB";
  return new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 }).format(value);
}

/** The same of minor units, in whole units of money. */
export function compactMoney(minor: number, language: Language): string {
  return compact(minor / 10 ** SCALE, language);
}

export interface Bar {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Where everything stands on a surface of so many pixels. */
export interface Surface {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly largest: number;
  readonly count: number;
}

/** The middle of a point. */
export function middle(surface: Surface, index: number): number {
  return surface.left + ((index + 0.5) * surface.width) / Math.max(1, surface.count);
}

export function level(surface: Surface, value: number): number {
  return surface.top + surface.height * (1 - value / Math.max(surface.largest, 1));
}

const FILLED = 0.72;
const BAR_MAX = 44;

/** One value of a point on top of what is already there. Whatever is above nothing is seen: one pixel at least. */
export function bar(surface: Surface, index: number, below: number, value: number): Bar {
  const width = Math.min(BAR_MAX, (FILLED * surface.width) / Math.max(1, surface.count));
  const y = level(surface, below + value);
  const height = value > 0 ? Math.max(1, level(surface, below) - y) : 0;
  return { x: middle(surface, index) - width / 2, y: level(surface, below) - height, width, height };
}

/** The point nearest to where the pointer is. */
export function nearest(surface: Surface, x: number): number {
  const index = Math.floor(((x - surface.left) / Math.max(1, surface.width)) * surface.count);
  return Math.min(surface.count - 1, Math.max(0, index));
}

/** The points of a line, as the attribute of a polyline. */
export function line(surface: Surface, values: readonly number[]): string {
  return values
    .map((value, index) => `${middle(surface, index).toFixed(1)},${level(surface, value).toFixed(1)}`)
    .join(" ");
}
