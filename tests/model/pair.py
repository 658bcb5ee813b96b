"""The pair rule by itself: can cheques overspend an allowance although no two of them contradict each other?

Every set of up to three cheques out of all that are possible with small numbers, honest or not, against the rule as
it grew: the first draft spoke of i < j only and had no bounds, so one cheque of amount 3 and cumulative 0 overspent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

RESERVED_MINOR = 2
AMOUNTS_MINOR = range(-1, 4)
CUMULATIVES_MINOR = range(5)
COUNTERS = (1, 2, 3)
VARIANTS = "ab"
BASE = "0"
CHEQUES_MAX = 3


class Cheque(NamedTuple):
    """A cheque by its name, which stands for its id; two of one set never share theirs. Amounts are minor units."""

    counter: int
    previous: str
    amount_minor: int
    cumulative_minor: int
    name: str


def first_draft_contradict(one: Cheque, other: Cheque) -> bool:
    """The rule for i < j; the first draft said nothing of two cheques at one counter."""
    if one.counter == other.counter:
        return False
    first, second = (one, other) if one.counter < other.counter else (other, one)
    before_minor = second.cumulative_minor - second.amount_minor
    if second.counter == first.counter + 1:
        return before_minor != first.cumulative_minor or second.previous != first.name
    return before_minor < first.cumulative_minor


def contradict(one: Cheque, other: Cheque) -> bool:
    """The repaired rule: two ids at one counter convict too."""
    if one.counter == other.counter:
        return one != other
    return first_draft_contradict(one, other)


def any_cheque(_cheque: Cheque) -> bool:
    """No bounds."""
    return True


def within_reserve(cheque: Cheque) -> bool:
    """The cumulative is covered."""
    return cheque.cumulative_minor <= RESERVED_MINOR


def is_good(cheque: Cheque) -> bool:
    """The whole cover rule for a cheque that shows no credit."""
    starts_chain = cheque.counter > 1 or cheque.cumulative_minor == cheque.amount_minor
    return 0 < cheque.amount_minor <= cheque.cumulative_minor <= RESERVED_MINOR and starts_chain


@dataclass(frozen=True, slots=True, kw_only=True)
class PairRule:
    """What convicts, and which cheques a terminal accepts at all."""

    contradict: Callable[[Cheque, Cheque], bool]
    accepts: Callable[[Cheque], bool]


FIRST_DRAFT = PairRule(contradict=first_draft_contradict, accepts=any_cheque)
COVERED = PairRule(contradict=first_draft_contradict, accepts=within_reserve)
SAME_COUNTER_TOO = PairRule(contradict=contradict, accepts=within_reserve)
REPAIRED = PairRule(contradict=contradict, accepts=is_good)


def universe(accepts: Callable[[Cheque], bool] = any_cheque) -> list[Cheque]:
    """All cheques with small numbers that a terminal accepts."""
    return [cheque for cheque in _all() if accepts(cheque)]


def overspending(rule: PairRule) -> tuple[Cheque, ...] | None:
    """The first smallest set that overspends and convicts nobody; None if there is none."""
    cheques = universe(rule.accepts)
    for size in range(1, CHEQUES_MAX + 1):
        for chosen in combinations(cheques, size):
            if len({cheque.name for cheque in chosen}) < size:
                continue
            spent_minor = sum(cheque.amount_minor for cheque in chosen)
            if spent_minor > RESERVED_MINOR and not any(rule.contradict(*pair) for pair in combinations(chosen, 2)):
                return chosen
    return None


def _all() -> Iterator[Cheque]:
    for counter in COUNTERS:
        before = [BASE] if counter == 1 else [f"c{counter - 1}{variant}" for variant in VARIANTS]
        for amount_minor in AMOUNTS_MINOR:
            for cumulative_minor in CUMULATIVES_MINOR:
                for previous in before:
                    for variant in VARIANTS:
                        yield Cheque(counter, previous, amount_minor, cumulative_minor, f"c{counter}{variant}")
