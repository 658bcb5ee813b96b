/** What can go wrong on the payer's device, in English. troubles.ts says where they come from. */

const NOTHING = "Nothing was signed and no money moved.";

export const en = {
  not_enrolled: {
    message: "This wallet is not enrolled yet.",
    safe: NOTHING,
    next: "Enrol it with a code from the operator.",
  },
  already_enrolled: {
    message: "This wallet is enrolled already, at {server}.",
    safe: "What it holds was left as it is.",
    next: "For another payer use another browser profile.",
  },
  deployment_changed: {
    message: "The server answered for another deployment than it named first.",
    safe: "Nothing of its answer was kept.",
    next: "Check the server's address and ask the operator for a new code.",
  },
  allowance_not_as_asked: {
    message: "The operator sent an allowance that is not the one asked for ({why}).",
    safe: "It was not stored; the request stays open, and repeating it counts once.",
    next: "Try again; if it stays so, tell the operator.",
  },
  top_up_waits: {
    message: "A top-up of {amount} was begun and has no answer yet.",
    safe: "It counts once, however often it is asked.",
    next: "Finish it first: repeat that amount, or sync.",
  },
  no_allowance: {
    message: "There is nothing on this device to pay with offline.",
    safe: NOTHING,
    next: "Top up while there is a network.",
  },
  allowances_expired: {
    message: "The allowances on this device have ended.",
    safe: "What was not spent returns to your account by {deadline}.",
    next: "Top up again while there is a network. If the date looks wrong, set this device's clock.",
  },
  allowance_not_begun: {
    message: "By this device's clock the allowance has not begun yet.",
    safe: NOTHING,
    next: "Set this device's clock, then try again.",
  },
  allowance_stopped: {
    message: "The operator has suspended or retired what this device could pay with.",
    safe: NOTHING,
    next: "Sync, and ask the operator if you did not expect this.",
  },
  other_payee_only: {
    message: "The allowances on this device may be spent at another payee only.",
    safe: NOTHING,
    next: "Pay there, or top up without that condition.",
  },
  currency_not_held: {
    message: "This wallet holds no {currency}.",
    safe: NOTHING,
    next: "Ask the payee for another currency.",
  },
  over_one_payment: {
    message: "{amount} is more than one payment may be; the limit is {limit}.",
    safe: NOTHING,
    next: "Ask the payee for a smaller request, or pay online.",
  },
  over_one_way: {
    message: "{amount} is more than a one-way code may carry; the limit is {limit}.",
    safe: NOTHING,
    next: "Let the payee show a request and pay that: it allows more.",
  },
  tier_too_low: {
    message: "{amount} asks for a key in safer hardware than this wallet's; with this key at most {limit} can be paid.",
    safe: NOTHING,
    next: "Pay a smaller amount, answer a request instead of showing a code, or pay another way.",
  },
  not_enough: {
    message: "{amount} is more than one allowance on this device still covers; at most {limit} can be paid at once.",
    safe: NOTHING,
    next: "Top up while there is a network, or pay a smaller amount.",
  },
  cheques_used_up: {
    message: "All cheques of the allowances on this device are used.",
    safe: "What was not spent returns to your account by {deadline}.",
    next: "Top up while there is a network.",
  },
  one_time_code_needed: {
    message: "To pay {amount}, a one-time code from your authenticator is needed.",
    safe: NOTHING,
    next: "Give the code that your authenticator shows now.",
  },
  one_time_code_malformed: {
    message: "A one-time code has six digits.",
    safe: NOTHING,
    next: "Type the digits that your authenticator shows.",
  },
  one_time_code_used: {
    message: "This one-time code went into an earlier payment; each counts once.",
    safe: NOTHING,
    next: "Wait until your authenticator shows the next code, and use that.",
  },
  holder_check_needed: {
    message: "Above {limit} this device must check that it is you.",
    safe: NOTHING,
    next: "Confirm with your PIN and try again.",
  },
  clocks_differ: {
    message: "The payee's clock says {theirs}, this device's says {ours}, so the request looks out of date.",
    safe: NOTHING,
    next: "Set the clock that is wrong, then let the payee make a new request.",
  },
  own_request: {
    message: "This request asks for money onto an allowance of this same wallet.",
    safe: NOTHING,
    next: "There is nothing to pay.",
  },
  code_hidden: {
    message: "This one-way code has had its time and is not shown again.",
    safe: "It pays at most once. If nobody took it, the amount returns by {deadline}.",
    next: "Make a new code if the payee did not take it.",
  },
  payment_unknown: {
    message: "This wallet knows no payment {number}.",
    safe: "Nothing was changed.",
    next: "Look it up in the history.",
  },
  about_no_payment: {
    message: "This receipt or note is about no payment of this wallet.",
    safe: "Nothing was changed.",
    next: "Let the payee show the one for your payment; its number stands beside it.",
  },
  nothing_to_close: {
    message: "There is no allowance that could be closed.",
    safe: "Nothing was changed.",
    next: "See the list of allowances.",
  },
  closing_needs_cheque: {
    message: "All cheques of this allowance are used, and closing it would need one.",
    safe: "Nothing more can be spent on it.",
    next: "It ends by itself: what is left returns by {deadline}.",
  },
  wallet_changed: {
    message: "The wallet's store changed while this was being done.",
    safe: "Nothing of this was written.",
    next: "Try again; if it stays so, keep the device as it is and tell the operator.",
  },
  amount_out_of_range: {
    message: "This amount cannot be paid.",
    safe: NOTHING,
    next: "Give an amount above zero.",
  },
};

export type WalletTroubles = typeof en;
