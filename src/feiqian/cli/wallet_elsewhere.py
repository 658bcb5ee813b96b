"""What the wallet's commands say of the payer's other devices: what waits there until when, and what came back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from feiqian.cli.report import Report, money, rfc3339
from feiqian.cli.wallet_words import STATE_WORDS, payment_keys, payments_table
from feiqian.wallet.records import (
    PAYMENT_NUMBER_CHARS,
    Elsewhere,
    OtherAllowance,
    OtherCheque,
    PaymentRecord,
)
from feiqian.wallet.states import PAYMENT_STATUS, PaymentState
from feiqian.wallet.wording import instant_words

if TYPE_CHECKING:
    from rich.table import Table

_GRADES = {PaymentState.SETTLED: "F3", PaymentState.CONTINGENT: "F1"}
"""A claim that waits for D is the payee's own risk; what is guaranteed is paid at once and final."""


def elsewhere_keys(elsewhere: Elsewhere, currency: str) -> dict[str, Any]:
    """For programs."""
    return {
        "elsewhere": {
            "currency": currency,
            "reserved_minor": elsewhere.reserved_minor,
            "waiting_minor": elsewhere.waiting_minor,
            "returned_minor": elsewhere.returned_minor,
            "until": None if elsewhere.until is None else rfc3339(elsewhere.until),
            "allowances": [_allowance_keys(one) for one in elsewhere.allowances],
            "payments": [_cheque_keys(one, currency) for one in elsewhere.cheques],
        }
    }


def restored_keys(payments: Sequence[PaymentRecord]) -> dict[str, Any]:
    """Payments that a backup brought, for programs."""
    return {"restored": [payment_keys(payment) for payment in payments]}


def elsewhere_rows(elsewhere: Elsewhere, currency: str, report: Report) -> list[tuple[str, str]]:
    """For people: what is still set aside for other devices, and when it is back. Nothing where there is nothing."""
    rows = []
    if elsewhere.until is not None:
        most, day = money(elsewhere.reserved_minor, currency), instant_words(elsewhere.until)
        said = report.pick(f"at most {most}; the rest is back by {day}", f"至多 {most}；其余最迟于 {day} 退回")
        rows.append((report.pick("At risk on other devices", "其他设备涉及"), said))
    if elsewhere.waiting_minor:
        waits = money(elsewhere.waiting_minor, currency)
        said = report.pick(f"{waits} of it, decided then", f"其中 {waits}，届时决定")
        rows.append((report.pick("Claimed there, waiting", "已提交待定"), said))
    if elsewhere.returned_minor:
        rows.append((report.pick("Came back from there", "已从中退回"), money(elsewhere.returned_minor, currency)))
    return rows


def restored_table(payments: Sequence[PaymentRecord], report: Report) -> "Table":
    """Payments that a backup brought, for people."""
    table = payments_table(payments, report)
    table.title = report.pick("From a backup of another device", "来自其他设备的备份")
    return table


def elsewhere_table(cheques: Sequence[OtherCheque], currency: str, report: Report) -> "Table":
    """Payments of other devices that are known from their payees' claims, for people."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=box.SIMPLE_HEAD, title=report.pick("Of other devices, as claimed", "其他设备的付款（依收款方提交）")
    )
    for heading in (("Number", "编号"), ("Payee", "收款方"), ("Amount", "金额"), ("State", "状态")):
        table.add_column(report.pick(*heading), overflow="fold")
    for one in cheques:
        amount_minor = one.paid_minor + one.waiting_minor
        state = report.pick(*STATE_WORDS[one.state])
        if one.waiting_minor:
            day = instant_words(one.deadline_at)
            state = report.pick(f"claimed, decided {day}", f"已提交，{day} 决定")
        payee = one.payee_name or report.pick("not known", "未知")
        table.add_row(one.cheque_id.hex()[:PAYMENT_NUMBER_CHARS], Text(payee), money(amount_minor, currency), state)
    return table


def _allowance_keys(one: OtherAllowance) -> dict[str, Any]:
    return {
        "allowance": one.ref.hex(),
        "stopped": one.stopped,
        "closed": one.closed,
        "reserved_minor": one.reserved_minor,
        "waiting_minor": one.waiting_minor,
        "returned_minor": one.returned_minor,
        "deadline": rfc3339(one.deadline_at),
    }


def _cheque_keys(one: OtherCheque, currency: str) -> dict[str, Any]:
    return {
        "payment": one.cheque_id.hex()[:PAYMENT_NUMBER_CHARS],
        "allowance": one.ref.hex(),
        "state": one.state.value,
        "status": PAYMENT_STATUS[one.state].value,
        "grade": _GRADES.get(one.state),
        "payee": one.payee_name,
        "amount_minor": one.amount_minor,
        "paid_minor": one.paid_minor,
        "waiting_minor": one.waiting_minor,
        "currency": currency,
        "deadline": rfc3339(one.deadline_at),
    }
