"""The operator's store on PostgreSQL: the ports of the SQLite one, for many processes at once.

A reading is one snapshot. A unit of writing sends what it collected together with its commit, so taking a batch is one
round trip to read and one to write. What is durable is said so only after the database has said it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Self

from feiqian.audit.ports import WritePoint as AuditPoint
from feiqian.ledger.sealing import NO_KEYS, Seals
from feiqian.ledger.verify import BookFacts
from feiqian.storage.audit_recording import RecordedTables
from feiqian.storage.console_tables import ConsoleTables
from feiqian.storage.crash import crash_point
from feiqian.storage.ledger_tables import Database
from feiqian.storage.personal_schema import SEALED_TABLES
from feiqian.storage.postgres_acquirer import PostgresAcquirer
from feiqian.storage.postgres_audit import PostgresAudit
from feiqian.storage.postgres_devices import PostgresDevices
from feiqian.storage.postgres_disputes import PostgresDisputes
from feiqian.storage.postgres_issuer import PostgresIssuer
from feiqian.storage.postgres_ledger import Writing
from feiqian.storage.postgres_link import (
    ANSWER_MAX_S,
    LINKS_MAX,
    LONG_ANSWER_MAX_S,
    WAIT_MAX_S,
    Links,
    Talk,
    in_our_words,
)
from feiqian.storage.postgres_personal import PostgresPersonal
from feiqian.storage.postgres_staff import PostgresStaff
from feiqian.storage.postgres_steps import bring_up_to_date, check_version, confirm_version, version_of
from feiqian.storage.totals_tables import TotalsTables

_READ: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
_THROUGH_ALL: Final = "SET LOCAL enable_seqscan = on"
"""For whoever goes through all of the books, as a patient one does; everybody else looks rows up by their keys."""
_WRITE: Final = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"


def holds_books(url: str) -> bool:
    """Whether books were ever begun there. Raises DatabaseFault."""
    links = Links(url)
    try:
        with links.one() as link, in_our_words():
            return version_of(link) > 0
    finally:
        links.close()


class PostgresUnit(
    RecordedTables,
    PostgresDisputes,
    PostgresIssuer,
    PostgresAcquirer,
    PostgresPersonal,
    PostgresStaff,
    PostgresDevices,
    PostgresAudit,
    TotalsTables,
    ConsoleTables,
):
    """One transaction over all tables: what each role, disputes, people and the audit log ask for as their unit."""

    def __init__(self, connection: Database, seals: Seals = NO_KEYS) -> None:
        """`seals` open names and words; who only verifies needs none."""
        super().__init__(connection)
        self._seals = seals


class PostgresStore:
    """An `IssuerStore` and an `AcquirerStore`, and the source of `ledger.verify.verify_books`. Thread-safe.

    Raises Stale for who was overtaken, LedgerBroken, and DatabaseFault where the database cannot go on.
    """

    def __init__(self, links: Links, seals: Seals = NO_KEYS, *, answer_max_s: float = ANSWER_MAX_S) -> None:
        """Use `open` or `open_to_read`. A unit waits so long for each answer of the database."""
        self._links, self._seals, self._answer_max_s = links, seals, answer_max_s

    @classmethod
    def open(
        cls, url: str, *, links_max: int = LINKS_MAX, wait_max_s: float = WAIT_MAX_S, seals: Seals = NO_KEYS
    ) -> Self:
        """Connects and brings the schema up to date. Raises StoreTooNew, DatabaseFault.

        Without `seals` nobody can be enrolled and no name can be read.
        """
        links = Links(url, links_max=links_max, wait_max_s=wait_max_s)
        try:
            with links.one(LONG_ANSWER_MAX_S) as link:
                bring_up_to_date(link)
            _begin_log(cls(links, seals, answer_max_s=LONG_ANSWER_MAX_S))
        except BaseException:
            links.close()
            raise
        return cls(links, seals)

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
        return cls(links, answer_max_s=LONG_ANSWER_MAX_S)

    def close(self) -> None:
        """Closes the connections."""
        self._links.close()

    @contextmanager
    def write(self, point: str) -> Iterator[PostgresUnit]:
        """One write, durable when the context ends, nothing when it ends by an exception."""
        with self._links.one(self._answer_max_s) as link:
            talk = Talk(link, _WRITE)
            writing = Writing(talk, locks=True)
            try:
                unit = PostgresUnit(writing, self._seals)
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
        with self._links.one(self._answer_max_s) as link:
            talk = Talk(link, _READ)
            if self._answer_max_s > ANSWER_MAX_S:
                talk.execute(_THROUGH_ALL)
            try:
                yield PostgresUnit(Writing(talk, locks=False), self._seals)
            finally:
                talk.end_reading()

    @contextmanager
    def thoroughly(self, *, rewrite: bool = False) -> Iterator[None]:
        """With `rewrite` the tables that hold names are written anew at the end, and what they held before is gone.

        Otherwise the database keeps what was overwritten, sealed as it was, until it needs the room.
        """
        yield
        if rewrite:
            with self._links.one(LONG_ANSWER_MAX_S) as link, in_our_words():
                for table in SEALED_TABLES:
                    link.execute(f"VACUUM FULL {table}".encode())

    def probe(self) -> None:
        """Writes durably that the books are of this version. Raises StoreTooNew for another one, DatabaseFault."""
        with self._links.one() as link:
            confirm_version(link)

    def book_facts(self) -> BookFacts:
        """One consistent reading of the books."""
        patient = PostgresStore(self._links, self._seals, answer_max_s=LONG_ANSWER_MAX_S)
        with patient.read() as unit:
            return unit.book_facts()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _begin_log(store: PostgresStore) -> None:
    """Books that are older than their audit log go into it as they are."""
    with store.read() as reading:
        begun = reading.log_has_begun()
    if not begun:
        with store.write(AuditPoint.BEGIN) as unit:
            unit.begin_log()
