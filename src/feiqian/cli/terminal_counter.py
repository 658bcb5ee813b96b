"""`feiqian terminal request | accept | take-code | void | cancel`: the acts at the counter, with no network."""

from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from feiqian.cli.report import Report, money, parse_money, rfc3339
from feiqian.cli.shown import check_out, read_shown, show_message
from feiqian.cli.terminal_device import Till, opened, request_purpose
from feiqian.cli.terminal_words import (
    accepted_keys,
    asked_keys,
    asked_words,
    decision_panel,
    guarantee_line,
    plain,
    short_id,
)
from feiqian.cli.tier_words import tier_line, tier_name
from feiqian.links.pictures import Pictures, PurposeId
from feiqian.protocol.cose import Kind
from feiqian.protocol.ids import RequestHash
from feiqian.protocol.presentation import decode_payment, kind_shown
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.words import Coded
from feiqian.terminal.accept import Acceptance, NoticeTaken
from feiqian.terminal.evidence import ForkSeen
from feiqian.terminal.records import Accepted, AskedRequest
from feiqian.terminal.states import Grade
from feiqian.terminal.troubles import TerminalTrouble
from feiqian.terminal.void import NoteGiven

if TYPE_CHECKING:
    from feiqian.cli.report import Shown

NUMBER_DIGITS_MAX: Final = 6
"""A name of so few digits is a receipt's number, a longer one begins a cheque's id."""
CANDIDATES_SHOWN: Final = 10


def run_request(args: Namespace, report: Report) -> int:
    """Ask for an amount and show the request."""
    amount_minor = parse_money(args.amount)
    with opened(args, report) as till:
        _begin(args, till)
        asked = till.terminal.request(
            exact_minor=None if args.up_to else amount_minor,
            up_to_minor=amount_minor if args.up_to else None,
            reference=args.reference,
            ttl_s=args.ttl,
            signed=not args.unsigned,
        )
        shown = _show(args, report, till.requests, asked.shown, request_purpose(asked.request_hash), "request_image")
        guaranteed_minor = min(asked.guarantee.cap_minor, amount_minor)
        keys = {
            "decision": "asked",
            "request_id": asked.request_hash.hex(),
            "amount_minor": amount_minor,
            "is_maximum": args.up_to,
            "currency": asked.currency,
            "payee": till.terminal.payee_name,
            "reference": args.reference,
            "guaranteed_minor": asked.guarantee.cap_minor,
            "lists_are_old": asked.guarantee.warn,
            "expires_at": rfc3339(asked.request.expires_at),
            **shown,
        }
        amount = money(amount_minor, asked.currency)
        wanted = report.pick(f"up to {amount}", f"最多 {amount}") if args.up_to else amount
        lines = [
            report.pick(
                f"Asking for {wanted} as {keys['payee']}, request {short_id(asked.request_hash)}.",
                f"{keys['payee']} 请求收款：{wanted}，请求 {short_id(asked.request_hash)}。",
            ),
            report.pick(
                f"Show this picture to the payer until {keys['expires_at']}: {shown['request_image']}",
                f"请在 {keys['expires_at']} 前向付款人出示此图片：\n{shown['request_image']}",
            ),
        ]
        if guaranteed_minor < amount_minor:
            cap = money(asked.guarantee.cap_minor, asked.currency)
            lines.append(
                report.pick(
                    f"⚠ Only {cap} a payment are guaranteed now; this one would be at your own risk.",
                    f"⚠ 目前单笔担保仅 {cap}；此笔须自担风险。",
                )
            )
        return report.done(keys, plain(*lines))


def run_accept(args: Namespace, report: Report) -> int:
    """Accept what the payer shows: a payment that answers a request, or the issuer's settled notice."""
    final_minor = None if args.final is None else parse_money(args.final)
    with opened(args, report) as till:
        _begin(args, till)

        def act(body: bytes) -> Acceptance | NoticeTaken:
            if kind_shown(body) is Kind.SETTLED_NOTICE:
                return till.terminal.accept_notice(body)
            wanted = None if args.request is None else till.terminal.request_named(args.request).request_hash
            return till.terminal.accept(
                body, request_hash=wanted, final_minor=final_minor, at_own_risk=args.at_own_risk
            )

        return _decide(args, report, till, act)


def run_take_code(args: Namespace, report: Report) -> int:
    """Accept a one-way code for what is due."""
    due_minor = parse_money(args.amount)
    with opened(args, report) as till:
        _begin(args, till)
        return _decide(
            args,
            report,
            till,
            lambda body: till.terminal.take_code(body, due_minor=due_minor, at_own_risk=args.at_own_risk),
        )


