"""The row of where a wallet's keys live, and the mark that its store keeps of the counter in hardware."""

from typing import TYPE_CHECKING, Any, Final

from feiqian.wallet.records import KeyHome

if TYPE_CHECKING:
    from sqlite3 import Connection

_KEYS_MADE: Final = "SELECT EXISTS (SELECT 1 FROM enrolment)"


def key_home(connection: "Connection") -> KeyHome | None:
    """What was chosen, if anything."""
    row = connection.execute("SELECT kind, counter, mark, vouched FROM key_home").fetchone()
    return None if row is None else KeyHome(kind=row[0], counter=row[1], mark=row[2], vouched=bool(row[3]))


def put_key_home(connection: "Connection", home: KeyHome) -> bool:
    """Whether it could still be chosen: not once a key was made."""
    (made,) = connection.execute(_KEYS_MADE).fetchone()
    if not made:
        row = (home.kind, home.counter, home.mark, home.vouched)
        connection.execute("INSERT OR REPLACE INTO key_home VALUES (1, ?, ?, ?, ?)", row)
    return not made


def put_first_mark(connection: "Connection", mark: int) -> Any:
    """Counting begins."""
    sql = "UPDATE key_home SET mark = ? WHERE mark IS NULL AND counter IS NOT NULL"
    return connection.execute(sql, (mark,))


def move_mark(connection: "Connection") -> None:
    """One more cheque to be counted, where there is a counter."""
    connection.execute("UPDATE key_home SET mark = mark + 1 WHERE mark IS NOT NULL")


def bar_allowances(connection: "Connection", mark: int) -> Any:
    """Nothing known is paid with again; counting goes on from this mark."""
    connection.execute("UPDATE allowance SET barred = 1 WHERE state <> 'dropped'")
    connection.execute("UPDATE allowance SET state = 'dropped' WHERE state = 'asked'")
    return connection.execute("UPDATE key_home SET mark = ? WHERE mark IS NOT NULL", (mark,))
