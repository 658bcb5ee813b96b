/**
 * One request to the operator, and when to ask again; the one door to `fetch`.
 *
 * Mirrors src/feiqian/links/http_transport.py. Rules kept:
 *
 * - A call ends by its deadline whatever the server does: hang, drip a byte a second, or never stop sending.
 * - No answer is read beyond its limit, counted as unpacked: a small answer cannot grow in memory.
 * - What is asked again is asked with the same bytes and headers, so it counts once.
 * - Whoever is asked to wait (Retry-After) asks no earlier, or gives up when its own time would be over.
 * - Waiting between tries doubles and is spread at random, so that a shop full of terminals does not come back at once.
 *
 * No redirect is followed, nothing is cached, and no cookie is sent but the console's own (`session`): a token goes to our
 * own server or nowhere.
 */

import { concat, type Octets } from "../protocol/octets.ts";
import type { Words } from "../protocol/words.ts";
import { Fields, jsonIn, unreadable } from "./json_answer.ts";
import { LinkTrouble, OperatorRefused, OperatorUnable, type Problem } from "./link_trouble.ts";
import { deviceRandomness } from "./randomness.ts";

export const TRIES_MAX = 4;
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;
const TRY_AGAIN_STATUS: ReadonlySet<number> = new Set([202, 429, 502, 503, 504]); // 202: received, and not done yet
const BUSY_STATUS: ReadonlySet<number> = new Set([429, 503]);
const PROBLEM_TYPE = "application/problem+json";
const TEXT_MAX_CHARS = 1_000;

/** One request: the same bytes and headers at every try. `maxBytes` bounds the answer's body. */
export interface Ask {
  readonly method: "GET" | "POST";
  /** From our own server's root: begins with "/". */
  readonly path: string;
  readonly maxBytes: number;
  readonly body?: Octets;
  readonly headers?: Readonly<Record<string, string>>;
  /** It belongs to a session that the browser keeps in a cookie. */
  readonly session?: boolean;
  /** It is tried once: it carries what counts once, such as a one-time code. */
  readonly once?: boolean;
}

/** What came back. */
export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Octets;
}

/** How long to wait, and how the waiting is done: tests put their own in. */
export interface Patience {
  /** Bounds the time in which nothing arrives, ms. */
  readonly timeoutMs: number;
  /** Bounds a whole call with its retries, ms. */
  readonly deadlineMs: number;
}

export const PATIENCE: Patience = { timeoutMs: 5_000, deadlineMs: 30_000 };

/** What the transport needs of its surroundings; a test replaces them. */
export interface Surroundings {
  readonly fetch: typeof globalThis.fetch;
  readonly nowMs: () => number;
  readonly sleepMs: (ms: number) => Promise<void>;
}

const BROWSER: Surroundings = {
  fetch: (...words) => globalThis.fetch(...words),
  nowMs: () => performance.now(),
  sleepMs: (ms) => new Promise((done) => setTimeout(done, ms)),
};

/** Told how each call ended: whether an answer came, how long it took and how many bytes went both ways. */
export type Heard = (heard: { readonly reached: boolean; readonly ms: number; readonly bytes: number }) => void;

/** Sends requests to our own server. `send` must be harmless to repeat: each request carries a key or an id. */
export class HttpTransport {
  readonly #patience: Patience;
  readonly #around: Surroundings;
  readonly #heard: Heard;

  constructor(options: { patience?: Patience; surroundings?: Surroundings; heard?: Heard } = {}) {
    this.#patience = options.patience ?? PATIENCE;
    this.#around = options.surroundings ?? BROWSER;
    this.#heard = options.heard ?? (() => undefined);
  }

  /** The operator's reply, whatever its status below 500. Throws LinkTrouble, OperatorUnable. */
  async send(ask: Ask): Promise<Reply> {
    const began = this.#around.nowMs();
    const tell = (reached: boolean, size: number): void => {
      this.#heard({ reached, ms: this.#around.nowMs() - began, bytes: size + (ask.body?.length ?? 0) });
    };
    try {
      const reply = await this.#send(ask, began + this.#patience.deadlineMs);
      tell(true, reply.body.length);
      return reply;
    } catch (error) {
      tell(error instanceof OperatorUnable, 0); // it spoke, though it could not do it
      throw error;
    }
  }

