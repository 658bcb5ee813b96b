"""`feiqian terminal sync | export`: the queue on its way to the operator, over the network or as files."""

import hashlib
import shlex
from argparse import Namespace
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from feiqian.acquirer.disputes import Party
from feiqian.cli.dispute_words import notice_keys, notice_lines
from feiqian.cli.report import CommandTrouble, Report, money, rfc3339
from feiqian.cli.shown import SHOWN_FOLDER
from feiqian.cli.terminal_device import ANSWER_LIFE_S, Till, online, opened
from feiqian.cli.terminal_recovery import kept_for_recovery
from feiqian.cli.terminal_till import queue_keys, queue_line, update_line
from feiqian.cli.terminal_told import LINES_MAX, each_told, truth_lines
from feiqian.cli.terminal_words import accepted_keys, grade_cell, plain, standing_keys, verdict_words
from feiqian.links.qr import write_durably
from feiqian.protocol.limits import ANSWER_MAX_BYTES
from feiqian.terminal.records import Accepted, BatchAnswer, StoredBatch
from feiqian.terminal.states import ClaimState
from feiqian.terminal.sync import SyncOutcome

if TYPE_CHECKING:
    from rich.table import Table

    from feiqian.links.http import OperatorClient

BATCH_SUFFIX = ".feiqian-batch"
PROOF_SUFFIX = ".feiqian-fork"


def run_sync(args: Namespace, report: Report) -> int:
    """One round with the operator, or one answer from a file. Troubles are failures; what was done stays done."""
    with _source(args, report) as (till, link):
        till.clear_answers(older_than_s=ANSWER_LIFE_S)
        till.clear_requests()
        outcome = _from_file(till, args.answer) if link is None else till.terminal.sync(link, resend=args.resend)
        recoverable = till.vault.has_recovery() if link is None else kept_for_recovery(till, link)
        terminal = till.terminal
        payments = _answered_payments(till, outcome)
        results = Counter(state for answer in outcome.answered for _, state, _ in (*answer.claims, *answer.notes))
        ready = terminal.ready()
        queue = terminal.queue()
        keys = {
            "recoverable": recoverable,
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
                {**accepted_keys(payment, terminal.currency), **standing_keys(payment)} for payment in payments
            ],
            "told": each_told(outcome.told, terminal.currency, report),
            "update_needed": ready.update_needed,
            "lists_updated": outcome.pack_advanced,
            "lists_issued_at": rfc3339(ready.lists_issued_at),
            "lists_age_s": ready.lists_age_s,
            "clock_ahead_s": ready.clock_ahead_s,
            "queue": queue_keys(queue),
            **notice_keys(outcome.disputes),
        }
        table = [lambda: _answered_table(report, payments, terminal.currency)] if payments else []
        lines = []
        if outcome.resent:
            lines.append(
                report.pick("✔ Sent again: the same answer, nothing changed.", "✔ 已重新上传：应答相同，没有任何改动。")
            )
        newest_first = outcome.told[::-1]
        lines += truth_lines(newest_first[:LINES_MAX], terminal.currency, report, count=len(newest_first))
        lines += notice_lines(outcome.disputes, Party.PAYEE, report)
        if ready.update_needed:
            lines.append(update_line(report, ready))
        lines.append(queue_line(report, queue, terminal.currency))
        return report.finish(keys, outcome.troubles, *table, plain(*lines))


