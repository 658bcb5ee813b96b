/**
 * The modules of a QR code (ISO/IEC 18004): error correction M, the smallest version, the mask that the standard prefers.
 *
 * Written for what an app loads every day: one level, the alphanumeric alphabet of FQ1 texts at 5.5 bits a character, and
 * bytes for any other text. Another author draws the same codes in the tests, and every module is compared.
 */

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const VERSIONS = 40;
/** Codewords of correction in a block, and blocks, by version at level M (table 9). The last one counts for all above. */
const CHECKS = [10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28];
const BLOCKS = [
  ...[1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16],
  ...[17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31, 33, 35, 37, 38, 40, 43, 45, 47, 49],
];

/** A module: one bit is whether it is dark, another whether it carries data, which is what a mask turns over. */
const DARK = 1;
const DATA = 2;

/** Which modules of data a mask turns over: those for which it gives zero (table 10). */
const MASKS: readonly ((x: number, y: number) => number)[] = [
  (x, y) => (x + y) % 2,
  (_, y) => y % 2,
  (x) => x % 3,
  (x, y) => (x + y) % 3,
  (x, y) => (Math.floor(x / 3) + (y >> 1)) % 2,
  (x, y) => ((x * y) % 2) + ((x * y) % 3),
  (x, y) => (((x * y) % 2) + ((x * y) % 3)) % 2,
  (x, y) => (((x + y) % 2) + ((x * y) % 3)) % 2,
];

type Cells = number[][];

/** The rows of a text's code, without its quiet zone; true is dark. Throws RangeError for what no code holds. */
export function qrRows(text: string): readonly (readonly boolean[])[] {
  let version = 1;
  let data = dataOf(text, version);
  while (data === undefined) {
    version += 1;
    if (version > VERSIONS) throw new RangeError("too long for one code");
    data = dataOf(text, version);
  }
  const cells = fixedCells(version);
  fill(cells, interleaved(data, version));
  const tried = MASKS.map((mask, number) => {
    const masked = cells.map((row, y) => row.map((cell, x) => (cell & DATA && mask(x, y) === 0 ? cell ^ DARK : cell)));
    putFormat(masked, number);
    return { masked, penalty: penaltyOf(masked) };
  });
  const best = tried.reduce((one, other) => (other.penalty < one.penalty ? other : one));
  return best.masked.map((row) => row.map((cell) => (cell & DARK) > 0));
}

const sideOf = (version: number): number => version * 4 + 17;
const checksOf = (version: number): number => CHECKS[version - 1] ?? 28;
const blocksOf = (version: number): number => BLOCKS[version - 1] ?? 1;

/** Where alignment patterns stand, on either axis. */
function alignments(version: number): readonly number[] {
  if (version === 1) return [];
  const count = Math.floor(version / 7) + 2;
  const step = version === 32 ? 26 : Math.ceil((version * 4 + 4) / (count * 2 - 2)) * 2;
  return [6, ...Array.from({ length: count - 1 }, (_, at) => sideOf(version) - 7 - step * (count - 2 - at))];
}

/** All codewords of a version: what fixed patterns leave free, in eights. */
function capacityOf(version: number): number {
  const { length } = alignments(version);
  const patterns = length === 0 ? 0 : (25 * length - 10) * length - 55 + (version < 7 ? 0 : 36);
  return ((16 * version + 128) * version + 64 - patterns) >> 3;
}

/** The text as codewords that fill this version; undefined where it has too few. */
function dataOf(text: string, version: number): readonly number[] | undefined {
  const bits: number[] = [];
  const put = (value: number, length: number): void => {
    for (let at = length - 1; at >= 0; at -= 1) bits.push((value >>> at) & 1);
  };
  const signs = Array.from(text, (sign) => ALPHABET.indexOf(sign));
  if (signs.includes(-1)) {
    const bytes = new TextEncoder().encode(text);
    put(4, 4);
    put(bytes.length, version < 10 ? 8 : 16);
    for (const byte of bytes) put(byte, 8);
  } else {
    put(2, 4);
    put(signs.length, version < 10 ? 9 : version < 27 ? 11 : 13);
    for (let at = 0; at < signs.length; at += 2) {
      const [one = 0, other] = signs.slice(at, at + 2);
      if (other === undefined) put(one, 6);
      else put(one * 45 + other, 11);
    }
  }
  const most = (capacityOf(version) - checksOf(version) * blocksOf(version)) * 8;
  if (bits.length > most) return undefined;
  put(0, Math.min(4, most - bits.length));
  put(0, -bits.length & 7);
  for (let pad = 0xec; bits.length < most; pad ^= 0xec ^ 0x11) put(pad, 8);
  return Array.from({ length: most / 8 }, (_, at) => Number.parseInt(bits.slice(at * 8, at * 8 + 8).join(""), 2));
}

