/**
 * What can go wrong at a till, in words: what happened, what is safe, what to do next. Mirrors terminal/troubles.py.
 *
 * The other side's faults are `Refused`; these are the terminal's own rules. Every one of them is thrown before anything
 * was stored or shown. Codes are Python's (a test holds them together); what to do next is said for these screens.
 */

import { Coded, type Language, type Words } from "../protocol/words.ts";

const UNTOUCHED_EN = "Nothing was accepted and nothing was changed.";
const UNTOUCHED_ZH = "没有受理，也没有任何改动。";

export const TERMINAL_WORDS = {
  not_enrolled: both(
    ["This terminal is not enrolled yet.", UNTOUCHED_EN, "Enrol it with the code from your operator."],
    ["此终端尚未登记。", UNTOUCHED_ZH, "请用运营方提供的登记码登记。"],
  ),
  already_enrolled: both(
    ["This terminal is enrolled already.", "It stays enrolled as it was.", "To enrol it anew, sign it out first."],
    ["此终端已登记。", "登记保持原样。", "如需重新登记，请先注销。"],
  ),
  enrolment_mismatch: both(
    [
      "The operator's answer does not fit this terminal ({why}).",
      "Nothing of it was kept.",
      "Check the server's address, ask the operator for a new code, and try again.",
    ],
    ["运营方的应答与此终端不符（{why}）。", "未保存其任何内容。", "请核对服务器地址，向运营方索取新的登记码后重试。"],
  ),
  not_allowed: both(
    ["The operator does not let this terminal do that ({what}).", UNTOUCHED_EN, "Ask your operator to allow it."],
    ["运营方未授权此终端进行该操作（{what}）。", UNTOUCHED_ZH, "请联系运营方开通。"],
  ),
  certificate_over: both(
    [
      "This terminal's certificate is no longer valid.",
      "What was accepted before is safe and can still be sent.",
      "Sync, then ask your operator for a new enrolment code.",
    ],
    ["此终端的证书已失效。", "此前受理的款项安全，仍可上传。", "请先同步，再向运营方索取新的登记码。"],
  ),
  unsigned_over_cap: both(
    ["A request without signature is allowed up to {cap} only.", UNTOUCHED_EN, "Ask with a signed request."],
    ["未签名的收款请求最多 {cap}。", UNTOUCHED_ZH, "请使用签名的收款请求。"],
  ),
  request_unknown: both(
    ["This terminal has no such request.", UNTOUCHED_EN, "Look it up in the history."],
    ["此终端没有该收款请求。", UNTOUCHED_ZH, "请在记录中查看。"],
  ),
  one_way_code: both(
    ["This is a one-way payment code; it answers no request.", UNTOUCHED_EN, "Take it as a code for what is due."],
    ["这是一个付款码，并未答复任何收款请求。", UNTOUCHED_ZH, "请改用“收付款码”，按应收金额收取。"],
  ),
  request_expired: both(
    [
      "Request {request} ran out before its payment was read, or a clock is wrong.",
      "Nothing was accepted. The payer's device counts the amount as paid until it reads a note.",
      "Cancel the request and show the payer the note. Then ask anew.",
    ],
    [
      "读到付款时收款请求 {request} 已过期，或有时钟不准。",
      "没有受理。付款人的设备在读到取消凭证之前仍将这笔金额计为已付。",
      "请取消该请求并向付款人出示凭证，然后重新收款。",
    ],
  ),
  request_cancelled: both(
    [
      "This request was cancelled; it is never accepted any more.",
      "The payer gets the money back with the cancel note.",
      "Show the payer the cancel note, and ask anew.",
    ],
    ["该收款请求已取消，不会再受理。", "付款人凭取消凭证收回款项。", "请向付款人出示取消凭证，并重新收款。"],
  ),
  request_already_paid: both(
    [
      "This request has its payment already.",
      "It counts once; nothing was taken twice.",
      "If the payer paid twice, give the second one back.",
    ],
    ["该收款请求已收到付款。", "只计一次，没有重复收取。", "若付款人重复付款，请退还第二笔。"],
  ),
  outside_guarantee_code: both(
    [
      "A one-way code is not guaranteed: it could be shown at several places, and pays only once.",
      UNTOUCHED_EN,
      "Ask for a payment by request instead, or accept it at your own risk.",
    ],
    ["付款码不受担保：可能在多处出示，而只兑付一次。", UNTOUCHED_ZH, "请改用收款请求，或选择自担风险受理。"],
  ),
  outside_guarantee_credit: both(
    [
      "This payment leans on money that the payer received from another payer, so it is not guaranteed.",
      UNTOUCHED_EN,
      "Ask for a payment from the payer's own money, or accept it at your own risk.",
    ],
    [
      "此笔付款依赖付款人从他人处收到的款项，因此不受担保。",
      UNTOUCHED_ZH,
      "请付款人改用自己的额度，或选择自担风险受理。",
    ],
  ),
  outside_guarantee_cap: both(
    [
      "The amount is above the {cap} that are guaranteed for one payment.",
      UNTOUCHED_EN,
      "Split it, take another means, or accept it at your own risk.",
    ],
    ["金额超过单笔担保上限 {cap}。", UNTOUCHED_ZH, "请分笔收取、改用其他方式，或自担风险受理。"],
  ),
  outside_guarantee_age: both(
    [
      "This terminal has not synced for long, so only {cap} are guaranteed for one payment.",
      UNTOUCHED_EN,
      "Sync when there is a network, or accept it at your own risk.",
    ],
    ["此终端久未同步，目前单笔担保仅 {cap}。", UNTOUCHED_ZH, "有网络时请同步，或自担风险受理。"],
  ),
  payment_unknown: both(
    ["This till holds no such payment.", UNTOUCHED_EN, "Look it up in the history."],
    ["此终端没有该笔付款。", UNTOUCHED_ZH, "请在记录中查看。"],
  ),
  void_too_much: both(
    ["At most {most} of this payment can be given back.", UNTOUCHED_EN, "Give a smaller amount."],
    ["该笔付款最多可退 {most}。", UNTOUCHED_ZH, "请减小金额。"],
  ),
  void_less: both(
    [
      "{given} of this payment were given back already; a note cannot be taken back.",
      "That note stands, and counts once.",
      "State the whole amount that is to be given back, {given} or more.",
    ],
    ["该笔付款已退 {given}；退款凭证不能收回。", "该凭证有效，只计一次。", "请填写合计应退金额，不少于 {given}。"],
  ),
  void_over_cap: both(
    [
      "A note of this terminal may give back {cap} at most.",
      UNTOUCHED_EN,
      "Pay it back as a refund, or ask your operator.",
    ],
    ["此终端的凭证最多可退 {cap}。", UNTOUCHED_ZH, "请另行付款退还，或联系运营方。"],
  ),
  void_too_late: both(
    [
      "It is too late to void this payment: a note given now could reach the operator after the deadline.",
      "The payment stands; nothing was given back.",
      "Pay the money back by other means: in cash, or as a payment of your own.",
    ],
    [
      "撤销该笔付款为时已晚：现在出具的凭证可能在截止期之后才到达运营方。",
      "付款仍然有效，没有退还任何款项。",
      "请以其他方式退还：现金，或另行付款。",
    ],
  ),
  cancel_accepted: both(
    [
      "A payment on this request was accepted, so it cannot be cancelled.",
      "The payment stands.",
      "Give the payment back instead.",
    ],
    ["该收款请求已受理付款，不能取消。", "付款仍然有效。", "请改为退还该笔付款。"],
  ),
  queue_waiting: both(
    [
      "{count} accepted payments or notes have not been answered by the operator yet.",
      "They are stored safely, and this terminal stays signed in.",
      "Sync first; without a network, export them as files.",
    ],
    [
      "有 {count} 笔已受理的付款或凭证尚未得到运营方答复。",
      "它们已安全保存，终端保持登录。",
      "请先同步；没有网络时可导出为文件。",
    ],
  ),
  queue_empty: both(
    ["Nothing waits to be sent.", "Everything has been answered.", "There is nothing to export."],
    ["没有待上传的内容。", "全部已有答复。", "无需导出。"],
  ),
  answer_mismatch: both(
    [
      "The operator's answer does not belong to what was sent ({why}).",
      "The queue is complete and stays until a right answer arrives.",
      "Sync again; if it stays so, tell the operator.",
    ],
    [
      "运营方的应答与所上传内容不符（{why}）。",
      "队列完整，会保留到收到正确应答。",
      "请再次同步；若持续如此，请告知运营方。",
    ],
  ),
  update_needed: both(
    [
      "The operator tells of a change that this version does not know.",
      "Nothing of it was taken and nothing is lost: what was answered stands, and it is told again.",
      "Update the app, then sync again.",
    ],
    [
      "运营方告知了此版本无法识别的变更。",
      "未采用其任何内容，也没有任何丢失：已有答复有效，更新后会再次告知。",
      "请更新应用，然后再次同步。",
    ],
  ),
  statement_refused: both(
    [
      "The operator's statement cannot be right ({why}).",
      "Nothing of it was taken; what was answered before stands.",
      "Sync again; if it stays so, tell the operator.",
    ],
    ["运营方的对账内容有误（{why}）。", "未采用其任何内容；此前的答复有效。", "请再次同步；若持续如此，请告知运营方。"],
  ),
  answer_changed: both(
    [
      "The operator answered the same batch in another way than before.",
      "The first answer stands; both are evidence.",
      "Tell the operator: an answer once given must not change.",
    ],
    ["运营方对同一批次给出了不同的应答。", "以首次应答为准；两者均为证据。", "请告知运营方：应答一经给出不得更改。"],
  ),
} as const satisfies Record<string, Record<Language, Words>>;

export type TroubleCode = keyof typeof TERMINAL_WORDS;

/** A rule of the terminal stopped it. Nothing was stored or shown; what to do stands in the words. */
export class TerminalTrouble extends Coded {
  readonly code: TroubleCode;
  readonly #values: Readonly<Record<string, string>>;

  /** Values are shown to people: no secret and no full id may be among them. */
  constructor(code: TroubleCode, values: Readonly<Record<string, string>> = {}) {
    super(`${code} ${Object.values(values).join(" ")}`.trim());
    this.name = "TerminalTrouble";
    this.code = code;
    this.#values = values;
  }

  words(language: Language): Words {
    const said = TERMINAL_WORDS[this.code][language];
    const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (_, name: string) => this.#values[name] ?? "");
    return { message: fill(said.message), safe: fill(said.safe), next: fill(said.next) };
  }
}

function both(english: [string, string, string], chinese: [string, string, string]): Readonly<Record<Language, Words>> {
  return { en: words(english), zh: words(chinese) };
}

function words([message, safe, next]: [string, string, string]): Words {
  return { message, safe, next };
}
