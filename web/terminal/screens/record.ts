/** The payment that an address names, or the sentences why there is none. */

import { useEffect, useState } from "preact/hooks";
import { codedOf } from "../../ui/act.ts";
import type { AcceptedView, Coded } from "../app.ts";
import { troubleWords } from "../tongue.ts";
import { useTerminal } from "./context.ts";

export type Found =
  | { readonly payment: AcceptedView; readonly failure: null }
  /** Null until its sentences are there. */
  | { readonly payment: null; readonly failure: Coded | null };

export function useRecord(number: string): Found {
  const { app } = useTerminal();
  const [said, say] = useState(false);
  const [failed, fail] = useState(false);
  useEffect(() => {
    if (failed) void troubleWords().then(() => say(true));
  }, [failed]);
  try {
    return { payment: app.payment(/^\d{1,9}$/u.test(number) ? Number(number) : 0), failure: null };
  } catch (thrown) {
    if (!failed) fail(true);
    return { payment: null, failure: said ? codedOf(thrown) : null };
  }
}
