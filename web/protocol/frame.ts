/**
 * Frames: a message larger than one code, cut into pieces of at most 300 bytes (spec 02).
 *
 * Nobody signs frames: the whole is verified once it is joined. The hash only keeps pieces of two messages apart and
 * tells when all are there.
 */

import { KINDS } from "./cose.ts";
import { sha256 } from "./hash.ts";
import { Layout, octets, uint } from "./layout.ts";
import { FRAME_MAX_BYTES, FRAMES_MAX, ID_BYTES } from "./limits.ts";
import { concat, equal, type Octets, slice } from "./octets.ts";
import { Refused } from "./refusals.ts";

export const PART_MAX_BYTES = 250;

/** A decoded frame. */
export interface Frame {
  readonly number: number;
  readonly total: number;
  readonly wholeHash: Octets;
  readonly part: Octets;
}

const LAYOUT = new Layout(
  "frame",
  uint(1, "number", FRAMES_MAX, 1),
  uint(2, "total", FRAMES_MAX, 2),
  octets(3, "wholeHash", ID_BYTES),
  octets(4, "part", 1, PART_MAX_BYTES),
);

/** The frame in these bytes. Throws Refused. */
export function decodeFrame(raw: Octets): Frame {
  return LAYOUT.decode(raw, FRAME_MAX_BYTES);
}

/** The frames of `body`, in order. Throws Refused too_large beyond 64 frames. */
export async function split(body: Octets): Promise<readonly Octets[]> {
  const total = Math.ceil(body.length / PART_MAX_BYTES);
  if (total > FRAMES_MAX) throw new Refused("too_large", `${total} frames, at most ${FRAMES_MAX}`);
  if (total < 2) throw new RangeError("a message that fits into one frame travels whole");
  const wholeHash = await sha256(body);
  return Array.from({ length: total }, (_, place) => {
    const part = slice(body, place * PART_MAX_BYTES, (place + 1) * PART_MAX_BYTES);
    return LAYOUT.encode({ number: place + 1, total, wholeHash, part });
  });
}

/** Whether `body` begins as a frame does. */
export function isFrame(body: Octets): boolean {
  const [head = 0, key, kind] = body;
  return head > 0xa0 && head < 0xb8 && key === 0 && kind === KINDS.frame;
}

/**
 * The message whose frames these are, in any order, repeats allowed.
 *
 * Throws Refused frame_mismatch when they are of different messages or do not give the stated hash, frame_incomplete
 * while some are missing.
 */
export async function join(frames: readonly Octets[]): Promise<Octets> {
  const parts = new Map<number, Octets>();
  let about: Frame | undefined;
  for (const raw of frames) {
    const frame = decodeFrame(raw);
    about ??= frame;
    const held = parts.get(frame.number) ?? frame.part;
    if (frame.total !== about.total || !equal(frame.wholeHash, about.wholeHash) || !equal(held, frame.part)) {
      throw new Refused("frame_mismatch", "frames of different messages");
    }
    parts.set(frame.number, held);
  }
  if (about === undefined) throw new Refused("frame_incomplete", "no frame at all");
  const missing = missingNumbers(parts.keys(), about.total);
  if (missing.length > 0) {
    throw new Refused("frame_incomplete", `${missing.length} of ${about.total} are missing`);
  }
  const ordered = [...parts].sort(([one], [other]) => one - other).map(([, part]) => part);
  const body = concat(...ordered);
  if (parts.size !== about.total || !equal(await sha256(body), about.wholeHash)) {
    throw new Refused("frame_mismatch", "the joined message has another hash");
  }
  return body;
}

/** Which of the frames 1..total have not been seen. */
export function missingNumbers(seen: Iterable<number>, total: number): readonly number[] {
  const have = new Set(seen);
  return Array.from({ length: total }, (_, place) => place + 1).filter((number) => !have.has(number));
}