/** Data and their correction as they are laid down: the first codeword of every block, the second of every block, … */
function interleaved(data: readonly number[], version: number): readonly number[] {
  const blocks = blocksOf(version);
  const least = Math.floor(data.length / blocks);
  const short = blocks - (data.length % blocks); // the others hold one more
  const divisor = divisorOf(checksOf(version));
  const held = Array.from({ length: blocks }, (_, at) => {
    const from = at * least + Math.max(0, at - short);
    return data.slice(from, from + least + (at < short ? 0 : 1));
  });
  const turns = (parts: readonly (readonly number[])[], length: number): number[] =>
    Array.from({ length }, (_, at) => parts.flatMap((part) => part.slice(at, at + 1))).flat();
  return [
    ...turns(held, least + 1),
    ...turns(
      held.map((part) => remainder(part, divisor)),
      divisor.length,
    ),
  ];
}

/** The product in the field of 256 elements, modulo x^8 + x^4 + x^3 + x^2 + 1. */
function product(one: number, other: number): number {
  let found = 0;
  for (let at = 7; at >= 0; at -= 1) found = (found << 1) ^ ((found >>> 7) * 0x11d) ^ (((other >>> at) & 1) * one);
  return found;
}

/** The polynomial (x - 1)(x - 2)(x - 4)… of this degree, without its first factor 1. */
function divisorOf(degree: number): readonly number[] {
  let found = [...Array<number>(degree - 1).fill(0), 1];
  for (let root = 1, at = 0; at < degree; at += 1, root = product(root, 2)) {
    found = found.map((factor, place) => product(factor, root) ^ (found[place + 1] ?? 0));
  }
  return found;
}

function remainder(data: readonly number[], divisor: readonly number[]): readonly number[] {
  let found = divisor.map(() => 0);
  for (const codeword of data) {
    const factor = codeword ^ (found[0] ?? 0);
    found = divisor.map((one, place) => product(one, factor) ^ (found[place + 1] ?? 0));
  }
  return found;
}

/** The finder, timing, alignment and version patterns; what is left carries data. */
function fixedCells(version: number): Cells {
  const side = sideOf(version);
  const cells: Cells = Array.from({ length: side }, () => Array<number>(side).fill(DATA));
  const put = (x: number, y: number, dark: boolean): void => set(cells, x, y, dark);
  /** Squares within each other around a centre. */
  const squares = (x: number, y: number, radius: number, light: readonly number[]): void => {
    for (let dy = -radius; dy <= radius; dy += 1) {
      for (let dx = -radius; dx <= radius; dx += 1) {
        put(x + dx, y + dy, !light.includes(Math.max(Math.abs(dx), Math.abs(dy))));
      }
    }
  };
  for (let at = 0; at < side; at += 1) {
    put(6, at, at % 2 === 0);
    put(at, 6, at % 2 === 0);
  }
  const [first, last] = [3, side - 4];
  for (const [x, y] of [
    [first, first],
    [last, first],
    [first, last],
  ] as const)
    squares(x, y, 4, [2, 4]);
  const places = alignments(version);
  const end = side - 7;
  for (const x of places) {
    for (const y of places) {
      const isFinder = (x === 6 && (y === 6 || y === end)) || (x === end && y === 6);
      if (!isFinder) squares(x, y, 2, [1]);
    }
  }
  if (version >= 7) {
    const bits = checked(version, 12, 0x1f25);
    for (let at = 0; at < 18; at += 1) {
      const [far, near] = [side - 11 + (at % 3), Math.floor(at / 3)];
      put(far, near, isSet(bits, at));
      put(near, far, isSet(bits, at));
    }
  }
  putFormat(cells, 0); // its places are taken; what it says follows with the mask
  return cells;
}

