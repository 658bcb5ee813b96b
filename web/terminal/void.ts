/**
 * Giving back: void notes on accepted cheques, cancel notes on requests. Both stand in the chain of receipts.
 *
 * Several notes on one cheque count once, at the largest amount (spec 04, Cover). So a note always states all that is
 * given back of the cheque, and an amount is asked for as the total: asking for the same again gives the same note, and
 * a retry after a crash can never give back twice. A receipt below the maximum gives back already; notes state that part
 * along, or the larger of the two would hide the other. Mirrors terminal/void.py.
 */

import * as cose from "../protocol/cose.ts";
import type { RequestHash } from "../protocol/ids.ts";
import type { Octets } from "../protocol/octets.ts";
import { NoteKind, notePrefix, signNote } from "../protocol/receipt.ts";
import { type Desk, spelled } from "./desk.ts";
import type { Accepted, GivenNote, NoteKind as Kind, NewNote } from "./records.ts";
import { requestAfter } from "./states.ts";
import { TerminalTrouble } from "./troubles.ts";

/**
 * How long before D the last void note is given (spec 05.4): it must still reach the operator by D, or the payer pays in
 * full what its payee signed back. Also the most that policy lets clocks differ.
 */
export const NOTE_TRAVEL_S = 3600;

/** A note ready to be shown. `backMinor` is all that the payee gives back of what it took. */
export interface NoteGiven {
  readonly note: GivenNote;
  readonly backMinor: bigint;
  readonly accepted: Accepted | undefined;
  readonly replayed: boolean;
}

/**
 * Give back `totalMinor` of an accepted cheque in all, counting earlier notes; undefined gives back everything.
 *
 * Throws TerminalTrouble void_less, void_too_much, void_too_late, void_over_cap, not_allowed, certificate_over.
 */
export async function voidPayment(desk: Desk, accepted: Accepted, totalMinor?: bigint): Promise<NoteGiven> {
  const { finalMinor, amountMinor, backMinor, chequeId } = accepted;
  const total = totalMinor ?? finalMinor;
  const given = desk.store.noteOn(chequeId);
  if (given !== undefined && total === backMinor) return givenAgain(given, accepted);
  if (total < backMinor) throw new TerminalTrouble("void_less", { given: spelled(backMinor, desk.currency) });
  if (total <= 0n || total > finalMinor) {
    throw new TerminalTrouble("void_too_much", { most: spelled(finalMinor, desk.currency) });
  }
  const now = desk.begin("notes");
  if (now > accepted.deadline - NOTE_TRAVEL_S) throw new TerminalTrouble("void_too_late");
  const statedMinor = amountMinor - finalMinor + total;
  const { noteCapMinor } = desk.certificate;
  if (statedMinor > noteCapMinor) {
    throw new TerminalTrouble("void_over_cap", { cap: spelled(noteCapMinor, desk.currency) });
  }
  const note = await noteFor(desk, NoteKind.void, chequeId, { statedMinor, backMinor: total, now });
  await desk.store.addNote(note);
  return stored(desk, note, desk.store.accepted(chequeId));
}

/**
 * Say for ever that a request was not and will not be accepted; gives back whatever cheque answered it.
 *
 * Throws TerminalTrouble request_unknown, cancel_accepted, request_already_paid.
 */
export async function cancel(desk: Desk, requestHash: RequestHash): Promise<NoteGiven> {
  const request = desk.store.request(requestHash);
  if (request === undefined) throw new TerminalTrouble("request_unknown");
  if (requestAfter(request.state, "cancel") === undefined) {
    throw new TerminalTrouble(request.state === "settled" ? "request_already_paid" : "cancel_accepted");
  }
  const given = desk.store.noteOn(requestHash);
  if (given !== undefined) return givenAgain(given, undefined);
  const now = desk.begin("notes");
  const note = await noteFor(desk, NoteKind.cancel, requestHash, { statedMinor: 0n, backMinor: 0n, now });
  await desk.store.addNote(note);
  return stored(desk, note, undefined);
}

async function noteFor(
  desk: Desk,
  kind: Kind,
  subject: Octets,
  { statedMinor, backMinor, now }: { readonly statedMinor: bigint; readonly backMinor: bigint; readonly now: number },
): Promise<NewNote> {
  const { counter, previous } = desk.store.chainHead();
  const { certificateId, deployment } = desk.enrolment;
  const chain = { terminalRef: desk.ref, time: now, counter, previous };
  const terms = { ...chain, noteKind: kind, subject, backMinor: statedMinor };
  const raw = await signNote(desk.signer, certificateId, deployment, terms);
  const { payload } = cose.openEnvelope(raw, raw.length);
  const statementId = await cose.digest(notePrefix(certificateId, deployment), payload);
  const statement = { statementId, counter, raw, shown: desk.signedShown(raw), time: now };
  return { kind, subject, backMinor, statement };
}

function stored(desk: Desk, note: NewNote, accepted: Accepted | undefined): NoteGiven {
  const given = desk.store.noteOn(note.subject);
  if (given === undefined) throw new RangeError("the store does not hold what it has just stored");
  return { note: given, backMinor: given.backMinor, accepted, replayed: false };
}

function givenAgain(note: GivenNote, accepted: Accepted | undefined): NoteGiven {
  return { note, backMinor: note.backMinor, accepted, replayed: true };
}
