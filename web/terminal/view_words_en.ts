/** What the app says of payments, notes and later truth in English; view_words.ts says which of it when. */

import type { VerdictName } from "../protocol/answer.ts";
import type { AdviceKind, ClaimState, Grade } from "./states.ts";

export const en = {
  grades: {
    F3: "Paid, final",
    F2: "Accepted offline, guaranteed if sent by the deadline",
    F1: "Accepted at your risk",
    F0: "Refused by the operator",
  } satisfies Record<Grade, string>,
  states: {
    waiting: "Waiting to be sent",
    sent: "Sent, not answered yet",
    settled: "Settled",
    contingent: "Waits until the deadline",
    refused: "Refused by the operator",
  } satisfies Record<ClaimState, string>,
  verdicts: {
    settled: "Settled",
    contingent: "Waits until the deadline",
    duplicate: "Claimed before; counted once",
    fork: "The payer's device signed contradicting cheques",
    doubleAcceptance: "This code was also taken at another counter; it pays once in all",
    secondCheque: "Another cheque was paid for this request",
    payeeNotNamed: "It is made out to another payee",
    notCovered: "Not covered by the payer's allowance",
    unknownAllowance: "The issuer does not know this allowance",
    late: "Sent after the deadline",
    suspended: "The allowance was suspended before it was accepted",
    outOfPolicy: "Accepted outside the policy",
    refused: "Refused",
    noted: "Noted",
  } satisfies Record<VerdictName, string>,
  happened: {
    settled: "It is settled",
    waiting: "It waits until the deadline",
    fork: "This payer's device had signed two different histories; you kept the rules",
    double_acceptance: "This code was also taken elsewhere; it pays once in all",
    second_cheque: "Another cheque was paid for the same request; one request pays once",
    given_back: "It was given back to the payer, in part or in full",
    shared: "The deadline has passed and what the payer had left was shared out",
    missing: "The payer has shown this payment to the operator, which has no claim for it",
    unpaid: "The deadline has passed and the payer had nothing left for it",
  } satisfies Record<AdviceKind, string>,
  suspended: "The payer's allowance was reported lost or suspended before you accepted it",
  notes: {
    void: "Void note",
    cancel: "Cancel note",
  },
  notice: "Settled by the payer's issuer; nothing to be sent",
  howMuch: "How much do you take?",
  guaranteed: (cap: string, until: string) => `Guaranteed up to ${cap} if sent by ${until}.`,
  notGuaranteed: (until: string) => `Not guaranteed; it is paid if it holds. Send it by ${until}.`,
  paidAndMore: (paid: string, waiting: string, until: string) =>
    `You are paid ${paid}, and get up to ${waiting} more at ${until}.`,
  upTo: (waiting: string, until: string) => `You get up to ${waiting} at ${until}.`,
  missing: (until: string) => `To be paid, sync this till before ${until}.`,
  paidByIssuer: (paid: string) => `You are paid ${paid} by the issuer.`,
  paid: (paid: string) => `You are paid ${paid}.`,
  decidedAt: (paid: string, waiting: string, until: string) => `Paid ${paid}; up to ${waiting} is decided at ${until}.`,
  receipt: (counter: number) => `Receipt ${counter}`,
  unpaid: "; nothing is paid for this one",
  nothing: "You get nothing for it.",
  allBack: "All of it was given back.",
  sync: "Sync when there is a network.",
  syncAgain: "Sync again for the answer.",
  report: "If that is wrong, report a problem.",
};

export type ViewWords = typeof en;
