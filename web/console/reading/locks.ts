/** Wallets that have stopped paying by themselves, and what was decided. */

import type { Fields } from "../../platform/json_answer.ts";
import { idIn } from "./ids.ts";

export interface Lock {
  readonly lockId: string;
  readonly payerId: string;
  readonly payerName: string;
  readonly reason: string;
  readonly lockedAt: number;
  /** allowed or refused; null while nobody has decided. */
  readonly decision: string | null;
}

export function locksIn(fields: Fields): readonly Lock[] {
  return fields.each("locks", lockIn);
}

export function lockIn(fields: Fields): Lock {
  return {
    lockId: idIn(fields, "lock_id"),
    payerId: idIn(fields, "payer_id"),
    payerName: fields.text("payer_name"),
    reason: fields.text("reason"),
    lockedAt: fields.instant("locked_at"),
    decision: fields.textOrNull("decision"),
  };
}