  async #send(ask: Ask, endsAt: number): Promise<Reply> {
    let waitMs = FIRST_WAIT_MS;
    for (let attempt = 1; ; attempt += 1) {
      let [askedMs, last]: [number, Error] = [0, new LinkTrouble("operator_unreachable", { why: "no answer in time" })];
      try {
        const reply = await this.#try(ask, endsAt - this.#around.nowMs());
        if (!TRY_AGAIN_STATUS.has(reply.status)) return decided(reply);
        askedMs = askedToWaitMs(reply);
        last = troubleOf(reply);
      } catch (error) {
        if (!(error instanceof LinkTrouble) || error.code !== "operator_unreachable") throw error;
        last = error;
      }
      const pauseMs = askedMs + waitMs * (0.5 + (deviceRandomness(1)[0] ?? 0) / 512);
      if (ask.once === true || attempt === TRIES_MAX || this.#around.nowMs() + pauseMs >= endsAt) throw last;
      await this.#around.sleepMs(pauseMs);
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS);
    }
  }

  async #try(ask: Ask, remainingMs: number): Promise<Reply> {
    const stop = new AbortController();
    const silence = new Alarm(() => stop.abort(), this.#patience.timeoutMs);
    const end = new Alarm(() => stop.abort(), Math.max(0, remainingMs));
    try {
      const response = await this.#around.fetch(ask.path, {
        method: ask.method,
        ...(ask.body === undefined ? {} : { body: ask.body }),
        headers: { ...ask.headers },
        signal: stop.signal,
        mode: "same-origin",
        credentials: ask.session === true ? "same-origin" : "omit",
        cache: "no-store",
        redirect: "error",
        referrerPolicy: "no-referrer",
      });
      silence.again();
      return { status: response.status, headers: response.headers, body: await read(response, ask.maxBytes, silence) };
    } catch (error) {
      if (error instanceof LinkTrouble) throw error;
      throw new LinkTrouble("operator_unreachable", {
        why: stop.signal.aborted ? "no answer in time" : "no connection",
      });
    } finally {
      silence.off();
      end.off();
      stop.abort(); // what still comes is not read
    }
  }
}

/** The JSON object of a reply that says yes. Throws OperatorRefused, LinkTrouble. */
export function fieldsOf(reply: Reply): Fields {
  refuseUnlessOk(reply);
  return new Fields(jsonIn(reply.body));
}

/** The body of a reply that says yes in CBOR. Throws OperatorRefused, LinkTrouble. */
export function bytesOf(reply: Reply): Octets {
  refuseUnlessOk(reply);
  if (reply.headers.get("content-type") !== "application/cbor") throw unreadable("not CBOR");
  return reply.body;
}

/** Throws OperatorRefused for a problem body, LinkTrouble for any other reply that is no success. */
export function refuseUnlessOk(reply: Reply): void {
  if (reply.status === 200 || reply.status === 201) return;
  const problem = reply.status < 400 ? undefined : problemIn(reply);
  if (problem === undefined) throw unreadable(`status ${reply.status}`);
  const detail = new Fields(jsonIn(reply.body)).plain("detail");
  throw new OperatorRefused(problem, reply.status, typeof detail === "string" ? detail : "");
}

/** Rings unless it is set anew or turned off. */
class Alarm {
  readonly #ring: () => void;
  readonly #afterMs: number;
  #timer: ReturnType<typeof setTimeout>;

  constructor(ring: () => void, afterMs: number) {
    this.#ring = ring;
    this.#afterMs = afterMs;
    this.#timer = setTimeout(ring, afterMs);
  }

  again(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#ring, this.#afterMs);
  }

  off(): void {
    clearTimeout(this.#timer);
  }
}

async function read(response: Response, maxBytes: number, silence: Alarm): Promise<Octets> {
  const reader = response.body?.getReader();
  const parts: Uint8Array[] = [];
  let size = 0;
  while (reader !== undefined) {
    const { done, value } = await reader.read();
    if (done) break;
    silence.again();
    size += value.length;
    if (size > maxBytes) throw unreadable("too long");
    parts.push(value);
  }
  return concat(...parts);
}

function decided(reply: Reply): Reply {
  if (reply.status >= 500) throw troubleOf(reply);
  return reply;
}

/** Why the operator cannot answer: in its own words where it says so, for a proxy says nothing of disks. */
function troubleOf(reply: Reply): Error {
  const problem = problemIn(reply);
  if (problem !== undefined) return new OperatorUnable(problem, reply.status);
  if (BUSY_STATUS.has(reply.status)) return new LinkTrouble("operator_busy");
  return new LinkTrouble("operator_failed", { status: String(reply.status) });
}

/** The problem body in a reply, or undefined: a page in its place is none. */
function problemIn(reply: Reply): Problem | undefined {
  const [kind = ""] = (reply.headers.get("content-type") ?? "").split(";");
  if (kind.trim() !== PROBLEM_TYPE) return undefined;
  try {
    const fields = new Fields(jsonIn(reply.body));
    const sentence = (name: string): string => {
      const text = fields.text(name);
      if (text.length === 0 || text.length > TEXT_MAX_CHARS) throw unreadable(`field ${name}`);
      return text;
    };
    const words: Words = { message: sentence("message"), safe: sentence("safe"), next: sentence("next") };
    const requestId = fields.plain("request_id");
    const quotable = typeof requestId === "string" && requestId.length <= TEXT_MAX_CHARS;
    return { code: sentence("code"), words, requestId: quotable ? requestId : "" };
  } catch (error) {
    if (error instanceof LinkTrouble) return undefined;
    throw error;
  }
}

/** What the server asks for, in whole seconds; nothing for a date, which nobody here sends. */
function askedToWaitMs(reply: Reply): number {
  const text = (reply.headers.get("retry-after") ?? "").slice(0, 6);
  return /^[0-9]+$/.test(text) ? Number(text) * 1000 : 0;
}
