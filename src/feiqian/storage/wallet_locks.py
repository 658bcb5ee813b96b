"""The rows of a wallet's locks: when and why it stopped paying by itself, and what became of that."""

from typing import TYPE_CHECKING, Any, Final

from feiqian.risk.anomaly import LockReason
from feiqian.wallet.records import LockAnswer, LockStanding, PayingLock

if TYPE_CHECKING:
    from sqlite3 import Connection

_COLUMNS: Final = "lock_id, reason, locked_at, seen, allowed, answer, ended_at"


def lock_standing(connection: "Connection") -> LockStanding:
    """The lock that stands, and what the operator has looked at."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM paying_lock WHERE ended_at IS NULL").fetchone()  # noqa: S608
    unlocked_at, foreign_before = connection.execute(
        "SELECT coalesce(max(ended_at), 0), coalesce(max(iif(reason = 'store_behind', seen, 0)), 0)"
        " FROM paying_lock WHERE answer = 'allowed'"
    ).fetchone()
    standing = None if row is None else _lock(row)
    return LockStanding(standing=standing, unlocked_at=unlocked_at, foreign_before=foreign_before)


def put_lock(connection: "Connection", lock: PayingLock) -> None:
    """A new one; the table refuses a second one that stands."""
    row = (lock.lock_id, lock.reason, lock.locked_at, lock.seen, lock.allowed, lock.answer, lock.ended_at)
    connection.execute(f"INSERT INTO paying_lock ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608


def answer_lock(connection: "Connection", lock: PayingLock) -> Any:
    """What became of the one that stands."""
    return connection.execute(
        "UPDATE paying_lock SET answer = ?, ended_at = ? WHERE lock_id = ? AND ended_at IS NULL",
        (lock.answer, lock.ended_at, lock.lock_id),
    )


def _lock(row: tuple[Any, ...]) -> PayingLock:
    return PayingLock(
        lock_id=row[0],
        reason=LockReason(row[1]),
        locked_at=row[2],
        seen=row[3],
        allowed=row[4],
        answer=LockAnswer(row[5]),
        ended_at=row[6],
    )
