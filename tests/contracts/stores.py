"""Both stores of the operator, for tests that run on each: SQLite in a file, PostgreSQL in a server of the tests' own.

A folder of tests that tell the operator's stories takes `pytest_generate_tests` and `store_kind` into its conftest;
every test there that has a world, or makes one in `tmp_path`, then runs on both.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from feiqian.storage.operator_store import OperatorStore
from feiqian.storage.postgres_store import PostgresStore
from tests.contracts.postgres_server import PostgresServer, running
from tests.issuer import world

KINDS = ("sqlite", "postgres")
Store: TypeAlias = OperatorStore | PostgresStore


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running server, one for each process of the tests."""
    with running() as server:
        yield server


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Whatever keeps books is told once for each store, unless its module says that it is about one."""
    if {"world", "tmp_path"} & set(metafunc.fixturenames) and not getattr(metafunc.module, "ONE_STORE", False):
        metafunc.parametrize("store_kind", KINDS, indirect=True)


@pytest.fixture(autouse=True)
def store_kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which store a world opens: its `path` is a file, or stands for a database."""
    kind = getattr(request, "param", "sqlite")
    if kind == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        monkeypatch.setattr(world, "open_store", lambda path: open_postgres(server, path))
    return str(kind)


def open_postgres(server: PostgresServer, path: Path) -> PostgresStore:
    """The PostgreSQL store that stands for this file."""
    return PostgresStore.open(server.database(path), seals=world.SEALS)
