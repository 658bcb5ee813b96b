"""How a terminal shows a decision: colour, icon and words together, so that no one of them has to be seen alone."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from feiqian.cli.report import Report, grade_words, money, rfc3339
from feiqian.protocol.answer import AnswerItem, Verdict
from feiqian.terminal.records import Accepted, AskedRequest
from feiqian.terminal.states import ClaimState, Grade

if TYPE_CHECKING:
    from rich.panel import Panel
    from rich.text import Text

ID_SHOWN: Final = 8
"""Characters of an id that people see; enough to name it again."""


class Look(NamedTuple):
    """Colour and icon."""

    style: str
    icon: str


GRADE_LOOKS: Final = {
    Grade.FINAL: Look("bold green", "✔✔"),
    Grade.GUARANTEED: Look("green", "✔"),
    Grade.AT_OWN_RISK: Look("bold yellow", "⚠"),
    Grade.REFUSED: Look("bold red", "✗"),
}
_SHORT_WORDS: Final = {
    Grade.FINAL: ("Final", "最终"),
    Grade.GUARANTEED: ("Guaranteed", "有担保"),
    Grade.AT_OWN_RISK: ("At your risk", "风险自担"),
    Grade.REFUSED: ("Refused", "被拒绝"),
}
_STATE_WORDS: Final = {
    ClaimState.WAITING: ("waiting to be sent", "待上传"),
    ClaimState.SENT: ("sent, not answered yet", "已上传，待答复"),
    ClaimState.SETTLED: ("settled", "已结算"),
    ClaimState.CONTINGENT: ("waits until the deadline", "待截止期后确定"),
    ClaimState.REFUSED: ("refused by the operator", "被运营方拒绝"),
}
_VERDICT_WORDS: Final = {
    Verdict.SETTLED: ("settled", "已结算"),
    Verdict.CONTINGENT: ("waits until the deadline", "待截止期后确定"),
    Verdict.DUPLICATE: ("claimed before; counted once", "此前已上传，只计一次"),
    Verdict.FORK: ("the payer's device signed contradicting cheques", "付款设备签发了相互矛盾的支票"),
    Verdict.DOUBLE_ACCEPTANCE: (
        "this code was also taken at another counter; it pays once in all",
        "此码亦在别处被受理，合计只付一次",
    ),
    Verdict.SECOND_CHEQUE: ("another cheque was paid for this request", "该收款请求已由另一张支票支付"),
    Verdict.PAYEE_NOT_NAMED: ("it is made out to another payee", "收款方不是本商户"),
    Verdict.NOT_COVERED: ("not covered by the payer's allowance", "超出付款人的额度"),
    Verdict.UNKNOWN_ALLOWANCE: ("the issuer does not know this allowance", "发行方不认识该额度"),
    Verdict.LATE: ("sent after the deadline", "逾期上传"),
    Verdict.SUSPENDED: ("the allowance was suspended before it was accepted", "受理前该额度已被停用"),
    Verdict.OUT_OF_POLICY: ("accepted outside the policy", "受理时不符合规则"),
    Verdict.REFUSED: ("refused", "被拒绝"),
    Verdict.NOTED: ("noted", "已记录"),
}


def state_words(state: ClaimState, report: Report) -> str:
    """How far a claim has come."""
    return report.pick(*_STATE_WORDS[state])


def verdict_words(item: AnswerItem, report: Report) -> str:
    """What the operator said of one claim."""
    words = report.pick(*_VERDICT_WORDS[item.verdict])
    if item.verdict in (Verdict.SETTLED, Verdict.DUPLICATE) and not item.paid_minor and not item.waiting_minor:
        words += report.pick("; nothing is paid for this one", "；此笔不付款")
    return f"{words} [{item.code}]" if item.code else words


def grade_text(grade: Grade, report: Report, words: str | None = None) -> "Text":
    """Icon and words of a grade, in its colour."""
    from rich.text import Text

    look = GRADE_LOOKS[grade]
    return Text(f"{look.icon} {words or grade_words(grade.value, report.language)}", style=look.style)


def grade_cell(grade: Grade, report: Report, said: str) -> "Text":
    """A grade in a row of a table, and what else there is to say."""
    comma = report.pick(", ", "，")
    return grade_text(grade, report, report.pick(*_SHORT_WORDS[grade])).append(comma + said, style="default")


def decision_panel(grade: Grade, report: Report, *lines: str) -> "Panel":
    """A decision as the counter sees it."""
    from rich.console import Group
    from rich.panel import Panel
    from rich.text import Text

    body = Group(grade_text(grade, report), *map(Text, lines))
    return Panel(body, border_style=GRADE_LOOKS[grade].style, title=grade.value, title_align="right", expand=False)


def guarantee_line(accepted: Accepted, currency: str, report: Report) -> str:
    """What the payee can count on, and until when it must be sent."""
    grade, until = accepted.grade, rfc3339(accepted.deadline)
    if grade is Grade.GUARANTEED:
        amount = money(accepted.guaranteed_minor, currency)
        return report.pick(f"Guaranteed up to {amount} if sent by {until}.", f"{until} 前上传，担保 {amount}。")
    if grade is Grade.AT_OWN_RISK:
        return report.pick(
            f"Not guaranteed; it is paid if it holds. Send it by {until}.",
            f"不受担保，核实有效方可兑付。请在 {until} 前上传。",
        )
    return state_words(accepted.state, report)


def plain(*lines: str) -> "Callable[[], Text]":
    """What shows lines as they are: a payee's name or a path may hold brackets, which the console takes for markup."""

    def shown() -> "Text":
        from rich.text import Text

        return Text("\n".join(lines))

    return shown


