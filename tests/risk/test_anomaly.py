"""Anomalies: each rule at its edge, in their order, and that ordinary people are never locked."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feiqian.risk.anomaly import (
    DRAWINGS_READ_MAX,
    HOUR_S,
    Anomaly,
    AnomalyTerms,
    Conduct,
    Drawing,
    LockReason,
    anomaly_in,
)

NOW = 1_800_000_000
DAY = 86_400
TERMS = AnomalyTerms()
QUIET = Conduct(now=NOW, clock=NOW, signed_at=NOW, amount_minor=10_00, spendable_minor=1_000_00)
HABIT = tuple(Drawing(NOW - DAY - n * DAY // 2, 10_00) for n in range(20))
YOUNG = tuple(Drawing(NOW - DAY - n * DAY // 4, 10_00) for n in range(20))


def at(seconds_ago: int, count: int, amount_minor: int = 1_00) -> tuple[Drawing, ...]:
    return (Drawing(NOW - seconds_ago, amount_minor),) * count


EDGES: list[tuple[str, Conduct, Conduct, LockReason]] = [
    ("foreign", QUIET, replace(QUIET, foreign=1), LockReason.STORE_BEHIND),
    (
        "foreign, known",
        replace(QUIET, foreign=2, foreign_before=2),
        replace(QUIET, foreign=3, foreign_before=2),
        LockReason.STORE_BEHIND,
    ),
    (
        "clock",
        replace(QUIET, clock=NOW - TERMS.clock_back_s),
        replace(QUIET, clock=NOW - TERMS.clock_back_s - 1),
        LockReason.CLOCK_BACK,
    ),
    (
        "share after guesses",
        replace(QUIET, guesses=3, guessed_at=NOW - 60, amount_minor=499_99),
        replace(QUIET, guesses=3, guessed_at=NOW - 60, amount_minor=500_00),
        LockReason.GUESSED,
    ),
    (
        "number of guesses",
        replace(QUIET, guesses=2, guessed_at=NOW - 60, amount_minor=900_00),
        replace(QUIET, guesses=3, guessed_at=NOW - 60, amount_minor=900_00),
        LockReason.GUESSED,
    ),
    (
        "time since guesses",
        replace(QUIET, guesses=3, guessed_at=NOW - 901, amount_minor=900_00),
        replace(QUIET, guesses=3, guessed_at=NOW - 900, amount_minor=900_00),
        LockReason.GUESSED,
    ),
    (
        "guesses that were looked at",
        replace(QUIET, guesses=9, guessed_at=NOW - 60, amount_minor=900_00, unlocked_at=NOW - 60),
        replace(QUIET, guesses=9, guessed_at=NOW - 60, amount_minor=900_00, unlocked_at=NOW - 61),
        LockReason.GUESSED,
    ),
    ("minute", replace(QUIET, drawings=at(59, 19)), replace(QUIET, drawings=at(59, 20)), LockReason.BURST),
    ("minute ago", replace(QUIET, drawings=at(60, 20)), replace(QUIET, drawings=at(59, 20)), LockReason.BURST),
    ("hour", replace(QUIET, drawings=at(3599, 59)), replace(QUIET, drawings=at(3599, 60)), LockReason.BURST),
    (
        "burst that was looked at",
        replace(QUIET, drawings=at(30, 20), unlocked_at=NOW - 30),
        replace(QUIET, drawings=at(30, 20), unlocked_at=NOW - 31),
        LockReason.BURST,
    ),
    (
        "spree",
        replace(QUIET, drawings=HABIT, amount_minor=100_00, spendable_minor=120_00),
        replace(QUIET, drawings=HABIT, amount_minor=100_01, spendable_minor=120_00),
        LockReason.SPREE,
    ),
    (
        "spree in parts",
        replace(QUIET, drawings=(*at(600, 9, 10_00), *HABIT), amount_minor=10_00, spendable_minor=20_00),
        replace(QUIET, drawings=(*at(600, 9, 10_00), *HABIT), amount_minor=10_01, spendable_minor=20_00),
        LockReason.SPREE,
    ),
    (
        "spree of a small share",
        replace(QUIET, drawings=HABIT, amount_minor=110_00, spendable_minor=220_01),
        replace(QUIET, drawings=HABIT, amount_minor=110_00, spendable_minor=220_00),
        LockReason.SPREE,
    ),
    (
        "few payments",
        replace(QUIET, drawings=HABIT[:19], amount_minor=110_00, spendable_minor=110_00),
        replace(QUIET, drawings=HABIT, amount_minor=110_00, spendable_minor=110_00),
        LockReason.SPREE,
    ),
    (
        "a young device",
        replace(QUIET, drawings=YOUNG, amount_minor=110_00, spendable_minor=110_00),
        replace(QUIET, drawings=HABIT, amount_minor=110_00, spendable_minor=110_00),
        LockReason.SPREE,
    ),
    (
        "a large hour before",
        replace(QUIET, drawings=(*HABIT, *at(30 * DAY, 2, 10_00)), amount_minor=200_00, spendable_minor=200_00),
        replace(QUIET, drawings=(*HABIT, *at(30 * DAY, 2, 10_00)), amount_minor=200_01, spendable_minor=200_00),
        LockReason.SPREE,
    ),
]


@pytest.mark.parametrize(("below", "above", "reason"), [case[1:] for case in EDGES], ids=[case[0] for case in EDGES])
def test_each_rule_has_its_edge(below: Conduct, above: Conduct, reason: LockReason) -> None:
    found = anomaly_in(above)
    assert found is not None
    assert found.reason is reason
    assert anomaly_in(below) is None


def test_the_first_reason_counts() -> None:
    all_wrong = replace(
        QUIET,
        foreign=1,
        clock=NOW - 30 * DAY,
        guesses=5,
        guessed_at=NOW - 30 * DAY,
        amount_minor=900_00,
        drawings=at(1, 100),
    )
    own = replace(all_wrong, foreign=0)
    timed = replace(own, clock=NOW, guessed_at=NOW)
    reasons = []
    for conduct in (all_wrong, own, timed, replace(timed, guesses=0)):
        found = anomaly_in(conduct)
        assert found is not None
        reasons.append(found.reason)
    assert reasons == [LockReason.STORE_BEHIND, LockReason.CLOCK_BACK, LockReason.GUESSED, LockReason.BURST]


def test_what_is_seen_and_allowed_is_told() -> None:
    assert anomaly_in(replace(QUIET, drawings=at(5, 25))) == Anomaly(LockReason.BURST, 26, 20)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32), usual_minor=st.integers(50, 40_00), topped_up_minor=st.integers(200_00, 1_000_00))
def test_ordinary_people_are_never_locked(seed: int, usual_minor: int, topped_up_minor: int) -> None:
    """Sixty days: a few purchases a day, a large one each week, a wrong PIN now and then, a clock some hours off.

    What is common: amounts within half and double of the usual one, each week's shopping up to four times that, now and
    then a fair with one small purchase after the other, and a top-up whenever little is left.
    """
    chance = random.Random(seed)  # noqa: S311  # not for secrets
    drawings: list[Drawing] = []
    left_minor, off_s = topped_up_minor, chance.randrange(-14 * HOUR_S, 14 * HOUR_S)
    for day in range(60):
        noon = NOW + day * DAY
        bought = [(noon + chance.randrange(8 * HOUR_S), 1) for _ in range(chance.randrange(1, 5))]
        bought += [(noon + 5 * HOUR_S, 4)] * (day % 7 == 6)
        if chance.random() < 0.1:  # small things, one counter after the other
            bought += [(noon + 9 * HOUR_S + 45 * n, 0) for n in range(chance.randrange(5, 15))]
        for when, times in sorted(bought):
            usual = chance.randrange(usual_minor // 2, usual_minor * 2)
            amount_minor = times * usual or usual // 2
            if left_minor < amount_minor * 2:
                left_minor = max(topped_up_minor, amount_minor * 2)
            wrong_pins = chance.choice((0, 0, 0, 0, 1, 2))
            conduct = Conduct(
                now=when,
                clock=when + off_s,
                signed_at=when,
                amount_minor=amount_minor,
                spendable_minor=left_minor,
                guesses=wrong_pins,
                guessed_at=when + off_s,
                drawings=drawings[:DRAWINGS_READ_MAX],
            )
            assert anomaly_in(conduct) is None
            drawings.insert(0, Drawing(when, amount_minor))
            left_minor -= amount_minor
