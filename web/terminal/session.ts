/**
 * One unlocked till: its store, its rules, what it decides about what is scanned, and what of it the screens see.
 *
 * `accept` and `takeCode` run within an act. A refusal is an answer of its own and stands in the log of refusals; where a
 * person has to choose first, nothing is stored and the same text is handed in again.
 */

import { codesOf, oneCode, Scans } from "../platform/scanned.ts";
import type { RecordStore } from "../platform/store.ts";
import type { RequestHash } from "../protocol/ids.ts";
import { type Octets, toHex } from "../protocol/octets.ts";
import { decodePayment, kindShown } from "../protocol/presentation.ts";
import type { Coded, Language } from "../protocol/words.ts";
import { type Acceptance, type Accepting, acceptanceOf, ForkSeen, type Weighed } from "./accept.ts";
import type * as app from "./app.ts";
import { isRefusal } from "./app_refused.ts";
import type { Outside } from "./desk.ts";
import type { AskedRequest } from "./records.ts";
import { gradeOf } from "./states.ts";
import { Terminal } from "./terminal.ts";
import { RecordTerminalStore } from "./terminal_store.ts";
import { TerminalTrouble } from "./troubles.ts";
import { AppTrouble, type Telling, VIEW_WORDS } from "./view_words.ts";
import * as views from "./views.ts";
import type { NoteGiven } from "./void.ts";

/** A decision, or how many pieces of a message are there. */
export type Decided = app.Decision | { kind: "frame"; have: number; of: number };

/** What a session needs that is no secret of this till. */
export interface Around extends Omit<Outside, "store"> {
  readonly language: () => Language;
  /** Fulfilled when failures can be said in words. */
  readonly troubleWords: () => Promise<void>;
  /** Called when something to be shown has changed outside of an act. */
  readonly changed: () => void;
}

export class Session {
  readonly records: RecordStore;
  readonly store: RecordTerminalStore;
  readonly terminal: Terminal;
  readonly #around: Around;
  readonly scans = new Scans();
  /** Codes of what is too large for one, by its bytes: they are made in the background. */
  readonly #codes = new Map<string, readonly string[]>();

  constructor(records: RecordStore, around: Around) {
    this.records = records;
    this.store = new RecordTerminalStore(records);
    this.#around = around;
    this.terminal = new Terminal({ ...around, store: this.store });
  }

  // --- decisions ---

