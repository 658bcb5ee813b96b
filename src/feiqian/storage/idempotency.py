"""Answers kept under their idempotency keys, in a SQLite file of their own beside the operator's books.

Apart from the books, since nothing in here is money: a lost file costs at most a repeated enrolment without money,
and where money moves the services keep the key themselves, in the transaction that moves it.
"""

import sqlite3
import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from feiqian.storage.crash import crash_point
from feiqian.storage.file_lock import KeyLocks
from feiqian.storage.migrations import Migration, migrate

KEEP_POINT: Final = "operator.idempotency"
CRASH_POINTS: Final = (f"{KEEP_POINT}:before-commit", f"{KEEP_POINT}:after-commit")
BUSY_TIMEOUT_S: Final = 10.0
KEYS_SUFFIX: Final = "-keys"

_MIGRATIONS: Final = (
    Migration(
        version=1,
        name="answers",
        statements=(
            """CREATE TABLE answer (
                scope TEXT NOT NULL,
                key TEXT NOT NULL,
                request_hash BLOB NOT NULL CHECK (length(request_hash) = 32),
                status INTEGER NOT NULL,
                body BLOB NOT NULL,
                kept_at INTEGER NOT NULL,
                PRIMARY KEY (scope, key)
            ) STRICT, WITHOUT ROWID""",
            "CREATE INDEX answer_by_age ON answer (kept_at)",
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """An answer as it was sent, and the hash of the request that it answers."""

    request_hash: bytes
    status: int
    body: bytes


class IdempotencyStore:
    """Answers by scope and key. Threads and processes may share it; durable when `keep` returns."""

    def __init__(self, path: Path) -> None:
        """Opens or creates the file, readable by its owner only."""
        path.touch(mode=0o600)
        self._lock = threading.Lock()
        self._keys = KeyLocks(path.with_name(path.name + KEYS_SUFFIX))
        self._connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        migrate(self._connection, _MIGRATIONS)

    def alone(self, key: str) -> AbstractContextManager[None]:
        """A block in which nobody else, in no other process either, is doing what is asked under this key."""
        return self._keys.held(key)

    def find(self, scope: str, key: str) -> KeptAnswer | None:
        """The answer given under this key."""
        with self._lock:
            row = self._connection.execute(
                "SELECT request_hash, status, body FROM answer WHERE scope = ? AND key = ?", (scope, key)
            ).fetchone()
        return None if row is None else KeptAnswer(request_hash=row[0], status=row[1], body=row[2])

    def keep(self, scope: str, key: str, *, request_hash: bytes, status: int, body: bytes, now: int) -> None:
        """Keeps an answer; the first one under a key stays."""
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(
                "INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (scope, key, request_hash, status, body, now),
            )
            crash_point(CRASH_POINTS[0])
        crash_point(CRASH_POINTS[1])

    def forget_before(self, instant: int) -> int:
        """Drops what was kept before `instant`; how many."""
        with self._lock:
            return self._connection.execute("DELETE FROM answer WHERE kept_at < ?", (instant,)).rowcount

    def close(self) -> None:
        """Closes the file."""
        with self._lock:
            self._connection.close()
            self._keys.close()
