"""The ledger's tables: entries in, balances out, and the one reading that verifies them."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, Protocol

from feiqian.ledger.accounts import Account, AccountKind
from feiqian.ledger.entry import Entry, LedgerBroken
from feiqian.ledger.verify import BookFacts, ChargeBackFacts, PayeeFacts, ReserveFacts

CHUNK: Final = 500
"""So many keys are looked up by one statement."""


class Rows(Protocol):
    """What a statement gives."""

    @property
    def rowcount(self) -> int:
        """How many rows were written."""

    def fetchone(self) -> Any:
        """The next row, or None."""

    def fetchall(self) -> list[Any]:
        """The rows that are left."""

    def __iter__(self) -> Iterator[Any]: ...


class Database(Protocol):
    """A connection to either database, inside a transaction. Statements keep to what both know, but where one says.

    Marks for values are `?`.
    """

    def execute(self, query: str, values: Sequence[Any] = ..., /) -> Rows:
        """Runs one statement."""

    def executemany(self, query: str, rows: Iterable[Sequence[Any]], /) -> Rows:
        """Runs one statement for each row of values."""


class LedgerTables:
    """Rows of the ledger over one connection, inside a transaction that somebody else began."""

    def __init__(self, connection: Database) -> None:
        self._db = connection

    def post(self, entry: Entry) -> None:
        """An entry. Raises LedgerBroken when an account would break its rule."""
        number = self._one("SELECT coalesce(max(number), 0) + 1 FROM entries")[0]
        rows = (
            (number, str(of.book), str(of.kind), of.owner, line.currency, line.amount_minor)
            for line in entry.postings
            for of in (line.account,)
        )
        try:
            self._db.executemany(
                "INSERT INTO postings (entry, book, kind, owner, currency, amount_minor) VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )
            self._db.execute(
                "INSERT INTO entries (number, entry_id, reason, at) VALUES (?, ?, ?, ?)",
                (number, entry.entry_id, entry.reason.value, entry.at),
            )
        except sqlite3.IntegrityError as error:
            raise LedgerBroken("the database refused an entry") from error

    def balance_minor(self, account: Account, currency: str) -> int:
        """An account's balance, people's sign."""
        row = self._one(
            "SELECT coalesce(sum(posted_minor), 0) FROM balances WHERE kind = ? AND owner = ? AND currency = ?",
            (account.kind.value, account.owner, currency),
        )
        return account.balance_minor(row[0])

    def book_facts(self) -> BookFacts:
        """Everything that a verification compares."""
        sums = self._db.execute("SELECT kind, owner, currency, sum(amount_minor) FROM postings GROUP BY 1, 2, 3")
        held = self._db.execute("SELECT kind, owner, currency, sum(posted_minor) FROM balances GROUP BY 1, 2, 3")
        funded = self._db.execute("SELECT payer_id, currency, sum(amount_minor) FROM fundings GROUP BY 1, 2")
        entries = self._db.execute(
            """SELECT coalesce(entry_id, ?), book, currency, off_minor FROM (
                   SELECT e.entry_id, p.book, p.currency,
                          CASE WHEN e.number IS NULL THEN sum(abs(p.amount_minor)) ELSE sum(p.amount_minor) END
                              AS off_minor
                   FROM postings p LEFT JOIN entries e ON e.number = p.entry
                   GROUP BY p.entry, p.book, p.currency, e.number, e.entry_id) AS sums
               WHERE off_minor <> 0""",
            (b"",),
        )
        return BookFacts(
            postings=self._one("SELECT count(*) FROM postings")[0],
            entry_sums=tuple(entries.fetchall()),
            posted=_balances(sums),
            held=_balances(held),
            funded={(payer_id, currency): amount for payer_id, currency, amount in funded},
            reserves=tuple(self._reserves()),
            payees=tuple(self._payee_facts()),
            charge_backs=tuple(self._charge_backs()),
        )

    def _charge_backs(self) -> Iterable[ChargeBackFacts]:
        """What disputes moved, where this store keeps disputes."""
        return ()

    def _reserves(self) -> Iterator[ReserveFacts]:
        for row in self._db.execute(
            """SELECT a.ref, a.payer_id, a.currency, a.amount_minor, a.drawn_reserve_minor, a.drawn_free_minor,
                      a.drawn_pool_minor + a.borne_pool_minor, a.drawn_loss_minor + a.borne_loss_minor,
                      a.returned_minor, coalesce(c.paid_minor, 0)
               FROM allowances a LEFT JOIN
                   (SELECT allowance_ref, sum(paid_minor) AS paid_minor FROM claims GROUP BY allowance_ref) c
                   ON c.allowance_ref = a.ref"""
        ):
            yield ReserveFacts(
                ref=row[0],
                payer_id=row[1],
                currency=row[2],
                amount_minor=row[3],
                from_reserve_minor=row[4],
                from_free_minor=row[5],
                from_pool_minor=row[6],
                from_loss_minor=row[7],
                returned_minor=row[8],
                claims_paid_minor=row[9],
            )

    def _payee_facts(self) -> Iterator[PayeeFacts]:
        claimed = self._sums("SELECT payee_id, sum(paid_minor) FROM claims GROUP BY payee_id")
        under_way = self._sums(
            """SELECT payee_id, sum(paid_minor) FROM advices
               WHERE number > (SELECT max(number) FROM advices_applied) GROUP BY payee_id"""
        )
        told = self._sums("SELECT payee_id, sum(paid_minor) FROM payee_events GROUP BY payee_id")
        for payee_id, currency in self._db.execute("SELECT payee_id, currency FROM payees"):
            yield PayeeFacts(
                payee_id=payee_id,
                currency=currency,
                claims_paid_minor=claimed[payee_id],
                under_way_minor=under_way[payee_id],
                events_paid_minor=told[payee_id],
            )

    def _sums(self, query: str) -> defaultdict[bytes, int]:
        return defaultdict(int, self._db.execute(query).fetchall())

    def _one(self, query: str, values: Sequence[Any] = ()) -> Any:
        return self._db.execute(query, values).fetchone()

    def _maybe(self, query: str, values: Sequence[Any] = ()) -> Any | None:
        return self._db.execute(query, values).fetchone()

    def _many(self, query: str, rows: Sequence[Sequence[Any]]) -> None:
        """Runs the statement for each row; most acts have none for most tables, and even asking costs."""
        if rows:
            self._db.executemany(query, rows)

    def _among(self, query: str, keys: Iterable[Any], *first: Any) -> Iterator[Any]:
        """Rows of `query`, whose one `{keys}` stands for a list of keys: an indexed look-up for each.

        `first` are values for the marks before it.
        """
        left = iter(keys)
        while chunk := list(islice(left, CHUNK)):
            yield from self._db.execute(query.format(keys=", ".join("?" * len(chunk))), (*first, *chunk))


def _balances(rows: Iterable[tuple[str, bytes, str, int]]) -> dict[tuple[Account, str], int]:
    return {(Account(AccountKind(kind), owner), currency): amount for kind, owner, currency, amount in rows}
