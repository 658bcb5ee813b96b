"""What can go wrong at a till, in words: what happened, what is safe, what to do next.

The other side's faults are `protocol.refusals.Refused`; these are the terminal's own rules. Every one of them is
raised before anything was stored or shown.
"""

from collections.abc import Mapping
from typing import ClassVar, Final

from feiqian.protocol.words import Language, Trouble, Words, WordsTable

_UNTOUCHED_EN: Final = "Nothing was accepted and nothing was changed."
_UNTOUCHED_ZH: Final = "没有受理，也没有任何改动。"


def _both(english: tuple[str, str, str], chinese: tuple[str, str, str]) -> Mapping[Language, Words]:
    return {"en": Words(*english), "zh": Words(*chinese)}


TERMINAL_WORDS: Final[WordsTable] = {
    "not_enrolled": _both(
        (
            "This terminal is not enrolled yet.",
            _UNTOUCHED_EN,
            "Enrol it: feiqian terminal enrol --server URL --code CODE",
        ),
        ("此终端尚未登记。", _UNTOUCHED_ZH, "请先登记：feiqian terminal enrol --server URL --code CODE"),
    ),
    "already_enrolled": _both(
        ("This terminal is enrolled already.", "It stays enrolled as it was.", "To enrol it anew, sign it out first."),
        ("此终端已登记。", "登记保持原样。", "如需重新登记，请先注销。"),
    ),
    "enrolment_mismatch": _both(
        (
            "The operator's answer does not fit this terminal ({why}).",
            "Nothing of it was kept.",
            "Check the server's address, ask the operator for a new code, and try again.",
        ),
        (
            "运营方的应答与此终端不符（{why}）。",
            "未保存其任何内容。",
            "请核对服务器地址，向运营方索取新的开通码后重试。",
        ),
    ),
    "not_allowed": _both(
        ("The operator does not let this terminal do that ({what}).", _UNTOUCHED_EN, "Ask your operator to allow it."),
        ("运营方未授权此终端进行该操作（{what}）。", _UNTOUCHED_ZH, "请联系运营方开通。"),
    ),
    "certificate_over": _both(
        (
            "This terminal's certificate is no longer valid.",
            "What was accepted before is safe and can still be sent.",
            "Sync, then ask your operator for a new enrolment code.",
        ),
        ("此终端的证书已失效。", "此前受理的款项安全，仍可上传。", "请先同步，再向运营方索取新的开通码。"),
    ),
    "unsigned_over_cap": _both(
        ("A request without signature is allowed up to {cap} only.", _UNTOUCHED_EN, "Ask with a signed request."),
        ("未签名的收款请求最多 {cap}。", _UNTOUCHED_ZH, "请使用签名的收款请求。"),
    ),
    "request_unknown": _both(
        ("This terminal has no such request.", _UNTOUCHED_EN, "Look it up with: feiqian terminal history"),
        ("此终端没有该收款请求。", _UNTOUCHED_ZH, "请查看：feiqian terminal history"),
    ),
    "one_way_code": _both(
        (
            "This is a one-way payment code; it answers no request.",
            _UNTOUCHED_EN,
            "Take it for what is due: feiqian terminal take-code AMOUNT --image FILE",
        ),
        (
            "这是一个付款码，并未答复任何收款请求。",
            _UNTOUCHED_ZH,
            "请按应收金额收取：feiqian terminal take-code 金额 --image FILE",
        ),
    ),
    "request_expired": _both(
        (
            "This request ran out before its payment was read, or a clock is wrong.",
            "Nothing was accepted. The payer's device counts the amount as paid until it reads a note.",
            "Cancel the request and show the payer the note: feiqian terminal cancel {request}. Then ask anew.",
        ),
        (
            "读到付款时该收款请求已过期，或有时钟不准。",
            "没有受理。付款人的设备在读到取消凭证之前仍将这笔金额计为已付。",
            "请取消该请求并向付款人出示凭证：feiqian terminal cancel {request}，然后重新收款。",
        ),
    ),
    "cancel_which": _both(
        (
            "There are {count} requests that you could mean.",
            "Nothing was cancelled.",
            "Name one of those listed: feiqian terminal cancel ID",
        ),
        ("有 {count} 个可能的收款请求。", "没有取消任何请求。", "请从所列中指定一个：feiqian terminal cancel ID"),
    ),
    "name_ambiguous": _both(
        ("More than one begins like that.", _UNTOUCHED_EN, "Give more of its characters."),
        ("有多个以此开头。", _UNTOUCHED_ZH, "请多输入几个字符。"),
    ),
    "request_cancelled": _both(
        (
            "This request was cancelled; it is never accepted any more.",
            "The payer gets the money back with the cancel note.",
            "Show the payer the cancel note, and ask anew.",
        ),
        ("该收款请求已取消，不会再受理。", "付款人凭取消凭证收回款项。", "请向付款人出示取消凭证，并重新收款。"),
    ),
    "request_already_paid": _both(
        (
            "This request has its payment already.",
            "It counts once; nothing was taken twice.",
            "If the payer paid twice, give the second one back.",
        ),
        ("该收款请求已收到付款。", "只计一次，没有重复收取。", "若付款人重复付款，请退还第二笔。"),
    ),
    "outside_guarantee_code": _both(
        (
            "A one-way code is not guaranteed: it could be shown at several places, and pays only once.",
            _UNTOUCHED_EN,
            "Ask for a payment by request instead, or accept it at your own risk (--at-own-risk).",
        ),
        (
            "付款码不受担保：可能在多处出示，而只兑付一次。",
            _UNTOUCHED_ZH,
            "请改用收款请求，或选择自担风险受理（--at-own-risk）。",
        ),
    ),
    "outside_guarantee_credit": _both(
        (
            "This payment leans on money that the payer received from another payer, so it is not guaranteed.",
            _UNTOUCHED_EN,
            "Ask for a payment from the payer's own money, or accept it at your own risk (--at-own-risk).",
        ),
        (
            "此笔付款依赖付款人从他人处收到的款项，因此不受担保。",
            _UNTOUCHED_ZH,
            "请付款人改用自己的额度，或选择自担风险受理（--at-own-risk）。",
        ),
    ),
    "outside_guarantee_cap": _both(
        (
            "The amount is above the {cap} that are guaranteed for one payment.",
            _UNTOUCHED_EN,
            "Split it, take another means, or accept it at your own risk (--at-own-risk).",
        ),
        ("金额超过单笔担保上限 {cap}。", _UNTOUCHED_ZH, "请分笔收取、改用其他方式，或自担风险受理（--at-own-risk）。"),
    ),
    "outside_guarantee_age": _both(
        (
            "This terminal has not synced for long, so only {cap} are guaranteed for one payment.",
            _UNTOUCHED_EN,
            "Sync when there is a network, or accept it at your own risk (--at-own-risk).",
        ),
        ("此终端久未同步，目前单笔担保仅 {cap}。", _UNTOUCHED_ZH, "有网络时请同步，或自担风险受理（--at-own-risk）。"),
    ),
    "payment_unknown": _both(
        ("This till holds no such payment.", _UNTOUCHED_EN, "Look it up with: feiqian terminal history"),
        ("此终端没有该笔付款。", _UNTOUCHED_ZH, "请查看：feiqian terminal history"),
    ),
    "void_too_much": _both(
        ("At most {most} of this payment can be given back.", _UNTOUCHED_EN, "Give a smaller amount."),
        ("该笔付款最多可退 {most}。", _UNTOUCHED_ZH, "请减小金额。"),
    ),
    "void_less": _both(
        (
            "{given} of this payment were given back already; a note cannot be taken back.",
            "That note stands, and counts once.",
            "State the whole amount that is to be given back, {given} or more.",
        ),
        ("该笔付款已退 {given}；退款凭证不能收回。", "该凭证有效，只计一次。", "请填写合计应退金额，不少于 {given}。"),
    ),
    "void_over_cap": _both(
        (
            "A note of this terminal may give back {cap} at most.",
            _UNTOUCHED_EN,
            "Pay it back as a refund, or ask your operator.",
        ),
        ("此终端的凭证最多可退 {cap}。", _UNTOUCHED_ZH, "请另行付款退还，或联系运营方。"),
    ),
    "void_too_late": _both(
        (
            "It is too late to void this payment: a note given now could reach the operator after the deadline.",
            "The payment stands; nothing was given back.",
            "Pay the money back by other means: in cash, or as a payment of your own.",
        ),
        (
            "撤销该笔付款为时已晚：现在出具的凭证可能在截止期之后才到达运营方。",
            "付款仍然有效，没有退还任何款项。",
            "请以其他方式退还：现金，或另行付款。",
        ),
    ),
    "cancel_accepted": _both(
        (
            "A payment on this request was accepted, so it cannot be cancelled.",
            "The payment stands.",
            "Void the payment instead: feiqian terminal void",
        ),
        ("该收款请求已受理付款，不能取消。", "付款仍然有效。", "请撤销该笔付款：feiqian terminal void"),
    ),
    "pin_locked": _both(
        (
            "This till is locked after {failures} wrong PINs.",
            "What it had sent is with the operator. What it had not sent stays here, encrypted; payers hold copies.",
            "Run: feiqian terminal recover, and give the file to your operator, who can have the till opened again.",
        ),
        (
            "PIN 错误 {failures} 次，此终端已锁定。",
            "已上传的在运营方处。尚未上传的仍加密保存在本机；付款人手中也有副本。",
            "请运行：feiqian terminal recover，并把文件交给运营方，由其协助重新打开终端。",
        ),
    ),
    "pins_differ": _both(
        ("The two PINs are not the same.", "Nothing was changed.", "Try again."),
        ("两次输入的 PIN 不一致。", "没有任何改动。", "请重试。"),
    ),
    "queue_waiting": _both(
        (
            "{count} accepted payments or notes have not been answered by the operator yet.",
            "They are stored safely, and this terminal stays signed in.",
            "Sync first: feiqian terminal sync; without a network, feiqian terminal export",
        ),
        (
            "有 {count} 笔已受理的付款或凭证尚未得到运营方答复。",
            "它们已安全保存，终端保持登录。",
            "请先同步：feiqian terminal sync；没有网络时：feiqian terminal export",
        ),
    ),
    "queue_empty": _both(
        ("Nothing waits to be sent.", "Everything has been answered.", "There is nothing to export."),
        ("没有待上传的内容。", "全部已有答复。", "无需导出。"),
    ),
    "answer_mismatch": _both(
        (
            "The operator's answer does not belong to what was sent ({why}).",
            "The queue is complete and stays until a right answer arrives.",
            "Sync again; if it stays so, tell the operator.",
        ),
        (
            "运营方的应答与所上传内容不符（{why}）。",
            "队列完整，会保留到收到正确应答。",
            "请再次同步；若持续如此，请告知运营方。",
        ),
    ),
    "update_needed": _both(
        (
            "The operator tells of a change that this version does not know.",
            "Nothing of it was taken and nothing is lost: what was answered stands, and it is told again.",
            "Update the app, then sync again.",
        ),
        (
            "运营方告知了此版本无法识别的变更。",
            "未采用其任何内容，也没有任何丢失：已有答复有效，更新后会再次告知。",
            "请更新应用，然后再次同步。",
        ),
    ),
    "statement_refused": _both(
        (
            "The operator's statement cannot be right ({why}).",
            "Nothing of it was taken; what was answered before stands.",
            "Sync again; if it stays so, tell the operator.",
        ),
        (
            "运营方的对账内容有误（{why}）。",
            "未采用其任何内容；此前的答复有效。",
            "请再次同步；若持续如此，请告知运营方。",
        ),
    ),
    "answer_changed": _both(
        (
            "The operator answered the same batch in another way than before.",
            "The first answer stands; both are evidence.",
            "Tell the operator: an answer once given must not change.",
        ),
        (
            "运营方对同一批次给出了不同的应答。",
            "以首次应答为准；两者均为证据。",
            "请告知运营方：应答一经给出不得更改。",
        ),
    ),
}


class TerminalTrouble(Trouble):
    """A rule of the terminal stopped it. Nothing was stored or shown; what to do stands in the words."""

    table: ClassVar[WordsTable] = TERMINAL_WORDS
