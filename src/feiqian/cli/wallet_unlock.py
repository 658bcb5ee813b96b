"""`feiqian wallet unlock-online`: ask the operator whether a wallet that stopped by itself may pay again."""

from argparse import Namespace
from typing import Any

from feiqian.cli.report import Report, rfc3339
from feiqian.cli.wallet_device import online
from feiqian.wallet.lock_troubles import why_locked
from feiqian.wallet.records import LockAnswer, PayingLock
from feiqian.wallet.states import Status


def unlock_online(args: Namespace, report: Report) -> int:
    """Ask; raises PayingLocked while the operator has not allowed it."""
    with online(args, report) as (found, link):
        lock = found.wallet.unlock_online(link)
    return report.done(
        {"status": Status.DONE.value} | lock_keys(lock),
        report.pick("✔ The operator has looked: this wallet pays again.", "✔ 运营方已核查：此钱包可以继续付款。"),
    )


def lock_keys(lock: PayingLock | None) -> dict[str, Any]:
    """The keys about a lock of paying, in every command that tells of one."""
    if lock is None:
        return {"lock": None}
    return {
        "lock": {
            "id": lock.lock_id.hex(),
            "reason": lock.reason.value,
            "locked_at": rfc3339(lock.locked_at),
            "seen": lock.seen,
            "allowed": lock.allowed,
            "answer": lock.answer.value,
        }
    }


def standing_lines(lock: PayingLock | None, currency: str, report: Report) -> list[str]:
    """That this wallet has stopped paying, and the way on."""
    if lock is None:
        return []
    words = why_locked(lock, currency).words(report.language)
    return [words.message, words.next]


def lock_lines(lock: PayingLock | None, report: Report) -> list[str]:
    """What a sync heard of it."""
    if lock is None:
        return []
    said = {
        LockAnswer.ALLOWED: (
            "✔ The operator has looked: this wallet pays again.",
            "✔ 运营方已核查：此钱包可以继续付款。",
        ),
        LockAnswer.REFUSED: ("✘ The operator does not unlock this wallet.", "✘ 运营方不予解锁此钱包。"),
    }.get(
        lock.answer,
        ("Paying is locked; the operator knows and has not decided yet.", "付款已锁定；运营方已获知，尚未决定。"),
    )
    return [report.pick(*said)]
