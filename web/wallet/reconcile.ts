/**
 * Reconciling: what the operator's books say of every payment, and where they differ from what this device knows.
 *
 * The books name each cheque that was claimed, so nothing is guessed: a payment is settled, waits, was given back or was
 * refused because its own line says so, and has returned when D is over and a complete list does not name it. A cheque on
 * our allowance that we never drew was signed with a copied key, and the holder is told (spec 05.10). Pure.
 */

import { type Octets, toHex } from "../protocol/octets.ts";
import type { AllowanceLine, ChequeLine, Statement } from "./ports.ts";
import type { Finding, FindingKind, PaymentRecord } from "./records.ts";
import { afterPayment, type PaymentEvent } from "./states.ts";

/** Payments whose record changes, and all findings that hold from now on, those kept included. */
export interface Reconciled {
  readonly changed: readonly PaymentRecord[];
  readonly findings: readonly Finding[];
}

/**
 * What a statement tells this device.
 *
 * `topUps` gives the top-up id of each allowance of this device by the hex of its ref; other allowances are of other
 * devices of the same payer and none of our business. `held` are the findings so far: those of cheques that the
 * statement no longer names, because older ones are left out, are kept.
 */
export function reconcile(
  statement: Statement,
  payments: readonly PaymentRecord[],
  topUps: ReadonlyMap<string, Octets>,
  held: readonly Finding[],
): Reconciled {
  const lines = new Map(statement.cheques.map((line) => [toHex(line.chequeId), line]));
  const allowances = new Map<string, AllowanceLine>();
  for (const line of statement.allowances) {
    const topUpId = topUps.get(toHex(line.ref));
    if (topUpId !== undefined) allowances.set(toHex(topUpId), line);
  }
  const changed: PaymentRecord[] = [];
  for (const payment of payments) {
    const after = afterwards(payment, lines.get(toHex(payment.chequeId)), allowances.get(toHex(payment.topUpId)));
    if (!sameRecord(payment, after)) changed.push(after);
  }
  const kept = held.filter((one) => !lines.has(toHex(one.chequeId)));
  const ours = new Map(payments.map((payment) => [toHex(payment.chequeId), payment]));
  const fresh = statement.cheques.flatMap((line) => {
    const payment = ours.get(toHex(line.chequeId));
    const topUpId = payment === undefined ? topUps.get(toHex(line.ref)) : payment.topUpId;
    return topUpId === undefined ? [] : differences(line, payment, topUpId);
  });
  const findings = new Map([...kept, ...fresh].map((one) => [`${toHex(one.chequeId)} ${one.kind}`, one]));
  return { changed, findings: [...findings].sort(byName).map(([, one]) => one) };
}

/** Whether two findings say the same. */
export function sameFindings(one: readonly Finding[], other: readonly Finding[]): boolean {
  const spelled = (findings: readonly Finding[]) =>
    findings.map((it) => [toHex(it.chequeId), it.kind, toHex(it.topUpId), it.amountMinor].join()).join(" ");
  return spelled(one) === spelled(other);
}

function byName([one]: readonly [string, Finding], [other]: readonly [string, Finding]): number {
  return one < other ? -1 : Number(one > other);
}

/** What reconciling may change of a payment, compared. */
function sameRecord(one: PaymentRecord, other: PaymentRecord): boolean {
  return (
    one.state === other.state &&
    one.finalMinor === other.finalMinor &&
    one.grade === other.grade &&
    one.deadlineAt === other.deadlineAt &&
    one.payeeName === other.payeeName &&
    one.payeeProved === other.payeeProved
  );
}

function differences(line: ChequeLine, payment: PaymentRecord | undefined, topUpId: Octets): readonly Finding[] {
  const takenMinor = line.paidMinor + line.waitingMinor;
  const { chequeId } = line;
  const finding = (kind: FindingKind, amountMinor: bigint): Finding => ({ chequeId, kind, topUpId, amountMinor });
  if (payment === undefined) return [finding("not_ours", takenMinor)];
  const overMinor = takenMinor - signedMinor(payment);
  return [
    ...(line.forked ? [finding("forked", takenMinor)] : []),
    ...(line.codeWrong ? [finding("code_wrong", takenMinor)] : []),
    ...(overMinor > 0n ? [finding("too_much", overMinor)] : []),
  ];
}

/** The payment as the books have it; as it is where they say nothing of it. */
function afterwards(
  payment: PaymentRecord,
  line: ChequeLine | undefined,
  allowance: AllowanceLine | undefined,
): PaymentRecord {
  const over = allowance?.closed ?? false;
  if (line === undefined) {
    return over && allowance?.complete === true ? moved(payment, "found_returned", 0n) : payment;
  }
  const known = knownFrom(payment, line);
  const mostMinor = signedMinor(payment);
  if (line.paidMinor + line.waitingMinor > mostMinor) {
    // What the payee signed stays what is shown; the finding says that the books took more. What the books held open
    // has its end all the same once nothing waits any more, or its holder would wait for ever.
    const heldOpen = payment.state === "contingent" || payment.state === "refused";
    return heldOpen && line.waitingMinor === 0n ? moved(known, "found_settled", mostMinor) : known;
  }
  return moved(known, eventOf(line, over), line.paidMinor);
}

function eventOf(line: ChequeLine, over: boolean): PaymentEvent {
  if (line.waitingMinor > 0n) return "found_contingent";
  if (line.paidMinor > 0n) return "found_settled";
  if (over) return "found_returned";
  return line.givenBack ? "found_given_back" : "found_refused";
}

/** D, and the payee's name where nobody vouched for one before: the operator knows who claimed. */
function knownFrom(payment: PaymentRecord, line: ChequeLine): PaymentRecord {
  const known = { ...payment, deadlineAt: line.deadline };
  if (payment.payeeProved || line.payeeName === undefined) return known;
  return { ...known, payeeName: line.payeeName, payeeProved: true };
}

/** The payment after `event`; as it is where the state table knows no such way. */
function moved(payment: PaymentRecord, event: PaymentEvent, paidMinor: bigint): PaymentRecord {
  const state = afterPayment(payment.state, event);
  if (state === undefined) return payment;
  if (event === "found_settled") return { ...payment, state, finalMinor: paidMinor, grade: "F3" };
  if (event === "found_contingent") return { ...payment, state };
  // A refusal may still fall with another claim, so nothing is final yet.
  if (event === "found_refused") return { ...payment, state, grade: undefined };
  return { ...payment, state, finalMinor: 0n, grade: undefined };
}

/** The most that this payment may take: what its payee signed for, else what the cheque counts. */
function signedMinor(payment: PaymentRecord): bigint {
  const isSigned = payment.acknowledgement !== undefined;
  return isSigned && payment.finalMinor !== undefined ? payment.finalMinor : payment.amountMinor;
}
