/** The code of the holder's authenticator, where a payment needs one: asked for once the wallet says so. */

import { codedOf } from "../../ui/act.ts";
import { later } from "../../ui/later.tsx";
import { SELDOM_FILES } from "../seldom_words.ts";
import type { Holder } from "./holder_dialog.tsx";

const seldom = later(() => import("./seldom.tsx"), SELDOM_FILES);
export const AuthenticatorDialog = seldom((screens) => screens.AuthenticatorCode);

/** What `draw` gives. Where it is refused for want of a code, or for the one given, `ask` is told who confirmed. */
export async function withCode<T>(holder: Holder, ask: (holder: Holder) => void, draw: () => Promise<T>): Promise<T> {
  try {
    return await draw();
  } catch (thrown) {
    if (codedOf(thrown).code.startsWith("one_time_code_")) ask(holder);
    throw thrown;
  }
}