/** Level M and the mask, twice. */
function putFormat(cells: Cells, mask: number): void {
  const side = cells.length;
  const bits = checked(mask, 10, 0x537) ^ 0x5412;
  for (let at = 0; at < 15; at += 1) {
    const dark = isSet(bits, at);
    if (at < 8) {
      set(cells, 8, at < 6 ? at : at + 1, dark);
      set(cells, side - 1 - at, 8, dark);
    } else {
      set(cells, at === 8 ? 7 : 14 - at, 8, dark);
      set(cells, 8, side - 15 + at, dark);
    }
  }
  set(cells, 8, side - 8, true);
}

/** A value with the remainder of its division behind it (BCH code). */
function checked(value: number, length: number, divisor: number): number {
  let found = value;
  for (let at = 0; at < length; at += 1) found = (found << 1) ^ ((found >>> (length - 1)) * divisor);
  return (value << length) | found;
}

const isSet = (bits: number, at: number): boolean => ((bits >>> at) & 1) === 1;

/** A module that carries no data. What lies outside of the code is nothing. */
function set(cells: Cells, x: number, y: number, dark: boolean): void {
  const row = cells[y];
  if (row?.[x] !== undefined) row[x] = dark ? DARK : 0;
}

/** Lays codewords down in pairs of columns, from the right, up and down in turn. */
function fill(cells: Cells, codewords: readonly number[]): void {
  const side = cells.length;
  let at = 0;
  for (let right = side - 1; right > 0; right -= right === 8 ? 3 : 2) {
    for (let step = 0; step < side; step += 1) {
      const row = cells[(right + 1) & 2 ? step : side - 1 - step];
      for (const x of [right, right - 1]) {
        if (row?.[x] !== DATA) continue;
        if (isSet(codewords[at >> 3] ?? 0, 7 - (at & 7))) row[x] = DATA | DARK;
        at += 1;
      }
    }
  }
}

/** How hard a code may be to read (7.8.3): long runs, squares, what looks like a finder, too much of one colour. */
function penaltyOf(cells: Cells): number {
  const side = cells.length;
  const rows = cells.map((row) => row.map((cell) => cell & DARK));
  const columns = rows.map((_, x) => rows.map((row) => row[x] ?? 0));
  let penalty = 0;
  for (const line of [...rows, ...columns]) penalty += linePenalty(line);
  let dark = 0;
  rows.forEach((row, y) => {
    row.forEach((cell, x) => {
      dark += cell;
      const below = rows[y + 1];
      if (row[x + 1] === cell && below?.[x] === cell && below[x + 1] === cell) penalty += 3;
    });
  });
  return penalty + (Math.ceil(Math.abs(dark * 20 - side * side * 10) / (side * side)) - 1) * 10;
}

function linePenalty(line: readonly number[]): number {
  const runs = [0]; // light and dark in turn
  let [colour, penalty] = [0, 0];
  for (const cell of line) {
    if (cell === colour) runs.push((runs.pop() ?? 0) + 1);
    else runs.push(1);
    colour = cell;
  }
  for (const run of runs) if (run >= 5) penalty += run - 2;
  if (colour === 1) runs.push(0);
  const quiet = (at: number): number => (runs[at] ?? 0) + (at === 0 || at === runs.length - 1 ? line.length : 0);
  for (let at = 1; at + 5 < runs.length; at += 2) {
    const unit = runs[at] ?? 0;
    const isFinder = [1, 3, 1, 1].every((times, place) => runs[at + 1 + place] === unit * times);
    if (!isFinder) continue;
    const [before, after] = [quiet(at - 1), quiet(at + 5)];
    if (before >= unit * 4 && after >= unit) penalty += 40;
    if (after >= unit * 4 && before >= unit) penalty += 40;
  }
  return penalty;
}
