/** The instant by which screens count down, in seconds since 1970; the app says which clock that is. */

import { useEffect, useState } from "preact/hooks";

let read: () => number = () => Date.now() / 1000;

export function setScreenClock(clock: () => number): void {
  read = clock;
}

export function screenNow(): number {
  return read();
}

/** Now, drawn anew every so often. */
export function useNow(everyMs = 1000): number {
  const [now, tick] = useState(read);
  useEffect(() => {
    const timer = setInterval(() => tick(read()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}
