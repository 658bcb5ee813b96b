"""`feiqian ledger verify` reads the books and leaves them, and everything beside them, as they were."""

from __future__ import annotations

import contextlib
import hashlib
import signal
import sqlite3
import subprocess
from pathlib import Path

import pytest

from feiqian.storage.operator_schema import MIGRATIONS
from tests.server.operators import Command
from tests.server.test_serve import serving

FUNDED = ("operator", "enrol-payer", "--name", "Alice", "--fund", "100")


def contents(home: Path) -> dict[str, str]:
    """Every file of the home but the log's index, which readers share, by its hash."""
    files = [path for path in sorted(home.rglob("*")) if path.is_file() and not path.name.endswith("-shm")]
    return {str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture
def home(tmp_path: Path, feiqian: Command) -> Path:
    """An operator that stopped in good order, with one payment in its books."""
    folder = tmp_path / "home"
    with serving(folder) as (process, _):
        assert feiqian(*FUNDED, home=folder)[0] == 0
        stop(process)
    return folder


def stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0


def test_nothing_is_made_or_changed(home: Path, feiqian: Command) -> None:
    before, names = contents(home), {path.name for path in home.iterdir()}
    status, told = feiqian("ledger", "verify", home=home)
    assert (status, told["postings"], told["sums"]) == (0, 2, {"CNY": 0})
    assert contents(home) == before
    assert {path.name for path in home.iterdir()} == names
    assert not any(name.endswith(("-wal", "-shm")) for name in names)


@pytest.mark.parametrize("index_is_there", [True, False])
def test_what_lies_in_the_log_of_a_killed_server_is_read_and_stays_there(
    tmp_path: Path, feiqian: Command, *, index_is_there: bool
) -> None:
    home = tmp_path / "home"
    with serving(home) as (process, _):
        feiqian(*FUNDED, home=home)
        process.kill()
        process.wait()
    assert (home / "operator.db-wal").stat().st_size > 0
    if not index_is_there:
        (home / "operator.db-shm").unlink()
    before, names = contents(home), {path.name for path in home.iterdir()}
    assert feiqian("ledger", "verify", home=home)[1]["postings"] == 2
    assert contents(home) == before
    assert {path.name for path in home.iterdir()} == names


def test_books_of_another_version_are_refused_and_not_brought_up_to_date(home: Path, feiqian: Command) -> None:
    for version, code in ((0, "books_too_old"), (len(MIGRATIONS) + 1, "books_too_new")):
        with contextlib.closing(sqlite3.connect(home / "operator.db", isolation_level=None)) as books:
            books.execute("PRAGMA journal_mode = DELETE")
            books.execute(f"PRAGMA user_version = {version:d}")
        before = contents(home)
        status, told = feiqian("ledger", "verify", home=home)
        assert (status, told["failures"][0]["code"]) == (1, code)
        assert contents(home) == before


def test_books_that_are_not_there_are_not_made(home: Path, feiqian: Command) -> None:
    for empty in (True, False):
        (home / "operator.db").unlink()
        if empty:
            (home / "operator.db").touch()
        before = contents(home)
        status, told = feiqian("ledger", "verify", home=home)
        assert (status, told["failures"][0]["code"]) == (1, "home_damaged")
        assert contents(home) == before
