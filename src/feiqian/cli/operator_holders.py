"""`feiqian operator payers | payees`: whom this operator serves, and what each has."""

from argparse import Namespace
from collections.abc import Iterable
from typing import TYPE_CHECKING

from feiqian.cli.operator_link import connected
from feiqian.cli.report import Report, money

if TYPE_CHECKING:
    from rich.console import RenderableType

Heading = tuple[str, str]
_TEXTS = 2
"""Id and name stand to the left, numbers to the right."""
_ERASED = ("(erased)", "（已抹除）")


def run_payers(args: Namespace, report: Report) -> int:
    """`operator payers`."""
    with connected(args, report) as client:
        found, more = client.payers(after=args.after)
    keys = {
        "payers": [
            {
                "payer_id": one.payer_id.hex(),
                "name": one.name,
                "currency": one.currency,
                "free_minor": one.free_minor,
                "reserved_minor": one.reserved_minor,
                "devices": one.devices,
            }
            for one in found
        ],
        "more": more,
    }
    rows = (
        (
            one.payer_id.hex(),
            one.name or report.pick(*_ERASED),
            money(one.free_minor, one.currency),
            money(one.reserved_minor, one.currency),
            str(one.devices),
        )
        for one in found
    )
    headings = (("Payer", "付款人"), ("Name", "名称"), ("Free", "可用"), ("Set aside", "已预留"))
    shown = _shown(report, ("Payers", "付款人"), (*headings, ("Devices signed in", "已登录设备")), rows)
    return report.done(keys, *shown, *_more(report, "payers", found[-1].payer_id if more else None))


def run_payees(args: Namespace, report: Report) -> int:
    """`operator payees`."""
    with connected(args, report) as client:
        found, more = client.payees(after=args.after)
    keys = {
        "payees": [
            {
                "payee_id": one.payee_id.hex(),
                "name": one.name,
                "currency": one.currency,
                "balance_minor": one.balance_minor,
                "waiting_minor": one.waiting_minor,
                "terminals": one.terminals,
            }
            for one in found
        ],
        "more": more,
    }
    rows = (
        (
            one.payee_id.hex(),
            one.name or report.pick(*_ERASED),
            money(one.balance_minor, one.currency),
            money(one.waiting_minor, one.currency),
            str(one.terminals),
        )
        for one in found
    )
    headings = (("Payee", "收款方"), ("Name", "名称"), ("Final", "已确定"), ("Waits until D", "待 D 决定"))
    shown = _shown(report, ("Payees", "收款方"), (*headings, ("Terminals", "终端")), rows)
    return report.done(keys, *shown, *_more(report, "payees", found[-1].payee_id if more else None))


def _shown(
    report: Report, title: Heading, headings: Iterable[Heading], rows: Iterable[tuple[str, ...]]
) -> "list[RenderableType]":
    """A table: an id, a name, and numbers to the right."""
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=report.pick(*title))
    for number, heading in enumerate(headings):
        table.add_column(report.pick(*heading), justify="left" if number < _TEXTS else "right", overflow="fold")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    return [table] if table.row_count else [report.pick("There are none yet.", "还没有记录。")]


def _more(report: Report, act: str, last: bytes | None) -> list[str]:
    if last is None:
        return []
    command = f"feiqian operator {act} --after {last.hex()}"
    return [report.pick(f"There are more: {command}", f"还有更多：{command}")]
