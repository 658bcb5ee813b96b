/**
 * A sync as the screens follow it: every step with its outcome, a hint of how long it takes, and what it told.
 *
 * The steps are those of `sync.ts`; what fails stands beside its step.
 */

import type { Stopwatch } from "../platform/clock.ts";
import type { PayerOperator } from "../platform/operator_payer.ts";
import { paceAfter, type WaitHint, waitHint } from "../platform/pace.ts";
import type { ReachWatch, SyncSize } from "../platform/reach.ts";
import { equal, toHex } from "../protocol/octets.ts";
import type { Coded, Language } from "../protocol/words.ts";
import type { ElsewhereView, SyncStep, SyncView } from "./app.ts";
import { putTold, toldIn } from "./app_records.ts";
import { toldOf } from "./app_refused.ts";
import { grantsOf } from "./holdings.ts";
import { HttpLink } from "./operator_link.ts";
import type { Statement } from "./ports.ts";
import { papersDue } from "./presenting.ts";
import type { Session } from "./session.ts";
import { sum } from "./spending.ts";

const STEPS: readonly SyncStep["id"][] = ["trust", "top_up", "closing", "statement", "papers"];
const CALLS_AT_LEAST = 3; // trust, statement, disputes
const FIRST_BYTES = 8_000;

/** What a sync needs beside the session. */
export interface SyncMeans {
  readonly operator: PayerOperator;
  readonly watch: ReachWatch;
  readonly stopwatch: Stopwatch;
  readonly now: () => number;
  readonly language: () => Language;
  readonly troubleWords: () => Promise<void>;
  /** Also what is held already is fetched again. */
  readonly anew: boolean;
  readonly changed: () => void;
}

/** How a sync goes, for the screens. */
export class Syncing {
  #running = false;
  #startedAt: number | null = null;
  #finishedAt: number | null = null;
  #expectedMs: WaitHint | null = null;
  readonly #steps = new Map<SyncStep["id"], SyncStep>();
  #worded = false;
  readonly #failures = new Map<SyncStep["id"], Coded>();

  get running(): boolean {
    return this.#running;
  }

  /** When the latest sync ended in which nothing failed; null while there is none, or one runs. */
  get wentWellAt(): number | null {
    return this.#failures.size === 0 ? this.#finishedAt : null;
  }

  view(language: Language): SyncView {
    const steps = STEPS.map((id): SyncStep => {
      const failure = this.#failures.get(id);
      const step = this.#steps.get(id) ?? { id, state: "waiting", failure: null, count: 0 };
      return failure === undefined || !this.#worded ? step : { ...step, failure: toldOf(failure, language) };
    });
    return {
      running: this.#running,
      startedAt: this.#startedAt,
      expectedMs: this.#expectedMs,
      steps,
      finishedAt: this.#finishedAt,
    };
  }

  /** Talks to the operator about everything that is open. Whatever fails stands beside its step. */
  async run(session: Session, means: SyncMeans): Promise<void> {
    this.#running = true;
    this.#startedAt = means.now();
    this.#finishedAt = null;
    this.#steps.clear();
    this.#failures.clear();
    this.#expectedMs = waitHint(toldIn(session.store).pace, sizeAhead(session, means.now));
    means.changed();
    means.watch.takeSize();
    const began = means.stopwatch();
    try {
      await session.act(() => this.#all(session, means, began));
    } finally {
      this.#running = false;
      this.#finishedAt = means.now();
      means.changed();
    }
  }

  async #all(session: Session, means: SyncMeans, began: number): Promise<void> {
    const aside = <T>(wait: () => Promise<T>): Promise<T> => session.store.aside(wait);
    const link = new HttpLink(means.operator, aside, means.anew ? undefined : session.knownPack);
    const synced = await session.wallet.sync(link, ({ part, state, count, failure }) => {
      this.#step(part, state, count, failure, means);
    });
    const before = toldIn(session.store);
    const isHeld = link.known !== undefined && equal(link.known.raw, session.records.trust()?.pack);
    const etag = isHeld && link.known.etag !== "" ? link.known.etag : null;
    const { statement } = synced;
    const size = means.watch.takeSize();
    const pace = statement === undefined ? before.pace : paceAfter(before.pace, size, means.stopwatch() - began);
    const elsewhere = statement === undefined ? before.elsewhere : await elsewhereOf(session, statement);
    await putTold(session.store, {
      syncedAt: statement === undefined ? before.syncedAt : means.now(),
      freeMinor: statement?.freeMinor ?? before.freeMinor,
      ...{ etag, pace, elsewhere },
      bytes: statement === undefined ? before.bytes : size.bytes,
      disputesNeedYou: synced.disputes?.filter((one) => one.needsAnswer).length ?? before.disputesNeedYou,
    });
  }

  /** What failed is said as soon as it can be. */
  async #say(means: SyncMeans): Promise<void> {
    await means.troubleWords();
    this.#worded = true;
    means.changed();
  }

  #step(
    id: SyncStep["id"],
    state: SyncStep["state"],
    count: number,
    failure: Coded | undefined,
    means: SyncMeans,
  ): void {
    // A part may have two turns; what failed in one of them stays failed.
    const stands = state === "done" && this.#failures.has(id) ? "failed" : state;
    this.#steps.set(id, { id, state: stands, failure: null, count });
    if (failure !== undefined) {
      this.#failures.set(id, failure);
      void this.#say(means);
    }
    means.changed();
  }
}

/** How much there is to do, as far as it can be known before. */
function sizeAhead(session: Session, now: () => number): SyncSize {
  const open = session.records.allowances().filter(({ state }) => state === "asked" || state === "closing");
  const asked = open.filter(({ state }) => state === "asked").length; // each fetches the pack once more
  const calls = CALLS_AT_LEAST + open.length + asked + papersDue({ store: session.records, clock: now }).length;
  return { calls, bytes: toldIn(session.store).bytes || FIRST_BYTES };
}

/** What a statement says of allowances that this device does not hold; undefined where nothing is set aside on them. */
async function elsewhereOf(
  { parts, records, wallet }: Session,
  statement: Statement,
): Promise<ElsewhereView | undefined> {
  const { trust } = await wallet.holdings();
  const grants = await grantsOf(parts, trust, records.allowances());
  const own = new Set([...grants.values()].map(({ allowance }) => toHex(allowance.ref)));
  const others = statement.allowances.filter(
    ({ ref, reservedMinor = 0n }) => reservedMinor > 0n && !own.has(toHex(ref)),
  );
  if (others.length === 0) return undefined;
  return {
    reservedMinor: sum(others.map(({ reservedMinor = 0n }) => reservedMinor)),
    waitingMinor: sum(others.map(({ waitingMinor = 0n }) => waitingMinor)),
    until: Math.max(...others.map(({ deadline = 0 }) => deadline)),
  };
}
