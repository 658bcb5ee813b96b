"""Tomorrow's version of the product, for drills: today's with one more step in each schema.

    python -m tests.operations.next_version COMMAND ...

The step adds a table, as most steps do, and says how it is taken back.
"""

from __future__ import annotations

import sys
from typing import Final

from feiqian.storage import operator_schema, postgres_schema
from feiqian.storage.migrations import Migration
from feiqian.storage.postgres_schema import Step

NAME: Final = "of tomorrow"
TABLE: Final = "of_tomorrow"
UP: Final = (f"CREATE TABLE {TABLE} (number bigint PRIMARY KEY)",)
SQLITE_UP: Final = (f"CREATE TABLE {TABLE} (number INTEGER PRIMARY KEY) STRICT",)
DOWN: Final = (f"DROP TABLE {TABLE}",)


def learn() -> None:
    """Makes this process one of tomorrow. Call before anything that reads the lists of steps is imported."""
    sqlite, postgres = operator_schema.MIGRATIONS, postgres_schema.STEPS
    more = Migration(version=len(sqlite) + 1, name=NAME, statements=SQLITE_UP, down=DOWN)
    operator_schema.MIGRATIONS = (*sqlite, more)  # type: ignore[misc,assignment]  # final for today's version
    step = Step(version=len(postgres) + 1, name=NAME, up=UP, down=DOWN)
    postgres_schema.STEPS = (*postgres, step)  # type: ignore[misc,assignment]  # final for today's version


if __name__ == "__main__":
    learn()
    from feiqian.cli.main import main

    sys.exit(main())
