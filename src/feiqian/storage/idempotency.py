"""Answers kept under their idempotency keys, in a SQLite file of their own beside the operator's books.

Apart from the books, since nothing in here is money: a lost file costs at most a repeated enrolment without money,
and where money moves the services keep the key themselves, in the transaction that moves it.

- Answers hold enrolment codes, and the hash of a request may be guessed from a name: both are sealed with the key that
  seals the books' names. Scope, key and status are bound to it; an answer that was moved or changed is refused.
- A key that was retired has taken its answers with it: they are as good as forgotten.
- What an older version kept in plain is sealed in the step that changes the table, and its bytes are overwritten.
"""

import sqlite3
import threading
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from feiqian.ledger.sealing import Sealed, Seals, SealTrouble
from feiqian.protocol import cbor
from feiqian.storage.crash import crash_point
from feiqian.storage.file_lock import KeyLocks
from feiqian.storage.ledger_tables import Database
from feiqian.storage.migrations import Migration, migrate

KEEP_POINT: Final = "operator.idempotency"
CRASH_POINTS: Final = (f"{KEEP_POINT}:before-commit", f"{KEEP_POINT}:after-commit")
BUSY_TIMEOUT_S: Final = 10.0
KEYS_SUFFIX: Final = "-keys"
_HASH_BYTES: Final = 32

PLAIN_STEPS: Final = (
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
_SEALED_TABLE: Final = """CREATE TABLE answer (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    status INTEGER NOT NULL,
    sealed BLOB NOT NULL,
    sealed_by INTEGER NOT NULL CHECK (sealed_by > 0),
    kept_at INTEGER NOT NULL,
    PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """An answer as it was sent, and the hash of the request that it answers."""

    request_hash: bytes
    status: int
    body: bytes


class IdempotencyStore:
    """Answers by scope and key. Threads and processes may share it; durable when `keep` returns."""

    def __init__(self, path: Path, seals: Seals) -> None:
        """Opens or creates the file, readable by its owner only. Raises SealTrouble where `seals` has no key."""
        path.touch(mode=0o600)
        self._lock = threading.Lock()
        self._keys = KeyLocks(path.with_name(path.name + KEYS_SUFFIX))
        self._connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA secure_delete = ON")
        self._seals = seals
        sealing = Migration(
            version=2, name="answers sealed", statements=(), then=partial(_seal_what_is_plain, seals=seals)
        )
        if migrate(self._connection, (*PLAIN_STEPS, sealing)):
            self._empty_the_log(path)

    def alone(self, key: str) -> AbstractContextManager[None]:
        """A block in which nobody else, in no other process either, is doing what is asked under this key."""
        return self._keys.held(key)

    def find(self, scope: str, key: str) -> KeptAnswer | None:
        """The answer given under this key. Raises SealTrouble sealed_value_damaged."""
        with self._lock:
            row = self._connection.execute(
                "SELECT status, sealed, sealed_by FROM answer WHERE scope = ? AND key = ?", (scope, key)
            ).fetchone()
        if row is None:
            return None
        status, sealed, number = row
        try:
            content = self._seals.open(Sealed.ANSWER, _place(scope, key, status), sealed, number)
        except SealTrouble as trouble:
            if trouble.code == "data_key_missing":
                return None
            raise
        return KeptAnswer(request_hash=content[:_HASH_BYTES], status=status, body=content[_HASH_BYTES:])

    def keep(self, scope: str, key: str, *, request_hash: bytes, status: int, body: bytes, now: int) -> None:
        """Keeps an answer; the first one under a key stays, unless its data key was retired and nobody can read it."""
        row = _sealed_row(self._seals, scope, key, status, request_hash + body, now)
        with self._lock, self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            self._connection.execute(
                "INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (scope, key) DO UPDATE SET"
                " status = excluded.status, sealed = excluded.sealed, sealed_by = excluded.sealed_by,"
                " kept_at = excluded.kept_at WHERE excluded.sealed_by > answer.sealed_by",
                row,
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

    def _empty_the_log(self, path: Path) -> None:
        """What an older version wrote in plain stays in no write-ahead log.

        Others who use the file are not waited for: whoever opens or closes it last does it then.
        """
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            self._connection.execute("PRAGMA busy_timeout = 0")
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._connection.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1000):d}")


def _seal_what_is_plain(connection: Database, *, seals: Seals) -> None:
    """The table anew, with all that it holds sealed; the pages of the old one are overwritten (`secure_delete`)."""
    query = "SELECT scope, key, status, request_hash, body, kept_at FROM answer"
    rows = [
        _sealed_row(seals, scope, key, status, request_hash + body, kept_at)
        for scope, key, status, request_hash, body, kept_at in connection.execute(query).fetchall()
    ]
    connection.execute("DROP TABLE answer")
    connection.execute(_SEALED_TABLE)
    connection.executemany("INSERT INTO answer VALUES (?, ?, ?, ?, ?, ?)", rows)
    connection.execute("CREATE INDEX answer_by_age ON answer (kept_at)")


def _sealed_row(
    seals: Seals, scope: str, key: str, status: int, content: bytes, kept_at: int
) -> tuple[str, str, int, bytes, int, int]:
    number = seals.newest()
    return scope, key, status, seals.seal(Sealed.ANSWER, _place(scope, key, status), content, number), number, kept_at


def _place(scope: str, key: str, status: int) -> bytes:
    """What a sealed answer is bound to."""
    return cbor.encode([scope, key, status])