def run_void(args: Namespace, report: Report) -> int:
    """Give back an accepted payment."""
    total_minor = None if args.amount is None else parse_money(args.amount)
    with opened(args, report) as till:
        _begin(args, till)
        given = till.terminal.void(named_payment(till, args.payment), total_minor=total_minor)
        return _show_note(args, report, till, given)


def run_cancel(args: Namespace, report: Report) -> int:
    """Cancel a request for ever."""
    with opened(args, report) as till:
        _begin(args, till)
        candidates = [till.terminal.request_named(args.request)] if args.request else till.terminal.cancellable()
        if len(candidates) != 1:
            return _which(report, candidates, till.terminal.currency)
        request_hash = candidates[0].request_hash
        given = till.terminal.cancel(request_hash)
        till.request_is_over(request_hash)
        return _show_note(args, report, till, given)


def _which(report: Report, candidates: Sequence[AskedRequest], currency: str) -> int:
    """No request can be meant, or several: then what to type for each."""
    if not candidates:
        raise TerminalTrouble("request_unknown")
    keys = {"candidates": [asked_keys(asked) for asked in candidates], "currency": currency}
    lines = [
        f"feiqian terminal cancel {short_id(asked.request_hash)}  {asked_words(asked, currency, report)}"
        for asked in candidates[:CANDIDATES_SHOWN]
    ]
    return report.finish(keys, [TerminalTrouble("cancel_which", count=len(candidates))], plain(*lines))


def _begin(args: Namespace, till: Till) -> None:
    """The next act at the counter: pictures of what is over go first, then --out must be free. Raises OutTrouble."""
    till.clear_answers()
    till.clear_requests()
    check_out(args, till.requests, till.answers)


def _decide(args: Namespace, report: Report, till: Till, act: Callable[[bytes], Acceptance | NoticeTaken]) -> int:
    body = b""
    try:
        body = read_shown(args.images)
        taken = act(body)
    except Refused as refusal:
        return report_refused(args, report, till, refusal, body)
    except TerminalTrouble as trouble:
        return report_refused(args, report, till, trouble, body)
    if isinstance(taken, NoticeTaken):
        return _settled(report, till, taken)
    shown = show_receipt(args, report, till, taken)
    show = report.pick(f"Show the payer: {shown['receipt_image']}", f"请向付款人出示：\n{shown['receipt_image']}")
    return report_accepted(report, till, taken, shown, show)


def show_receipt(args: Namespace, report: Report, till: Till, taken: Acceptance) -> dict[str, Any]:
    """Draw what the payer is to see."""
    return _show_answer(args, report, till, taken.shown, _answer_purpose(taken.accepted), "receipt_image")


def report_accepted(report: Report, till: Till, taken: Acceptance, keys: dict[str, Any], *lines: str) -> int:
    """The decision: accepted. `keys` come besides those of the payment, `lines` below it."""
    accepted = taken.accepted
    if accepted.request_hash is not None:
        till.request_is_over(accepted.request_hash)
    keys = {
        "decision": "accepted",
        **accepted_keys(accepted, taken.currency),
        "payee": till.terminal.payee_name,
        "replayed": taken.replayed,
        "lists_are_old": accepted.warn,
        "tier": tier_name(taken.tier),
        **keys,
    }
    return report.done(
        keys, lambda: decision_panel(taken.grade, report, *_accepted_lines(report, taken)), plain(*lines)
    )


def _accepted_lines(report: Report, taken: Acceptance) -> list[str]:
    accepted = taken.accepted
    number, amount = accepted.receipt_counter, money(accepted.final_minor, taken.currency)
    lines = [
        report.pick(f"{amount}, receipt {number}", f"{amount}，收据 {number}"),
        guarantee_line(accepted, taken.currency, report),
        tier_line(taken.tier, report),
    ]
    if taken.replayed:
        lines.append(report.pick("Accepted before: counted once, same receipt.", "此前已受理：只计一次，收据相同。"))
    if accepted.back_minor:
        back = money(accepted.back_minor, taken.currency)
        lines.append(report.pick(f"{back} of it were given back: show the note.", f"其中 {back} 已退：请出示凭证。"))
    return lines


def _settled(report: Report, till: Till, taken: NoticeTaken) -> int:
    till.request_is_over(taken.paid.request_hash)
    keys = {
        "decision": "accepted",
        "grade": taken.grade.value,
        "request_id": taken.paid.request_hash.hex(),
        "amount_minor": taken.paid.final_minor,
        "currency": taken.currency,
        "guaranteed_minor": taken.paid.final_minor,
        "payee": till.terminal.payee_name,
        "reference": taken.paid.reference or None,
        "time": rfc3339(taken.paid.time),
        "replayed": taken.replayed,
    }
    lines = (
        money(taken.paid.final_minor, taken.currency),
        report.pick("Settled by the payer's issuer; nothing to be sent.", "已由付款人的发行方结算，无需上传。"),
    )
    return report.done(keys, lambda: decision_panel(taken.grade, report, *lines))


