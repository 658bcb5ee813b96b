/**
 * One unlocked wallet: its store, its rules, and what the screens draw from until something changes.
 *
 * Every act runs alone over all tabs (`RecordStore.exclusively`). When one is over, what it changed is looked at anew
 * before its promise is fulfilled, so nothing is shown that is older than what was done.
 */

import { Scans } from "../platform/scanned.ts";
import type { RecordStore } from "../platform/store.ts";
import type { Octets } from "../protocol/octets.ts";
import { equal } from "../protocol/octets.ts";
import type { Reach } from "../risk/boundary.ts";
import { toldIn } from "./app_records.ts";
import { boundary } from "./boundary.ts";
import { Found } from "./found.ts";
import { grantsOf, hold } from "./holdings.ts";
import type { Offer } from "./pay.ts";
import type { Clock, KeyMaker, Parts, Randomness } from "./ports.ts";
import type { Guesses } from "./records.ts";
import { deadlineOf } from "./resume.ts";
import { spendable } from "./spending.ts";
import type { Look } from "./views.ts";
import { Wallet } from "./wallet.ts";
import { RecordWalletStore } from "./wallet_store.ts";

const OFFERS_MAX = 16;

/** What a session needs that is no secret of this wallet. */
export interface Surroundings {
  readonly keys: KeyMaker;
  readonly clock: Clock;
  readonly randomness: Randomness;
  readonly version: string;
  readonly reach: () => Reach;
  /** The wrong PINs before this wallet was opened. */
  readonly guesses?: () => Guesses;
}

export class Session {
  readonly store: RecordStore;
  readonly records: RecordWalletStore;
  readonly wallet: Wallet;
  readonly scans = new Scans();
  readonly parts: Parts;
  readonly #reach: () => Reach;
  readonly #offers = new Map<string, Offer>();
  #look: Look | undefined;
  #offerNumber = 0;

  constructor(store: RecordStore, { reach, guesses, ...outside }: Surroundings) {
    this.store = store;
    this.records = new RecordWalletStore(store, guesses);
    this.parts = { ...outside, store: this.records, found: new Found() };
    this.#reach = reach;
    this.wallet = new Wallet(this.parts);
  }

  get isEnrolled(): boolean {
    return this.records.footing() !== undefined;
  }

  /** What the screens draw from; undefined before enrolment. */
  get look(): Look | undefined {
    return this.#look;
  }

  /** What is asked for when nobody says how much: what is asked for already, or as the last time, or all there is. */
  get usualMinor(): bigint {
    const asked = this.records.allowances().toReversed();
    const open = asked.find((record) => record.state === "asked") ?? asked.find((record) => record.state !== "dropped");
    return open?.amountMinor ?? toldIn(this.store).freeMinor ?? 0n;
  }

  /** Runs one act alone, and looks at what it left behind. */
  async act<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.store.exclusively(work);
    } finally {
      await this.lookAgain();
    }
  }

  /** Reads and checks everything anew. Nothing is written. */
  async lookAgain(): Promise<void> {
    if (!this.isEnrolled) return;
    const holdings = await hold(this.parts);
    const { records } = this;
    const grants = await grantsOf(this.parts, holdings.trust, records.allowances());
    this.#look = {
      holdings,
      spendable: await spendable(holdings, records.payments(), records.findings()),
      capabilities: await boundary(holdings, { reach: this.#reach(), freeMinor: toldIn(this.store).freeMinor }),
      deadlineOf: (payment) => payment.deadlineAt ?? deadlineOf(payment.topUpId, grants),
    };
  }

  /** Keeps an offer until it is paid or forgotten; its id means something in this session only. */
  keepOffer(offer: Offer): string {
    for (const [id, held] of this.#offers) {
      if (equal(held.asked, offer.asked)) this.#offers.delete(id);
    }
    this.#offerNumber += 1;
    const id = `offer-${this.#offerNumber}`;
    this.#offers.set(id, offer);
    const [oldest] = this.#offers.keys();
    if (this.#offers.size > OFFERS_MAX && oldest !== undefined) this.#offers.delete(oldest);
    return id;
  }

  offer(id: string): Offer | undefined {
    return this.#offers.get(id);
  }

  /** The pack held with the tag it was published under. */
  get knownPack(): { readonly raw: Octets; readonly etag: string } | undefined {
    const { etag } = toldIn(this.store);
    const held = this.records.trust();
    return etag === null || held === undefined ? undefined : { raw: held.pack, etag };
  }

  /** Nothing of this wallet stays in memory. */
  close(): void {
    this.wallet.lock();
    this.#offers.clear();
    this.scans.forget();
    this.#look = undefined;
    this.store.close();
  }
}
