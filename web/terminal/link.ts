/** The operator over HTTP, loaded when it is first called (start.ts): one transport, and the calls as a token's holder. */

import { HttpTransport } from "../platform/http.ts";
import { PayeeOperator } from "../platform/operator_payee.ts";
import type { ReachWatch } from "../platform/reach.ts";
import type { Language } from "../protocol/words.ts";

export function linkOf(
  heard: ReachWatch["heard"],
  language: () => Language,
): (token: string | undefined) => PayeeOperator {
  const transport = new HttpTransport({ heard });
  return (token) => new PayeeOperator({ transport, language: language(), ...(token === undefined ? {} : { token }) });
}
