/**
 * What was scanned: one message, or a piece of one. Pieces are kept until all of a message are there.
 *
 * Anybody's code may be held before the camera: nothing here believes anything, and pieces of two messages are kept apart
 * by the hash that each names.
 */

import { decodeFrame, isFrame, join } from "../protocol/frame.ts";
import { FRAMES_MAX } from "../protocol/limits.ts";
import { type Octets, toHex } from "../protocol/octets.ts";
import { decodeText } from "../protocol/qrtext.ts";

/** A whole message, or how many pieces of one are there. */
export type Scanned = { readonly body: Octets } | { readonly have: number; readonly of: number };

/** Collects the pieces of the message that is being shown; another message's piece begins anew. */
export class Scans {
  #about = "";
  readonly #pieces = new Map<number, Octets>();

  /** What a text says. Throws Refused. */
  async take(text: string): Promise<Scanned> {
    const body = decodeText(text);
    if (!isFrame(body)) return { body };
    const frame = decodeFrame(body);
    const about = `${toHex(frame.wholeHash)}/${frame.total}`;
    if (about !== this.#about) this.forget();
    this.#about = about;
    this.#pieces.set(frame.number, body);
    if (this.#pieces.size < Math.min(frame.total, FRAMES_MAX)) return { have: this.#pieces.size, of: frame.total };
    const pieces = [...this.#pieces.values()];
    this.forget();
    return { body: await join(pieces) };
  }

  /** No piece is kept. */
  forget(): void {
    this.#about = "";
    this.#pieces.clear();
  }
}
