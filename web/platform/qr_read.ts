/**
 * Reading codes: pictures in, texts out, in a worker of its own so that the screen never waits for it.
 *
 * Worker and WebAssembly are loaded when the first picture comes; they are files of this app, so they are there without
 * a network after one visit.
 */

import workerAddress from "./qr_worker.ts?worker&url";
import { ownScript } from "./trusted_url.ts";

/** What the worker is sent. */
export interface QrAsk {
  readonly number: number;
  readonly picture: ImageData;
}

/** What it says; `texts` is empty when there is no code in the picture. */
export interface QrFound {
  readonly number: number;
  readonly texts: readonly string[];
}

/** The first picture waits for the reader to be loaded, and a slow phone is slow: what comes later is lost. */
const ANSWER_WITHIN_MS = 20_000;

/** A reader of codes. Keep one while the camera runs, then `close` it. */
export class QrReader {
  #worker: Worker | undefined;
  #number = 0;
  readonly #waiting = new Map<number, (texts: readonly string[]) => void>();

  /** The texts of the codes in a picture; none when the reader fails or is silent: the next frame is a new chance. */
  read(picture: ImageData): Promise<readonly string[]> {
    const worker = this.#started();
    this.#number += 1;
    const number = this.#number;
    return new Promise((answered) => {
      const late = setTimeout(() => this.#answer(number, []), ANSWER_WITHIN_MS);
      this.#waiting.set(number, (texts) => {
        clearTimeout(late);
        answered(texts);
      });
      const ask: QrAsk = { number, picture };
      worker.postMessage(ask, [picture.data.buffer]);
    });
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const number of [...this.#waiting.keys()]) this.#answer(number, []);
  }

  #started(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(ownScript(workerAddress), { type: "module" });
    worker.onerror = () => this.close(); // the next picture starts another one
    worker.onmessage = ({ data }: MessageEvent<QrFound>) => this.#answer(data.number, data.texts);
    this.#worker = worker;
    return worker;
  }

  #answer(number: number, texts: readonly string[]): void {
    const waiting = this.#waiting.get(number);
    this.#waiting.delete(number);
    waiting?.(texts);
  }
}
