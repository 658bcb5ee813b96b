/** Screens by the address's hash (#/history). A new screen takes the focus to its heading and starts at the top. */

import { useEffect, useState } from "preact/hooks";

export interface Route {
  readonly name: string;
  readonly rest: string;
}

/** "#/payment/3-17" is the screen "payment" about "3-17"; an empty hash is "home". */
export function parseRoute(hash: string): Route {
  const [name = "", ...rest] = hash.replace(/^#\/?/u, "").split("?")[0]?.split("/") ?? [];
  return { name: name === "" ? "home" : name, rest: decoded(rest.join("/")) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return ""; // anyone may have written the address
  }
}

export function go(path: string): void {
  location.hash = `#/${path}`;
}

/** The same, without a step back to where one was: for what must not be met again by the back button. */
export function goInstead(path: string): void {
  location.replace(`#/${path}`);
}

export function back(): void {
  if (history.length > 1) history.back();
  else goInstead("");
}

export function useRoute(): Route {
  const [route, show] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const moved = () => show(parseRoute(location.hash));
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return route;
}
