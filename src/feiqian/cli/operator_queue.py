"""`feiqian operator queue`: what waits between intake and books, and the batches that nobody could settle."""

import argparse
import re
from argparse import Namespace
from typing import TYPE_CHECKING, Any, ClassVar

from feiqian.cli.operator_link import connected
from feiqian.cli.report import Report, rfc3339
from feiqian.protocol.words import Coded, Trouble, Words, WordsTable

if TYPE_CHECKING:
    from rich.table import Table

    from feiqian.links.batch_queue import SetAside

_BATCH = re.compile(r"[0-9a-f]{64}", re.ASCII)


class QueueTrouble(Trouble):
    """What can be wrong with a release."""

    table: ClassVar[WordsTable] = {
        "not_aside": {
            "en": Words(
                "No such batch is put aside.", "Nothing was changed.", "Look which there are: feiqian operator queue"
            ),
            "zh": Words("没有搁置这样的批次。", "没有任何改动。", "请查看现有的批次：feiqian operator queue"),
        },
    }


def run_queue(args: Namespace, report: Report) -> int:
    """`operator queue`."""
    failures: list[Coded] = []
    with connected(args, report) as client:
        if args.release is not None and not client.release_batch(body_hash=args.release):
            failures.append(QueueTrouble("not_aside"))
        queue = client.queue()
    oldest = None if queue.oldest_at is None else rfc3339(queue.oldest_at)
    keys = {
        "waiting": queue.waiting,
        "oldest_at": oldest,
        "redeliveries": queue.redeliveries,
        "aside_count": queue.aside_count,
        "aside": [_keys(one) for one in queue.aside],
        "released": None if args.release is None or failures else args.release.hex(),
    }
    shown: list[Any] = [
        report.pick(
            f"{queue.waiting} batches wait (oldest: {oldest or 'none'}), {queue.redeliveries} times handed out again.",
            f"{queue.waiting} 个批次在等待（最早：{oldest or '无'}），重新分发 {queue.redeliveries} 次。",
        )
    ]
    if queue.aside:
        shown.append(_table(report, queue.aside))
    return report.finish(keys, failures, *shown)


def read_batch(text: str) -> bytes:
    """A batch as it is shown."""
    if _BATCH.fullmatch(text.lower()) is None:
        raise argparse.ArgumentTypeError("a batch is 64 hexadecimal digits")
    return bytes.fromhex(text)


def _keys(one: "SetAside") -> dict[str, Any]:
    return {
        "batch": one.key.body_hash.hex(),
        "terminal": one.key.terminal_ref.hex(),
        "batch_id": one.key.batch_id.hex(),
        "at": rfc3339(one.at),
        "deliveries": one.deliveries,
        "reason": one.reason,
    }


def _table(report: Report, aside: "tuple[SetAside, ...]") -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=report.pick("Put aside: nobody could settle them", "已搁置：无人能结算"))
    for heading in (("Batch", "批次"), ("Terminal", "终端"), ("Since", "自"), ("Why", "原因")):
        table.add_column(report.pick(*heading), overflow="fold")
    table.add_column(report.pick("Tries", "次数"), justify="right")
    for one in aside:
        cells = (one.key.body_hash.hex(), one.key.terminal_ref.hex(), rfc3339(one.at), escape(one.reason))
        table.add_row(*cells, str(one.deliveries))
    return table
