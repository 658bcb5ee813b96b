/**
 * Sync: what the wallet does when there is a network (spec 07).
 *
 * Newest trust first, then what waits for the operator, then what its books say of our cheques, and where they take more
 * than a payee signed for, its receipt or note; then whether somebody disputes a payment. One thing that fails never keeps
 * the others back: every failure is reported beside what was done, and all of it may be repeated. Only when there is no operator to be reached are the rest of the calls spared, since each would only wait in vain.
 */

import { type Octets, toHex } from "../protocol/octets.ts";
import { Coded, WORLD_FAILED } from "../protocol/words.ts";
import { ask, handIn } from "./allowances.ts";
import { grantsOf, hold, stand } from "./holdings.ts";
import type { DisputeNotice, OperatorLink, Parts, Statement } from "./ports.ts";
import { type Due, papersDue } from "./presenting.ts";
import { reconcile, sameFindings } from "./reconcile.ts";
import type { PaymentRecord } from "./records.ts";
import { age } from "./resume.ts";
import { sum } from "./spending.ts";
import { WalletTrouble } from "./troubles.ts";
import { refreshTrust } from "./trust_held.ts";

/** The parts of a sync that are told apart while it runs; `papers` are those handed in, and disputes. */
export type Part = "trust" | "top_up" | "closing" | "statement" | "papers";

/** How far a part is. `count` is how many things it did; `skipped`: there was nothing to do, or nobody to do it with. */
export interface Progress {
  readonly part: Part;
  readonly state: "running" | "done" | "failed" | "skipped";
  readonly count: number;
  readonly failure: Coded | undefined;
}

/**
 * What one sync did, and what failed. `changed` are payments with a new state or final amount.
 *
 * `statement` is undefined when the operator could not be asked for it, `disputes` likewise; these are those not over.
 * `handedIn` are payments for which the books took too much, and whose paper the operator has now.
 */
export interface Synced {
  readonly trustNewer: boolean;
  readonly toppedUpMinor: bigint;
  readonly closed: number;
  readonly changed: readonly PaymentRecord[];
  readonly statement: Statement | undefined;
  readonly handedIn: readonly PaymentRecord[];
  readonly disputes: readonly DisputeNotice[] | undefined;
  readonly failures: readonly Coded[];
}

/** Talk to the operator about everything that is open, and tell of every part. Throws only WalletTrouble not_enrolled. */
export async function sync(
  parts: Parts,
  link: OperatorLink,
  tell: (progress: Progress) => void = () => undefined,
): Promise<Synced> {
  if (parts.store.footing() === undefined) throw new WalletTrouble("not_enrolled");
  const tries = new Tries(tell);
  const [trustNewer = false] = await tries.each("trust", [() => refreshTrust(parts, link)], Number);
  const records = parts.store.allowances();
  const asked = records.filter((record) => record.state === "asked");
  const closing = records.filter((record) => record.state === "closing");
  const toppedUp = await tries.each(
    "top_up",
    asked.map((record) => () => ask(parts, link, record)),
  );
  const closed = await tries.each(
    "closing",
    closing.map((record) => () => handIn(parts, link, record)),
  );
  await age(parts, await hold(parts));
  const changed = new Map<string, PaymentRecord>(); // each payment once, as it is now
  const takeStatement = async () => {
    const found = await link.statement();
    for (const payment of await apply(parts, found)) changed.set(toHex(payment.chequeId), payment);
    return found;
  };
  const weigh = () => changed.size;
  const [first] = await tries.each("statement", [takeStatement], weigh);
  const due = first === undefined ? [] : papersDue(parts);
  const presented = (one: Due) => async () => {
    await link.present(one.papers, one.isNote);
    return one.payment;
  };
  const handedIn = await tries.each("papers", due.map(presented));
  const [again] = handedIn.length === 0 ? [] : await tries.each("statement", [takeStatement], weigh); // the books moved
  const [disputes] = await tries.each("papers", [() => link.disputes()], () => handedIn.length);
  if (parts.store.payingLock() !== undefined) {
    await tries.each("papers", [async () => (await import("./stopped.ts")).report(parts, link)], () => 0);
  }
  return {
    trustNewer,
    toppedUpMinor: sum(toppedUp.map((record) => record.amountMinor)),
    closed: closed.length,
    changed: [...changed.values()],
    statement: again ?? first,
    handedIn,
    disputes,
    failures: tries.failures,
  };
}

/** Take over what the books say of our cheques, all of it in one write. */
async function apply(parts: Parts, statement: Statement): Promise<readonly PaymentRecord[]> {
  const held = parts.store.findings();
  const { trust } = await stand(parts); // another tab may have synced, and paid, while this one waited
  const records = parts.store.allowances();
  const grants = await grantsOf(parts, trust, records);
  const topUps = new Map<string, Octets>();
  for (const { topUpId } of records) {
    const grant = grants.get(toHex(topUpId));
    if (grant !== undefined) topUps.set(toHex(grant.allowance.ref), topUpId);
  }
  // Read after the statement was made: a cheque drawn meanwhile must not look like somebody else's.
  const { changed, findings } = reconcile(statement, parts.store.payments(), topUps, held);
  if (changed.length > 0 || !sameFindings(findings, held)) await parts.store.applyStatement(changed, findings);
  return changed;
}

/** Tries things one after another, notes what failed, and spares the rest once the operator could not be reached. */
class Tries {
  readonly failures: Coded[] = [];
  readonly #tell: (progress: Progress) => void;

  constructor(tell: (progress: Progress) => void) {
    this.#tell = tell;
  }

  /** What came of those that went well. */
  async each<T>(
    part: Part,
    calls: readonly (() => Promise<T>)[],
    weigh: (done: T) => number = () => 1,
  ): Promise<readonly T[]> {
    const tell = (state: Progress["state"], count: number, failure?: Coded) =>
      this.#tell({ part, state, count, failure });
    if (calls.length === 0 || this.#isCutOff()) {
      tell("skipped", 0);
      return [];
    }
    tell("running", 0);
    const done: T[] = [];
    const before = this.failures.length;
    for (const call of calls) await this.#try(call, done);
    const count = done.reduce((total, one) => total + weigh(one), 0);
    const failure = this.failures[before];
    tell(failure === undefined ? "done" : "failed", count, failure);
    return done;
  }

  async #try<T>(call: () => Promise<T>, done: T[]): Promise<void> {
    if (this.#isCutOff()) return;
    try {
      done.push(await call());
    } catch (error) {
      if (!(error instanceof Coded)) throw error;
      this.failures.push(error);
    }
  }

  #isCutOff(): boolean {
    return this.failures.some((failure) => WORLD_FAILED.has(failure.code));
  }
}
