/**
 * One act at a time, over all tabs of one browser: the door to Web Locks (https://www.w3.org/TR/web-locks/).
 *
 * A lock is the browser's: it is free again when its tab is closed or killed, so there is no stale one to break.
 */

/** A lock that is held. `letGo` may be called more than once. */
export interface Hold {
  letGo(): void;
}

/** Waits until the lock of this name is ours. Throws the signal's reason when it is aborted before. */
export function hold(name: string, signal?: AbortSignal): Promise<Hold> {
  return new Promise((taken, failed) => {
    const options: LockOptions = signal === undefined ? { mode: "exclusive" } : { mode: "exclusive", signal };
    navigator.locks.request(name, options, () => new Promise<void>((letGo) => taken({ letGo }))).catch(failed);
  });
}
