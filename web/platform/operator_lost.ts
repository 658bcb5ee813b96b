/** What anybody may ask of the operator with a lost-device code, from any browser (mirrors src/feiqian/links/http_locks.py). */

import { OperatorCalls } from "./operator_calls.ts";

/** The device is stopped: the most that can still be lost, and when the rest is back; null where nothing is out. */
export interface LostReply {
  readonly atRiskMinor: bigint;
  readonly currency: string | null;
  readonly deadline: number | null;
}

export class LostDesk extends OperatorCalls {
  /** Stops the device of this code. Again is harmless. Throws OperatorRefused lost_code_invalid, LinkTrouble. */
  async report(lostCode: string): Promise<LostReply> {
    const fields = await this.post("/v1/lost-devices", { lost_code: lostCode });
    const currency = fields.textOrNull("currency");
    const deadline = fields.instantOrNull("deadline");
    return { atRiskMinor: fields.amount("at_risk_minor"), currency, deadline };
  }
}
