"""The oracle bites: with one rule of the product broken, a world breaks its promise and the story becomes short."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from feiqian.cli.main import main
from feiqian.issuer import guarantee, honour, judge
from feiqian.issuer.judge import Admission
from feiqian.issuer.knowledge import OperatorKnowledge
from feiqian.protocol.refusals import Refused
from feiqian.protocol.verify import Remembered
from feiqian.simulation import events as ev
from feiqian.simulation.audit import ALL_EVERY, Audit
from feiqian.simulation.oracle import Broken
from feiqian.simulation.run import JUDGED_FROM, play, shortest, simulate
from feiqian.simulation.shrink import shrink
from feiqian.simulation.world import World
from feiqian.terminal import accept
from feiqian.terminal.accept import Acceptance
from feiqian.terminal.troubles import TerminalTrouble

PAYMENTS = 25
SHORT = 6
SHRINK_S = 40
AT_LIST_AGE = OperatorKnowledge.at_list_age


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """A rule of the product, what stands in its place, and the first seed that finds it by the promise `broken`."""

    name: str
    where: Any
    rule: str
    instead: Callable[..., Any]
    seed: int
    broken: str


MISTAKES = [
    Mistake(
        name="a void note does not lower what is paid",
        where=judge,
        rule="_due_minor",
        instead=lambda claim, *_: claim.final_minor,
        seed=0,
        broken="stands_otherwise",
    ),
    Mistake(
        name="a code pays every payee in full",
        where=judge,
        rule="pro_rata",
        instead=lambda _total_minor, wants: dict(wants),
        seed=4,
        broken="stands_otherwise",
    ),
    Mistake(
        name="a colluding till keeps its guarantee",
        where=judge,
        rule="without_guarantee",
        instead=lambda *_, **__: frozenset(),
        seed=4,
        broken="stands_otherwise",
    ),
    Mistake(
        name="two cheques for one request are paid",
        where=honour,
        rule="displaced_by_request",
        instead=lambda *_, **__: frozenset(),
        seed=9,
        broken="stands_otherwise",
    ),
    Mistake(
        name="nobody sees a fork",
        where=guarantee,
        rule="first_contradiction",
        instead=lambda *_: None,
        seed=14,
        broken="fork_not_proved",
    ),
    Mistake(
        name="a till forgets what it accepted",
        where=accept,
        rule="_remembered",
        instead=lambda *_, **__: Remembered(),
        seed=9,
        broken="unplanned IntegrityError",  # its tables forbid two cheques with one counter, whatever the rules say
    ),
    Mistake(
        name="nothing is shared at D",
        where=honour,
        rule="share_out",
        instead=lambda *_, **__: {},
        seed=0,
        broken="paid_less",
    ),
    Mistake(
        name="a reported loss changes nothing",
        where=honour,
        rule="admit",
        instead=lambda *_, **__: Admission(barred=False, borne=False),
        seed=12,
        broken="balance",
    ),
    Mistake(
        name="lists never age",
        where=OperatorKnowledge,
        rule="at_list_age",
        instead=lambda known, currency, _age_s: AT_LIST_AGE(known, currency, 0),
        seed=26,
        broken="stands_otherwise",
    ),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_broken_rule_is_found_and_its_story_is_short(mistake: Mistake, monkeypatch: pytest.MonkeyPatch) -> None:
    assert simulate(mistake.seed, PAYMENTS).broken is None
    monkeypatch.setattr(mistake.where, mistake.rule, mistake.instead)
    run = simulate(mistake.seed, PAYMENTS)
    assert run.rule == mistake.broken, run.lines[-1]
    short = shortest(run, PAYMENTS, limit_s=SHRINK_S)
    assert short.rule == run.rule
    assert short.events <= SHORT, short.lines


def test_the_command_prints_seed_and_shortest_trace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(honour, "share_out", lambda _left_minor, _claims: {})
    assert main(["simulate", "--seed", "0", "--payments", str(PAYMENTS), "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert (said["ok"], said["seed"]) == (False, 0)
    assert said["failures"][0]["code"] == "promise_broken"
    assert "seed 0" in said["failures"][0]["message"]
    assert "BROKEN" in said["shortest_trace"][-1]
    assert len(said["shortest_trace"]) <= SHORT + 1


def test_shrinking_keeps_what_matters_and_makes_it_plain() -> None:
    story: list[ev.Event] = [ev.Advance(wait_s=number) for number in range(1, 40)]
    story[7] = ev.CloseWindows(wait_s=5, fates="lt")
    story[30] = ev.SyncTill(till=3, wait_s=9)

    def fails(events: object) -> bool:
        names = [type(event) for event in events]  # type: ignore[attr-defined]
        return ev.CloseWindows in names and ev.SyncTill in names

    assert shrink(story, fails) == [ev.CloseWindows(), ev.SyncTill(till=3)]


def test_what_no_event_touched_is_compared_all_the_same() -> None:
    """Between two full comparisons something may hide; from a full one nothing does."""
    world = World(1)
    world.play(ev.Pay(wallet=0, till=0, amount_minor=3_00))
    world.play(ev.SyncTill(till=0))
    world.audit.look_at_all()
    (reserve,) = world.operator.oracle.reserves.values()
    (asked,) = reserve.claims.values()
    asked.paid_minor -= 1
    world.play(ev.Pay(wallet=1, till=1, amount_minor=3_00))
    with pytest.raises(Broken, match="stands_otherwise"):
        world.audit.look_at_all()


def test_a_full_comparison_comes_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    monkeypatch.setattr(Audit, "look_at_all", lambda audit: looked.append(audit.figures.forks_made))
    world = World(1)
    for _ in range(ALL_EVERY):
        world.operator.wrote = True
        world.audit.look()
    assert looked == [0]


def test_a_world_in_which_everything_is_refused_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """It keeps every other promise."""

    def refuse(*_args: object, **_kwargs: object) -> None:
        raise TerminalTrouble("certificate_over")

    monkeypatch.setattr(accept, "accept", refuse)
    monkeypatch.setattr(accept, "take_code", refuse)
    run = simulate(1, JUDGED_FROM)
    assert (run.rule, run.payments) == ("nothing_happened", 0)
    assert "came to: refused certificate_over" in run.lines[-1]


def test_a_bystander_that_accepts_is_a_broken_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    """The world's own eyes are tried, too: what only it can see must not go unseen."""
    story = [
        ev.Pay(wallet=0, till=0, amount_minor=1_00),
        ev.Pay(wallet=0, till=1, amount_minor=1_00),
        ev.Pay(wallet=0, till=0, amount_minor=2_00, fates=".d"),
        ev.Arrive(nth=0, astray=True),
    ]
    assert play(1, story).broken is None
    strict, taken = accept.accept, []

    def lenient(*args: Any, **options: Any) -> Acceptance:
        try:
            taken.append(strict(*args, **options))
        except Refused:
            return taken[0]
        return taken[-1]

    monkeypatch.setattr(accept, "accept", lenient)
    assert play(1, story).rule == "bystander_accepted"