def report_refused(args: Namespace, report: Report, till: Till, failure: Coded, body: bytes) -> int:
    """Refused: nothing was accepted. For a request that was cancelled, the payer is shown the note that proves it."""
    keys: dict[str, Any] = {
        "decision": "refused",
        "grade": Grade.REFUSED.value,
        "payee": till.terminal.payee_name,
        "currency": till.terminal.currency,
        "guaranteed_minor": 0,
    }
    till.terminal.log_refusal(failure, body)
    shown: list[Shown] = [lambda: decision_panel(Grade.REFUSED, report)]
    if isinstance(failure, ForkSeen) and failure.proof is not None:
        keys["fork_proof_id"] = failure.proof.proof_id.hex()
        shown.append(
            plain(
                report.pick(
                    "⚖ The two contradictory cheques are kept here as a proof: feiqian terminal export",
                    "⚖ 两张互相矛盾的支票已作为证据保存在此：feiqian terminal export",
                )
            )
        )
    if failure.code == "request_cancelled":
        answered = RequestHash(_request_answered(body))
        given = till.terminal.cancel(answered)
        keys |= _show_answer(args, report, till, given.shown, PurposeId(f"note-{short_id(answered)}"), "note_image")
        image = keys["note_image"]
        shown.append(
            plain(report.pick(f"Show the payer the cancel note: {image}", f"请向付款人出示取消凭证：\n{image}"))
        )
    return report.finish(keys, [failure], *shown)


def _request_answered(body: bytes) -> bytes:
    answered = decode_payment(body).cheque.terms.request
    if answered is None:
        raise Refused(RefusalCode.REQUEST_MISMATCH)
    return answered


def _show_note(args: Namespace, report: Report, till: Till, given: NoteGiven) -> int:
    note = given.note
    purpose = PurposeId(f"note-{note.counter}-{short_id(note.subject)}")
    shown = _show_answer(args, report, till, given.shown, purpose, "note_image")
    keys: dict[str, Any] = {
        "decision": "given back" if given.accepted is not None else "cancelled",
        "note_number": note.counter,
        "payee": till.terminal.payee_name,
        "currency": given.currency,
        "given_back_minor": given.back_minor,
        "subject_id": note.subject.hex(),
        "time": rfc3339(note.time),
        "replayed": given.replayed,
        **shown,
    }
    if given.accepted is not None:
        keys |= {
            "receipt_number": given.accepted.receipt_counter,
            "kept_minor": given.accepted.kept_minor,
            "grade": given.accepted.grade.value,
        }
    return report.done(keys, plain(*_note_lines(report, given, shown)))


def _note_lines(report: Report, given: NoteGiven, shown: dict[str, Any]) -> list[str]:
    show = report.pick(
        f"Show the payer this note: {shown['note_image']}", f"请向付款人出示凭证：\n{shown['note_image']}"
    )
    if given.accepted is None:
        said = report.pick(
            "↩ Cancelled: this request is never accepted any more; whatever answered it is given back.",
            "↩ 已取消：该收款请求不会再受理，已作答的付款全部退回。",
        )
        return [said, show]
    back, kept = money(given.back_minor, given.currency), money(given.accepted.kept_minor, given.currency)
    number = given.accepted.receipt_counter
    return [
        report.pick(
            f"↩ Receipt {number}: {back} given back in all, {kept} left.",
            f"↩ 收据 {number}：合计退回 {back}，余 {kept}。",
        ),
        show,
    ]


def _show_answer(
    args: Namespace, report: Report, till: Till, body: bytes, purpose: PurposeId, name: str
) -> dict[str, Any]:
    """Show a receipt or note. It may take the place of the request that it answers: that one has served."""
    if args.out is not None:
        till.requests.remove_at(args.out)
    return _show(args, report, till.answers, body, purpose, name)


def _show(
    args: Namespace, report: Report, pictures: Pictures, body: bytes, purpose: PurposeId, name: str
) -> dict[str, Any]:
    """Show `body`; the picture, or the first of several, stands in the report under `name`."""
    shown = show_message(report, body, args, pictures, purpose)
    return {name: shown["pictures"][0], **shown}


def _answer_purpose(accepted: Accepted) -> PurposeId:
    return PurposeId(f"receipt-{accepted.receipt_counter}-{short_id(accepted.cheque_id)}")


def named_payment(till: Till, name: str) -> Accepted:
    """By the receipt's number or the cheque's id."""
    if name.isascii() and name.isdigit() and len(name) <= NUMBER_DIGITS_MAX:
        return till.terminal.payment(receipt=int(name))
    return till.terminal.payment_named(name)
