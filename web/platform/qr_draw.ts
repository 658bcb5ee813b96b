/**
 * A text as a QR code, as an SVG path: error correction M, four modules of quiet around it.
 *
 * The colours are the caller's: dark on light always, also in the dark theme, since many readers do not read it the
 * other way round.
 */

import { qrRows } from "./qr_matrix.ts";

export const QUIET_MODULES = 4;

/** A code to draw in a square of `size` modules, its quiet zone included. `path` is the `d` of an SVG path. */
export interface QrDrawing {
  readonly size: number;
  readonly path: string;
}

/** The drawing of a text. Throws RangeError for one that no code holds: it must be split first. */
export function drawQr(text: string): QrDrawing {
  const rows = qrRows(text);
  const size = rows.length;
  const parts: string[] = [];
  rows.forEach((row, y) => {
    let from = -1;
    for (let x = 0; x <= size; x += 1) {
      const dark = row[x] === true;
      if (dark && from < 0) from = x;
      if (dark || from < 0) continue;
      parts.push(`M${from + QUIET_MODULES} ${y + QUIET_MODULES}h${x - from}v1H${from + QUIET_MODULES}z`); // a run of dark
      from = -1;
    }
  });
  return { size: size + 2 * QUIET_MODULES, path: parts.join("") };
}
