/** The wallet's records as the screens see them: `app.ts` says what each view holds. Pure, given what was read. */

import { split } from "../protocol/frame.ts";
import { ONE_CODE_MAX_BYTES } from "../protocol/limits.ts";
import { toHex } from "../protocol/octets.ts";
import { encodeText } from "../protocol/qrtext.ts";
import type { Language } from "../protocol/words.ts";
import type { Capability } from "../risk/boundary.ts";
import type { FindingView, HomeView, OfferView, PaymentView, ShownView } from "./app.ts";
import type { ToldLast } from "./app_records.ts";
import { APP_WORDS, paymentWords } from "./app_words.ts";
import type { Holdings } from "./holdings.ts";
import type { Offer, Shown } from "./pay.ts";
import { type Finding, numberOf, type PaymentRecord, statusOf } from "./records.ts";
import { isWaiting, type Spendable } from "./spending.ts";
import { amountWords } from "./wording.ts";

/** D of a payment, as far as it is known. */
export type DeadlineOf = (payment: PaymentRecord) => number | undefined;

/** What was read and checked at one moment: what the screens draw from until the next. */
export interface Look {
  readonly holdings: Holdings;
  readonly spendable: Spendable;
  readonly capabilities: readonly Capability[];
  readonly deadlineOf: DeadlineOf;
}

const TOP_UP_ADVICE: readonly string[] = ["nothing_to_spend", "top_up_suggested", "ends_soon", "few_cheques"];

export function homeView({ holdings, spendable, capabilities }: Look, told: ToldLast, language: Language): HomeView {
  const { membership, trust } = holdings;
  return {
    payerName: membership.payerName,
    currency: spendable.currency,
    spendableMinor: spendable.totalMinor,
    perPaymentMinor: spendable.paymentMinor,
    until: spendable.until ?? null,
    waitingMinor: spendable.waitingMinor,
    waitingCount: spendable.waiting,
    needsYou: spendable.needsYou + told.disputesNeedYou,
    topUpSuggested: spendable.warnings.some((advice) => TOP_UP_ADVICE.includes(advice)),
    paysByPasskey: spendable.byPasskey,
    freeMinor: told.freeMinor,
    elsewhere: told.elsewhere ?? null,
    allowances: spendable.allowances.map(({ ref, ...view }) => ({ refHex: toHex(ref), ...view })),
    capabilities,
    lastSyncAt: told.syncedAt,
    listsIssuedAt: trust.index.issuedAt,
    updateNeeded: holdings.updateNeeded,
    warnings: spendable.warnings.map((code) => ({ code, ...APP_WORDS.in(language).advice[code] })),
  };
}

export function paymentView(
  payment: PaymentRecord,
  deadlineOf: DeadlineOf,
  now: number,
  language: Language,
): PaymentView {
  const deadline = deadlineOf(payment);
  const oneWay = payment.form === "one_way";
  return {
    number: numberOf(payment),
    status: statusOf(payment),
    state: payment.state,
    grade: payment.state === "refused" ? "F0" : (payment.grade ?? null),
    oneWay,
    amountMinor: payment.amountMinor,
    finalMinor: payment.finalMinor ?? null,
    upTo: payment.upTo,
    currency: payment.currency,
    payeeName: payment.payeeName ?? null,
    payeeProved: payment.payeeProved,
    reference: payment.reference ?? null,
    drawnAt: payment.drawnAt,
    expiresAt: payment.expiresAt,
    deadlineAt: deadline ?? null,
    acknowledgedAt: payment.acknowledgedAt ?? null,
    canShowAgain: (isWaiting(payment) || payment.state === "unsigned") && (!oneWay || now <= payment.expiresAt),
    words: paymentWords(payment, deadline, language),
  };
}

export function offerView(offerId: string, offer: Offer, drawn: PaymentView | null): OfferView {
  const { amountMinor, upTo, currency, payeeProved, expiresAt, holderCheckNeeded, warnings } = offer;
  const payeeName = offer.payeeName ?? null;
  const reference = offer.reference ?? null;
  const asked = { offerId, amountMinor, upTo, currency, payeeName, payeeProved, reference };
  return { ...asked, expiresAt, holderCheckNeeded, warnings, drawn };
}

/** A payment with its codes: one, or frames to be shown in turn where one code would be too dense to read. */
export async function shownView({ payment, body }: Shown, view: PaymentView): Promise<ShownView> {
  const parts = body.length <= ONE_CODE_MAX_BYTES ? [body] : await split(body);
  return { payment: view, qr: parts.map(encodeText), hideAt: view.oneWay ? payment.expiresAt : null };
}

export function findingView(
  finding: Finding,
  payments: readonly PaymentRecord[],
  currency: string,
  language: Language,
): FindingView {
  const { kind, amountMinor, chequeId } = finding;
  const payment = payments.find((one) => toHex(one.chequeId) === toHex(chequeId));
  const said = APP_WORDS.in(language).findings[kind];
  const amount = amountWords(amountMinor, payment?.currency ?? currency);
  const words = { ...said, title: said.title.replace("{amount}", amount) };
  return { kind, amountMinor, number: payment === undefined ? null : numberOf(payment), words };
}
