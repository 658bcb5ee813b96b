"""The operator's store: issuer's and acquirer's books in one SQLite file.

One writer at a time: `BEGIN IMMEDIATE` under a lock, WAL with synchronous=FULL, so what was committed outlives a power
cut. Readers have a connection of their own and see one consistent state without waiting for the writer. Every write
point has two crash points, listed in `CRASH_POINTS`.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self

from feiqian.acquirer.ports import WritePoint as AcquirerPoint
from feiqian.issuer.ports import WritePoint as IssuerPoint
from feiqian.ledger.verify import BookFacts
from feiqian.storage.acquirer_tables import AcquirerTables
from feiqian.storage.crash import crash_point
from feiqian.storage.issuer_tables import IssuerTables
from feiqian.storage.migrations import migrate
from feiqian.storage.operator_schema import MIGRATIONS

CRASH_POINTS: Final = tuple(
    f"{point.value}:{when}" for point in (*IssuerPoint, *AcquirerPoint) for when in ("before-commit", "after-commit")
)
_BUSY_TIMEOUT_S: Final = 10.0


class OperatorUnit(IssuerTables, AcquirerTables):
    """One transaction over all tables: an `IssuerUnit` and an `AcquirerUnit`."""


class OperatorStore:
    """An `IssuerStore` and an `AcquirerStore`, and the source of `ledger.verify.verify_books`."""

    def __init__(self, writer: sqlite3.Connection, reader: sqlite3.Connection) -> None:
        """Use `open`."""
        self._writer, self._reader = writer, reader
        self._write_lock, self._read_lock = threading.Lock(), threading.Lock()

    @classmethod
    def open(cls, path: Path) -> Self:
        """Opens or creates the file (0600) and brings its schema up to date. Raises StoreTooNew, MigrationFailed."""
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        writer = _connect(path)
        try:
            migrate(writer, MIGRATIONS)
            reader = _connect(path)
            reader.execute("PRAGMA query_only = ON")
        except BaseException:
            writer.close()
            raise
        return cls(writer, reader)

    def close(self) -> None:
        """Waits for the write under way, then closes."""
        with self._write_lock, self._read_lock:
            self._reader.close()
            self._writer.close()

    @contextmanager
    def write(self, point: str) -> Iterator[OperatorUnit]:
        """One write, durable when the context ends, nothing when it ends by an exception."""
        with self._write_lock:
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield OperatorUnit(self._writer)
                crash_point(f"{point}:before-commit")
                self._writer.execute("COMMIT")
            except BaseException:
                if self._writer.in_transaction:
                    self._writer.execute("ROLLBACK")
                raise
        crash_point(f"{point}:after-commit")

    @contextmanager
    def read(self) -> Iterator[OperatorUnit]:
        """One consistent reading; the connection refuses to write."""
        with self._read_lock:
            self._reader.execute("BEGIN")
            try:
                yield OperatorUnit(self._reader)
            finally:
                self._reader.execute("ROLLBACK")

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
    except BaseException:
        connection.close()
        raise
    return connection
