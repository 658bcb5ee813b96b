/** A dispute as the operator answers it, for tests. */

import type { DisputeReply } from "../../platform/operator_disputes.ts";
import { NOW } from "./world.ts";

export function made(changed: Partial<DisputeReply>): DisputeReply {
  return {
    disputeId: new Uint8Array(16).fill(7),
    opener: "payer",
    reason: "not_delivered",
    chequeId: new Uint8Array(32),
    payerId: new Uint8Array(8),
    payeeId: new Uint8Array(8),
    payeeName: "Café",
    currency: "EUR",
    amountMinor: 10_00n,
    movedMinor: 0n,
    deadline: NOW - 1,
    state: "opened",
    status: "active",
    openedAt: NOW,
    until: NOW + 60,
    steps: [],
    ...changed,
  };
}