  /** What was scanned in answer to a request: a payment, or the issuer's word that it is paid. */
  accept(scanned: string, how: Accepting): Promise<Decided> {
    return this.#decide(scanned, async (body) => {
      const { terminal } = this;
      const kind = kindShown(body);
      if (kind === "settled_notice") {
        const { paid, replayed } = await terminal.acceptNotice(body);
        return { kind: "accepted", accepted: views.noticeView(paid, this.telling()), again: replayed };
      }
      if (kind !== "cheque") throw new AppTrouble("not_for_terminal");
      if (how.finalMinor === undefined && terminal.isMaximum(how.requestHash ?? answeredBy(body))) {
        const weighed = await terminal.weigh(body, how);
        if (!("accepted" in weighed)) return this.#askFinal(weighed);
      }
      return this.#accepted(await terminal.accept(body, how));
    });
  }

  /** A one-way code, taken for what is due. */
  takeCode(scanned: string, how: { readonly dueMinor: bigint; readonly atOwnRisk?: boolean }): Promise<Decided> {
    return this.#decide(scanned, async (body) => {
      if (kindShown(body) !== "cheque") throw new AppTrouble("not_for_terminal");
      return this.#accepted(await this.terminal.takeCode(body, how));
    });
  }

  async #decide(scanned: string, decide: (body: Octets) => Promise<app.Decision>): Promise<Decided> {
    let body: Octets | undefined;
    try {
      const found = await this.scans.take(scanned);
      if (!("body" in found)) return { kind: "frame", have: found.have, of: found.of };
      body = found.body;
      return await decide(body);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await this.#around.troubleWords();
      const outside = error instanceof TerminalTrouble && error.code.startsWith("outside_guarantee_");
      return outside ? this.#askRisk(error) : this.#refused(error, body);
    }
  }

  async #refused(refusal: Coded, body: Octets | undefined): Promise<app.Decision> {
    if (body !== undefined) await this.terminal.logRefusal(refusal, body); // any code before the camera is no act
    const decision = { kind: "refused", refusal: views.codedOf(refusal, this.#around.language()) } as const;
    if (refusal instanceof ForkSeen && refusal.proof !== undefined) return { ...decision, proofKept: true };
    if (refusal.code !== "request_cancelled" || body === undefined) return decision;
    const answered = kindShown(body) === "cheque" ? answeredBy(body) : undefined;
    if (answered === undefined) return decision;
    return { ...decision, note: await this.noteView("cancel", await this.terminal.cancel(answered)) };
  }

  #askRisk(trouble: Coded): app.Decision {
    const { message: title, next: detail } = trouble.words(this.#around.language());
    return {
      ...{ kind: "confirm", why: "own_risk", grade: "F1", guaranteedMinor: this.#capMinor(), maximumMinor: null },
      words: { title, detail },
    };
  }

  #askFinal({ verified }: Weighed): app.Decision {
    const capMinor = this.#capMinor();
    const maximumMinor = verified.cheque.amountMinor;
    const leans = verified.credits.some((credit) => credit.link === undefined);
    const guaranteedMinor = leans ? 0n : capMinor < maximumMinor ? capMinor : maximumMinor;
    const grade = gradeOf("waiting", guaranteedMinor > 0n);
    const language = this.#around.language();
    const { howMuch, grades } = VIEW_WORDS.in(language);
    const words = { title: howMuch, detail: grades[grade] };
    return { kind: "confirm", why: "final_amount", grade, guaranteedMinor, maximumMinor, words };
  }

  #capMinor(): bigint {
    const { desk } = this.terminal;
    return desk.trust.guarantee(desk.currency, desk.now()).capMinor;
  }

  async #accepted(taken: Acceptance): Promise<app.Decision> {
    await this.#makeCodes(taken.shown);
    return { kind: "accepted", accepted: this.#acceptedView(taken), again: taken.replayed };
  }

  // --- views ---

  telling(): Telling {
    const { desk } = this.terminal;
    return { language: this.#around.language(), currency: desk.currency, now: desk.now() };
  }

  async requestShown(request: AskedRequest): Promise<app.RequestView> {
    await this.#makeCodes(request.shown);
    return this.requestView(request);
  }

  requestView(request: AskedRequest): app.RequestView {
    return views.requestView(request, this.#codesNow, this.terminal.desk.now());
  }

  paymentView(receiptCounter: number): app.AcceptedView {
    const { terminal } = this;
    return this.#acceptedView(acceptanceOf(terminal.desk, terminal.payment(receiptCounter), true));
  }

  async noteView(kind: app.NoteView["kind"], { note, backMinor }: NoteGiven): Promise<app.NoteView> {
    return { kind, backMinor, qr: await this.#makeCodes(note.shown), time: note.time };
  }

  /** Nothing of this till stays in memory. */
  close(): void {
    this.scans.forget();
    this.#codes.clear();
    this.records.close();
  }

  #acceptedView({ accepted, shown }: Acceptance): app.AcceptedView {
    return views.acceptedView(accepted, shown, this.#codesNow, this.telling());
  }

  /** The codes of what fits into one; of the rest those that were made, which else begins now. */
  readonly #codesNow: views.Codes = (shown) => {
    const one = oneCode(shown);
    if (one !== undefined) return [one];
    const made = this.#codes.get(toHex(shown));
    if (made === undefined) void this.#makeCodes(shown).then(this.#around.changed);
    return made ?? [];
  };

  async #makeCodes(shown: Octets): Promise<readonly string[]> {
    const made = await codesOf(shown);
    if (made.length > 1) this.#codes.set(toHex(shown), made);
    return made;
  }
}

/** The request that a payment answers, as far as it says so. */
function answeredBy(body: Octets): RequestHash | undefined {
  return decodePayment(body).cheque.terms.request;
}
