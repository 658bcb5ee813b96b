/**
 * What the app says of payments, notes, later truth and refusals, in both languages (the facts of cli/terminal_words.py
 * and cli/terminal_told.py). Nothing is called a bare "paid" (spec 07).
 */

import { type AnswerItem, VERDICT_NAMES, Verdict, type VerdictName } from "../protocol/answer.ts";
import { Coded, type Language, Sentences, type Words } from "../protocol/words.ts";
import { instant, money } from "../ui/format.ts";
import { type Accepted, gradeIn, keptMinor, standsOf, type ToldEvent } from "./records.ts";
import { isQueued } from "./states.ts";
import type { ViewWords } from "./view_words_en.ts";

/** In which words and against which day amounts and instants are said. */
export interface Telling {
  readonly language: Language;
  readonly currency: string;
  readonly now: number;
}

export const VIEW_WORDS = new Sentences<ViewWords>();

/** What became of a payment: its title, what it means for the payee, and what to do if anything. */
export interface Told {
  readonly title: string;
  readonly detail: string;
  readonly next: string | null;
}

/** How an accepted payment stands. */
export function acceptedWords(accepted: Accepted, telling: Telling): Told {
  const { language } = telling;
  const words = VIEW_WORDS.in(language);
  const next = nextOf(accepted, words);
  const until = instant(accepted.deadline, telling.now, language);
  if (accepted.told !== undefined && !isQueued(accepted.state)) {
    return { title: happened(accepted.told, words), detail: outcome(accepted.told, telling), next };
  }
  if (isQueued(accepted.state)) {
    const cap = money(accepted.guaranteedMinor, telling.currency);
    const detail = gradeIn(accepted) === "F2" ? words.guaranteed(cap, until) : words.notGuaranteed(until);
    return { title: words.states[accepted.state], detail, next };
  }
  const { answer } = accepted;
  const title = answer === undefined ? words.states[accepted.state] : verdictWords(answer, language);
  return { title, detail: answer === undefined ? "" : paidWords(accepted, telling), next };
}

/** What the operator said of one claim. */
export function verdictWords(item: AnswerItem, language: Language): string {
  const words = VIEW_WORDS.in(language);
  const friendly = item.verdict === Verdict.settled || item.verdict === Verdict.duplicate;
  const nothing = item.paidMinor === 0n && item.waitingMinor === 0n;
  const unpaid = friendly && nothing ? words.unpaid : "";
  return `${words.verdicts[verdictName(item.verdict)]}${unpaid}${item.code === "" ? "" : ` [${item.code}]`}`;
}

function verdictName(verdict: Verdict): VerdictName {
  const found = VERDICT_NAMES.find((name) => Verdict[name] === verdict);
  if (found === undefined) throw new RangeError("every verdict has a name");
  return found;
}

/** The sentence of one event: what happened, and what the payee has of it. */
export function toldWords(event: ToldEvent, telling: Telling): { readonly title: string; readonly detail: string } {
  return { title: happened(event, VIEW_WORDS.in(telling.language)), detail: outcome(event, telling) };
}

function happened(event: ToldEvent, words: ViewWords): string {
  const suspended = event.kind === "unpaid" && event.at <= event.deadline;
  return suspended ? words.suspended : words.happened[event.kind];
}

function outcome(event: ToldEvent, { language, currency, now }: Telling): string {
  const words = VIEW_WORDS.in(language);
  const [paid, waiting] = [money(event.paidMinor, currency), money(event.waitingMinor, currency)];
  const until = instant(event.deadline, now, language);
  if (event.paidMinor > 0n && event.waitingMinor > 0n) return words.paidAndMore(paid, waiting, until);
  if (event.waitingMinor > 0n) return words.upTo(waiting, until);
  if (event.kind === "missing") return words.missing(until);
  if (event.paidMinor === 0n) return words.nothing;
  return event.kind === "fork" ? words.paidByIssuer(paid) : words.paid(paid);
}

function paidWords(accepted: Accepted, { language, currency, now }: Telling): string {
  const words = VIEW_WORDS.in(language);
  const { paidMinor, waitingMinor } = standsOf(accepted) ?? { paidMinor: 0n, waitingMinor: 0n };
  const [paid, waiting] = [money(paidMinor, currency), money(waitingMinor, currency)];
  if (waitingMinor > 0n) return words.decidedAt(paid, waiting, instant(accepted.deadline, now, language));
  if (paidMinor > 0n) return words.paid(paid);
  return keptMinor(accepted) === 0n ? words.allBack : words.nothing;
}

function nextOf(accepted: Accepted, words: ViewWords): string | null {
  if (accepted.state === "waiting") return words.sync;
  if (accepted.state === "sent") return words.syncAgain;
  return accepted.state === "refused" && keptMinor(accepted) > 0n ? words.report : null;
}

/** What only the app, and no rule of the terminal, refuses. */
export class AppTrouble extends Coded {
  readonly code: keyof typeof APP_WORDS;

  constructor(code: keyof typeof APP_WORDS) {
    super(code);
    this.name = "AppTrouble";
    this.code = code;
  }

  words(language: Language): Words {
    return APP_WORDS[this.code][language];
  }
}

const APP_WORDS = {
  not_for_terminal: {
    en: {
      message: "This code is not for a till.",
      safe: "Nothing was accepted and nothing was changed.",
      next: "Scan what the payer's wallet shows in answer.",
    },
    zh: {
      message: "此二维码不是给收款终端用的。",
      safe: "没有受理，也没有任何改动。",
      next: "请扫描付款人钱包作答时出示的二维码。",
    },
  },
} as const satisfies Record<string, Record<Language, Words>>;
