"""Worlds from seeds: the same seed is the same world, thirty of them keep every promise and die at every point."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from feiqian.cli.main import main
from feiqian.simulation.drills import DEAD_POINTS
from feiqian.simulation.run import Run, play, simulate
from feiqian.simulation.story import SCENARIOS, Author

SEEDS = range(1, 31)
PAYMENTS = 10
KEYS = {
    *("seed", "seeds", "payments", "payments_tried", "events", "payments_per_s", "trace_sha256"),
    *("forks_made", "forks_proved"),
    *("workers", "signatures", "cross_checked"),
    *("duplicates_paid", "money_conserved", "honest_losses_minor", "loss_minor", "loss_bound_minor", "shortest_trace"),
}
ENVELOPE = {"schema", "command", "version", "ok", "failures", "elapsed_s"}


@pytest.fixture(scope="module")
def runs() -> list[Run]:
    return [simulate(seed, PAYMENTS) for seed in SEEDS]


def test_thirty_worlds_keep_every_promise(runs: list[Run]) -> None:
    assert [run.lines[-1] for run in runs if run.broken is not None] == []
    for run in runs:
        figures = run.figures
        assert figures.money_conserved
        assert (figures.duplicates_paid, figures.honest_losses_minor) == (0, 0)
        assert figures.forks_proved == figures.forks_made
        assert figures.loss_minor <= figures.loss_bound_minor


def test_thirty_worlds_are_no_idle_ones(runs: list[Run]) -> None:
    """What is never tried never fails."""
    said = " ".join(line for run in runs for line in run.lines)
    assert sum(run.payments for run in runs) > PAYMENTS * len(runs) // 2
    assert sum(run.figures.forks_proved for run in runs) > 0
    for outcome in ("F1", "F2", "voided", "cancelled", "fork_seen", "operator_unreachable", "same answer", "again"):
        assert outcome in said, outcome


def test_in_thirty_worlds_somebody_dies_at_every_write_point(runs: list[Run]) -> None:
    assert set(DEAD_POINTS) - {point for run in runs for point in run.died_at} == set()


@pytest.mark.parametrize("seed", range(len(SCENARIOS)), ids=[one.name for one in SCENARIOS])
def test_the_same_seed_gives_the_same_trace(seed: int) -> None:
    first, second = simulate(seed, 20), simulate(seed, 20)
    assert first.lines == second.lines
    assert first.trace_sha256 == second.trace_sha256


@pytest.mark.parametrize("seed", [2, 4])
def test_another_process_gives_the_same_trace(seed: int) -> None:
    """Sets of bytes come in another order in every process: nothing may hang on that."""
    words = [sys.executable, "-m", "feiqian.cli.main", "simulate", "--seed", str(seed), "--payments", "20", "--json"]
    told = [
        subprocess.run(words, env=os.environ | {"PYTHONHASHSEED": order}, capture_output=True, text=True, check=True)
        for order in ("1", "2")
    ]
    assert {json.loads(one.stdout)["trace_sha256"] for one in told} == {simulate(seed, 20).trace_sha256}


def test_another_seed_gives_another_trace() -> None:
    assert simulate(1, 5).trace_sha256 != simulate(6, 5).trace_sha256


def test_a_story_with_gaps_is_a_story() -> None:
    """Shrinking leaves events out: what is left must mean something, whatever it is."""
    story = list(Author(2, 20).story())
    for step in (2, 3, 7):
        assert play(2, story[::step]).broken is None


def test_the_command_says_what_the_contract_says(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--seed", "7", "--payments", "5", "--seeds", "2", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert set(said) == KEYS | ENVELOPE
    assert (said["ok"], said["seed"], said["seeds"], said["shortest_trace"]) == (True, 8, 2, None)
    assert said["trace_sha256"] == simulate(8, 5).trace_sha256
    assert said["money_conserved"] is True
    assert (said["signatures"], said["cross_checked"]) == ("real", 0)
    assert type(said["payments_per_s"]) is float
    assert said["payments_tried"] >= said["payments"] > 0
    assert said["payments_tried"] == sum(simulate(seed, 5).tried for seed in (7, 8))
    assert said["payments_per_s"] * said["elapsed_s"] == pytest.approx(said["payments"], rel=0.05, abs=0.5)


def test_the_command_goes_on_until_the_time_is_over(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "--seed", "1", "--payments", "2", "--for", "1s", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["seed"] == said["seeds"] >= 1