def short_id(full: bytes) -> str:
    """The first characters of an id."""
    return full.hex()[:ID_SHOWN]


def asked_keys(asked: AskedRequest) -> dict[str, Any]:
    """A request, for programs."""
    return {
        "request_id": asked.request_hash.hex(),
        "amount_minor": asked.amount_minor,
        "is_maximum": asked.is_maximum,
        "reference": asked.reference or None,
        "expires_at": rfc3339(asked.expires_at),
    }


def asked_words(asked: AskedRequest, currency: str, report: Report) -> str:
    """A request, for people: how much, what for, and until when."""
    amount, until = money(asked.amount_minor, currency), rfc3339(asked.expires_at)
    if asked.is_maximum:
        amount = report.pick(f"up to {amount}", f"最多 {amount}")
    about = report.pick(f" ({asked.reference})", f"（{asked.reference}）") if asked.reference else ""
    return report.pick(f"{amount}{about}, until {until}", f"{amount}{about}，有效至 {until}")


def answer_keys(answer: AnswerItem | None) -> dict[str, Any]:
    """What the operator answered, for programs; nulls before it did."""
    return {
        "verdict": None if answer is None else answer.verdict.name.lower(),
        "paid_minor": 0 if answer is None else answer.paid_minor,
        "waiting_minor": 0 if answer is None else answer.waiting_minor,
        "verdict_code": None if answer is None or not answer.code else answer.code,
    }


def standing_keys(accepted: Accepted) -> dict[str, Any]:
    """How a payment stands, for programs: the answer's verdict, and the amounts by the operator's latest word."""
    return answer_keys(accepted.answer) | {
        "paid_minor": accepted.paid_minor,
        "waiting_minor": accepted.waiting_minor,
        "event": None if accepted.told is None else accepted.told.kind.value,
    }


def accepted_keys(accepted: Accepted, currency: str) -> dict[str, Any]:
    """An accepted payment, for programs."""
    return {
        "receipt_number": accepted.receipt_counter,
        "cheque_id": accepted.cheque_id.hex(),
        "request_id": None if accepted.request_hash is None else accepted.request_hash.hex(),
        "grade": accepted.grade.value,
        "state": accepted.state.value,
        "amount_minor": accepted.final_minor,
        "currency": currency,
        "guaranteed_minor": accepted.guaranteed_minor,
        "given_back_minor": accepted.back_minor,
        "deadline": rfc3339(accepted.deadline),
        "reference": accepted.reference or None,
        "time": rfc3339(accepted.time),
    }
