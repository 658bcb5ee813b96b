"""`feiqian operator take-batch`: batches that came as files, each answered by a signed file beside it.

For a till whose network does not come back: `feiqian terminal export` there, this here, and then there again
`feiqian terminal sync --answer FILE`. The batch is signed by its terminal, so whoever carries it can change nothing.
"""

import hashlib
from argparse import Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feiqian.cli.operator_link import OperatorTrouble, connected
from feiqian.cli.report import CommandTrouble, Report, rfc3339
from feiqian.protocol.answer import Answer, Verdict, decode_answer
from feiqian.protocol.claim import decode_batch
from feiqian.protocol.limits import BATCH_MAX_BYTES
from feiqian.protocol.refusals import Refused
from feiqian.protocol.words import Coded

if TYPE_CHECKING:
    from rich.table import Table

    from feiqian.links.http import OperatorClient

ANSWER_SUFFIX = ".feiqian-answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One file that was taken: the batch, where its answer lies, and what it says."""

    batch: Path
    answer_file: Path
    answer: Answer

    def count(self, *verdicts: Verdict) -> int:
        """How many claims have one of these verdicts."""
        return sum(claim.verdict in verdicts for claim in self.answer.claims)


def run_take_batch(args: Namespace, report: Report) -> int:
    """`operator take-batch`. What is wrong with one file does not keep the others; each may be given again."""
    taken: list[Taken] = []
    failed: list[str] = []
    failures: list[Coded] = []
    with connected(args, report) as client:
        for number, path in enumerate(args.files):
            try:
                taken.append(_take(client, path))
            except Coded as failure:
                failures.append(failure)
                if failure.code == "operator_unreachable":  # nor will it answer for the others
                    failed += [one.name for one in args.files[number:]]
                    break
                failed.append(path.name)
    keys = {"answers": [_keys(one) for one in taken], "not_taken": failed}
    shown: list[Any] = [_table(report, taken)] if taken else []
    if taken:
        shown.append(
            report.pick(
                "The answers lie beside the files. Carry them back to their tills: feiqian terminal sync --answer FILE",
                "答复文件与原文件放在一起。请带回各自的终端：feiqian terminal sync --answer 文件",
            )
        )
    if failed:
        shown.append(report.pick("Not taken: ", "未受理：") + ", ".join(failed))
    return report.finish(keys, failures, *shown)


def _take(client: "OperatorClient", path: Path) -> Taken:
    from feiqian.links.qr import write_durably

    raw = client.take_carried_batch(_read_batch(path))
    answer_file = path.with_suffix(ANSWER_SUFFIX)
    write_durably(answer_file, raw, replaces={hashlib.sha256(raw).hexdigest()})
    return Taken(batch=path, answer_file=answer_file, answer=decode_answer(raw))


def _read_batch(path: Path) -> bytes:
    """The batch in this file, unverified."""
    try:
        with path.open("rb") as file:
            raw = file.read(BATCH_MAX_BYTES + 1)
        decode_batch(raw)
    except OSError:
        raise CommandTrouble("file_missing", path=path.name) from None
    except Refused:
        raise OperatorTrouble("not_a_batch", path=path.name) from None
    return raw


def _keys(taken: Taken) -> dict[str, Any]:
    return {
        "batch": str(taken.batch.absolute()),
        "answer": str(taken.answer_file.absolute()),
        "terminal": taken.answer.terminal_ref.hex(),
        "arrived_at": rfc3339(taken.answer.time),
        "claims": len(taken.answer.claims),
        "settled": taken.count(Verdict.SETTLED),
        "contingent": taken.count(Verdict.CONTINGENT),
        "notes": len(taken.answer.notes),
    }


def _table(report: Report, taken: list[Taken]) -> "Table":
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=report.pick("Batches taken", "已受理的批次"))
    for heading in (("Terminal", "终端"), ("Answer", "答复文件")):
        table.add_column(report.pick(*heading), overflow="fold")
    for heading in (("Claims", "付款"), ("Settled", "已结算"), ("Wait until D", "待 D 决定"), ("Notes", "退款凭证")):
        table.add_column(report.pick(*heading), justify="right")
    for one in taken:
        numbers = (
            len(one.answer.claims),
            one.count(Verdict.SETTLED),
            one.count(Verdict.CONTINGENT),
            len(one.answer.notes),
        )
        cells = (one.answer.terminal_ref.hex(), escape(one.answer_file.name))
        table.add_row(*cells, *(str(number) for number in numbers))
    return table
