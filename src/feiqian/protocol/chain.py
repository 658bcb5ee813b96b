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
    if one.counter == other.counter:
        return None if one.cheque_id == other.cheque_id else Contradiction.SAME_COUNTER
    first, second = (one, other) if one.counter < other.counter else (other, one)
    if first.closing:
        return Contradiction.AFTER_CLOSING
    before_minor = second.cumulative_minor - second.amount_minor
    if before_minor < first.cumulative_minor:
        return Contradiction.CUMULATIVE_FALLS
    if second.counter == first.counter + 1:
        if before_minor != first.cumulative_minor:
            return Contradiction.CUMULATIVE_GAP
        if second.previous != first.cheque_id[:PREVIOUS_BYTES]:
            return Contradiction.BROKEN_LINK
    return None


def first_contradiction(link: Link, remembered: Iterable[Link]) -> tuple[Link, Contradiction] | None:
    """The first remembered link that contradicts `link`, and why; None if all agree."""
    for known in remembered:
        why = contradiction(known, link)
        if why is not None:
            return known, why
    return None
