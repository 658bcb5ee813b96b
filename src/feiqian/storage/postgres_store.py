"""The operator's store on PostgreSQL: the ports of the SQLite one, for many processes at once.

A reading is one snapshot. A unit of writing sends what it collected together with its commit, so taking a batch is one
round trip to read and one to write. What is durable is said so only after the database has said it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Self

from feiqian.audit.ports import WritePoint as AuditPoint
from feiqian.ledger.verify import BookFacts
from feiqian.storage.audit_recording import RecordedTables
from feiqian.storage.crash import crash_point
from feiqian.storage.postgres_acquirer import PostgresAcquirer
from feiqian.storage.postgres_disputes import PostgresDisputes
from feiqian.storage.postgres_issuer import PostgresIssuer
from feiqian.storage.postgres_ledger import Writing
from feiqian.storage.postgres_link import LINKS_MAX, WAIT_MAX_S, Links, Talk, in_our_words
from feiqian.storage.postgres_steps import bring_up_to_date, check_version, confirm_version, version_of
from feiqian.storage.totals_tables import TotalsTables

_READ: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_WRITE: Final = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"


def holds_books(url: str) -> bool:
    """Whether books were ever begun there. Raises DatabaseFault."""
    links = Links(url)
    try:
        with links.one() as link, in_our_words():
            return version_of(link) > 0
    finally:
        links.close()


class PostgresUnit(RecordedTables, PostgresDisputes, PostgresIssuer, PostgresAcquirer, TotalsTables):
    """One transaction over all tables: an `IssuerUnit`, an `AcquirerUnit`, a `DisputeUnit` and an `AuditUnit`."""


class PostgresStore:
    """An `IssuerStore` and an `AcquirerStore`, and the source of `ledger.verify.verify_books`. Thread-safe.

    Raises Stale for who was overtaken, LedgerBroken, and DatabaseFault where the database cannot go on.
    """

    def __init__(self, links: Links) -> None:
        """Use `open` or `open_to_read`."""
        self._links = links

    @classmethod
    def open(cls, url: str, *, links_max: int = LINKS_MAX, wait_max_s: float = WAIT_MAX_S) -> Self:
        """Connects and brings the schema up to date. Raises StoreTooNew, DatabaseFault."""
        links = Links(url, links_max=links_max, wait_max_s=wait_max_s)
        try:
            with links.one() as link:
                bring_up_to_date(link)
            store = cls(links)
            store._begin_log()
        except BaseException:
            links.close()
            raise
        return store

    @classmethod
    def open_to_read(cls, url: str) -> Self:
        """Connects to books that must stay as they are. Raises BooksOfAnotherVersion, DatabaseFault."""
        links = Links(url)
        try:
            with links.one() as link:
                check_version(link)
        except BaseException:
            links.close()
            raise
        return cls(links)

    def close(self) -> None:
        """Closes the connections."""
        self._links.close()

    @contextmanager
    def write(self, point: str) -> Iterator[PostgresUnit]:
        """One write, durable when the context ends, nothing when it ends by an exception."""
        with self._links.one() as link:
            talk = Talk(link, _WRITE)
            writing = Writing(talk, locks=True)
            try:
                unit = PostgresUnit(writing)
                yield unit
                unit.seal()
                crash_point(f"{point}:before-commit")
                writing.commit()
            except BaseException:
                talk.roll_back()
                raise
        crash_point(f"{point}:after-commit")

    @contextmanager
    def read(self) -> Iterator[PostgresUnit]:
        """One consistent reading; the database refuses to write."""
        with self._links.one() as link:
            talk = Talk(link, _READ)
            try:
                yield PostgresUnit(Writing(talk, locks=False))
            finally:
                talk.roll_back()

    def probe(self) -> None:
        """Writes durably that the books are of this version. Raises StoreTooNew for another one, DatabaseFault."""
        with self._links.one() as link:
            confirm_version(link)

    def _begin_log(self) -> None:
        """Books that are older than their audit log go into it as they are."""
        with self.read() as reading:
            begun = reading.log_has_begun()
        if not begun:
            with self.write(AuditPoint.BEGIN) as unit:
                unit.begin_log()

    def book_facts(self) -> BookFacts:
        """One consistent reading of the books."""
        with self.read() as unit:
            return unit.book_facts()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
