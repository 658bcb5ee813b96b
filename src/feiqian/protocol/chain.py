"""The chain rule: when two cheques of one allowance contradict each other (spec 04).

Two cheques i < j are consistent iff cumulative_j - amount_j >= cumulative_i, with equality and previous_j = id(i)
when j = i + 1. Two ids at one counter, or anything after a closing cheque, never are. If all cheques of an allowance
are good and consistent, their final amounts add up to at most the amount reserved plus what was received; so any
overspending shows as a pair that convicts the device, with no witness needed but its own signatures.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from feiqian.protocol.cheque import ChequeForm, ChequeTerms
from feiqian.protocol.ids import StatementId
from feiqian.protocol.limits import PREVIOUS_BYTES


class Contradiction(StrEnum):
    """Why two statements of one party cannot both be honest."""

    SAME_COUNTER = "same_counter"
    AFTER_CLOSING = "after_closing"
    BROKEN_LINK = "broken_link"
    CUMULATIVE_GAP = "cumulative_gap"
    CUMULATIVE_FALLS = "cumulative_falls"


class Link(NamedTuple):
    """A cheque as the chain rule sees it. Amounts are minor units."""

    cheque_id: StatementId
    counter: int
    amount_minor: int
    cumulative_minor: int
    previous: bytes
    closing: bool


def link_of(cheque_id: StatementId, terms: ChequeTerms) -> Link:
    """The link that a cheque forms."""
    return Link(
        cheque_id,
        terms.counter,
        terms.amount_minor,
        terms.cumulative_minor,
        terms.previous,
        terms.form is ChequeForm.CLOSING,
    )


def contradiction(one: Link, other: Link) -> Contradiction | None:
    """Why these two links of the same allowance contradict each other, or None if they can both be honest."""
    if one.counter > other.counter:
        one, other = other, one
    first_id, first, _, first_cumulative_minor, _, closing = one
    second_id, second, amount_minor, cumulative_minor, previous, _ = other
    if first == second:
        return None if first_id == second_id else Contradiction.SAME_COUNTER
    if closing:
        return Contradiction.AFTER_CLOSING
    before_minor = cumulative_minor - amount_minor
    if before_minor < first_cumulative_minor:
        return Contradiction.CUMULATIVE_FALLS
    if second == first + 1:
        if before_minor != first_cumulative_minor:
            return Contradiction.CUMULATIVE_GAP
        if previous != first_id[:PREVIOUS_BYTES]:
            return Contradiction.BROKEN_LINK
    return None


def first_contradiction(link: Link, remembered: Iterable[Link]) -> tuple[Link, Contradiction] | None:
    """The first remembered link that contradicts `link`, and why; None if all agree."""
    for known in remembered:
        why = contradiction(known, link)
        if why is not None:
            return known, why
    return None
