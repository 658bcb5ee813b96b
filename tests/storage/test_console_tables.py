"""What the console asks of the books goes over indexes by time: it costs what a chart shows, not what was ever paid."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from feiqian.storage.operator_store import OperatorStore, OperatorUnit


@pytest.fixture
def books(tmp_path: Path) -> sqlite3.Connection:
    path = tmp_path / "operator.db"
    OperatorStore.open(path).close()
    return sqlite3.connect(path, isolation_level=None)


def plan_of(books: sqlite3.Connection, ask: Callable[[OperatorUnit], object]) -> list[str]:
    """How the database finds the answer, step by step."""
    asked: list[str] = []
    books.set_trace_callback(asked.append)
    ask(OperatorUnit(books))
    books.set_trace_callback(None)
    (statement,) = asked
    return [row[3] for row in books.execute(f"EXPLAIN QUERY PLAN {statement}")]


def test_money_over_time_begins_with_the_entries_of_that_time(books: sqlite3.Connection) -> None:
    first, second, *_ = plan_of(books, lambda unit: unit.moved_since(1_000, 60))
    assert first == "SEARCH e USING INDEX entries_by_time (at>?)"
    assert second == "SEARCH p USING INDEX postings_by_entry (entry=?)"


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda unit: unit.newest_batches(1_000, 2_000, 0, 20), "batches_by_time"),
        (lambda unit: unit.entries_since(1_000, 50), "entries_by_time"),
        (lambda unit: unit.terminals_of(bytes(8), 50), "SEARCH s USING PRIMARY KEY"),
        (lambda unit: unit.devices_of(bytes(8), 50), "SEARCH d USING INDEX"),
        (lambda unit: unit.allowance_lines(b"", 50, bytes(8)), "SEARCH allowances USING INDEX"),
        (lambda unit: unit.claim_lines(bytes(8), 50), "SEARCH claims USING PRIMARY KEY"),
        (lambda unit: unit.pool_moves("CNY", 50), "postings_by_account (kind=? AND owner=? AND currency=?)"),
        (lambda unit: unit.staff_acts(before=9, limit=50, staff_id=None, subject=bytes(32)), "staff_acts_by_subject"),
        (lambda unit: unit.staff_acts(before=9, limit=50, staff_id=bytes(8), subject=None), "staff_acts_by_staff"),
    ],
)
def test_it_goes_over_an_index(books: sqlite3.Connection, ask: Callable[[OperatorUnit], object], index: str) -> None:
    steps = plan_of(books, ask)
    assert any(index in step for step in steps), steps
    assert not any(step.startswith(("SCAN batches", "SCAN entries", "SCAN postings", "SCAN claims")) for step in steps)
