"""Migrations of a store in SQLite: the list of steps, the function which takes them, and the one which takes them back.

Rules kept:

- The schema's version is SQLite's `user_version`; step N leads from N - 1 to N. Steps are never edited once
  released: a device in the field has seen exactly the prefix it says.
- Only the operator's books ever go back, when a person asks for it, and only over steps that say how. A device has
  nobody who could judge what it would forget.
- Each step is one transaction together with its version, so a kill leaves the step done or not begun.
- A store that a newer program wrote is refused untouched. Guessing at columns one does not know could burn
  a counter twice; an update costs a minute.

A step may rebuild a table the way SQLite prescribes ("Making Other Kinds Of Table Schema Changes"): foreign
keys are not enforced while it runs and are all checked before it commits.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from feiqian.storage import MigrationFailed, StoreTooNew
from feiqian.storage.crash import crash_point

if TYPE_CHECKING:
    from sqlite3 import Connection  # sqlcipher3 is a fork of it and ships no types of its own.

    from feiqian.storage.ledger_tables import Database

MIGRATE_POINT: Final = "store.migrate"
CRASH_POINTS: Final = (f"{MIGRATE_POINT}:before-commit", f"{MIGRATE_POINT}:after-commit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step: leads to `version`; `statements` are single SQL statements without BEGIN or COMMIT.

    `down` leads back to the version before, in the same form; a step without it has no way back. Before the `down` of a
    step that `unseals`, sealed values have to be opened, in its transaction. `then` ends the way up, where statements
    alone cannot.
    """

    version: int
    name: str
    statements: tuple[str, ...]
    down: tuple[str, ...] = ()
    unseals: bool = False
    then: "Callable[[Database], None] | None" = None


def migrate(connection: "Connection", migrations: Sequence[Migration]) -> int:
    """Take the steps that the store lacks and return its version.

    `migrations` is the full list from version 1 on without gaps; `connection` is in autocommit mode and
    outside a transaction. Raises `StoreTooNew`, `MigrationFailed`, `ValueError` for a wrong list or
    connection, and the database's own error, undone, where a statement fails.
    """
    if [step.version for step in migrations] != list(range(1, len(migrations) + 1)):
        raise ValueError("migrations must be numbered 1, 2, 3, ... in order")
    if connection.isolation_level is not None or connection.in_transaction:
        raise ValueError("migrate needs a connection in autocommit mode, outside a transaction")
    if version_of(connection) > len(migrations):
        raise StoreTooNew(found=version_of(connection), known=len(migrations))
    if version_of(connection) == len(migrations):
        return len(migrations)  # nearly every time that a store is opened

    with _foreign_keys_not_enforced(connection):
        for step in migrations:
            _take(connection, step, step.version, step.statements)
    return version_of(connection)


def _nothing() -> None:
    """What most steps need before their statements."""


def take_back(
    connection: "Connection",
    version: int,
    migrations: Sequence[Migration],
    unseal: Callable[[], object] = _nothing,
) -> int:
    """Goes back to `version`, a step at a time; what only newer ones hold is lost. Returns the version then.

    `unseal` opens what is sealed, within the transaction of the step that unseals.

    Raises `MigrationFailed` at a step that has no way back, after those above it were taken back.
    """
    if version_of(connection) > len(migrations):
        raise StoreTooNew(found=version_of(connection), known=len(migrations))
    with _foreign_keys_not_enforced(connection):
        for step in reversed(migrations[version:]):
            if version_of(connection) >= step.version:
                if not step.down:
                    raise MigrationFailed(f"Step {step.version} ({step.name}) has no way back.")
                _take(connection, step, step.version - 1, step.down, unseal if step.unseals else _nothing)
    return version_of(connection)


def version_of(connection: "Connection") -> int:
    """The version of the schema; 0 is a store in which no step was taken yet."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _take(
    connection: "Connection",
    step: Migration,
    to: int,
    statements: Sequence[str],
    first: Callable[[], object] = _nothing,
) -> None:
    """One step, up or down, unless another process has taken it since; `first` is done before its statements."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Read under the write lock.
        if (version_of(connection) >= step.version) == (to >= step.version):
            connection.execute("ROLLBACK")
            return
        first()
        for statement in statements:
            connection.execute(statement)
            if not connection.in_transaction:
                raise MigrationFailed(f"Step {step.version} ({step.name}) ended its own transaction.")
        if to == step.version and step.then is not None:
            step.then(connection)
        if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise MigrationFailed(f"Step {step.version} ({step.name}) leaves rows that point nowhere.")
        connection.execute(f"PRAGMA user_version = {to:d}")
        crash_point(f"{MIGRATE_POINT}:before-commit")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    crash_point(f"{MIGRATE_POINT}:after-commit")


@contextmanager
def _foreign_keys_not_enforced(connection: "Connection") -> Iterator[None]:
    enforced = bool(connection.execute("PRAGMA foreign_keys").fetchone()[0])
    connection.execute("PRAGMA foreign_keys = OFF")  # has no effect inside a transaction, so it stands outside of any
    try:
        yield
    finally:
        connection.execute(f"PRAGMA foreign_keys = {'ON' if enforced else 'OFF'}")
