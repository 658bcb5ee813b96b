"""`feiqian terminal sync | export`: the queue on its way to the operator, over the network or as files."""

import hashlib
from argparse import Namespace
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from feiqian.cli.report import CommandTrouble, Report, money, rfc3339
from feiqian.cli.shown import SHOWN_FOLDER
from feiqian.cli.terminal_device import ANSWER_LIFE_S, Till, network, opened
from feiqian.cli.terminal_till import queue_keys, queue_line
from feiqian.cli.terminal_words import accepted_keys, answer_keys, grade_cell, plain, verdict_words
from feiqian.links.qr import write_durably
from feiqian.protocol.limits import ANSWER_MAX_BYTES
from feiqian.terminal.records import Accepted, BatchAnswer
from feiqian.terminal.states import ClaimState
from feiqian.terminal.sync import SyncOutcome

if TYPE_CHECKING:
    from rich.table import Table

BATCH_SUFFIX = ".feiqian-batch"


def run_sync(args: Namespace, report: Report) -> int:
    """One round with the operator, or one answer from a file. Troubles are failures; what was done stays done."""
    with opened(args, report) as till:
        till.clear_answers(older_than_s=ANSWER_LIFE_S)
        till.clear_requests()
        outcome = _from_file(till, args.answer) if args.answer is not None else _round(args, report, till)
        terminal = till.terminal
        payments = _answered_payments(till, outcome)
        results = Counter(state for answer in outcome.answered for _, state, _ in (*answer.claims, *answer.notes))
        ready = terminal.ready()
        queue = terminal.queue()
        keys = {
            "payee": terminal.payee_name,
            "currency": terminal.currency,
            "batches_answered": len(outcome.answered),
            "batches_resent": outcome.resent,
            "answered": sum(results.values()),
            "settled": results[ClaimState.SETTLED],
            "contingent": results[ClaimState.CONTINGENT],
            "refused": results[ClaimState.REFUSED],
            "settled_minor": sum(item.paid_minor for item in outcome.items()),
            "contingent_minor": sum(item.waiting_minor for item in outcome.items()),
            "payments": [
                {**accepted_keys(payment, terminal.currency), **answer_keys(payment.answer)} for payment in payments
            ],
            "lists_updated": outcome.pack_advanced,
            "lists_issued_at": rfc3339(ready.lists_issued_at),
            "lists_age_s": ready.lists_age_s,
            "clock_ahead_s": ready.clock_ahead_s,
            "queue": queue_keys(queue),
        }
        shown: list[Any] = [_answered_table(report, payments, terminal.currency)] if payments else []
        if outcome.resent:
            shown.append(
                report.pick("✔ Sent again: the same answer, nothing changed.", "✔ 已重新上传：应答相同，没有任何改动。")
            )
        shown.append(plain(queue_line(report, queue, terminal.currency)))
        return report.finish(keys, outcome.troubles, *shown)


def run_export(args: Namespace, report: Report) -> int:
    """Write every batch without an answer into a file. The queue stays as it is until the answers arrive."""
    with opened(args, report) as till:
        batches = till.terminal.export()
        out: Path = args.out or args.home / SHOWN_FOLDER / f"queue-{batches[0].batch_id.hex()[:16]}{BATCH_SUFFIX}"
        if args.out is None:
            out.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        paths = [
            out if len(batches) == 1 else out.with_name(f"{out.stem}-{number}of{len(batches)}{out.suffix}")
            for number in range(1, len(batches) + 1)
        ]
        for batch, path in zip(batches, paths, strict=True):
            write_durably(path.absolute(), batch.raw, replaces={hashlib.sha256(batch.raw).hexdigest()})
        keys = {
            "files": [str(path.absolute()) for path in paths],
            "batches": len(batches),
            "claims": sum(len(batch.claims) for batch in batches),
            "notes": sum(len(batch.notes) for batch in batches),
            "queue": queue_keys(till.terminal.queue()),
        }
        lines = [
            report.pick(
                "✔ The queue as signed files; it also stays here until it is answered:",
                "✔ 队列已导出为签名文件；在得到答复前仍保留在此：",
            ),
            *(f"  {path.absolute()}" for path in paths),
        ]
        return report.done(keys, plain(*lines))


def _round(args: Namespace, report: Report, till: Till) -> SyncOutcome:
    report.say("Asking the operator…", "正在联系运营方…")
    with network(args, report, till) as link:
        return till.terminal.sync(link, resend=args.resend)


def _from_file(till: Till, path: Path) -> SyncOutcome:
    try:
        with path.open("rb") as file:
            raw = file.read(ANSWER_MAX_BYTES + 1)
    except OSError:
        raise CommandTrouble("file_missing", path=path.name) from None
    taken: BatchAnswer | None = till.terminal.take_answer(raw)
    return SyncOutcome(answered=[] if taken is None else [taken], resent=int(taken is None))


def _answered_payments(till: Till, outcome: SyncOutcome) -> list[Accepted]:
    return [
        till.terminal.payment(cheque_id=cheque_id) for answer in outcome.answered for cheque_id, _, _ in answer.claims
    ]


def _answered_table(report: Report, payments: list[Accepted], currency: str) -> "Table":
    from rich.table import Table

    table = Table(title=report.pick("The operator's answer", "运营方的答复"))
    table.add_column(report.pick("Receipt", "收据"), justify="right")
    table.add_column(report.pick("Amount", "金额"), justify="right")
    table.add_column(report.pick("Paid now", "已付"), justify="right")
    table.add_column(report.pick("Answer", "答复"))
    for payment in payments:
        answer = payment.answer
        if answer is None:
            continue
        said = grade_cell(payment.grade, report, verdict_words(answer, report))
        amounts = (money(payment.final_minor, currency), money(answer.paid_minor, currency))
        table.add_row(str(payment.receipt_counter), *amounts, said)
    return table
