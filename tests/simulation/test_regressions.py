"""Stories that once broke a promise, kept as short as they were found."""

from __future__ import annotations

import pytest

from feiqian.simulation import events as ev
from feiqian.simulation.run import play

DAY_S = 86_400
STORIES: dict[str, list[ev.Event]] = {
    "a code taken twice costs more than the one receipt seen, and its payment ends all the same": [
        ev.OneWay(wallet=0, tills=(0, 1), amount_minor=11_77, due_minor=5_95),
        ev.SyncTill(till=1),
        ev.SyncWallet(wallet=0),
    ],
}
ENROLMENT_LOST: list[ev.Event] = [
    ev.SyncTill(till=0, fates=".d"),
    ev.Advance(wait_s=9 * DAY_S),
    ev.SyncTill(till=0),
    ev.SyncTill(till=0),
    ev.Pay(wallet=0, till=0, amount_minor=1_00),
]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("story", STORIES.values(), ids=STORIES)
def test_what_was_broken_once_holds(story: list[ev.Event], seed: int) -> None:
    run = play(seed, story)
    assert run.broken is None, run.lines


def test_a_till_whose_enrolment_was_answered_to_nobody_enrols_with_another_code() -> None:
    """The operator had certified its key under a code that ran out: every other code was refused, for ever."""
    run = play(1, ENROLMENT_LOST)
    assert run.broken is None
    assert [line.split(" -> ")[1] for line in run.lines[2:-1]] == [
        "refused enrolment_code_invalid",
        "synced [] told 0",
        "accepted F2 100",
    ]


def test_shortly_before_d_a_void_is_refused_and_so_never_comes_too_late() -> None:
    """D of a payment is 10 days and 120 s after its allowance began: 72 h, the skew, and a claim window of 7 days."""
    paid = ev.Pay(wallet=0, till=0, amount_minor=9_00)
    early = play(1, [paid, ev.Void(till=0, nth=0, percent=100, wait_s=10 * DAY_S - 4000)])
    late = play(1, [paid, ev.Void(till=0, nth=0, percent=100, wait_s=10 * DAY_S - 3000)])
    assert (early.broken, late.broken) == (None, None)
    assert early.lines[1].endswith("voided 900")
    assert late.lines[1].endswith("refused void_too_late")
