/** A newer trust pack from another device's screen, taken without a network (mirrors what cli/device_trust.py takes). */

import type { Scans } from "../platform/scanned.ts";
import { type PackTaken, scannedPack } from "../platform/shown_pack.ts";
import { takePack } from "./sync.ts";
import type { Terminal } from "./terminal.ts";

/** One scanned text, within an act; with the last piece of a pack it is checked and kept. Throws Refused, NotAPack. */
export async function takeShownPack(terminal: Terminal, scans: Scans, text: string): Promise<PackTaken> {
  const found = await scannedPack(scans, text);
  if (!("body" in found)) return { kind: "frame", ...found };
  const desk = await terminal.open();
  const newer = await takePack(desk, found.body);
  return { kind: "pack", newer, issuedAt: desk.trust.index.issuedAt };
}
