/** What can go wrong at a till, in English. troubles.ts says where they come from. */

const UNTOUCHED = "Nothing was accepted and nothing was changed.";

export const en = {
  not_enrolled: {
    message: "This terminal is not enrolled yet.",
    safe: UNTOUCHED,
    next: "Enrol it with the code from your operator.",
  },
  already_enrolled: {
    message: "This terminal is enrolled already.",
    safe: "It stays enrolled as it was.",
    next: "To enrol it anew, sign it out first.",
  },
  enrolment_mismatch: {
    message: "The operator's answer does not fit this terminal ({why}).",
    safe: "Nothing of it was kept.",
    next: "Check the server's address, ask the operator for a new code, and try again.",
  },
  not_allowed: {
    message: "The operator does not let this terminal do that ({what}).",
    safe: UNTOUCHED,
    next: "Ask your operator to allow it.",
  },
  certificate_over: {
    message: "This terminal's certificate is no longer valid.",
    safe: "What was accepted before is safe and can still be sent.",
    next: "Sync, then ask your operator for a new enrolment code.",
  },
  unsigned_over_cap: {
    message: "A request without signature is allowed up to {cap} only.",
    safe: UNTOUCHED,
    next: "Ask with a signed request.",
  },
  request_unknown: {
    message: "This terminal has no such request.",
    safe: UNTOUCHED,
    next: "Look it up in the history.",
  },
  one_way_code: {
    message: "This is a one-way payment code; it answers no request.",
    safe: UNTOUCHED,
    next: "Take it as a code for what is due.",
  },
  request_expired: {
    message: "Request {request} ran out before its payment was read, or a clock is wrong.",
    safe: "Nothing was accepted. The payer's device counts the amount as paid until it reads a note.",
    next: "Cancel the request and show the payer the note. Then ask anew.",
  },
  request_cancelled: {
    message: "This request was cancelled; it is never accepted any more.",
    safe: "The payer gets the money back with the cancel note.",
    next: "Show the payer the cancel note, and ask anew.",
  },
  request_already_paid: {
    message: "This request has its payment already.",
    safe: "It counts once; nothing was taken twice.",
    next: "If the payer paid twice, give the second one back.",
  },
  outside_guarantee_code: {
    message: "A one-way code is not guaranteed: it could be shown at several places, and pays only once.",
    safe: UNTOUCHED,
    next: "Ask for a payment by request instead, or accept it at your own risk.",
  },
  outside_guarantee_credit: {
    message: "This payment leans on money that the payer received from another payer, so it is not guaranteed.",
    safe: UNTOUCHED,
    next: "Ask for a payment from the payer's own money, or accept it at your own risk.",
  },
  outside_guarantee_cap: {
    message: "The amount is above the {cap} that are guaranteed for one payment.",
    safe: UNTOUCHED,
    next: "Split it, take another means, or accept it at your own risk.",
  },
  outside_guarantee_age: {
    message: "This terminal has not synced for long, so only {cap} are guaranteed for one payment.",
    safe: UNTOUCHED,
    next: "Sync when there is a network, or accept it at your own risk.",
  },
  payment_unknown: {
    message: "This till holds no such payment.",
    safe: UNTOUCHED,
    next: "Look it up in the history.",
  },
  void_too_much: {
    message: "At most {most} of this payment can be given back.",
    safe: UNTOUCHED,
    next: "Give a smaller amount.",
  },
  void_less: {
    message: "{given} of this payment were given back already; a note cannot be taken back.",
    safe: "That note stands, and counts once.",
    next: "State the whole amount that is to be given back, {given} or more.",
  },
  void_over_cap: {
    message: "A note of this terminal may give back {cap} at most.",
    safe: UNTOUCHED,
    next: "Pay it back as a refund, or ask your operator.",
  },
  void_too_late: {
    message: "It is too late to void this payment: a note given now could reach the operator after the deadline.",
    safe: "The payment stands; nothing was given back.",
    next: "Pay the money back by other means: in cash, or as a payment of your own.",
  },
  cancel_accepted: {
    message: "A payment on this request was accepted, so it cannot be cancelled.",
    safe: "The payment stands.",
    next: "Give the payment back instead.",
  },
  queue_waiting: {
    message: "{count} accepted payments or notes have not been answered by the operator yet.",
    safe: "They are stored safely, and this terminal stays signed in.",
    next: "Sync first; without a network, export them as files.",
  },
  queue_empty: {
    message: "Nothing waits to be sent.",
    safe: "Everything has been answered.",
    next: "There is nothing to export.",
  },
  answer_mismatch: {
    message: "The operator's answer does not belong to what was sent ({why}).",
    safe: "The queue is complete and stays until a right answer arrives.",
    next: "Sync again; if it stays so, tell the operator.",
  },
  update_needed: {
    message: "The operator tells of a change that this version does not know.",
    safe: "Nothing of it was taken and nothing is lost: what was answered stands, and it is told again.",
    next: "Update the app, then sync again.",
  },
  statement_refused: {
    message: "The operator's statement cannot be right ({why}).",
    safe: "Nothing of it was taken; what was answered before stands.",
    next: "Sync again; if it stays so, tell the operator.",
  },
  answer_changed: {
    message: "The operator answered the same batch in another way than before.",
    safe: "The first answer stands; both are evidence.",
    next: "Tell the operator: an answer once given must not change.",
  },
};

export type TerminalTroubles = typeof en;
