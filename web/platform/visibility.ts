/** When nobody looks: the app was left alone, or is in the background for too long. What is secret is locked away then. */

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
