"""Steps of the PostgreSQL schema, taken one after the other by one process while the others wait.

Each step is one transaction together with its version. A schema that a newer program made is refused untouched.
"""

from collections.abc import Callable, Sequence
from typing import Final

import psycopg

from feiqian.storage import MigrationFailed, StoreTooNew
from feiqian.storage.books_reading import BooksOfAnotherVersion
from feiqian.storage.crash import crash_point
from feiqian.storage.migrations import MIGRATE_POINT
from feiqian.storage.postgres_columns import teach_lines
from feiqian.storage.postgres_ledger import Writing
from feiqian.storage.postgres_link import Link, Talk, in_our_words
from feiqian.storage.postgres_rules import FIXED_STATE
from feiqian.storage.postgres_schema import STEPS, Step
from feiqian.storage.schema_change import ChangeTrouble

OLDEST_SERVER: Final = 18_00_00
_VERSION: Final = "SELECT coalesce(max(version), 0) FROM schema_steps"
_THERE: Final = "SELECT to_regclass('schema_steps') IS NOT NULL"
_STEPS_TABLE: Final = (
    "CREATE TABLE IF NOT EXISTS schema_steps (version bigint PRIMARY KEY, name text NOT NULL,"
    " taken_at timestamptz NOT NULL DEFAULT now())"
)
_ALONE: Final = "SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.feiqian'), 0)"


def version_of(link: Link) -> int:
    """The version of the schema; 0 is a database in which no step was taken."""
    there = link.execute(_THERE).fetchone()
    found = link.execute(_VERSION).fetchone() if there is not None and there[0] else None
    return 0 if found is None else int(found[0])


def bring_up_to_date(link: Link, steps: Sequence[Step] = STEPS) -> None:
    """Takes the steps that are missing. Raises StoreTooNew, MigrationFailed for an old server, DatabaseFault."""
    if link.info.server_version < OLDEST_SERVER:
        raise MigrationFailed("PostgreSQL 18 or newer is needed")
    with in_our_words():
        if version_of(link) == len(steps):
            return
        with link.transaction():
            link.execute(_ALONE)
            link.execute(_STEPS_TABLE)
            found = version_of(link)
            if found > len(steps):
                raise StoreTooNew(found=found, known=len(steps))
            for step in steps[found:]:
                _run(link, step.up)
                if step.then is not None:
                    within = Writing(Talk(link, "SELECT 1"), locks=False)  # in the transaction that there is
                    step.then(within)
                link.execute("INSERT INTO schema_steps (version, name) VALUES (%s, %s)", (step.version, step.name))
        teach_lines(link)


def _nothing() -> None:
    """What most steps need before their statements."""


def take_back(link: Link, version: int, steps: Sequence[Step] = STEPS, unseal: Callable[[], object] = _nothing) -> None:
    """Goes back to an older version; what only newer ones hold is lost. Raises ChangeTrouble where a step refuses.

    `unseal` opens what is sealed, before the step that unseals. All of it is one transaction.
    """
    with in_our_words(), link.transaction():
        link.execute(_ALONE)
        for step in reversed(steps[version : version_of(link)]):
            if step.unseals:
                unseal()
            try:
                _run(link, step.down)
            except psycopg.DatabaseError as error:
                if error.sqlstate != FIXED_STATE:
                    raise
                raise ChangeTrouble("step_one_way", version=step.version, name=step.name) from error
            link.execute("DELETE FROM schema_steps WHERE version = %s", (step.version,))
        crash_point(f"{MIGRATE_POINT}:before-commit")
    crash_point(f"{MIGRATE_POINT}:after-commit")


def check_version(link: Link, steps: Sequence[Step] = STEPS) -> None:
    """Raises BooksOfAnotherVersion unless the books are of this program's version."""
    with in_our_words():
        found = version_of(link)
    if found != len(steps):
        code = "books_too_old" if found < len(steps) else "books_too_new"
        raise BooksOfAnotherVersion(code, found=found, known=len(steps))


def confirm_version(link: Link, steps: Sequence[Step] = STEPS) -> None:
    """Writes the version that is held back, durably. Raises StoreTooNew for another one, DatabaseFault."""
    with in_our_words():
        found = version_of(link)
        if found != len(steps):
            raise StoreTooNew(found=found, known=len(steps))
        link.execute("UPDATE schema_steps SET name = name WHERE version = %s", (found,))


def _run(link: Link, statements: Sequence[str]) -> None:
    for statement in statements:
        link.execute(statement.encode())
