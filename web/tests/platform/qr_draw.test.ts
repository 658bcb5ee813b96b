/** A drawn code is read again by another library, and the path draws exactly the code's dark modules. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { prepareZXingModule, readBarcodes } from "zxing-wasm/reader";
import { drawQr, QUIET_MODULES, qrMatrix } from "../../platform/qr_draw.ts";
import { encodeText } from "../../protocol/qrtext.ts";

const WASM = new URL(import.meta.resolve("zxing-wasm/reader/zxing_reader.wasm"));
prepareZXingModule({ overrides: { wasmBinary: new Uint8Array(readFileSync(WASM)).buffer } });

const BODY = Uint8Array.from({ length: 349 }, (_, at) => (at * 37) % 256);

function picture(text: string, scale: number): ImageData {
  const { data, size } = qrMatrix(text);
  const side = (size + 2 * QUIET_MODULES) * scale;
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
  expect(qrMatrix(encodeText(BODY)).size).toBe(17 + 4 * 14);
});

test("the path covers as many modules as are dark, and keeps the quiet zone", () => {
  const text = encodeText(BODY.slice(0, 60));
  const { path, size } = drawQr(text);
  const runs = [...path.matchAll(/M(\d+) (\d+)h(\d+)v1H(\d+)z/g)].map((found) => found.slice(1).map(Number));
  const dark = qrMatrix(text).data.flat().filter(Boolean).length;
  expect(runs.reduce((sum, [, , width = 0]) => sum + width, 0)).toBe(dark);
  for (const [x = 0, y = 0, width = 0, back] of runs) {
    expect(back).toBe(x);
    expect(Math.min(x, y, size - x - width, size - y - 1)).toBeGreaterThanOrEqual(QUIET_MODULES);
  }
});

test("what no code holds is our own mistake", () => {
  expect(() => drawQr("A".repeat(5_000))).toThrow(RangeError);
});
