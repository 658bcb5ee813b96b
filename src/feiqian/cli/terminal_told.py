"""What became of a payment after its answer, in plain sentences: the operator's later word, as the payee hears it."""

from collections.abc import Iterable, Sequence
from typing import Any

from feiqian.cli.report import Report, money, rfc3339
from feiqian.ledger.clearing import AdviceKind
from feiqian.terminal.records import Accepted, ToldEvent

LINES_MAX = 20
"""Sentences that a command shows beside what it was asked for; the history has them all."""


def truth(event: ToldEvent, currency: str, report: Report) -> str:
    """The sentence of one event: what happened, and what the payee has of it."""
    happened = report.pick(*_HAPPENED[event.kind])
    if event.kind is AdviceKind.UNPAID and event.at <= event.deadline:
        happened = report.pick(*_SUSPENDED)
    colon = report.pick(": ", "：")
    return f"{happened}{colon}{_outcome(event, currency, report)}"


def truth_line(event: ToldEvent, currency: str, report: Report) -> str:
    """The sentence with the payment that it is about."""
    amount = money(event.final_minor, currency)
    subject = report.pick(
        f"Receipt {event.receipt_counter} ({amount}). ", f"收据 {event.receipt_counter}（{amount}）。"
    )
    return f"{icon_of(event)} {rfc3339(event.at)} {subject}{truth(event, currency, report)}"


def icon_of(event: ToldEvent) -> str:
    """How it ended, at a glance."""
    if event.waiting_minor or event.kind is AdviceKind.MISSING:
        return "⚠"
    if event.paid_minor:
        return "✔"
    return "↩" if event.kind is AdviceKind.GIVEN_BACK else "✗"


def truth_lines(events: Sequence[ToldEvent], currency: str, report: Report, *, count: int | None = None) -> list[str]:
    """The sentences of these events, and how many more there are of `count` in all; empty without any."""
    if not events:
        return []
    lines = [report.pick("Told by the operator since:", "运营方后续告知：")]
    lines += [truth_line(event, currency, report) for event in events]
    more = 0 if count is None else count - len(events)
    if more > 0:
        lines.append(
            report.pick(f"… and {more} more: feiqian terminal history", f"……另有 {more} 条：feiqian terminal history")
        )
    return lines


def told_keys(event: ToldEvent, currency: str, report: Report) -> dict[str, Any]:
    """An event, for programs; `said` is the sentence for people."""
    return {
        "event_number": event.number,
        "event": event.kind.value,
        "receipt_number": event.receipt_counter,
        "cheque_id": event.cheque_id.hex(),
        "amount_minor": event.final_minor,
        "paid_minor": event.paid_minor,
        "waiting_minor": event.waiting_minor,
        "currency": currency,
        "deadline": rfc3339(event.deadline),
        "time": rfc3339(event.at),
        "heard_at": rfc3339(event.heard_at),
        "said": truth(event, currency, report),
    }


def each_told(events: Iterable[ToldEvent], currency: str, report: Report) -> list[dict[str, Any]]:
    """Events, for programs."""
    return [told_keys(event, currency, report) for event in events]


def shortfall(accepted: Accepted, currency: str, report: Report) -> str:
    """What was paid or waits of a payment, where that is not all of it; else empty."""
    standing_minor = accepted.paid_minor + accepted.waiting_minor
    if accepted.stands is None or standing_minor >= accepted.kept_minor:
        return ""
    paid, waiting = money(accepted.paid_minor, currency), money(accepted.waiting_minor, currency)
    if accepted.waiting_minor:
        return report.pick(f"; paid {paid}, waits {waiting}", f"；已付 {paid}，待定 {waiting}")
    return report.pick(f"; paid {paid}", f"；已付 {paid}")


_HAPPENED = {
    AdviceKind.SETTLED: ("It is settled", "已结算"),
    AdviceKind.WAITING: ("It waits until the deadline", "待截止期后确定"),
    AdviceKind.FORK: (
        "This payer's device had signed two different histories; you kept the rules",
        "该付款设备曾签署两份不同的账目；您遵守了规则",
    ),
    AdviceKind.DOUBLE_ACCEPTANCE: (
        "This code was also taken elsewhere; it pays once in all",
        "此付款码也在别处被受理；合计只兑付一次",
    ),
    AdviceKind.SECOND_CHEQUE: (
        "Another cheque was paid for the same request; one request pays once",
        "同一收款请求已由另一张支票支付；一个请求只兑付一次",
    ),
    AdviceKind.GIVEN_BACK: ("It was given back to the payer, in part or in full", "已部分或全部退还付款人"),
    AdviceKind.SHARED: (
        "The deadline has passed and what the payer had left was shared out",
        "截止期已过，付款人余下的款项已分配",
    ),
    AdviceKind.MISSING: (
        "The payer has shown this payment to the operator, which has no claim for it",
        "付款人已向运营方出示此付款，而运营方尚未收到您的提交",
    ),
    AdviceKind.UNPAID: (
        "The deadline has passed and the payer had nothing left for it",
        "截止期已过，付款人已无余款可付此笔",
    ),
}
_SUSPENDED = (
    "The payer's allowance was reported lost or suspended before you accepted it",
    "您受理之前，该付款额度已挂失或停用",
)


def _outcome(event: ToldEvent, currency: str, report: Report) -> str:
    paid, waiting, until = (
        money(event.paid_minor, currency),
        money(event.waiting_minor, currency),
        rfc3339(event.deadline),
    )
    if event.paid_minor and event.waiting_minor:
        return report.pick(
            f"you are paid {paid}, and get up to {waiting} more at {until}.",
            f"已付给您 {paid}，另有至多 {waiting} 于 {until} 确定。",
        )
    if event.waiting_minor:
        return report.pick(f"you get up to {waiting} at {until}.", f"您至多可得 {waiting}，于 {until} 确定。")
    if event.kind is AdviceKind.MISSING:
        return report.pick(
            f"to be paid, run feiqian terminal sync on this till before {until}.",
            f"请在 {until} 之前在此终端运行 feiqian terminal sync 以获付款。",
        )
    if not event.paid_minor:
        return report.pick("you get nothing for it.", "此笔您不会得到款项。")
    if event.kind is AdviceKind.FORK:
        return report.pick(f"you are paid {paid} by the issuer.", f"发行方已付给您 {paid}。")
    return report.pick(f"you are paid {paid}.", f"已付给您 {paid}。")
