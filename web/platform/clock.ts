/** The device's clock, as a value that tests replace. Nothing else in the apps reads the time. */

/** Now, in whole seconds since 1970, by this device. */
export type Clock = () => number;

export const deviceClock: Clock = () => Math.floor(Date.now() / 1000);

/** Milliseconds that only move forward, for measuring how long something took. */
export type Stopwatch = () => number;

export const deviceStopwatch: Stopwatch = () => performance.now();
