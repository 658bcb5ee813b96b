/**
 * Later truth: what the operator tells of claims after their answers, from the payee's statement (spec 05).
 *
 * An answer never changes; a claim that waited is paid or not at D, a payment that was settled turns out to be one side
 * of a fork, a code was taken elsewhere, too. Each is an event with a number. Pages are heard in the order of their
 * numbers and each is stored in one transaction with how far it goes, so no event is missed and none counts twice. An
 * event says how its claim stands after it, so the last one heard is the truth whatever came before. Events of the
 * payee's other terminals are passed over. What is not understood stops the hearing where it is: nothing of that page is
 * taken, and it is told again after an update. Mirrors terminal/hearing.py.
 */

import { AMOUNT_MAX_MINOR, TIME_MAX_S } from "../protocol/limits.ts";
import { toHex } from "../protocol/octets.ts";
import { Refused } from "../protocol/refusals.ts";
import type { Desk } from "./desk.ts";
import type { EventReply, OperatorLink, StatementReply } from "./ports.ts";
import { type HeardPage, isNews, keptMinor, type NewEvent, type ToldEvent } from "./records.ts";
import { type ClaimState, claimAfter, eventTold, isAdviceKind, isQueued } from "./states.ts";
import { TerminalTrouble } from "./troubles.ts";

/** Pages heard in one round; the next round goes on where this one ended. */
export const PAGES_MAX = 500;

/**
 * Before the first batch ever leaves: begin behind the payee's past, in which this till has no claim.
 *
 * A payee may have been paid for years at other terminals. Throws Coded; then it is heard from its beginning.
 */
export async function beginListening(desk: Desk, link: OperatorLink): Promise<void> {
  if (hasHistory(desk)) return;
  const { events } = await statement(desk, link);
  const newest = Math.max(0, ...events.map((event) => checked(event).number));
  if (hasHistory(desk)) return; // another tab may have begun, and sent, while the answer was waited for
  await desk.store.keepEvents(page(desk, undefined, newest, []));
}

/**
 * Hear and store what came since; what is worth a sentence is given to `news`. Throws Coded.
 *
 * Repeating it is always safe: what was stored is behind the number from which it asks.
 */
export async function hear(desk: Desk, link: OperatorLink, news: (event: ToldEvent) => void): Promise<void> {
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const before = heard(desk);
    const { events } = await statement(desk, link, before ?? 0);
    if (heard(desk) !== before) continue; // another tab has heard these
    const fresh = behind(before ?? 0, events);
    const last = fresh.at(-1);
    if (last === undefined) return;
    const stored = await desk.store.keepEvents(page(desk, before, last.number, ours(desk, fresh)));
    for (const event of stored) if (isNews(event.kind, event.nth)) news(event);
  }
}

function heard(desk: Desk): number | undefined {
  return desk.store.heardUpTo(desk.enrolment.deployment, desk.certificate.payeeId);
}

function hasHistory(desk: Desk): boolean {
  const { store } = desk;
  return heard(desk) !== undefined || store.lastAnsweredBatch() !== undefined || store.unansweredBatches().length > 0;
}

function page(desk: Desk, before: number | undefined, upTo: number, events: readonly NewEvent[]): HeardPage {
  const { deployment } = desk.enrolment;
  return { deployment, payeeId: desk.certificate.payeeId, before, upTo, time: desk.now(), events };
}

async function statement(desk: Desk, link: OperatorLink, after?: number): Promise<StatementReply> {
  let reply: StatementReply;
  try {
    reply = await link.payeeStatement(after);
  } catch (error) {
    if (error instanceof Refused && error.code === "update_needed") throw new TerminalTrouble("update_needed");
    throw error;
  }
  await desk.refresh();
  return reply;
}

/** The events not heard yet, each once, in the order of their numbers. */
function behind(after: number, events: readonly EventReply[]): readonly EventReply[] {
  const byNumber = new Map(events.map((event) => [checked(event).number, event]));
  return [...byNumber.values()].filter((event) => event.number > after).sort((one, other) => one.number - other.number);
}

/** The events of this till's claims, each with the state into which it brings its claim. */
function ours(desk: Desk, events: readonly EventReply[]): readonly NewEvent[] {
  const states = new Map<string, ClaimState>();
  return events.flatMap((event): readonly NewEvent[] => {
    const { kind, number, at, deadline, standsPaidMinor: paidMinor, standsWaitingMinor: waitingMinor } = event;
    const accepted = desk.store.accepted(event.chequeId);
    if (accepted === undefined || !isAdviceKind(kind)) return [];
    const name = toHex(accepted.chequeId);
    const held = states.get(name) ?? accepted.state;
    if (!isQueued(held)) {
      states.set(name, claimAfter(held, eventTold(kind, { paidMinor, waitingMinor }, keptMinor(accepted))));
    }
    const { chequeId } = accepted;
    return [{ number, kind, at, chequeId, paidMinor, waitingMinor, deadline, state: states.get(name) }];
  });
}

/** An event that can be stored. Throws TerminalTrouble: update_needed for a kind that this version does not know. */
function checked(event: EventReply): EventReply {
  if (!isAdviceKind(event.kind)) throw new TerminalTrouble("update_needed");
  if (!isAmount(event.standsPaidMinor) || !isAmount(event.standsWaitingMinor)) {
    throw new TerminalTrouble("statement_refused", { why: "an amount" });
  }
  if (event.number === 0 || !isWithin(event.number, Number.MAX_SAFE_INTEGER)) {
    throw new TerminalTrouble("statement_refused", { why: "a number or time" });
  }
  if (!isWithin(event.at, TIME_MAX_S) || !isWithin(event.deadline, TIME_MAX_S)) {
    throw new TerminalTrouble("statement_refused", { why: "a number or time" });
  }
  return event;
}

function isAmount(minor: bigint): boolean {
  return minor >= 0n && minor <= AMOUNT_MAX_MINOR;
}

function isWithin(value: number, max: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= max;
}
