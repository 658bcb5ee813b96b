/** The till's records as the screens see them: app.ts says what each view holds. Pure, given what was read. */

import { decodeAllowance } from "../protocol/allowance.ts";
import { type Octets, toHex } from "../protocol/octets.ts";
import { NoteKind } from "../protocol/receipt.ts";
import type { Coded, Language } from "../protocol/words.ts";
import type { Capability } from "../risk/boundary.ts";
import { money } from "../ui/format.ts";
import type * as app from "./app.ts";
import type { Readiness } from "./readiness.ts";
import {
  type Accepted,
  type AskedRequest,
  gradeIn,
  type HistoryEntry,
  keptMinor,
  type PaidRequest,
  standsOf,
  type ToldEvent,
  type Totals,
} from "./records.ts";
import { isQueued, requestStateAt } from "./states.ts";
import { acceptedWords, type Telling, toldWords, VIEW_WORDS } from "./view_words.ts";

/** When so little time is left until D, what waits here needs somebody. */
const SOON_S = 24 * 3600;
/** As much of an id as people see; enough to name it again. */
const ID_SHOWN = 8;

/** The codes that carry what is shown, as far as they are at hand. */
export type Codes = (shown: Octets) => readonly string[];

export function codedOf(failure: Coded, language: Language): app.Coded {
  return { code: failure.code, ...failure.words(language) };
}

export function requestView(asked: AskedRequest, codes: Codes, now: number): app.RequestView {
  const { requestHash, amountMinor, isMaximum, reference, time, expiresAt, state, shown } = asked;
  return {
    hashHex: toHex(requestHash),
    ...{ amountMinor, isMaximum, reference, time, expiresAt },
    state: requestStateAt(state, expiresAt, now),
    qr: codes(shown),
  };
}

/** An accepted payment; `shown` is its receipt, or the latest note on it. */
export function acceptedView(accepted: Accepted, shown: Octets, codes: Codes, telling: Telling): app.AcceptedView {
  const { receiptCounter, amountMinor, finalMinor, backMinor, guaranteedMinor, deadline, time, reference, state } =
    accepted;
  const stands = standsOf(accepted);
  return {
    ...{ receiptCounter, amountMinor, finalMinor, backMinor, guaranteedMinor, deadline, time, reference, state },
    chequeHex: toHex(accepted.chequeId),
    tier: decodeAllowance(accepted.allowance).terms.tier,
    keptMinor: keptMinor(accepted),
    grade: gradeIn(accepted),
    status: statusOf(accepted, telling.now),
    paidMinor: stands?.paidMinor ?? 0n,
    waitingMinor: stands?.waitingMinor ?? 0n,
    words: acceptedWords(accepted, telling),
    receiptQr: codes(shown),
  };
}

/** A request that the issuer says is paid, as the counter shows it: final, with nothing to be sent or shown. */
export function noticeView({ finalMinor, reference, time }: PaidRequest, telling: Telling): app.AcceptedView {
  const { language } = telling;
  return {
    ...{ receiptCounter: 0, chequeHex: "", amountMinor: finalMinor, finalMinor, backMinor: 0n, keptMinor: finalMinor },
    ...{ guaranteedMinor: finalMinor, deadline: time, time, reference, grade: "F3", state: "settled", status: "done" },
    ...{ paidMinor: finalMinor, waitingMinor: 0n, receiptQr: [], tier: null },
    words: { title: VIEW_WORDS.in(language).grades.F3, detail: VIEW_WORDS.in(language).notice, next: null },
  };
}

export function totalsView(totals: Totals, telling: Telling): app.TotalsView {
  const { told, toldCount: _, ...sums } = totals;
  return { ...sums, told: told.map((event) => ({ title: toldTitle(event, telling), at: event.at })) };
}

