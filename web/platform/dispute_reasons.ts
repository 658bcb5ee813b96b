/** Why a payment may be disputed (docs/spec/10-papers-and-disputes.md), apart from the calls: screens know reasons without a network. */

export const DISPUTE_REASONS = ["not_delivered", "wrong_amount", "not_me", "not_paid"] as const;
export type DisputeReason = (typeof DISPUTE_REASONS)[number];
