"""Killed for real at every write point of the operator: whole books after it, and the retry gets its answer.

Told on both stores: a transaction that is cut off is another thing in a file than in a database beside the process.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.acquirer.ports import WritePoint as AcquirerPoint
from feiqian.storage.operator_store import CRASH_POINTS
from tests.contracts.postgres_server import PostgresServer
from tests.contracts.stores import open_postgres
from tests.faults.operator_acts import ACTS
from tests.issuer import world as worlds
from tests.issuer.world import DATA_KEYS, SEALS, World
from tests.tidy.house import ROOT

SOAK = "FEIQIAN_SOAK_ROUNDS" in os.environ
ON_POSTGRES = [
    point
    for place, point in enumerate(CRASH_POINTS)
    if SOAK or place % 4 in (0, 3) or point.startswith(AcquirerPoint.TAKE_BATCH)
]
"""Before the commit of one act, behind that of the next; a soak tries both of each."""


@pytest.fixture(autouse=True)
def _keys_as_they_were() -> Iterator[None]:
    """An act that makes a newer key makes it in this process, too, when it is done again."""
    before = dict(DATA_KEYS)
    yield
    DATA_KEYS.clear()
    DATA_KEYS.update(before)
    SEALS._ciphers.clear()  # noqa: SLF001


def test_every_write_point_is_tried() -> None:
    assert {f"{point}:{when}" for point in ACTS for when in ("before-commit", "after-commit")} == set(CRASH_POINTS)


@pytest.mark.parametrize("crash_at", CRASH_POINTS)
def test_killed_there_the_books_are_whole_and_the_retry_succeeds(tmp_path: Path, crash_at: str) -> None:
    tried(tmp_path, crash_at)


@pytest.mark.parametrize("crash_at", ON_POSTGRES)
def test_killed_there_on_postgres_it_is_the_same(
    tmp_path: Path, crash_at: str, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worlds, "open_store", lambda path: open_postgres(postgres, path))
    tried(tmp_path, crash_at, postgres.database(tmp_path / "operator.db"))


def tried(tmp_path: Path, crash_at: str, *url: str) -> None:
    command = [sys.executable, "-m", "tests.faults.operator_acts", str(tmp_path), crash_at, *url]
    died = subprocess.run(command, cwd=ROOT, env=dict(os.environ), capture_output=True, text=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    known = json.loads((tmp_path / "given.json").read_text(encoding="utf-8"))
    act = ACTS[next(point for point in ACTS if crash_at.startswith(f"{point}:"))]

    world = World(tmp_path / "operator.db", seed="after")
    try:
        world.now = known["now"]
        world.check_books()
        first = act.act(world, known["given"])
        world.check_books()
        if act.same:
            assert act.act(world, known["given"]) == first
        world.check_books()
    finally:
        world.close()
