"""The operator's store: issuer's and acquirer's books in one SQLite file.

One writer at a time, of all threads and processes: each waits asleep for its turn, and is not overtaken by the one who
wrote last. `BEGIN IMMEDIATE`, WAL with synchronous=FULL, so what was committed outlives a power cut. Readers have a
connection of their own and see one consistent state without waiting for the writer. Every write point has two crash
points, listed in `CRASH_POINTS`.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import ClassVar, Final, Self

from feiqian.acquirer.ports import WritePoint as AcquirerPoint
from feiqian.audit.ports import WritePoint as AuditPoint
from feiqian.issuer.ports import WritePoint as IssuerPoint
from feiqian.ledger.personal import WritePoint as PersonalPoint
from feiqian.ledger.sealing import NO_KEYS, Seals
from feiqian.ledger.verify import BookFacts
from feiqian.staff.ports import WritePoint as StaffPoint
from feiqian.storage import StoreTooNew
from feiqian.storage.audit_recording import RecordedTables
from feiqian.storage.console_tables import ConsoleTables
from feiqian.storage.crash import crash_point
from feiqian.storage.file_lock import FairLock
from feiqian.storage.ledger_tables import Database
from feiqian.storage.migrations import migrate, version_of
from feiqian.storage.operator_schema import MIGRATIONS
from feiqian.storage.run_schema import RUNS_HOLD, TIMED_REQUEST
from feiqian.storage.totals_tables import TotalsTables

CRASH_POINTS: Final = tuple(
    f"{point.value}:{when}"
    for point in (*IssuerPoint, *AcquirerPoint, *PersonalPoint, *StaffPoint)
    for when in ("before-commit", "after-commit")
)
LOCK_SUFFIX: Final = "-lock"
_BUSY_TIMEOUT_S: Final = 10.0
_CACHE_KIB: Final = 32 * 1024
"""Holds all pages that the largest batch touches, so that none is read or written twice within one write."""
_CHECKPOINT_PAGES: Final = 16_384
"""64 MiB of log before its pages go back into the file: a page that many batches change is written once for them."""


class OperatorUnit(RecordedTables, TotalsTables, ConsoleTables):
    """One transaction over all tables: an `IssuerUnit`, an `AcquirerUnit`, a `PersonalUnit` and an `AuditUnit`."""

    HOLDS: ClassVar[Sequence[tuple[str, str, str]]] = RUNS_HOLD
    REQUEST_AT: ClassVar[str | None] = TIMED_REQUEST

    def __init__(self, connection: Database, seals: Seals = NO_KEYS) -> None:
        """`seals` open names and words; who only verifies needs none."""
        super().__init__(connection)
        self._seals = seals


class OperatorStore:
    """An `IssuerStore` and an `AcquirerStore`, and the source of `ledger.verify.verify_books`."""

    def __init__(
        self,
        writer: sqlite3.Connection,
        reader: sqlite3.Connection,
        turns: FairLock | None = None,
        seals: Seals = NO_KEYS,
    ) -> None:
        """Use `open`. `turns` keeps other processes waiting, where there are any."""
        self._seals = seals
        self._writer, self._reader, self._turns = writer, reader, turns
        self._write_lock, self._read_lock = threading.Lock(), threading.Lock()

    @classmethod
    def open(cls, path: Path, seals: Seals = NO_KEYS) -> Self:
        """Opens or creates the file (0600) and brings its schema up to date. Raises StoreTooNew, MigrationFailed.

        Without `seals` nobody can be enrolled and no name can be read.
        """
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        with ExitStack() as opened:
            turns = FairLock(path.with_name(path.name + LOCK_SUFFIX))
            opened.callback(turns.close)
            writer = _connect(path)
            opened.callback(writer.close)
            with turns.held():
                migrate(writer, MIGRATIONS)
            reader = _connect(path)
            opened.callback(reader.close)
            reader.execute("PRAGMA query_only = ON")
            opened.pop_all()
        store = cls(writer, reader, turns, seals)
        store._begin_log()
        return store

    def close(self) -> None:
        """Waits for the write under way, then closes."""
        with self._write_lock, self._read_lock:
            self._reader.close()
            self._writer.close()
            if self._turns is not None:
                self._turns.close()

    @contextmanager
    def write(self, point: str) -> Iterator[OperatorUnit]:
        """One write, durable when the context ends, nothing when it ends by an exception."""
        with self._write_lock, self._turns.held() if self._turns else nullcontext():
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                unit = OperatorUnit(self._writer, self._seals)
                yield unit
                unit.seal()
                crash_point(f"{point}:before-commit")
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
        crash_point(f"{point}:after-commit")

    def probe(self) -> None:
        """Reads the books' version and writes it back: one page, durable. Raises StoreTooNew for another version."""
        with self._write_lock, self._turns.held() if self._turns else nullcontext():
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                version = version_of(self._writer)
                if version != len(MIGRATIONS):
                    raise StoreTooNew(found=version, known=len(MIGRATIONS))
                self._writer.execute(f"PRAGMA user_version = {version:d}")
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise

    def _begin_log(self) -> None:
        """Books that are older than their audit log go into it as they are."""
        with self.read() as reading:
            begun = reading.log_has_begun()
        if not begun:
            with self.write(AuditPoint.BEGIN) as unit:
                unit.begin_log()

    @contextmanager
    def read(self) -> Iterator[OperatorUnit]:
        """One consistent reading; the connection refuses to write."""
        with self._read_lock:
            self._reader.execute("BEGIN")
            try:
                yield OperatorUnit(self._reader, self._seals)
            finally:
                self._reader.execute("ROLLBACK")

    @contextmanager
    def thoroughly(self, *, rewrite: bool = False) -> Iterator[None]:
        """Within it, what is overwritten leaves the file, also from pages that become free.

        At its end the log is emptied into the file; where readers are in the way, that is done by the next one or by
        the next checkpoint. With `rewrite` the whole file is written anew: it needs as much room again.
        """
        self._pragma("secure_delete = ON")
        try:
            yield
        finally:
            self._pragma("secure_delete = FAST")
        with self._write_lock, self._turns.held() if self._turns else nullcontext():
            if rewrite:
                self._writer.execute("VACUUM")
            self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _pragma(self, setting: str) -> None:
        with self._write_lock:
            self._writer.execute(f"PRAGMA {setting}").fetchall()

    def book_facts(self) -> BookFacts:
        """One consistent reading of the books."""
        with self.read() as unit:
            return unit.book_facts()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=_BUSY_TIMEOUT_S)
    try:
        if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
            raise RuntimeError("this file system cannot hold a write-ahead log")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = FAST")  # what a page held before is not left in it
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB:d}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES:d}")
    except BaseException:
        connection.close()
        raise
    return connection
