/** When nobody looks: the page is in the background, or was left alone. What is secret is taken off the screen then. */

/** Calls `hidden` when the page goes to the background or is put away, `shown` when it is back. Returns how to stop. */
export function watchVisibility(on: { hidden: () => void; shown: () => void }): () => void {
  const changed = (): void => (document.visibilityState === "hidden" ? on.hidden() : on.shown());
  const away = (): void => on.hidden();
  document.addEventListener("visibilitychange", changed);
  window.addEventListener("pagehide", away); // some phones say only this before they freeze a page
  return () => {
    document.removeEventListener("visibilitychange", changed);
    window.removeEventListener("pagehide", away);
  };
}

const SIGNS_OF_LIFE = ["pointerdown", "keydown", "touchstart", "wheel"] as const;

/**
 * Calls `lock` once nobody has touched the app, or it was hidden, for `afterS()` seconds; asked anew each time, since it is
 * a setting. A device that slept counts its sleep: the clock is compared, not only a timer awaited. Returns how to stop.
 */
export function watchIdle(afterS: () => number, lock: () => void): () => void {
  let touchedAt = Date.now();
  const look = (): void => {
    if (Date.now() - touchedAt < afterS() * 1000) return;
    touchedAt = Date.now();
    lock();
  };
  const touched = (): void => {
    look();
    touchedAt = Date.now();
  };
  for (const sign of SIGNS_OF_LIFE) document.addEventListener(sign, touched, { passive: true, capture: true });
  document.addEventListener("visibilitychange", look);
  const timer = setInterval(look, 1_000);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", look);
    for (const sign of SIGNS_OF_LIFE) document.removeEventListener(sign, touched, { capture: true });
  };
}
