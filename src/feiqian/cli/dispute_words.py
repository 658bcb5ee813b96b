"""How disputes are told: keys for programs, tables and sentences for people."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from feiqian.acquirer.disputes import DisputeReason, DisputeState, Party, Status
from feiqian.cli.report import Report, money, rfc3339

if TYPE_CHECKING:
    from rich.console import RenderableType

    from feiqian.ledger.dispute_notice import DisputeNotice
    from feiqian.links.http_disputes import DisputeReply

Pair = tuple[str, str]
DISPUTE_CHARS_SHOWN = 8
"""As much of a dispute's id in hex as names it to people."""

STATE_WORDS: dict[str, Pair] = {
    DisputeState.OPENED: ("waits for the other side's answer", "等待对方答复"),
    DisputeState.CONTESTED: ("contested; the operator decides", "对方有异议，由运营方裁定"),
    DisputeState.UNANSWERED: ("not answered in time; the operator decides", "逾期未答复，由运营方裁定"),
    DisputeState.ACCEPTED: ("accepted by the other side", "对方已接受"),
    DisputeState.REFUNDED: ("decided: refunded to the payer", "已裁定：退款给付款人"),
    DisputeState.UPHELD: ("decided: the payment stands", "已裁定：维持原付款"),
    DisputeState.WITHDRAWN: ("withdrawn", "已撤回"),
    DisputeState.LAPSED: ("lapsed without a decision; the payment stands", "逾期未裁定，维持原付款"),
}
STATUS_WORDS: dict[Status, Pair] = {
    Status.ACTIVE: ("active", "进行中"),
    Status.NEEDS_YOU: ("needs you", "需处理"),
    Status.DONE: ("done", "已结束"),
}
REASON_WORDS: dict[str, Pair] = {
    DisputeReason.NOT_DELIVERED: ("not delivered", "未交付"),
    DisputeReason.WRONG_AMOUNT: ("wrong amount", "金额不符"),
    DisputeReason.NOT_ME: ("not paid by me", "非本人付款"),
    DisputeReason.NOT_PAID: ("not paid", "未收到款"),
}
_NEXT: dict[Party, Pair] = {
    Party.PAYER: (
        "feiqian wallet answer-dispute {id} --accept or --contest",
        "feiqian wallet answer-dispute {id} --accept 或 --contest",
    ),
    Party.PAYEE: (
        "feiqian terminal answer-dispute {id} --accept or --contest",
        "feiqian terminal answer-dispute {id} --accept 或 --contest",
    ),
    Party.ADMINISTRATOR: (
        "feiqian operator decide {id} --refund AMOUNT or --uphold",
        "feiqian operator decide {id} --refund 金额 或 --uphold",
    ),
}


def notice_keys(notices: "Sequence[DisputeNotice] | None") -> dict[str, Any]:
    """How many disputes are not over, for programs; null where the operator could not be asked."""
    if notices is None:
        return {"disputes": None}
    against = sum(one.against_us for one in notices)
    return {"disputes": {"against_you": against, "need_answer": sum(one.needs_answer for one in notices)}}


def notice_lines(notices: "Sequence[DisputeNotice] | None", party: Party, report: Report) -> list[str]:
    """What a sync says of disputes: those that need an answer, and others that somebody opened against one."""
    command = "feiqian wallet disputes" if party is Party.PAYER else "feiqian terminal disputes"
    needed = sum(one.needs_answer for one in notices or ())
    others = sum(one.against_us and not one.needs_answer for one in notices or ())
    lines = []
    if needed:
        lines.append(
            report.pick(
                f"! Disputes that need your answer: {needed}. No money moves before the end; without an answer the "
                f"operator decides by what the other side says. See them: {command}",
                f"! 有 {needed} 项争议需要您答复。结束之前资金不动；若不答复，运营方将依对方的陈述裁定。"
                f"查看：{command}",
            )
        )
    if others:
        lines.append(
            report.pick(
                f"Disputes against you that are under way: {others}. The operator decides. See them: {command}",
                f"另有 {others} 项针对您的争议正在处理，由运营方裁定。查看：{command}",
            )
        )
    return lines


