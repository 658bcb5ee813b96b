"""The lock of paying: this wallet stops by itself when something is odd, and its operator lets it go on.

Write, then act: a lock is durable before anybody is told of it, and nothing is burned for the payment that led to it.
It bars paying and topping up only. What was drawn is shown again, receipts come in, allowances can be closed.

Who holds the device and its PIN could change this store, too; the lock is against the one who does not know that it is
there, and it makes the operator hear of what happened (threats 2 and 5). It is no proof of anything.
"""

from dataclasses import replace
from typing import Final

from feiqian.risk.anomaly import DRAWINGS_READ_MAX, Anomaly, Conduct, LockReason, anomaly_in, is_clock_back
from feiqian.wallet.holdings import Holdings, Standing, hold, stand
from feiqian.wallet.lock_troubles import PayingLocked, what_operator_said, why_locked
from feiqian.wallet.ports import Conflict, OperatorLink, Parts
from feiqian.wallet.records import FindingKind, LockAnswer, PayingLock
from feiqian.wallet.troubles import WalletTrouble

LOCK_ID_BYTES: Final = 16
_FOREIGN: Final = frozenset({FindingKind.NOT_OURS, FindingKind.FORKED})


def standing_lock(parts: Parts, holdings: Holdings) -> PayingLock | None:
    """The lock that bars paying now. One that stands for a clock which was set right since does not."""
    lock = parts.store.lock_standing().standing
    if lock is None or parts.anomaly is None:
        return None
    if lock.reason is LockReason.CLOCK_BACK and not _clock_is_back(parts, holdings):
        return None
    return lock


def check_not_locked(parts: Parts, holdings: Holdings) -> None:
    """Raises PayingLocked while paying is barred. Nothing is written."""
    lock = standing_lock(parts, holdings)
    if lock is not None:
        raise why_locked(lock, holdings.membership.currency)


def watch(parts: Parts, holdings: Holdings, amount_minor: int) -> None:
    """To be called right before a counter is burned. Raises PayingLocked, after the lock is durable."""
    check_not_locked(parts, holdings)
    if parts.anomaly is None:
        return
    lock = parts.store.lock_standing().standing
    if lock is not None:
        _end(parts, lock, LockAnswer.CLOCK_RIGHT, holdings.now)
    found = anomaly_in(_conduct(parts, holdings, amount_minor), parts.anomaly)
    if found is not None:
        raise why_locked(_lock(parts, holdings, found), holdings.membership.currency)


def report(parts: Parts, link: OperatorLink) -> PayingLock | None:
    """Tells the operator of the lock that stands and takes its answer; None when there is none.

    May be repeated: the same lock is one report. Raises Coded of the link.
    """
    _, trust = stand(parts)
    lock = parts.store.lock_standing().standing
    if lock is None:
        return None
    answer = link.report_lock(lock)
    ended_at = None
    if answer is LockAnswer.ALLOWED:
        ended_at = hold(parts).now
    heard_at = trust.index.issued_at if ended_at is not None and lock.reason is LockReason.CLOCK_BACK else None
    told = replace(lock, answer=answer, ended_at=ended_at)
    if told != lock:
        _put(parts, told, heard_at)
    return told


def unlock_online(parts: Parts, link: OperatorLink) -> PayingLock:
    """Asks the operator whether this wallet may pay again. Raises PayingLocked not_locked, lock_waits, lock_refused."""
    told = report(parts, link)
    if told is None:
        raise PayingLocked("not_locked")
    still = what_operator_said(told.answer)
    if still is not None:
        raise still
    return told


def _lock(parts: Parts, holdings: Holdings, found: Anomaly) -> PayingLock:
    lock = PayingLock(
        lock_id=parts.randomness(LOCK_ID_BYTES),
        reason=found.reason,
        locked_at=holdings.now,
        seen=found.seen,
        allowed=found.allowed,
    )
    try:
        parts.store.lock_paying(lock)
    except Conflict:  # another process was quicker
        return parts.store.lock_standing().standing or lock
    return lock


def _end(parts: Parts, lock: PayingLock, answer: LockAnswer, at: int) -> None:
    _put(parts, replace(lock, answer=answer, ended_at=at), None)


def _put(parts: Parts, lock: PayingLock, heard_at: int | None) -> None:
    try:
        parts.store.answer_lock(lock, heard_at=heard_at)
    except Conflict:
        raise WalletTrouble("wallet_changed") from None


def _conduct(parts: Parts, holdings: Holdings, amount_minor: int) -> Conduct:
    store = parts.store
    looked, guesses = store.lock_standing(), store.guesses()
    good = [live for live in holdings.lives if live.standing is Standing.GOOD]
    return Conduct(
        now=holdings.now,
        clock=parts.clock(),
        signed_at=_signed_at(parts, holdings),
        amount_minor=amount_minor,
        spendable_minor=sum(live.reserve_minor for live in good),
        foreign=sum(finding.kind in _FOREIGN for finding in store.findings()),
        foreign_before=looked.foreign_before,
        unlocked_at=looked.unlocked_at,
        guesses=guesses.count,
        guessed_at=guesses.ended_at,
        drawings=store.drawings(DRAWINGS_READ_MAX),
    )


def _signed_at(parts: Parts, holdings: Holdings) -> int:
    footing, _ = stand(parts)
    return max(holdings.trust.index.issued_at, footing.heard_at)


def _clock_is_back(parts: Parts, holdings: Holdings) -> bool:
    signed_at = _signed_at(parts, holdings)
    return parts.anomaly is not None and is_clock_back(parts.clock(), signed_at, parts.anomaly)
