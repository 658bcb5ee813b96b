"""What goes from a till's tables once it is over (`terminal.retention`), and how it is found.

It is found by statements alone, which stand in the order in which rows refer to each other: claims first, then what
they held. An allowance, batch or statement that nothing refers to any more goes with the next of them.
"""
# ruff: noqa: S608  # statements are put together from names of this file only; every value is bound

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sqlite3 import Connection  # sqlcipher3 is a fork of it and ships no types of its own.

CLAIMS_AT_ONCE: Final = 1_000
"""More than that waits for the next time: nobody at a counter waits for it."""
NEVER: Final = 1 << 40
_NOTE_IS_OPEN: Final = "n.state NOT IN ('settled', 'refused')"
_CLAIMS: Final = f"""
    SELECT a.cheque_id FROM accepted a WHERE a.deadline < :before AND a.time < :before
        AND a.state IN ('settled', 'refused') AND a.shift < (SELECT max(number) FROM shift)
        AND NOT EXISTS (SELECT 1 FROM event e WHERE e.cheque_id = a.cheque_id
            AND (max(e.deadline, e.at) >= :before OR e.shift = (SELECT max(number) FROM shift)))
        AND NOT EXISTS (SELECT 1 FROM note n WHERE n.subject = a.cheque_id AND {_NOTE_IS_OPEN})
    ORDER BY a.receipt LIMIT {CLAIMS_AT_ONCE:d}
"""
_HEADS: Final = "SELECT max(number) FROM statement GROUP BY certificate_id"
_PAID: Final = """
    paid WHERE time < :before AND shift < (SELECT max(number) FROM shift)
        AND EXISTS (SELECT 1 FROM asked q WHERE q.request_hash = paid.request_hash AND q.expires_at < :before)
"""
_CANCELLED: Final = f"""
    note AS n WHERE kind = 2 AND NOT {_NOTE_IS_OPEN}
        AND EXISTS (SELECT 1 FROM asked q WHERE q.request_hash = n.subject AND q.expires_at < :before)
        AND NOT EXISTS (SELECT 1 FROM accepted a WHERE a.request_hash = n.subject)
"""
_UNANSWERED: Final = """
    asked WHERE expires_at < :before AND time < :before
        AND NOT EXISTS (SELECT 1 FROM accepted a WHERE a.request_hash = asked.request_hash)
        AND NOT EXISTS (SELECT 1 FROM paid p WHERE p.request_hash = asked.request_hash)
        AND NOT EXISTS (SELECT 1 FROM note n WHERE n.subject = asked.request_hash)
"""
_LINES: Final = ("proof WHERE time < :before", "refusal WHERE time < :before")
_LEFT_OVER: Final = (
    f"""statement WHERE time < :before AND number NOT IN ({_HEADS})
        AND NOT EXISTS (SELECT 1 FROM accepted a WHERE a.receipt = statement.number)
        AND NOT EXISTS (SELECT 1 FROM note n WHERE n.number = statement.number)""",
    """allowance WHERE expires_at < :before
        AND NOT EXISTS (SELECT 1 FROM accepted a WHERE a.allowance_id = allowance.allowance_id)""",
    """batch WHERE answered_at < :before AND made_at < :before
        AND NOT EXISTS (SELECT 1 FROM accepted a WHERE a.batch_id = batch.batch_id)
        AND NOT EXISTS (SELECT 1 FROM note n WHERE n.batch_id = batch.batch_id)""",
)


def ended_rows(db: "Connection", before: int) -> int:
    """How many claims, requests, proofs and lines of the log are over."""
    named = {"before": before}
    lines = sum(_counted(db, one, before) for one in _LINES)
    first = min(_first(db, "statement", "time"), _first(db, "asked", "expires_at"))
    if first >= before:
        return lines
    claims = len(db.execute(_CLAIMS, named).fetchall())
    return lines + claims + sum(_counted(db, one, before) for one in (_PAID, _CANCELLED, _UNANSWERED))


def forget_rows(db: "Connection", before: int) -> None:
    """Removes them and what only they held, inside a transaction that its caller has begun."""
    named = {"before": before}
    claims = [(cheque_id,) for (cheque_id,) in db.execute(_CLAIMS, named).fetchall()]
    db.executemany("UPDATE accepted SET told = NULL WHERE cheque_id = ?", claims)
    for table, column in (("event", "cheque_id"), ("note", "subject"), ("accepted", "cheque_id")):
        db.executemany(f"DELETE FROM {table} WHERE {column} = ?", claims)
    for over in (_PAID, _CANCELLED, _UNANSWERED, *_LINES, *_LEFT_OVER):
        db.execute(f"DELETE FROM {over}", named)


def _first(db: "Connection", table: str, column: str) -> int:
    """When its first row was: while none is over, a till that is opened looks no further."""
    row = db.execute(f"SELECT {column} FROM {table} ORDER BY number LIMIT 1").fetchone()
    return NEVER if row is None else int(row[0])


def _counted(db: "Connection", over: str, before: int) -> int:
    (count,) = db.execute(f"SELECT count(*) FROM {over}", {"before": before}).fetchone()
    return int(count)
