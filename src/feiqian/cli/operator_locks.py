"""`feiqian operator locks`: wallets that have stopped paying by themselves, and the decision on one of them."""

import argparse
import re
from argparse import Namespace
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from feiqian.cli.operator_link import connected
from feiqian.cli.report import Report, rfc3339

if TYPE_CHECKING:
    from rich.table import Table

    from feiqian.links.http_locks import LockReply

_ID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "store_behind": ("cheques that it did not draw", "有并非由它签发的支票"),
    "clock_back": ("its clock is far behind", "时钟严重落后"),
    "guessed": ("wrong PINs, then a large payment", "PIN 多次输错后支付大额"),
    "burst": ("many payments in a short time", "短时间内多次付款"),
    "spree": ("far more within an hour than ever before", "一小时内支付远超以往"),
}
_DECISIONS: Final[Mapping[str | None, tuple[str, str]]] = {
    None: ("waits for you", "等待您决定"),
    "allowed": ("may pay again", "已允许付款"),
    "refused": ("refused", "已拒绝"),
}


def add_lock_options(parser: argparse.ArgumentParser) -> None:
    """What is decided, if anything."""
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--allow", type=_read_lock, metavar="LOCK", help="this wallet may pay again")
    way.add_argument(
        "--refuse", type=_read_lock, metavar="LOCK", help="this wallet never pays again; suspend it besides"
    )


def run_locks(args: Namespace, report: Report) -> int:
    """`operator locks`."""
    lock_id: bytes | None = args.allow or args.refuse
    with connected(args, report) as client:
        if lock_id is not None:
            client.decide_lock(lock_id=lock_id, decision="allowed" if args.allow else "refused")
        found = client.locks()
    waiting = sum(one.decision is None for one in found)
    line = report.pick(
        f"{waiting} wait for a decision: feiqian operator locks --allow LOCK, or --refuse LOCK",
        f"{waiting} 项等待决定：feiqian operator locks --allow 编号，或 --refuse 编号",
    )
    return report.done(
        {"locks": [_keys(one) for one in found], "waiting": waiting}, lambda: _table(found, report), line
    )


def _keys(one: "LockReply") -> dict[str, Any]:
    return {
        "lock": one.lock_id.hex(),
        "payer_id": one.payer_id.hex(),
        "name": one.payer_name,
        "device_id": one.device_id.hex(),
        "reason": one.reason,
        "seen": one.seen,
        "allowed": one.allowed,
        "locked_at": rfc3339(one.locked_at),
        "reported_at": rfc3339(one.reported_at),
        "decision": one.decision,
        "decided_by": one.decided_by,
        "decided_at": None if one.decided_at is None else rfc3339(one.decided_at),
    }


def _table(found: "tuple[LockReply, ...]", report: Report) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=report.pick("Wallets that stopped paying by themselves", "自行停止付款的钱包"))
    headings = (("Lock", "编号"), ("Payer", "付款人"), ("Why", "原因"), ("Since", "时间"), ("Decision", "决定"))
    for heading in headings:
        table.add_column(report.pick(*heading), overflow="fold")
    for one in found:
        why = REASONS.get(one.reason, (one.reason, one.reason))
        decision = _DECISIONS.get(one.decision, (str(one.decision), str(one.decision)))
        cells = (one.lock_id.hex(), one.payer_name or one.payer_id.hex(), report.pick(*why), rfc3339(one.locked_at))
        table.add_row(*(escape(cell) for cell in cells), report.pick(*decision))
    return table


def _read_lock(text: str) -> bytes:
    if _ID.fullmatch(text.lower()) is None:
        raise argparse.ArgumentTypeError("a lock is 32 hexadecimal digits")
    return bytes.fromhex(text)
