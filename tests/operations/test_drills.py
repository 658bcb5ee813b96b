"""Every drill that dev.py names is walked, and comes out as its page says."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Final

import pytest

import dev
from tests.contracts.postgres_server import place
from tests.operations import drill as drills
from tests.tidy.house import ROOT

EXPECTED: Final[dict[str, dict[str, Any]]] = {
    "standby": {
        "acknowledged_lost": 0,
        "paid_twice": 0,
        "answers_changed": 0,
        "old_primary_acknowledged": 0,
        "rebuilt": True,
    },
    "pitr": {"missing_at_the_end": 0, "paid_twice": 0},
    "keys": {
        "thief_refused": True,
        "honest_settled": True,
        "honest_replaced": True,
        "healed": True,
        "handed_over_offline": True,
        "root_replaced": True,
        "refused_under_rotation": 0,
        "lost": 0,
        "paid_twice": 0,
    },
    "upgrade": {
        "sqlite_lost": 0,
        "postgresql_lost": 0,
        "sqlite_answers_changed": 0,
        "postgresql_answers_changed": 0,
    },
}


def test_every_drill_has_its_expectation_and_its_page() -> None:
    assert set(EXPECTED) == set(dev.DRILLS)
    index = (ROOT / "docs" / "operations" / "README.md").read_text(encoding="utf-8")
    assert [name for name in EXPECTED if f"dev.py drill {name}" not in index] == []


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_drill_comes_out_as_its_page_says(name: str) -> None:
    with place():
        pass  # skips where PostgreSQL's programs are not there
    line = [sys.executable, "-m", f"tests.operations.{name}", "--json"]
    done = subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=False, timeout=280)
    assert done.returncode == 0, done.stderr[-4000:]
    found = json.loads(done.stdout)
    assert (found["drill"], found["ok"], found["failures"]) == (name, True, [])
    assert {key: found[key] for key in EXPECTED[name]} == EXPECTED[name]
    assert f"Drill {name}: done" in done.stderr


def test_what_does_not_come_as_the_page_says_fails_the_drill(capsys: pytest.CaptureFixture[str]) -> None:
    def walk(drill: drills.Drill) -> None:
        drill.found("something held", lost=0)
        drill.must(held=False, text="this did not")

    assert drills.main("trial", walk, ["--json"]) == 1
    out, told = capsys.readouterr()
    assert json.loads(out)["failures"] == ["this did not"]
    assert json.loads(out)["lost"] == 0
    assert "FAILED" in told


def test_a_drill_that_is_not_there_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert dev.task_drill(["no-such-drill"]) == 2
    assert "no-such-drill" in capsys.readouterr().err
