/**
 * What may become of a payment and of an allowance on the payer's device: tables state, event -> state (spec 07).
 *
 * An absent cell means that the event cannot happen there; it is refused and changes nothing. An event that comes twice
 * leads to the state where one already is, so replaying any message is harmless. For people every state has one of three
 * statuses: active (wait), needs you (do something), done. A test holds these tables against src/feiqian/wallet/states.py,
 * where each row is explained.
 */

/** What a state asks of the holder. */
export type Status = "active" | "needs_you" | "done";

/**
 * Where a payment stands. Whatever it is, its counter is burned and its cheque is out or may be.
 *
 * unsigned: burned, and the passkey has not signed yet; abandoned: it did not before the request or code ended. What an
 * authenticator did behind our back may still turn up at the operator. Only wallets whose keys are passkeys have these.
 */
export const PAYMENT_STATES = [
  "unsigned",
  "abandoned",
  "shown",
  "unconfirmed",
  "hidden",
  "accepted",
  "voided",
  "cancelled",
  "contingent",
  "refused",
  "settled",
  "returned",
] as const;
export type PaymentState = (typeof PAYMENT_STATES)[number];

/** What can happen to a payment. */
export const PAYMENT_EVENTS = [
  "signed",
  "receipt",
  "void_note",
  "cancel_note",
  "ttl_passed",
  "no_receipt",
  "found_settled",
  "found_contingent",
  "found_given_back",
  "found_refused",
  "found_returned",
] as const;
export type PaymentEvent = (typeof PAYMENT_EVENTS)[number];

/**
 * Where an allowance stands, from the intention to ask for it on.
 *
 * closing_unsigned: its closing cheque is burned, and the passkey has not signed it yet. Nothing is paid from it any more.
 */
export const ALLOWANCE_STATES = ["asked", "dropped", "held", "closing_unsigned", "closing", "closed"] as const;
export type AllowanceState = (typeof ALLOWANCE_STATES)[number];

/** What can happen to an allowance. */
export const ALLOWANCE_EVENTS = ["issued", "declined", "closing_burned", "closing_drawn", "closing_confirmed"] as const;
export type AllowanceEvent = (typeof ALLOWANCE_EVENTS)[number];

type Table<S extends string, E extends string> = Readonly<Record<S, { readonly [event in E]?: S }>>;

export const PAYMENT_TABLE: Table<PaymentState, PaymentEvent> = {
  unsigned: {
    signed: "shown",
    ttl_passed: "abandoned",
    no_receipt: "abandoned",
    found_settled: "settled",
    found_contingent: "contingent",
    found_given_back: "voided",
    found_refused: "refused",
    found_returned: "returned",
  },
  abandoned: {
    ttl_passed: "abandoned",
    no_receipt: "abandoned",
    found_settled: "settled",
    found_contingent: "contingent",
    found_given_back: "voided",
    found_refused: "refused",
    found_returned: "returned",
  },
  shown: {
    receipt: "accepted",
    void_note: "voided",
    cancel_note: "cancelled",
    ttl_passed: "hidden",
    no_receipt: "unconfirmed",
    found_settled: "settled",
    found_contingent: "contingent",
    found_given_back: "voided",
    found_refused: "refused",
    found_returned: "returned",
  },
  unconfirmed: {
    receipt: "accepted",
    void_note: "voided",
    cancel_note: "cancelled",
    no_receipt: "unconfirmed",
    found_settled: "settled",
    found_contingent: "contingent",
    found_given_back: "voided",
    found_refused: "refused",
    found_returned: "returned",
  },
  hidden: {
    receipt: "accepted",
    void_note: "voided",
    ttl_passed: "hidden",
    found_settled: "settled",
    found_contingent: "contingent",
    found_given_back: "voided",
    found_refused: "refused",
    found_returned: "returned",
  },
  accepted: {
    receipt: "accepted",
    void_note: "voided",
    cancel_note: "cancelled",
    found_settled: "settled",
    found_contingent: "contingent",
    found_given_back: "voided",
    found_refused: "refused",
    found_returned: "returned",
  },
  voided: {
    receipt: "voided",
    void_note: "voided",
    cancel_note: "cancelled",
    found_settled: "settled",
    found_contingent: "contingent",
    found_given_back: "voided",
    found_refused: "refused",
    found_returned: "returned",
  },
  cancelled: {
    receipt: "cancelled",
    void_note: "cancelled",
    cancel_note: "cancelled",
    found_settled: "settled",
    found_contingent: "contingent",
    found_given_back: "cancelled",
    found_refused: "cancelled",
    found_returned: "returned",
  },
  contingent: {
    receipt: "contingent",
    void_note: "voided",
    cancel_note: "cancelled",
    found_settled: "settled",
    found_contingent: "contingent",
    found_given_back: "voided",
    found_refused: "refused",
    found_returned: "returned",
  },
  refused: {
    receipt: "refused",
    void_note: "voided",
    cancel_note: "cancelled",
    found_settled: "settled",
    found_contingent: "contingent",
    found_given_back: "voided",
    found_refused: "refused",
    found_returned: "returned",
  },
  settled: {
    receipt: "settled",
    void_note: "voided",
    cancel_note: "cancelled",
    found_settled: "settled",
    found_given_back: "voided",
    found_refused: "refused",
    found_returned: "returned",
  },
  returned: { receipt: "returned", void_note: "returned", cancel_note: "returned", found_returned: "returned" },
};

export const ALLOWANCE_TABLE: Table<AllowanceState, AllowanceEvent> = {
  asked: { issued: "held", declined: "dropped" },
  dropped: { declined: "dropped" },
  held: { issued: "held", closing_burned: "closing_unsigned", closing_drawn: "closing" },
  closing_unsigned: { closing_burned: "closing_unsigned", closing_drawn: "closing" },
  closing: { closing_drawn: "closing", closing_confirmed: "closed" },
  closed: { closing_drawn: "closed", closing_confirmed: "closed" },
};

export const PAYMENT_STATUS: Readonly<Record<PaymentState, Status>> = {
  unsigned: "needs_you",
  abandoned: "active",
  shown: "active",
  unconfirmed: "needs_you",
  hidden: "active",
  accepted: "done",
  voided: "done",
  cancelled: "done",
  contingent: "active",
  refused: "active",
  settled: "done",
  returned: "done",
};

export const ALLOWANCE_STATUS: Readonly<Record<AllowanceState, Status>> = {
  asked: "needs_you",
  dropped: "done",
  held: "active",
  closing_unsigned: "active",
  closing: "active",
  closed: "done",
};

/** Where `event` leads from `state`; undefined when it cannot happen there. */
export function afterPayment(state: PaymentState, event: PaymentEvent): PaymentState | undefined {
  return PAYMENT_TABLE[state][event];
}

/** Where `event` leads from `state`; undefined when it cannot happen there. */
export function afterAllowance(state: AllowanceState, event: AllowanceEvent): AllowanceState | undefined {
  return ALLOWANCE_TABLE[state][event];
}
