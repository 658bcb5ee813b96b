/** One sync as people watch it: which part runs, what came of every payment, what failed, and how long it may take. */

import type { Stopwatch } from "../platform/clock.ts";
import { paceAfter, waitHint } from "../platform/pace.ts";
import type { ReachWatch, SyncSize } from "../platform/reach.ts";
import type { RecordStore } from "../platform/store.ts";
import type { Language } from "../protocol/words.ts";
import type { SyncStep, SyncView } from "./app.ts";
import { paceIn, putPace } from "./app_records.ts";
import type { OperatorLink } from "./ports.ts";
import type { SyncOutcome, SyncPart } from "./sync.ts";
import type { Terminal } from "./terminal.ts";
import { verdictWords } from "./view_words.ts";
import { codedOf, receiptTitle } from "./views.ts";

const PARTS: readonly SyncPart[] = ["trust", "batch", "events"];
/** A round asks for lists, time and news, even when nothing waits. */
const LEAST_CALLS = 3;
/** About what one claim takes on the wire, both ways. */
const CLAIM_BYTES = 1_200;

/** What a round is made with. */
export interface SyncMeans {
  readonly terminal: Terminal;
  readonly records: RecordStore;
  readonly link: OperatorLink;
  readonly watch: ReachWatch;
  readonly stopwatch: Stopwatch;
  readonly now: () => number;
  /** Also what was answered before is sent again: the same bytes get the same answer. */
  readonly resend: boolean;
  readonly changed: () => void;
  readonly troubleWords: () => Promise<void>;
}

/** The latest round. */
export class Syncing {
  #running = false;
  #startedAt: number | null = null;
  #finishedAt: number | null = null;
  #hint: SyncView["expectedMs"] = null;
  #part: SyncPart | undefined;
  #outcome: SyncOutcome | undefined;
  readonly #begun = new Set<SyncPart>();
  #waiting = 0;
  #worded = false;

  /** When the latest round ended that met no trouble; null while there is none, or one runs. */
  get wentWellAt(): number | null {
    return this.#outcome?.troubles.length === 0 ? this.#finishedAt : null;
  }

  /** One round, within an act of `records`. Never rejects with Coded: what went wrong stands in the view. */
  async run({
    terminal,
    records,
    link,
    watch,
    stopwatch,
    now,
    resend,
    changed,
    troubleWords,
  }: SyncMeans): Promise<void> {
    const { claims, notes } = (await terminal.open()).store.queue();
    this.#begin(now(), claims + notes);
    this.#hint = waitHint(paceIn(records), sizeOf(claims));
    watch.takeSize(); // what was asked before belongs to no sync
    changed();
    const began = stopwatch();
    try {
      this.#outcome = await terminal.sync(link, {
        resend,
        watch: (part, outcome) => {
          [this.#part, this.#outcome] = [part, outcome];
          if (outcome.troubles.length > 0 && !this.#worded) void this.#say(troubleWords, changed);
          this.#begun.add(part);
          changed();
        },
      });
      const size = watch.takeSize();
      if (this.#outcome.troubles.length === 0 && size.calls > 0) {
        await putPace(records, paceAfter(paceIn(records), size, stopwatch() - began));
      }
    } finally {
      this.#running = false;
      this.#part = undefined;
      this.#finishedAt = now();
      if (this.#outcome !== undefined && this.#outcome.troubles.length > 0) await this.#say(troubleWords, changed);
      changed();
    }
  }

  view(language: Language): SyncView {
    return {
      running: this.#running,
      startedAt: this.#startedAt,
      expectedMs: this.#hint,
      steps: this.#startedAt === null ? [] : PARTS.map((part) => this.#step(part, language)),
      items: this.#items(language),
      finishedAt: this.#finishedAt,
    };
  }

  /** What failed is said as soon as it can be. */
  async #say(troubleWords: SyncMeans["troubleWords"], changed: SyncMeans["changed"]): Promise<void> {
    await troubleWords();
    this.#worded = true;
    changed();
  }

  #begin(at: number, waiting: number): void {
    [this.#running, this.#startedAt, this.#finishedAt] = [true, at, null];
    [this.#outcome, this.#part, this.#waiting] = [undefined, undefined, waiting];
    this.#begun.clear();
  }

  #step(id: SyncPart, language: Language): SyncStep {
    const failed = this.#outcome?.troubles.findLast((one) => one.part === id);
    const failure = failed === undefined || !this.#worded ? null : codedOf(failed.trouble, language);
    const { count, of } = this.#counted(id);
    return { id, state: this.#stateOf(id, failure !== null), failure, count, of };
  }

  #stateOf(id: SyncPart, failed: boolean): SyncStep["state"] {
    if (this.#running && this.#part === id) return "running";
    if (failed) return "failed";
    if (this.#begun.has(id) && !(this.#running && id === "events")) return "done"; // listening begins before it ends
    return this.#running ? "waiting" : "skipped";
  }

  #counted(id: SyncPart): { readonly count: number; readonly of: number } {
    if (id === "trust") return { count: this.#outcome?.packAdvanced === true ? 1 : 0, of: 0 };
    if (id === "events") return { count: this.#outcome?.told.length ?? 0, of: 0 };
    const answered = this.#outcome?.answered ?? [];
    const count = answered.reduce((sum, { claims, notes }) => sum + claims.length + notes.length, 0);
    return { count, of: Math.max(count, this.#waiting) };
  }

  #items(language: Language): SyncView["items"] {
    const answered = this.#outcome?.answered ?? [];
    return answered.flatMap(({ claims }) =>
      claims.map(({ receiptCounter, item }) => ({
        id: String(receiptCounter),
        words: receiptTitle(receiptCounter, language),
        state: verdictWords(item, language),
      })),
    );
  }
}

function sizeOf(claims: number): SyncSize {
  return { calls: LEAST_CALLS + (claims > 0 ? 1 : 0), bytes: claims * CLAIM_BYTES };
}
