/** Ticks, labels and bars: what a chart shows of its values. */

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { largestOf } from "../../console/parts/chart.tsx";
import {
  bar,
  compact,
  compactMoney,
  labelled,
  level,
  middle,
  nearest,
  ticks,
} from "../../console/parts/chart_scale.ts";

const SURFACE = { left: 40, top: 10, width: 240, height: 100, largest: 200, count: 24 };

describe("ticks", () => {
  test.each([
    [0, [0, 1]],
    [1, [0, 1]],
    [4, [0, 1, 2, 3, 4]],
    [7, [0, 2, 4, 6, 8]],
    [97, [0, 50, 100]],
    [412_000, [0, 200_000, 400_000, 600_000]],
  ])("of values up to %s", (largest, found) => {
    expect(ticks(largest)).toEqual(found);
  });

  test("reach above every value, in equal whole steps, and are few", () => {
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 50 }), (largest) => {
        const found = ticks(largest);
        const step = found[1] ?? 0;
        expect(found.at(-1)).toBeGreaterThanOrEqual(largest);
        expect(found.length).toBeLessThanOrEqual(6);
        expect(found.every((one, at) => one === at * step && Number.isSafeInteger(one))).toBe(true);
      }),
    );
  });
});

test("labels have room, and the newest always has one", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 60, max: 1_200 }), (count, width) => {
      const found = labelled(count, width, 60);
      expect(found.at(-1)).toBe(count - 1);
      expect(found.length).toBeLessThanOrEqual(Math.max(1, Math.floor(width / 60)));
    }),
  );
});

test("bars stand on each other and inside the surface; whatever is above nothing is seen", () => {
  const below = bar(SURFACE, 3, 0, 80);
  const above = bar(SURFACE, 3, 80, 120);
  expect(below.y + below.height).toBeCloseTo(level(SURFACE, 0));
  expect(above.y + above.height).toBeCloseTo(below.y);
  expect(above.y).toBeCloseTo(SURFACE.top);
  expect(bar(SURFACE, 0, 0, 0).height).toBe(0);
  expect(bar({ ...SURFACE, largest: 1e9 }, 0, 0, 1).height).toBe(1);
});

test("the pointer reads the point that it is over, and the nearest one beside the chart", () => {
  for (let index = 0; index < SURFACE.count; index += 1) expect(nearest(SURFACE, middle(SURFACE, index))).toBe(index);
  expect(nearest(SURFACE, -50)).toBe(0);
  expect(nearest(SURFACE, 5_000)).toBe(SURFACE.count - 1);
});

test("the highest bar is the highest sum, the highest point of lines is none", () => {
  const series = [
    { id: "a", name: "a", values: [5n, 9n] },
    { id: "b", name: "b", values: [6n, 1n] },
  ];
  expect(largestOf(series, "bars")).toBe(11);
  expect(largestOf(series, "line")).toBe(9);
  expect(largestOf([], "bars")).toBe(0);
});

test("numbers on the axis are short in either language", () => {
  expect(compact(1_200, "en")).toMatch(/^1\.2k$/iu);
  expect(compact(12_000, "zh")).toBe("1.2万");
  expect(compactMoney(250_000, "en")).toMatch(/^2\.5k$/iu);
});
