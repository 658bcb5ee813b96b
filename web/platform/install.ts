/**
 * The service worker's registration, and an update that waits until it is told (web/sw.ts).
 *
 * A page never changes under a payment: a new version is fetched in the background, and takes over when the person says
 * so, at a moment when nothing is open.
 */

import { ownScript } from "./trusted_url.ts";

/** How the app stands with its service worker. */
export interface Installation {
  /** Whether the app opens without a network from now on. */
  readonly offlineReady: boolean;
  readonly updateWaiting: boolean;
}

export class Installer {
  #registration: ServiceWorkerRegistration | undefined;
  #state: Installation = { offlineReady: false, updateWaiting: false };
  readonly #listeners = new Set<() => void>();

  get state(): Installation {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Registers the worker. A browser without one, or an address that is not secure, goes on without. */
  async install(): Promise<void> {
    if (!("serviceWorker" in navigator)) return;
    try {
      // Always asked of the server: a worker out of the HTTP cache could hold back a repair.
      this.#registration = await navigator.serviceWorker.register(ownScript("/sw.js"), { updateViaCache: "none" });
    } catch {
      return; // said by `offlineReady`
    }
    this.#registration.addEventListener("updatefound", () => this.#watch(this.#registration?.installing ?? null));
    this.#watch(this.#registration.installing);
    this.#look();
    await navigator.serviceWorker.ready;
    this.#look();
  }

  /** Asks whether there is a new version. Without a network nothing happens. */
  async lookForUpdate(): Promise<void> {
    await this.#registration?.update().catch(() => undefined);
    this.#look();
  }

  /** Lets the waiting version take over and loads the page anew. Call it when nothing is open. */
  async takeUpdate(): Promise<void> {
    const waiting = this.#registration?.waiting;
    if (!waiting) return;
    const took = new Promise<void>((done) => {
      navigator.serviceWorker.addEventListener("controllerchange", () => done(), { once: true });
    });
    waiting.postMessage("take over");
    await took;
    location.reload();
  }

  #watch(worker: ServiceWorker | null): void {
    worker?.addEventListener("statechange", () => this.#look());
  }

  #look(): void {
    const registration = this.#registration;
    this.#state = {
      offlineReady: Boolean(registration?.active),
      updateWaiting: Boolean(registration?.waiting && registration.active),
    };
    for (const listener of this.#listeners) listener();
  }
}
