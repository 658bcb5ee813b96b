"""What goes from a wallet's tables with one allowance. It runs inside a transaction that its caller has begun.

A finding points at its allowance, so one that is contradicted cannot go: the tables forbid it.
"""

from typing import TYPE_CHECKING

from feiqian.storage.wallet_schema import PAYMENT_IS_OPEN
from feiqian.wallet.ports import Conflict

if TYPE_CHECKING:
    from sqlite3 import Connection, Cursor  # sqlcipher3 is a fork of it and ships no types of its own.


def forget_allowance(connection: "Connection", top_up_id: bytes) -> "Cursor":
    """Removes an allowance and all that hangs on it. Raises Conflict while one of its payments is open."""
    if connection.execute(
        f"SELECT 1 FROM payment WHERE top_up_id = ? AND {PAYMENT_IS_OPEN}",  # noqa: S608 - ours
        (top_up_id,),
    ).fetchone():
        raise Conflict("a payment of it is open")
    query = "SELECT DISTINCT payee_id FROM payment WHERE top_up_id = ? AND payee_id IS NOT NULL"
    payees = connection.execute(query, (top_up_id,)).fetchall()
    connection.execute("DELETE FROM credit WHERE top_up_id = ?", (top_up_id,))
    connection.execute("DELETE FROM payment WHERE top_up_id = ?", (top_up_id,))
    connection.executemany(
        "DELETE FROM payee WHERE payee_id = ?1 AND NOT EXISTS (SELECT 1 FROM payment WHERE payment.payee_id = ?1)",
        payees,
    )
    return connection.execute(
        "DELETE FROM allowance WHERE top_up_id = ? AND state IN ('held', 'closed', 'dropped')", (top_up_id,)
    )
