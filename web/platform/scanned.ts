/**
 * What was scanned: one message, or a piece of one. Pieces are kept until all of a message are there.
 *
 * Anybody's code may be held before the camera: nothing here believes anything, and pieces of two messages are kept apart
 * by the hash that each names. The pieces of the last whole message stay until another one begins: whoever has to ask a
 * person first hands in the same text again.
 */

import { decodeFrame, isFrame, join, split } from "../protocol/frame.ts";
import { ONE_CODE_MAX_BYTES } from "../protocol/limits.ts";
import { equal, type Octets, toHex } from "../protocol/octets.ts";
import { decodeText, encodeText } from "../protocol/qrtext.ts";

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
    const { wholeHash, total, number } = decodeFrame(body);
    const about = `${toHex(wholeHash)}/${total}`;
    if (about !== this.#about) this.forget();
    this.#about = about;
    const held = this.#pieces.get(number);
    if (held !== undefined && !equal(held, body)) this.#pieces.clear(); // one of the two is somebody else's
    this.#pieces.set(number, body);
    if (this.#pieces.size < total) return { have: this.#pieces.size, of: total };
    try {
      return { body: await join([...this.#pieces.values()]) };
    } catch (error) {
      this.forget(); // a wrong piece among them must not spoil what is scanned next
      throw error;
    }
  }

  /** No piece is kept. */
  forget(): void {
    this.#about = "";
    this.#pieces.clear();
  }
}

/** The one code that carries a message; undefined where it would be too dense to read. */
export function oneCode(body: Octets): string | undefined {
  return body.length <= ONE_CODE_MAX_BYTES ? encodeText(body) : undefined;
}

/** The codes that carry a message: one, or several to be shown in turn. */
export async function codesOf(body: Octets): Promise<readonly string[]> {
  const one = oneCode(body);
  return one === undefined ? (await split(body)).map(encodeText) : [one];
}
