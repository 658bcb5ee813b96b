/** What the app says of payments, advice, findings and disputes, in English. app_words.ts says where they come from. */

const NOTHING = "Nothing was changed.";
const OWNED = "What you have set aside stays yours.";
const REPORT = "Report this device to your operator at once, and pay nothing more with it.";

export const en = {
  payments: {
    unsigned: {
      title: "Waits for your passkey",
      detail:
        "The passkey has not confirmed {amount} yet, so nothing was shown to {payee}. The amount stays set aside until {deadline}, or until you confirm.",
      next: "Show it: the passkey asks again.",
    },
    abandoned: {
      title: "Never confirmed",
      detail: "The passkey did not confirm in time, and nothing was shown. {amount} returns by {deadline}.",
      next: null,
    },
    shown: {
      title: "Shown, receipt awaited",
      detail: "{payee} has not confirmed yet. It counts once, however often it is shown.",
      next: "Scan the receipt.",
    },
    code_shown: {
      title: "Code shown",
      detail: "It can be taken once, until {ends}. If nobody takes it, {amount} returns by {deadline}.",
      next: null,
    },
    unconfirmed: {
      title: "No receipt yet",
      detail: "The request has ended, and {payee} may or may not have taken {amount}. It is decided by {deadline}.",
      next: "Show it again for a receipt, or ask for a cancel note.",
    },
    hidden: {
      title: "Code hidden, waits for settlement",
      detail: "Its time is over. If nobody took it, {amount} returns by {deadline}.",
      next: null,
    },
    accepted: {
      title: "Accepted offline, guaranteed",
      detail: "{payee} has signed for {final}. It is settled once, when one of you is online.",
      next: null,
    },
    accepted_at_risk: {
      title: "Accepted offline, at the payee's risk",
      detail: "{payee} has signed for {final}. The risk is not yours; it is settled once.",
      next: null,
    },
    accepted_less: {
      title: "Accepted offline, guaranteed",
      detail: "{payee} has signed for {final}; {back} of {amount} comes back.",
      next: null,
    },
    voided: {
      title: "Given back",
      detail: "{back} of {amount} comes back; {final} stays with {payee}.",
      next: null,
    },
    cancelled: {
      title: "Cancelled, all given back",
      detail: "{payee} did not take this payment and never will: {amount} comes back.",
      next: null,
    },
    contingent: {
      title: "Claimed, decided by {deadline}",
      detail: "The operator holds the claim of {payee} and pays or returns {amount} by then.",
      next: null,
    },
    refused: {
      title: "Not paid by the operator",
      detail: "The operator pays nothing for it so far: {amount} returns by {deadline}.",
      next: null,
    },
    settled: {
      title: "Paid, final",
      detail: "{final} was settled with {payee}. Nothing about it is open.",
      next: null,
    },
    returned: {
      title: "Returned to your account",
      detail: "Nobody claimed it in time: {amount} is in your account again.",
      next: null,
    },
  },
  thePayee: "the payee",
  theDeadline: "the deadline",
  credited: "{amount} can be spent again at once.",
  advice: {
    nothing_to_spend: {
      message: "Nothing is left to spend offline.",
      safe: OWNED,
      next: "Top up while there is a network.",
    },
    top_up_suggested: {
      message: "More than half is spent.",
      safe: OWNED,
      next: "Top up while there is a network.",
    },
    ends_soon: {
      message: "What you can spend offline ends soon.",
      safe: "What is not spent comes back.",
      next: "Top up while there is a network.",
    },
    few_cheques: {
      message: "Only a few offline payments are left.",
      safe: OWNED,
      next: "Top up while there is a network.",
    },
    trust_old: {
      message: "What this wallet knows of the operator is old.",
      safe: "Payments still work.",
      next: "Sync when you can.",
    },
    clock_behind: {
      message: "This device's clock seems to be behind.",
      safe: NOTHING,
      next: "Set the clock.",
    },
    update_needed: {
      message: "The operator asks for a newer version of this app.",
      safe: "Payments still work.",
      next: "Update when you can.",
    },
    payee_not_proved: {
      message: "Nobody vouches for this payee's name.",
      safe: NOTHING,
      next: "Look whom you pay.",
    },
  },
  findings: {
    not_ours: {
      title: "A payment that this wallet never made: {amount}",
      detail:
        "Somebody has a copy of this wallet or of its key, or it was itself put back from an older copy. Your own payments stand as they are. You answer for nothing that is accepted after you report it.",
      next: REPORT,
    },
    forked: {
      title: "Another payment contradicts this one: {amount}",
      detail:
        "It was signed with this device's key, and the operator has suspended the allowance. Your receipts prove what you paid. You answer for nothing that is accepted after you report it.",
      next: REPORT,
    },
    code_wrong: {
      title: "A payment of {amount} carried a wrong one-time code",
      detail: "It was wrong or used before. The payee was paid; the operator has suspended this device's allowances.",
      next: "If it was not you, report this device at once. If it was, ask your operator for a new enrolment code.",
    },
    too_much: {
      title: "The operator took {amount} too much",
      detail: "Its books take more than the payee signed for. The receipt or note in this wallet proves what you owe.",
      next: "Sync: it hands the proof in. After the deadline, dispute the payment.",
    },
  },
  disputes: {
    opened: "waits for the other side's answer",
    contested: "contested; the operator decides",
    unanswered: "not answered in time; the operator decides",
    accepted: "accepted by the other side",
    refunded: "decided: refunded to you",
    upheld: "decided: the payment stands",
    withdrawn: "withdrawn",
    lapsed: "lapsed without a decision; the payment stands",
  },
};

export type AppWords = typeof en;
