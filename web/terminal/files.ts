/** What waits, as files for a till that has no network: signed batches, and the proofs of forks that it has seen. */

import { toHex } from "../protocol/octets.ts";
import type { MadeFile } from "./app.ts";
import type { TerminalStore } from "./ports.ts";
import type { Terminal } from "./terminal.ts";
import { TerminalTrouble } from "./troubles.ts";

const ID_IN_NAMES = 16;

/** Throws TerminalTrouble queue_empty when there is nothing to carry. */
export async function queueFiles(
  terminal: Pick<Terminal, "export">,
  store: Pick<TerminalStore, "proofs">,
): Promise<readonly MadeFile[]> {
  const proofs = store.proofs().map(({ proofId, raw }) => {
    return { name: `fork-${toHex(proofId).slice(0, ID_IN_NAMES)}.feiqian-fork`, bytes: raw };
  });
  try {
    const batches = (await terminal.export()).map(({ batchId, raw }) => {
      return { name: `queue-${toHex(batchId).slice(0, ID_IN_NAMES)}.feiqian-batch`, bytes: raw };
    });
    return [...batches, ...proofs];
  } catch (error) {
    if (error instanceof TerminalTrouble && error.code === "queue_empty" && proofs.length > 0) return proofs;
    throw error;
  }
}
