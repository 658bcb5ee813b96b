/**
 * Line icons, drawn on 24 x 24. They repeat what words say, so a screen reader skips them.
 *
 * Here are those of screens that are used every day; seldom_icons.ts brings the others, and whoever draws one imports it.
 */

import type { SELDOM } from "./seldom_icons.ts";

const PATHS = {
  home: "M4 11.2 12 4.5l8 6.7V19a1.2 1.2 0 0 1-1.2 1.2H15v-5.5H9v5.5H5.2A1.2 1.2 0 0 1 4 19z",
  scan: "M4 8.5V5.8A1.8 1.8 0 0 1 5.8 4h2.7M15.5 4h2.7A1.8 1.8 0 0 1 20 5.8v2.7M20 15.5v2.7a1.8 1.8 0 0 1-1.8 1.8h-2.7M8.5 20H5.8A1.8 1.8 0 0 1 4 18.2v-2.7M7.5 12h9",
  code: "M4.5 4.5h5.2v5.2H4.5zM14.3 4.5h5.2v5.2h-5.2zM4.5 14.3h5.2v5.2H4.5zM14.3 14.3h2v2h-2zM19.5 14.3v1.4M17.8 19.5h1.7v-1.6M14.3 19.5v-.6",
  history: "M6 3.5h12v17l-2.4-1.6-1.8 1.6-1.8-1.6-1.8 1.6-1.8-1.6L6 20.500zM9 8.500h6M9 12h6",
  more: "M5 7h14M5 12h14M5 17h14",
  eye: "M2.8 12S6 5.8 12 5.8 21.200 12 21.200 12 18 18.200 12 18.200 2.800 12 2.800 12zM12 14.600a2.600 2.600 0 1 0 0-5.200 2.600 2.600 0 0 0 0 5.200z",
  eyeOff:
    "M4 4l16 16M9.900 6.100A9.500 9.500 0 0 1 12 5.800c6 0 9.200 6.200 9.200 6.200a16 16 0 0 1-2.700 3.400M6.300 7.700A15.500 15.500 0 0 0 2.800 12S6 18.200 12 18.200a9 9 0 0 0 4.200-1M10.100 10.200a2.600 2.600 0 0 0 3.600 3.700",
  lock: "M6 11h12v8.500H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3",
  sync: "M19.500 12a7.500 7.500 0 0 1-13.200 4.900M4.500 12a7.500 7.500 0 0 1 13.200-4.900M18 3.500v4h-4M6 20.500v-4h4",
  back: "M14.500 5 7.500 12l7 7",
  forward: "M9.500 5l7 7-7 7",
  close: "M6 6l12 12M18 6 6 18",
  check: "M5 12.500l4.500 4.500L19 7.500",
  shieldCheck: "M12 3.500 5 6v5.500c0 4.300 2.900 7.500 7 9 4.100-1.500 7-4.700 7-9V6zM9 12l2.200 2.200L15.200 10",
  handshake: "M12 3.500 5 6v5.500c0 4.300 2.900 7.500 7 9 4.100-1.500 7-4.700 7-9V6zM12 8v4.500M12 15.500v.1",
  clock: "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17zM12 7.500V12l3 2",
  warn: "M12 4 3 19.500h18zM12 10v4.500M12 17v.1",
  bad: "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17zM9 9l6 6M15 9l-6 6",
  info: "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17zM12 11v5.500M12 7.600v.1",
  hand: "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17zM12 7v6M12 16.500v.1",
  plus: "M12 5v14M5 12h14",
  returned: "M8.500 5 4 9.500 8.500 14M4 9.500h10a5.500 5.500 0 0 1 0 11H9",
  store:
    "M4.500 9.500 6 4.500h12l1.500 5M4.500 9.500v10h15v-10M4.500 9.500a2.500 2.500 0 0 0 5 0 2.500 2.500 0 0 0 5 0 2.500 2.500 0 0 0 5 0M9.500 19.500v-5h5v5",
  finger:
    "M5 8.500a8.300 8.300 0 0 1 14 0M7.200 11.500a5 5 0 0 1 9.700 1.200c0 1.700.2 3.300.7 4.800M6.600 15.500c.1 1.200.3 2.300.6 3.400M12 12.500c0 2.700.3 5.200 1.100 7.500M9.600 13.500c0 2.200.2 4.300.7 6.200",
  trash: "M20 5H9l-5.500 7L9 19h11zM12.500 9.500l4 5M16.500 9.500l-4 5",
  up: "M12 20V5M6 11l6-6 6 6",
} as const;

export type IconName = keyof typeof PATHS | keyof typeof SELDOM;

const drawn = new Map<string, string>(Object.entries(PATHS));

/** More icons that can be drawn from now on. */
export function addIcons(paths: Readonly<Record<string, string>>): void {
  for (const [name, path] of Object.entries(paths)) drawn.set(name, path);
}

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={drawn.get(name)} />
    </svg>
  );
}

/** The mark of Feiqian: a certificate cut in two halves that only fit each other. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 48 48" aria-hidden="true" focusable="false">
      <path class="mark-one" d="M9 8a4 4 0 0 1 4-4h9l-4 8 5 8-5 8 5 8-3 8h-7a4 4 0 0 1-4-4z" />
      <path class="mark-two" d="M27 4h8a4 4 0 0 1 4 4v32a4 4 0 0 1-4 4H25l3-8-5-8 5-8-5-8z" />
    </svg>
  );
}
