/**
 * The two files with which a till that is locked gets its key back: what the till keeps, and the operator's answer. The
 * same as those of `feiqian terminal recover` (src/feiqian/cli/till_recovery_file.py), so either may make or take them.
 */

import { REF_BYTES } from "../protocol/limits.ts";
import { fromHex, type Octets, toHex, utf8 } from "../protocol/octets.ts";
import type { SealedTill } from "./till_recovery.ts";
import { RecoveryTrouble } from "./till_recovery_trouble.ts";

const FORMAT = 1;
const FILE_MAX_BYTES = 4096;

export type RecoveryKind = "till-recovery-request" | "till-recovery-answer";

/** A sealed key and what it is about. */
export interface RecoveryFile extends SealedTill {
  readonly sealed: Octets;
}

/** The one way to write it. */
export function writeRecoveryFile(kind: RecoveryKind, { deployment, terminalRef, sealed }: RecoveryFile): Octets {
  const fields = { format: FORMAT, kind, deployment, terminal: toHex(terminalRef), sealed: toHex(sealed) };
  return utf8(`${JSON.stringify(fields, null, 1)}\n`);
}

/** A file of this kind. Throws RecoveryTrouble recovery_unreadable for any other bytes. */
export function readRecoveryFile(kind: RecoveryKind, bytes: Uint8Array): RecoveryFile {
  try {
    if (bytes.length > FILE_MAX_BYTES) throw new RangeError("too long");
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const fields = new Map<string, unknown>(Object.entries(Object(JSON.parse(text))));
    const [deployment, terminalRef, sealed] = [
      textOf(fields, "deployment"),
      hex(fields, "terminal"),
      hex(fields, "sealed"),
    ];
    if (fields.get("format") !== FORMAT || fields.get("kind") !== kind || terminalRef.length !== REF_BYTES) {
      throw new RangeError("another file");
    }
    return { deployment, terminalRef, sealed };
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError || error instanceof TypeError) {
      throw new RecoveryTrouble("recovery_unreadable");
    }
    throw error;
  }
}

function textOf(fields: ReadonlyMap<string, unknown>, name: string): string {
  const value = fields.get(name);
  if (typeof value !== "string") throw new RangeError(name);
  return value;
}

function hex(fields: ReadonlyMap<string, unknown>, name: string): Octets {
  return fromHex(textOf(fields, name).toLowerCase());
}
