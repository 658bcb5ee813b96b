"""The small world's clocks through the real rule: a bracket of signed syncs misjudges nobody (spec 05.4.1).

A list is issued and fetched at hour 0, a receipt is made at hour t by a clock that is off, the next round with the
operator is at hour 126. Whether the list was stale at t is asked three times: of the truth, of the receipt's own time,
and of what the product makes of the syncs around it.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

import pytest

from feiqian.issuer.placing import Span, Sync, span_of
from feiqian.protocol.ids import BatchId, TerminalRef
from feiqian.protocol.policy import GuaranteeSteps, Policy
from tests.vectors.world import NOW

HOUR = 3600
TIMES_H = range(0, 121, 6)
OFFSETS_H = (-96, -24, 0, 24)
NEXT_H = 126
POLICY = Policy(currency="EUR", list_stale_age_s=72 * HOUR + 1)  # the small world calls 72 hours themselves fresh
STEPS = GuaranteeSteps(POLICY)
STALE_CAP_MINOR = STEPS.at(POLICY.list_stale_age_s).cap_minor
BEFORE, RECEIPT = 7, 8


class Story(NamedTuple):
    """When the receipt was made, and by how much its clock was off."""

    made_h: int
    off_h: int

    @property
    def kept(self) -> bool:
        """Whether its payee could still lean on the list."""
        return self.made_h <= 72

    @property
    def said_h(self) -> int:
        """What its clock showed."""
        return self.made_h + self.off_h


STORIES = [Story(*one) for one in product(TIMES_H, OFFSETS_H)]


def measured(counter: int, at_h: int, off_h: int, attested_h: int) -> Sync:
    at = NOW + HOUR * at_h
    return Sync(TerminalRef(b"terminal"), counter, at, BatchId(b"batch"), at + HOUR * off_h, NOW + HOUR * attested_h, 1)


def span(story: Story) -> Span:
    """Each round is a sync without claims and, behind its answer, one that holds what there is."""
    syncs = [
        measured(BEFORE, 0, story.off_h, 0),
        measured(BEFORE, 0, story.off_h, 0),
        measured(RECEIPT, NEXT_H, story.off_h, 0),
    ]
    this = measured(RECEIPT, NEXT_H, story.off_h, NEXT_H)
    return span_of(syncs, first=RECEIPT, last=RECEIPT, this=this, received_at=this.received_at, skew_s=POLICY.skew_s)


def cap_minor(story: Story) -> int:
    """What the product guarantees this receipt."""
    made_at = span(story).made_at(NOW + HOUR * story.said_h, NOW, POLICY.skew_s)
    return STEPS.at(made_at - NOW).cap_minor


def test_the_receipts_own_time_misjudges() -> None:
    believed = {story: STEPS.at(max(0, HOUR * story.said_h)).cap_minor > STALE_CAP_MINOR for story in STORIES}
    assert len(STORIES) == 84
    assert sum(believed[story] != story.kept for story in STORIES) == 16


def test_the_syncs_around_it_misjudge_nobody() -> None:
    """Nobody with a right clock is judged otherwise than by the truth; the others fall to the oldest list's cap."""
    doubted = [story for story in STORIES if not span(story).clock_right]
    assert len(doubted) == 63
    assert {cap_minor(story) for story in doubted} == {STALE_CAP_MINOR}
    assert {story.off_h for story in doubted} == set(OFFSETS_H) - {0}
    trusted = [story for story in STORIES if story not in doubted]
    assert all((cap_minor(story) > STALE_CAP_MINOR) == story.kept for story in trusted)


@pytest.mark.parametrize("slow_h", [1, 3, 23])
def test_a_clock_that_is_slow_is_proved_by_the_answer_that_came_before(slow_h: int) -> None:
    """Alone, the first sync of a round might as well have travelled for so long; the one behind its answer cannot."""
    first, second = measured(RECEIPT, NEXT_H, -slow_h, 0), measured(RECEIPT, NEXT_H, -slow_h, NEXT_H)
    assert (first.is_right(POLICY.skew_s), second.is_right(POLICY.skew_s)) == (True, False)
