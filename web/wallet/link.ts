/** The operator over HTTP, loaded when it is first called (start.ts): one transport, and the calls as a token's holder. */

import { HttpTransport } from "../platform/http.ts";
import { PayerOperator } from "../platform/operator_payer.ts";
import type { ReachWatch } from "../platform/reach.ts";
import type { Language } from "../protocol/words.ts";

export function linkOf(
  heard: ReachWatch["heard"],
  language: () => Language,
): (token: string | undefined) => PayerOperator {
  const transport = new HttpTransport({ heard });
  return (token) => new PayerOperator({ transport, language: language(), ...(token === undefined ? {} : { token }) });
}
