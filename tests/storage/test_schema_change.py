"""Books brought to a version by hand: up, down, refused with nothing changed, and killed in the middle."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from feiqian.storage import MigrationFailed, StoreTooNew
from feiqian.storage.migrations import Migration, migrate, take_back, version_of
from feiqian.storage.schema_change import ChangeTrouble, change_sqlite
from tests.tidy.house import ROOT

STEPS = (
    Migration(version=1, name="first", statements=("CREATE TABLE kept (n INTEGER)", "INSERT INTO kept VALUES (7)")),
    Migration(version=2, name="more", statements=("CREATE TABLE more (n INTEGER)",), down=("DROP TABLE more",)),
    Migration(
        version=3,
        name="a column",
        statements=("ALTER TABLE kept ADD COLUMN of_three INTEGER",),
        down=("ALTER TABLE kept DROP COLUMN of_three",),
    ),
)


@pytest.fixture
def books(tmp_path: Path) -> Path:
    path = tmp_path / "operator.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, STEPS)
    return path


def ask(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        return connection.execute(query).fetchall()


def version(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return version_of(connection)


def test_down_and_up_keeps_what_older_versions_hold(books: Path) -> None:
    change = change_sqlite(books, 1, may_lose=True, steps=STEPS)
    assert (change.found, change.reached, dict(change.lost)) == (3, 1, {"kept": 1})
    assert ask(books, "SELECT * FROM kept") == [(7,)]
    assert ask(books, "SELECT name FROM sqlite_master WHERE name = 'more'") == []
    change = change_sqlite(books, None, may_lose=False, steps=STEPS)
    assert (change.found, change.reached, dict(change.lost)) == (1, 3, {})
    assert change_sqlite(books, 3, may_lose=False, steps=STEPS).found == 3


@pytest.mark.parametrize(
    ("to", "code"), [(2, "rows_would_be_lost"), (0, "no_such_version"), (4, "no_such_version"), (-1, "no_such_version")]
)
def test_what_may_not_be_is_refused_and_nothing_changed(books: Path, to: int, code: str) -> None:
    before = books.read_bytes()
    with pytest.raises(ChangeTrouble) as refused:
        change_sqlite(books, to, may_lose=False, steps=STEPS)
    assert refused.value.code == code
    assert books.read_bytes() == before


def test_a_step_without_a_way_back_is_refused_before_those_above_it(books: Path) -> None:
    one_way = (STEPS[0], Migration(version=2, name="more", statements=STEPS[1].statements), STEPS[2])
    with pytest.raises(ChangeTrouble) as refused:
        change_sqlite(books, 1, may_lose=True, steps=one_way)
    assert refused.value.code == "step_one_way"
    assert version(books) == 3
    with closing(sqlite3.connect(books, isolation_level=None)) as connection, pytest.raises(MigrationFailed):
        take_back(connection, 1, one_way)
    assert version(books) == 2


def test_books_of_a_newer_program_stay_as_they_are(books: Path) -> None:
    with pytest.raises(StoreTooNew):
        change_sqlite(books, 1, may_lose=True, steps=STEPS[:2])
    with closing(sqlite3.connect(books, isolation_level=None)) as connection, pytest.raises(StoreTooNew):
        take_back(connection, 1, STEPS[:2])
    assert version(books) == 3


@pytest.mark.parametrize(("when", "left"), [("before-commit", 3), ("after-commit", 2)])
def test_killed_in_the_middle_whole_steps_are_left(books: Path, when: str, left: int) -> None:
    told = "import sys\nfrom pathlib import Path\nfrom feiqian.storage.schema_change import change_sqlite\n"
    told += "from tests.storage.test_schema_change import STEPS\n"
    told += "change_sqlite(Path(sys.argv[1]), 1, may_lose=True, steps=STEPS)\n"
    env = {"FEIQIAN_CRASH_AT": f"store.migrate:{when}", "PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT}/src:{ROOT}"}
    done = subprocess.run([sys.executable, "-c", told, str(books)], cwd=ROOT, env=env, check=False, timeout=60)
    assert done.returncode == -9
    assert version(books) == left
    assert change_sqlite(books, 1, may_lose=True, steps=STEPS).reached == 1
