"""The same stores without a disk: a vault and an operator's books in memory, for worlds that live in one process.

Tables, statements and transactions are the ones of production; what is missing is what a disk is for: encryption, PINs
and durability. In their place stands `at_point`, which is called wherever production has a crash point and may raise,
so that a world can stop a device or its operator right before and right after every write. A vault can be copied
whole, as a thief or a backup does it.

A vault that is closed leaves its database, emptied, to the next one with the same tables: what a connection costs is
not the database but the schema and the thirty statements that it reads anew.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import ClassVar, Final, Self

from feiqian.ledger.sealing import NO_KEYS, Seals
from feiqian.storage.migrations import Migration, migrate
from feiqian.storage.operator_schema import MIGRATIONS as OPERATOR_MIGRATIONS
from feiqian.storage.operator_store import OperatorStore, OperatorUnit
from feiqian.storage.vault import NestedWrite, Vault

AtPoint = Callable[[str], None]
"""Called with `<write point>:before-commit` and `<write point>:after-commit`; what it raises goes to the writer."""
_STATEMENTS: Final = 256
_Spare = list[sqlite3.Connection]
_EMPTY: Final = "UPDATE emptied SET one = 1"


class MemoryVault(Vault):
    """A `Vault` in memory: as empty, as private and as lasting as the process that holds it."""

    law_broken: ClassVar[type[Exception]] = sqlite3.IntegrityError

    def __init__(self, connection: sqlite3.Connection, at_point: AtPoint, left_to: "_Spare | None" = None) -> None:
        """Use `prepared` or `copy`. Nothing of the vault on a disk is set up: every method of it is replaced."""
        self._connection = connection
        self._at_point = at_point
        self._left_to = left_to
        self._writing = False
        self._absences = 0
        self._closed = False

    @classmethod
    def prepared(cls, migrations: tuple[Migration, ...], at_point: AtPoint) -> Self:
        """An empty vault whose schema is up to date already."""
        spare = _spare(migrations)
        return cls(spare.pop() if spare else _emptiable_copy_of(_template(migrations)), at_point, spare)

    def copy(self) -> Self:
        """A vault that holds what this one holds now, and goes its own way."""
        return type(self)(_copy_of(self._connection), self._at_point)

    def use(self, at_point: AtPoint) -> None:
        """From now on points are told to `at_point`: a copy belongs to another device."""
        self._at_point = at_point

    @property
    def connection(self) -> sqlite3.Connection:
        """The database in autocommit mode, for reading."""
        return self._connection

    @contextlib.contextmanager
    def aside(self, *, timeout_s: float = 0) -> Iterator[None]:
        """Nobody else waits for it."""
        del timeout_s
        yield

    @contextlib.contextmanager
    def write(self, point: str) -> Iterator[sqlite3.Connection]:
        """One transaction, as `Vault.write`."""
        if self._writing:
            raise NestedWrite(f"{point} begins within another write")
        connection, self._writing = self._connection, True
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                self._at_point(f"{point}:before-commit")
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            self._at_point(f"{point}:after-commit")
        finally:
            self._writing = False

    def change_pin(self, old: str, new: str, now: int) -> None:
        """There is no PIN: nothing here is encrypted."""

    def close(self) -> None:
        """Nothing is left of it. Harmless when repeated."""
        if self._closed:
            return
        self._closed = True
        connection, self._connection = self._connection, _CLOSED
        if self._left_to is None or connection.in_transaction:
            connection.close()
        else:
            connection.execute(_EMPTY)
            self._left_to.append(connection)


class MemoryOperatorStore(OperatorStore):
    """An `OperatorStore` in memory: one connection writes and reads, on one thread."""

    def __init__(self, at_point: AtPoint, seals: Seals = NO_KEYS) -> None:
        connection = _copy_of(_template(OPERATOR_MIGRATIONS))
        super().__init__(connection, connection, seals=seals)
        self._at_point = at_point
        self._reading = OperatorUnit(connection, seals)

    @contextlib.contextmanager
    def read(self) -> Iterator[OperatorUnit]:
        """One consistent reading: nobody writes meanwhile, for there is one thread and one connection."""
        yield self._reading

    @contextlib.contextmanager
    def write(self, point: str) -> Iterator[OperatorUnit]:
        """One write, as `OperatorStore.write`."""
        self._writer.execute("BEGIN IMMEDIATE")
        try:
            unit = OperatorUnit(self._writer, self._seals)
            yield unit
            unit.seal()
            self._at_point(f"{point}:before-commit")
            self._writer.execute("COMMIT")
        except BaseException:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            raise
        self._at_point(f"{point}:after-commit")

    def postings_behind(self, number: int) -> list[tuple[int, int, str, str, bytes, str, int]]:
        """The postings with a higher number: number, entry, book, kind, owner, currency, minor units."""
        return self._reader.execute(
            "SELECT number, entry, book, kind, owner, currency, amount_minor FROM postings WHERE number > ?"
            " ORDER BY number",
            (number,),
        ).fetchall()

    def allowances_behind(self, number: int) -> list[tuple[int, bytes, bytes, bytes]]:
        """The allowances with a higher number: number, raw, payer id, device id."""
        return self._reader.execute(
            "SELECT rowid, raw, payer_id, device_id FROM allowances WHERE rowid > ? ORDER BY rowid", (number,)
        ).fetchall()


@lru_cache(maxsize=4)
def _template(migrations: tuple[Migration, ...]) -> sqlite3.Connection:
    """A database with this schema and nothing in it: copying one is ten times quicker than taking all the steps."""
    connection = _memory()
    migrate(connection, migrations)
    return connection


@lru_cache(maxsize=4)
def _spare(migrations: tuple[Migration, ...]) -> _Spare:
    """Empty databases with this schema that nobody uses. `migrations` is the key."""
    del migrations
    return []


def _emptiable_copy_of(connection: sqlite3.Connection) -> sqlite3.Connection:
    """As `_copy_of`, of a database without rows, which `_EMPTY` empties again.

    One statement does it, by a trigger, because keys between tables are checked at a statement's end: two tables may
    hold each other. Turning these checks off and on would throw away every statement that has been read.
    """
    twin = _copy_of(connection)
    tables = [name for (name,) in twin.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    twin.execute("CREATE TEMP TABLE emptied (one)")
    emptying = " ".join(f"DELETE FROM {name};" for name in tables)  # noqa: S608 - names of our own schema
    twin.execute(f"CREATE TEMP TRIGGER empty AFTER UPDATE ON emptied BEGIN {emptying} END")
    twin.execute("INSERT INTO emptied VALUES (1)")
    return twin


def _copy_of(connection: sqlite3.Connection) -> sqlite3.Connection:
    """A database of its own that holds what this one holds."""
    twin = _memory()
    connection.backup(twin)
    return twin


def _memory() -> sqlite3.Connection:
    connection = sqlite3.connect(
        ":memory:", isolation_level=None, check_same_thread=False, cached_statements=_STATEMENTS
    )
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


_CLOSED: Final = _memory()
_CLOSED.close()
"""What a closed vault holds: whoever still uses it is told so."""
