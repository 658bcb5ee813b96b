/** The payment that an address names, or the sentences why there is none. */

import { codedOf } from "../../ui/act.ts";
import type { AcceptedView, Coded } from "../app.ts";
import { useTerminal } from "./context.ts";

export type Found =
  | { readonly payment: AcceptedView; readonly failure: null }
  | { readonly payment: null; readonly failure: Coded };

export function useRecord(number: string): Found {
  const { app } = useTerminal();
  try {
    return { payment: app.payment(/^\d{1,9}$/u.test(number) ? Number(number) : 0), failure: null };
  } catch (thrown) {
    return { payment: null, failure: codedOf(thrown) };
  }
}
