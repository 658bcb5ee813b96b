"""Cover: what an allowance still carries, and which credits a cheque must show for it (spec 04, Cover).

A cheque is covered while its cumulative stays within what was reserved plus the credits shown with that very cheque.
The cumulative never falls, so once it has passed the reserve every later cheque shows credits again; at most three
travel with one cheque, in at most 2 KiB. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from feiqian.protocol.allowance import AllowanceTerms
from feiqian.protocol.credit import Credit, encode_credits
from feiqian.protocol.limits import COUNTER_MAX, CREDITS_MAX, CREDITS_MAX_BYTES
from feiqian.protocol.refusals import RefusalCode, Refused

CONSIDERED_MAX = 8
"""How many credits are tried in combination, the largest first: 92 combinations."""


@dataclass(frozen=True, slots=True)
class HeldCredit:
    """A credit that was verified for the allowance, with what it adds."""

    amount_minor: int
    credit: Credit


@dataclass(frozen=True, slots=True)
class Bundle:
    """Credits that travel together: what they add, and their bytes."""

    amount_minor: int
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What one allowance still carries offline.

    `payment_minor` is the most that one payment can be, `total_minor` the most that all can be together,
    `cheques` how many are left.
    """

    payment_minor: int
    total_minor: int
    cheques: int


def room_of(terms: AllowanceTerms, *, counter: int, cumulative_minor: int, bundles: Sequence[Bundle]) -> Room:
    """The room of an allowance whose chain stands at `counter` and `cumulative_minor`."""
    cheques = cheques_left(terms, counter)
    most_minor = max((bundle.amount_minor for bundle in bundles), default=0)
    left_minor = max(0, terms.amount_minor + most_minor - cumulative_minor)
    return Room(
        payment_minor=min(left_minor, terms.per_payment_minor) if cheques else 0,
        total_minor=min(left_minor, terms.per_payment_minor * cheques),
        cheques=cheques,
    )


def cheques_left(terms: AllowanceTerms, counter: int) -> int:
    """How many cheques an allowance still carries whose chain stands at `counter`."""
    return max(0, min(terms.count_limit, COUNTER_MAX) - counter)


def bundles_of(credits: Iterable[HeldCredit]) -> tuple[Bundle, ...]:
    """Every bundle that may travel, those with fewer bytes first."""
    largest = sorted(credits, key=lambda held: -held.amount_minor)[:CONSIDERED_MAX]
    found = []
    for size in range(1, CREDITS_MAX + 1):
        for chosen in combinations(largest, size):
            raw = _encoded([held.credit for held in chosen])
            if raw is not None:
                found.append(Bundle(sum(held.amount_minor for held in chosen), raw))
    return tuple(sorted(found, key=lambda bundle: (len(bundle.raw), -bundle.amount_minor)))


def cover(terms: AllowanceTerms, *, cumulative_minor: int, bundles: Sequence[Bundle]) -> tuple[bool, bytes | None]:
    """Whether a cheque with this cumulative is covered, and by which credits: None when the reserve suffices."""
    missing_minor = cumulative_minor - terms.amount_minor
    if missing_minor <= 0:
        return True, None
    for bundle in bundles:
        if bundle.amount_minor >= missing_minor:
            return True, bundle.raw
    return False, None


def _encoded(credits: Sequence[Credit]) -> bytes | None:
    """The bundle's bytes; None when it would be larger than a bundle may be."""
    try:
        raw = encode_credits(credits)
    except Refused as refusal:
        if refusal.reason is RefusalCode.TOO_LARGE:
            return None
        raise
    return raw if len(raw) <= CREDITS_MAX_BYTES else None
