"""The audit log over books in PostgreSQL: whatever is changed or removed in any table by hand is found.

The changes are those that are tried on SQLite (`tests/storage/test_audit_tables`), in PostgreSQL's words. Whoever owns
a database drops its rules first, so they are dropped here, too.
"""
# ruff: noqa: S608  # names of tables and columns come from the schema

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from feiqian.audit.verify import LogReport, verify_log
from feiqian.ledger.verify import verify_books
from feiqian.storage.postgres_store import PostgresStore
from tests.contracts.postgres_server import PostgresServer
from tests.contracts.stores import open_postgres
from tests.issuer import world as worlds
from tests.issuer.world import DEPLOYMENT, opened
from tests.storage.test_audit_tables import CHANGES, TRUST, append_all, live_more

ONE_STORE = True
NOT_EVIDENCE = {
    "schema_steps": "which steps of the schema were taken",
    "status_places": "refuses a place that an allowance has already; what it says stands in the allowances",
    "issued_requests": "refuses a request that was answered already; what it says stands in the allowances",
}
WORDS = (
    (r"x'([0-9a-f]*)'", r"'\\x\1'::bytea"),
    (r"zeroblob\((\d+)\)", r"decode(repeat('00', \1), 'hex')"),
    (r"\bmin\(", "least("),
    (r"\((\w+ < \d+)\)", r"(\1)::integer"),
    (r"\(SELECT raw FROM allowances\)", "(SELECT raw FROM allowances LIMIT 1)"),
)
"""What SQLite calls otherwise."""
SAYING = {"balances": "posted_minor <> 0", "payee_notes": "version > 0"}
"""Of tables in which PostgreSQL keeps rows of zeros, those rows that say something: a missing zero is a zero."""

ELSEWHERE = {"requests": ("asked_at", "run")}
"""Columns that only SQLite's table has: they say where a row lies."""


@pytest.fixture(scope="module")
def lived(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Books in which something of everything happened, all of it in the log; their rules are gone."""
    path: Path = tmp_path_factory.mktemp("lived") / "operator.db"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worlds, "open_store", lambda path: open_postgres(postgres, path))
        with opened(path) as world:
            live_more(world)
            append_all(world.store)
    url = postgres.database(path)
    with psycopg.connect(url) as link:
        checks = """SELECT conrelid::regclass::text, conname FROM pg_constraint
                    WHERE contype = 'c' AND connamespace = current_schema()::regnamespace"""
        for table, name in link.execute(checks).fetchall():
            link.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}".encode())
    return url


@pytest.fixture
def raw(lived: str) -> Iterator[psycopg.Connection[Any]]:
    """Somebody who owns the database: no trigger and no foreign key holds them."""
    with psycopg.connect(lived, autocommit=True) as link:
        link.execute("SET session_replication_role = replica")
        yield link


def checked(url: str) -> tuple[LogReport, bool]:
    """What `audit verify` finds, and whether it or `ledger verify` finds anything."""
    with PostgresStore.open_to_read(url) as store:
        with store.read() as unit:
            report = verify_log(unit.log_facts(DEPLOYMENT), TRUST)
        return report, bool(report.bad or verify_books(store).mismatches)


def test_untouched_books_and_log_agree(lived: str) -> None:
    report, found = checked(lived)
    assert (report.bad, found) == ((), False)
    assert (report.inclusion_ok, report.consistency_ok, report.witnessed) == (True, True, 0)
    assert report.leaves_checked == report.size > 20


def test_every_table_is_in_the_list(raw: psycopg.Connection[Any]) -> None:
    tables = raw.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    assert {table for (table,) in tables} == set(CHANGES) | set(NOT_EVIDENCE)


@pytest.mark.parametrize("table", [table for table in CHANGES if CHANGES[table]])
def test_a_changed_and_a_removed_row_are_found(lived: str, raw: psycopg.Connection[Any], table: str) -> None:
    raw.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM {table}".encode())
    (key,) = raw.execute(
        """SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY(i.indkey)
           WHERE i.indrelid = %s::regclass AND i.indisprimary ORDER BY a.attnum LIMIT 1""",
        (table,),
    ).fetchone() or ("",)
    changes = [change for change in CHANGES[table] if change.split(" ")[0] not in ELSEWHERE.get(table, ())]
    acts = [f"UPDATE {table} SET {in_its_words(change)}" for change in changes]
    missed = []
    for act, order in [*((act, "ASC") for act in acts), (f"DELETE FROM {table}", "DESC")]:
        row = f"SELECT ctid FROM {table} WHERE {SAYING.get(table, 'true')} ORDER BY {key} {order} LIMIT 1"
        one = f"WHERE ctid = ({row})"
        assert raw.execute(f"{act} {one}".encode()).rowcount == 1
        if not checked(lived)[1]:
            missed.append(act)
        raw.execute(f"DELETE FROM {table}".encode())
        raw.execute(f"INSERT INTO {table} SELECT * FROM kept".encode())
    assert missed == []
    assert not checked(lived)[1]


def in_its_words(change: str) -> str:
    for pattern, words in WORDS:
        change = re.sub(pattern, words, change)
    return change


def test_a_row_that_was_slipped_in_is_found(lived: str, raw: psycopg.Connection[Any]) -> None:
    raw.execute("INSERT INTO payers SELECT '\\x0011223344556677', name, currency, 1, sealed_by FROM payers LIMIT 1")
    assert [(bad.table, bad.why) for bad in checked(lived)[0].bad] == [("payers", "no leaf is about this row")]
    raw.execute("DELETE FROM payers WHERE payer_id = '\\x0011223344556677'")
