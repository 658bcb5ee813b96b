"""Killed for real at every write point of the operator: whole books after it, and the retry gets its answer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from feiqian.storage.operator_store import CRASH_POINTS
from tests.faults.operator_acts import ACTS
from tests.issuer.world import World
from tests.tidy.house import ROOT


def test_every_write_point_is_tried() -> None:
    assert {f"{point}:{when}" for point in ACTS for when in ("before-commit", "after-commit")} == set(CRASH_POINTS)


@pytest.mark.parametrize("crash_at", CRASH_POINTS)
def test_killed_there_the_books_are_whole_and_the_retry_succeeds(tmp_path: Path, crash_at: str) -> None:
    command = [sys.executable, "-m", "tests.faults.operator_acts", str(tmp_path), crash_at]
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