export function readyView(ready: Readiness, capabilities: readonly Capability[]): app.ReadyView {
  const { queue, guarantee } = ready;
  return {
    payeeName: ready.payeeName,
    currency: ready.currency,
    now: ready.now,
    listsIssuedAt: ready.listsIssuedAt,
    listsAgeS: ready.listsAgeS ?? null,
    guaranteeMinor: guarantee?.capMinor ?? null,
    clockAheadS: ready.clockAheadS ?? null,
    clockIsOff: ready.clockIsOff,
    certificateExpiresAt: ready.certificateExpiresAt,
    mayRequest: ready.mayRequest,
    mayTakeCodes: ready.mayTakeCodes,
    mayVoid: ready.mayVoid,
    queueClaims: queue.claims,
    queueNotes: queue.notes,
    queueMinor: queue.amountMinor,
    firstDeadline: queue.firstDeadline ?? null,
    openRequests: ready.openRequests,
    updateNeeded: ready.updateNeeded,
    capabilities,
  };
}

/** One line of the history. */
export function historyLine(one: HistoryEntry, telling: Telling): app.HistoryLine {
  const { language } = telling;
  switch (one.entry) {
    case "accepted": {
      const { receiptCounter, reference, finalMinor, time } = one.accepted;
      return {
        id: String(receiptCounter),
        kind: "accepted",
        title: reference === "" ? receiptTitle(receiptCounter, language) : reference,
        detail: acceptedWords(one.accepted, telling).title,
        amountMinor: finalMinor,
        time,
        status: statusOf(one.accepted, telling.now),
        grade: gradeIn(one.accepted),
      };
    }
    case "note": {
      const { kind, subject, backMinor, counter, time, state } = one.note;
      const isVoid = kind === NoteKind.void;
      return {
        id: `note-${counter}`,
        kind: isVoid ? "void" : "cancel",
        title: `${VIEW_WORDS.in(language).notes[isVoid ? "void" : "cancel"]} ${toHex(subject).slice(0, ID_SHOWN)}`,
        detail: VIEW_WORDS.in(language).states[state],
        amountMinor: isVoid ? -backMinor : null,
        time,
        status: isQueued(state) ? "active" : state === "refused" ? "needs_you" : "done",
        grade: null,
      };
    }
    case "paid": {
      const { requestHash, finalMinor, reference, time } = one.paid;
      const name = toHex(requestHash).slice(0, ID_SHOWN);
      const title = reference === "" ? VIEW_WORDS.in(language).grades.F3 : reference;
      const detail = VIEW_WORDS.in(language).notice;
      return {
        id: `notice-${name}`,
        kind: "notice",
        title,
        detail,
        amountMinor: finalMinor,
        time,
        status: "done",
        grade: "F3",
      };
    }
    case "told": {
      const { number, finalMinor, heardAt } = one.told;
      const { title, detail } = toldWords(one.told, telling);
      const about = receiptTitle(one.told.receiptCounter, language);
      const status = one.told.kind === "missing" ? "needs_you" : one.told.waitingMinor > 0n ? "active" : "done";
      const line = { kind: "told", title, amountMinor: finalMinor, time: heardAt, grade: null } as const;
      return { ...line, id: `told-${number}`, detail: `${about}: ${detail}`, status };
    }
  }
}

/** The words with the payment that an event is about. */
export function toldTitle(event: ToldEvent, telling: Telling): string {
  const { title, detail } = toldWords(event, telling);
  const about = `${receiptTitle(event.receiptCounter, telling.language)} (${money(event.finalMinor, telling.currency)})`;
  return `${about}. ${title}: ${detail}`;
}

export function receiptTitle(receiptCounter: number, language: Language): string {
  return VIEW_WORDS.in(language).receipt(receiptCounter);
}

/** Whether a line has what was searched for: words, a receipt's number, an amount as it is written. */
export function matches(line: app.HistoryLine, search: string, currency: string): boolean {
  const amount = line.amountMinor === null ? "" : money(line.amountMinor, currency);
  return `${line.id} ${line.title} ${line.detail} ${amount}`.toLowerCase().includes(search.trim().toLowerCase());
}

function statusOf(accepted: Accepted, now: number): app.AcceptedView["status"] {
  if (accepted.told?.kind === "missing" && isQueued(accepted.state)) return "needs_you";
  if (isQueued(accepted.state)) return now > accepted.deadline - SOON_S ? "needs_you" : "active";
  if (accepted.state === "contingent") return "active";
  return accepted.state === "refused" && accepted.told === undefined && keptMinor(accepted) > 0n ? "needs_you" : "done";
}
