/** A drawn code is read by another library and drawn alike by a third, and the path draws exactly its dark modules. */

import { readFileSync } from "node:fs";
import { encode } from "uqr";
import { expect, test } from "vitest";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import { drawQr, QUIET_MODULES } from "../../platform/qr_draw.ts";
import { qrRows } from "../../platform/qr_matrix.ts";
import { encodeText } from "../../protocol/qrtext.ts";

const WASM = new URL(import.meta.resolve("zxing-wasm/reader/zxing_reader.wasm"));
prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(readFileSync(WASM)).buffer } });

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const BODY = Uint8Array.from({ length: 349 }, (_, at) => (at * 37) % 256);

function picture(text: string, scale: number): ImageData {
  const data = qrRows(text);
  const side = (data.length + 2 * QUIET_MODULES) * scale;
  const pixels = new Uint8ClampedArray(side * side * 4).fill(255);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const dark = data[Math.floor(y / scale) - QUIET_MODULES]?.[Math.floor(x / scale) - QUIET_MODULES] === true;
      if (dark) pixels.fill(0, (y * side + x) * 4, (y * side + x) * 4 + 3);
    }
  }
  return { data: pixels, width: side, height: side, colorSpace: "srgb" };
}

test("what is drawn is read, up to the largest body of one code", async () => {
  for (const body of [BODY.slice(0, 40), BODY]) {
    const text = encodeText(body);
    const found = await readBarcodes(picture(text, 4), { formats: ["QRCode"] });
    expect(found.map((code) => code.text)).toEqual([text]);
  }
});

test("349 bytes fit version 14, with error correction M", () => {
  expect(qrRows(encodeText(BODY))).toHaveLength(17 + 4 * 14);
});

/** How many signs of the alphanumeric alphabet each version holds at level M (ISO/IEC 18004, table 7). */
const HOLDS = [
  ...[20, 38, 61, 90, 122, 154, 178, 221, 262, 311, 366, 419, 483, 528, 600, 656, 734, 816, 909, 970],
  ...[1035, 1134, 1248, 1326, 1451, 1542, 1637, 1732, 1839, 1994],
  ...[2113, 2238, 2369, 2506, 2632, 2780, 2894, 3054, 3220, 3391],
];

test("a code is the smallest that holds its text, and every module is where another author puts it", () => {
  expect(HOLDS).toHaveLength(40);
  for (const [before, most] of HOLDS.entries()) {
    const text = Array.from({ length: most }, (_, at) => ALPHABET[(at * at * 7 + at) % ALPHABET.length]).join("");
    expect(qrRows(text)).toEqual(encode(text, { ecc: "M", border: 0, boostEcc: false }).data);
    expect(qrRows(text)).toHaveLength(21 + 4 * before);
    if (before % 8 === 0) expect(qrRows(`${text}A`)).toHaveLength(25 + 4 * before);
  }
});

test("each of the eight masks is the best one of some text", () => {
  const chosen = new Set<number>();
  for (const text of ["0", "8", "27", "729", "13824", "15625", "19683", "24137569"].map((end) => `FQ1${end}`)) {
    const code = encode(text, { ecc: "M", border: 0, boostEcc: false });
    expect(qrRows(text)).toEqual(code.data);
    chosen.add(code.maskPattern);
  }
  expect(chosen.size).toBe(8);
});

test("any other text is written as bytes", () => {
  for (const text of ["https://feiqian.example/wallet/#code", "钱包", "a".repeat(400)]) {
    expect(qrRows(text)).toEqual(encode(text, { ecc: "M", border: 0, boostEcc: false }).data);
  }
});

test("the path covers as many modules as are dark, and keeps the quiet zone", () => {
  const text = encodeText(BODY.slice(0, 60));
  const { path, size } = drawQr(text);
  const runs = [...path.matchAll(/M(\d+) (\d+)h(\d+)v1H(\d+)z/g)].map((found) => found.slice(1).map(Number));
  const dark = qrRows(text).flat().filter(Boolean).length;
  expect(runs.reduce((sum, [, , width = 0]) => sum + width, 0)).toBe(dark);
  for (const [x = 0, y = 0, width = 0, back] of runs) {
    expect(back).toBe(x);
    expect(Math.min(x, y, size - x - width, size - y - 1)).toBeGreaterThanOrEqual(QUIET_MODULES);
  }
});

test("what no code holds is our own mistake", () => {
  expect(() => drawQr("A".repeat(5_000))).toThrow(RangeError);
});
