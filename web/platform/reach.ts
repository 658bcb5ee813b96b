/**
 * Whether the operator can be reached, and how much was asked of it: from our own requests and nothing else.
 *
 * What the browser says of the network is not asked: a radio tells nothing about the operator's server.
 */

import type { Reach } from "../risk/boundary.ts";
import type { Heard } from "./http.ts";

/** How much there is to do: how many calls, and how many bytes both ways. */
export interface SyncSize {
  readonly calls: number;
  readonly bytes: number;
}

/** Watches our own requests: hand `heard` to the HttpTransport. */
export class ReachWatch {
  #reach: Reach = "not_tried";
  #size: SyncSize = { calls: 0, bytes: 0 };
  readonly #changed: () => void;

  constructor(changed: () => void = () => undefined) {
    this.#changed = changed;
  }

  /** Whether the operator answered the last time it was asked. */
  get reach(): Reach {
    return this.#reach;
  }

  readonly heard: Heard = ({ reached, bytes }) => {
    this.#size = { calls: this.#size.calls + 1, bytes: this.#size.bytes + bytes };
    const reach = reached ? "yes" : "no";
    if (reach === this.#reach) return;
    this.#reach = reach;
    this.#changed();
  };

  /** What was asked since the last time this was called: the size of one sync. */
  takeSize(): SyncSize {
    const size = this.#size;
    this.#size = { calls: 0, bytes: 0 };
    return size;
  }
}