def run_export(args: Namespace, report: Report) -> int:
    """Write every batch without an answer into a file, and every fork proof into one of its own beside it.

    The queue stays as it is until the answers arrive; the proofs stay, too.
    """
    with opened(args, report) as till:
        proofs = till.terminal.fork_proofs()
        nothing_queued = till.terminal.queue().is_empty and len(proofs) > 0
        batches = () if nothing_queued else till.terminal.export()
        folder: Path = args.home / SHOWN_FOLDER if args.out is None else args.out.parent
        if args.out is None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        paths = _batch_paths(args.out, folder, batches)
        for batch, path in zip(batches, paths, strict=True):
            _write(path, batch.raw)
        proof_paths = [folder / f"fork-{proof.proof_id.hex()[:16]}{PROOF_SUFFIX}" for proof in proofs]
        for proof, path in zip(proofs, proof_paths, strict=True):
            _write(path, proof.raw)
        keys = {
            "files": [str(path.absolute()) for path in paths],
            "fork_proofs": [str(path.absolute()) for path in proof_paths],
            "batches": len(batches),
            "claims": sum(len(batch.claims) for batch in batches),
            "notes": sum(len(batch.notes) for batch in batches),
            "next": _next_commands(paths),
            "queue": queue_keys(till.terminal.queue()),
        }
        queued = report.pick(
            "✔ The queue as signed files; it also stays here until it is answered:",
            "✔ 队列已导出为签名文件；在得到答复前仍保留在此：",
        )
        proved = report.pick(
            "⚖ Proofs that a payer's device signed two different histories. Hand them to your operator; anyone can "
            "check them: feiqian verify fork",
            "⚖ 付款设备签署两份不同账目的证据。请交给运营方；任何人都可核验：feiqian verify fork",
        )
        lines = [queued, *(f"  {path.absolute()}" for path in paths), *_next_steps(report, paths)] if paths else []
        lines += [proved, *(f"  {path.absolute()}" for path in proof_paths)] if proof_paths else []
        return report.done(keys, plain(*lines))


def _next_commands(paths: Sequence[Path]) -> list[str]:
    """What answers these files: one command at the operator, and one here for each answer."""
    from feiqian.cli.operator_batches import ANSWER_SUFFIX

    if not paths:
        return []
    names = " ".join(shlex.quote(path.name) for path in paths)
    answers = [shlex.quote(path.with_suffix(ANSWER_SUFFIX).name) for path in paths]
    return [
        f"feiqian operator take-batch {names}",
        *(f"feiqian terminal sync --answer {answer}" for answer in answers),
    ]


def _next_steps(report: Report, paths: Sequence[Path]) -> list[str]:
    taken, *answered = _next_commands(paths)
    at_operator = report.pick("Bring them to your operator, who runs:", "请将文件交给运营方，由其运行：")
    here = report.pick("The answers it writes end the queue here:", "带回运营方写出的答复，在此运行：")
    return [at_operator, f"  {taken}", here, *(f"  {command}" for command in answered)]


def _batch_paths(out: Path | None, folder: Path, batches: Sequence[StoredBatch]) -> list[Path]:
    """Where the batches go: the file that was named, or several beside each other."""
    if not batches:
        return []
    whole = out or folder / f"queue-{batches[0].batch_id.hex()[:16]}{BATCH_SUFFIX}"
    count = len(batches)
    if count == 1:
        return [whole]
    return [whole.with_name(f"{whole.stem}-{number}of{count}{whole.suffix}") for number in range(1, count + 1)]


def _write(path: Path, raw: bytes) -> None:
    write_durably(path.absolute(), raw, replaces={hashlib.sha256(raw).hexdigest()})


@contextmanager
def _source(args: Namespace, report: Report) -> "Iterator[tuple[Till, OperatorClient | None]]":
    """The till and the operator's link; no link when the answer comes from a file."""
    if args.answer is None:
        with online(args, report) as (till, link):
            yield till, link
    else:
        with opened(args, report) as till:
            yield till, None


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
    table.add_column(report.pick("Answer", "答复"), overflow="fold")
    for payment in payments:
        answer = payment.answer
        if answer is None:
            continue
        said = grade_cell(payment.grade, report, verdict_words(answer, report))
        amounts = (money(payment.final_minor, currency), money(answer.paid_minor, currency))
        table.add_row(str(payment.receipt_counter), *amounts, said)
    return table