def dispute_keys(one: "DisputeReply") -> dict[str, Any]:
    """A dispute, for programs."""
    return {
        "dispute": one.dispute_id.hex(),
        "opener": one.opener.value,
        "reason": one.reason,
        "cheque_id": one.cheque_id.hex(),
        "payer_id": one.payer_id.hex(),
        "payee_id": one.payee_id.hex(),
        "payee": one.payee_name,
        "amount_minor": one.amount_minor,
        "moved_minor": one.moved_minor,
        "currency": one.currency,
        "state": one.state,
        "status": one.status.value,
        "deadline": rfc3339(one.deadline),
        "opened_at": rfc3339(one.opened_at),
        "until": None if one.until is None else rfc3339(one.until),
        "steps": [
            {
                "at": rfc3339(step.at),
                "by": step.by,
                "act": step.act,
                "amount_minor": step.amount_minor,
                "words": step.words,
                "evidence_bytes": len(step.evidence),
            }
            for step in one.steps
        ],
    }


def dispute_lines(one: "DisputeReply", viewer: Party, report: Report) -> list[str]:
    """Where a dispute stands, what moved, and what to do, one sentence each."""
    name = one.dispute_id.hex()[:DISPUTE_CHARS_SHOWN]
    state = report.pick(*STATE_WORDS.get(one.state, (one.state, one.state)))
    amount = money(one.amount_minor, one.currency)
    lines = [report.pick(f"Dispute {name} about {amount}: {state}.", f"争议 {name}，金额 {amount}：{state}。")]
    if one.moved_minor > 0:
        moved = money(one.moved_minor, one.currency)
        lines.append(report.pick(f"{moved} went back to the payer.", f"{moved} 已退回付款人。"))
    elif one.moved_minor < 0:
        moved = money(-one.moved_minor, one.currency)
        lines.append(report.pick(f"{moved} went to the payee.", f"{moved} 已付给收款方。"))
    elif one.status is not Status.DONE:
        lines.append(report.pick("No money has moved.", "资金尚未变动。"))
    if one.until is not None:
        until = rfc3339(one.until)
        lines.append(report.pick(f"This can be done until {until}.", f"截至 {until} 可处理。"))
    if one.status is Status.NEEDS_YOU:
        todo = report.pick(*_NEXT[viewer]).format(id=name)
        lines.append(report.pick(f"Next: {todo}", f"下一步：{todo}"))
    return lines


def disputes_shown(found: Sequence["DisputeReply"], viewer: Party, report: Report) -> "list[RenderableType]":
    """Disputes as a table, and what to do for those that need the viewer."""
    from rich.markup import escape
    from rich.table import Table

    if not found:
        return [report.pick("There are no disputes.", "没有争议。")]
    table = Table(title=report.pick("Disputes", "争议"))
    for heading in (("Dispute", "争议"), ("Reason", "理由"), ("Payee", "收款方")):
        table.add_column(report.pick(*heading), overflow="fold")
    for heading in (("Amount", "金额"), ("Moved", "已划转")):
        table.add_column(report.pick(*heading), justify="right")
    for heading in (("Where it stands", "状态"), ("For you", "对您"), ("Until", "截至")):
        table.add_column(report.pick(*heading), overflow="fold")
    for one in found:
        table.add_row(
            one.dispute_id.hex()[:DISPUTE_CHARS_SHOWN],
            report.pick(*REASON_WORDS.get(one.reason, (one.reason, one.reason))),
            escape(one.payee_name),
            money(one.amount_minor, one.currency),
            money(abs(one.moved_minor), one.currency) if one.moved_minor else "",
            report.pick(*STATE_WORDS.get(one.state, (one.state, one.state))),
            report.pick(*STATUS_WORDS[one.status]),
            "" if one.until is None else rfc3339(one.until),
        )
    waiting = [one for one in found if one.status is Status.NEEDS_YOU]
    nexts = [report.pick(*_NEXT[viewer]).format(id=one.dispute_id.hex()[:DISPUTE_CHARS_SHOWN]) for one in waiting]
    return [table, *(report.pick(f"Next: {todo}", f"下一步：{todo}") for todo in nexts)]
