"""Forward migrations of a device's store: the list of steps, and the one function which takes them.

Rules kept:

- The schema's version is SQLite's `user_version`; step N leads from N - 1 to N. Steps are never edited once
  released and there are none backwards: a device in the field has seen exactly the prefix it says.
- Each step is one transaction together with its version, so a kill leaves the step done or not begun.
- A store that a newer program wrote is refused untouched. Guessing at columns one does not know could burn
  a counter twice; an update costs a minute.

A step may rebuild a table the way SQLite prescribes ("Making Other Kinds Of Table Schema Changes"): foreign
keys are not enforced while it runs and are all checked before it commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from feiqian.storage import MigrationFailed, StoreTooNew
from feiqian.storage.crash import crash_point

if TYPE_CHECKING:
    from sqlite3 import Connection  # sqlcipher3 is a fork of it and ships no types of its own.

MIGRATE_POINT: Final = "store.migrate"
CRASH_POINTS: Final = (f"{MIGRATE_POINT}:before-commit", f"{MIGRATE_POINT}:after-commit")


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step: leads to `version`; `statements` are single SQL statements without BEGIN or COMMIT."""

    version: int
    name: str
    statements: tuple[str, ...]


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

    enforced = _foreign_keys(connection)
    connection.execute("PRAGMA foreign_keys = OFF")  # has no effect inside a transaction, so it stands here
    try:
        for step in migrations:
            _take(connection, step)
    finally:
        connection.execute(f"PRAGMA foreign_keys = {'ON' if enforced else 'OFF'}")
    return version_of(connection)


def version_of(connection: "Connection") -> int:
    """The version of the schema; 0 is a store in which no step was taken yet."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _take(connection: "Connection", step: Migration) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Read under the write lock: another process may have taken the step since.
        if version_of(connection) >= step.version:
            connection.execute("ROLLBACK")
            return
        for statement in step.statements:
            connection.execute(statement)
            if not connection.in_transaction:
                raise MigrationFailed(f"Step {step.version} ({step.name}) ended its own transaction.")
        if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise MigrationFailed(f"Step {step.version} ({step.name}) leaves rows that point nowhere.")
        connection.execute(f"PRAGMA user_version = {step.version:d}")
        crash_point(f"{MIGRATE_POINT}:before-commit")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    crash_point(f"{MIGRATE_POINT}:after-commit")


def _foreign_keys(connection: "Connection") -> bool:
    return bool(connection.execute("PRAGMA foreign_keys").fetchone()[0])
