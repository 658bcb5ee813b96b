/**
 * A trust pack that another device shows: codes in, the pack's bytes out, unverified (src/feiqian/cli/device_trust.py).
 *
 * Whoever shows it need not be trusted: who takes it checks it as one that came from the operator.
 */

import { KINDS } from "../protocol/cose.ts";
import type { Octets } from "../protocol/octets.ts";
import { Coded, type Language, type Words } from "../protocol/words.ts";
import type { Scanned, Scans } from "./scanned.ts";

/** What became of one scanned code: a piece of a pack, or a whole one; `issuedAt` is of the lists that now count. */
export type PackTaken =
  | { readonly kind: "frame"; readonly have: number; readonly of: number }
  | { readonly kind: "pack"; readonly newer: boolean; readonly issuedAt: number };

const NOT_A_PACK = {
  en: {
    message: "This code carries no operator's lists.",
    safe: "Nothing was changed.",
    next: "On the other device, open the lists to be shown, and scan those codes.",
  },
  zh: {
    message: "此码不是运营方列表。",
    safe: "没有任何改动。",
    next: "请在另一台设备上打开要出示的列表，再扫描那里的码。",
  },
} as const satisfies Record<Language, Words>;

/** What was scanned is something else. */
export class NotAPack extends Coded {
  readonly code = "not_a_pack";

  constructor() {
    super("not_a_pack");
    this.name = "NotAPack";
  }

  words(language: Language): Words {
    return NOT_A_PACK[language];
  }
}

/** What a text adds to the pack that is being shown; with `body` it is whole. Throws Refused, NotAPack. */
export async function scannedPack(scans: Scans, text: string): Promise<Scanned> {
  const found = await scans.take(text);
  if (!("body" in found)) return found;
  scans.forget(); // shown once more, it begins anew
  if (!isPack(found.body)) throw new NotAPack();
  return found;
}

/** Whether `body` begins as a trust pack does. */
function isPack(body: Octets): boolean {
  const [head = 0, key, kind] = body;
  return head > 0xa0 && head < 0xb8 && key === 0 && kind === KINDS.trust_pack;
}
