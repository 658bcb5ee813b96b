/** A newer trust pack from another device's screen, taken without a network (mirrors what cli/device_trust.py takes). */

import { type PackTaken, scannedPack } from "../platform/shown_pack.ts";
import type { Session } from "./session.ts";
import { takePack } from "./trust_held.ts";

/** One scanned text; with the last piece of a pack it is checked and kept. Throws Refused, NotAPack, Conflict. */
export async function takeShownPack(session: Session, text: string): Promise<PackTaken> {
  const found = await scannedPack(session.scans, text);
  if (!("body" in found)) return { kind: "frame", ...found };
  const newer = await session.act(() => takePack(session.parts, found.body));
  const { trust } = await session.wallet.holdings();
  return { kind: "pack", newer, issuedAt: trust.index.issuedAt };
}
