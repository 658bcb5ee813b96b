"""The ledger on PostgreSQL: what a unit writes is collected and sent as a few sets, in one round trip with the commit.

Sets are sent in one order, whatever the order in which they came (`Place`): everybody who writes takes locks in that
order, and inside a set by key, so nobody waits in a circle. Whoever reads, or writes a single row, first sends what was
collected.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import IntEnum
from typing import Any, Final

from feiqian.ledger.clearing import Stale
from feiqian.ledger.entry import Entry
from feiqian.storage.ledger_tables import Database, LedgerTables, Rows
from feiqian.storage.postgres_columns import bigints, byteas, texts
from feiqian.storage.postgres_link import Answers, Ask, Overdrawn, Talk


class Place(IntEnum):
    """Where a set stands in the order of writing; what is locked first comes first, what is hottest last."""

    BATCH = 0
    ALLOWANCES = 1
    NOTES = 2
    REQUESTS = 3
    CLAIMS = 4
    EVIDENCE = 5
    ADVICES = 6
    PAYEES = 7
    EVENTS = 8
    WAITING = 9
    SINGLE = 10


_POST: Final = """WITH made AS (
        INSERT INTO entries (entry_id, reason, at) SELECT * FROM unnest(?, ?, ?) RETURNING number, entry_id)
    INSERT INTO postings (entry, book, kind, owner, currency, amount_minor)
        SELECT made.number, line.book, line.kind, line.owner, line.currency, line.amount_minor
        FROM unnest(?, ?, ?, ?, ?, ?) AS line (entry_id, book, kind, owner, currency, amount_minor)
        JOIN made ON made.entry_id = line.entry_id"""


_UNSENT: Final = "rows that wait to be sent together have no result to read"


class _NotYet:
    """What is told of rows that wait to be sent."""

    rowcount = -1

    def fetchone(self) -> Any:
        raise RuntimeError(_UNSENT)

    def fetchall(self) -> list[Any]:
        raise RuntimeError(_UNSENT)

    def __iter__(self) -> Iterator[Any]:
        raise RuntimeError(_UNSENT)


_NOT_YET: Final = _NotYet()


class Writing:
    """A transaction whose sets wait to be sent together."""

    def __init__(self, talk: Talk, *, locks: bool) -> None:
        """With `locks` a reading locks the rows on which an act rests until its commit."""
        self.locks = locks
        self._talk = talk
        self._sets: list[tuple[Place, str, Sequence[Any]]] = []
        self._entries: list[Entry] = []
        self._on_trust = False

    def execute(self, query: str, values: Sequence[Any] = (), /) -> Answers:
        """Runs a statement now, behind everything that was collected."""
        return self.execute_all([(query, values)])[0]

    def execute_all(self, asks: Sequence[Ask]) -> list[Answers]:
        """Runs statements now, in one round trip."""
        waiting = self._collected()
        with self._on_trust_stale():
            return self._talk.execute_all([*waiting, *asks])[len(waiting) :]

    def executemany(self, query: str, rows: Iterable[Sequence[Any]], /) -> Rows:
        """Collects a statement for each row, for the few that come singly; how many were written is not known yet."""
        for row in rows:
            self.later(Place.SINGLE, query, *row)
        return _NOT_YET

    def later(self, place: Place, query: str, *values: Any) -> None:
        """Collects a set; it is sent with the others, at the latest with the commit."""
        self._sets.append((place, query, values))

    def post(self, entry: Entry) -> None:
        """Collects an entry: balances are what most wait for, so they are locked last."""
        self._entries.append(entry)

    def trust(self) -> None:
        """Says that what is written rests on balances that were read without a lock: too little money is Stale."""
        self._on_trust = True

    def commit(self) -> None:
        """Sends what was collected and commits. Raises Stale, LedgerBroken, DatabaseFault."""
        waiting = self._collected()
        with self._on_trust_stale():
            self._talk.commit(waiting)

    @contextmanager
    def _on_trust_stale(self) -> Iterator[None]:
        try:
            yield
        except Overdrawn as error:
            if self._on_trust:
                raise Stale from error
            raise

    def _collected(self) -> list[Ask]:
        asks: list[Ask] = [(query, values) for _, query, values in sorted(self._sets, key=lambda one: one[0])]
        if self._entries:
            asks.append((_POST, _posted(self._entries)))
        self._sets, self._entries = [], []
        return asks


def _posted(entries: Sequence[Entry]) -> tuple[Any, ...]:
    """The values of `_POST`. Accounts are locked in the order of the balances' trigger, not of these lines."""
    lines = [(entry.entry_id, line) for entry in entries for line in entry.postings]
    return (
        byteas([entry.entry_id for entry in entries]),
        texts(entry.reason.value for entry in entries),
        bigints([entry.at for entry in entries]),
        byteas([entry_id for entry_id, _ in lines]),
        texts(line.account.book.value for _, line in lines),
        texts(line.account.kind.value for _, line in lines),
        byteas([line.account.owner for _, line in lines]),
        texts(line.currency for _, line in lines),
        bigints([line.amount_minor for _, line in lines]),
    )


class PostgresLedger(LedgerTables):
    """Rows of the ledger over one connection."""

    def __init__(self, connection: Database) -> None:
        super().__init__(connection)
        if not isinstance(connection, Writing):
            raise TypeError("these tables write by sets")
        self._writing = connection

    def post(self, entry: Entry) -> None:
        self._writing.post(entry)

    def _hold(self, query: str, *values: Any) -> None:
        """Locks what the query names, if this unit writes."""
        if self._writing.locks:
            self._writing.execute(query, values)

    def _among(self, query: str, keys: Iterable[Any], *first: Any) -> Iterator[Any]:
        wanted = list(keys)
        if wanted:
            column = byteas(wanted) if isinstance(wanted[0], bytes) else bigints(wanted)
            yield from self._writing.execute(query.format(keys="SELECT unnest(?)"), (*first, column))
