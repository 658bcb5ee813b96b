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

/** The enrolment code of a link (#/enrol/CODE). It stands behind the # so that no server and no log gets it. */
export function codeInLink(hash: string): string {
  const route = parseRoute(hash);
  return route.name === "enrol" ? route.rest : "";
}

/** The same of the address, where it does not stay: neither in the bar nor behind the back button. */
export function takeLinkCode(): string {
  const code = codeInLink(location.hash);
  if (code !== "") history.replaceState(null, "", "#/enrol");
  return code;
}

/** The code that the app was opened with, or of a link that is opened while it runs. */
export function useLinkCode(first: string): string {
  const [code, take] = useState(first);
  useEffect(() => {
    const moved = () => take((held) => takeLinkCode() || held);
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);
  return code;
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
