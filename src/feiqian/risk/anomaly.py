"""Anomalies: when a payer's device should stop paying until its operator has looked. Numbers in, a reason out. Pure.

Rules kept:

- No place, no payee and nothing about a person is looked at: only counts, amounts, times and wrong PINs.
- All thresholds stand in `AnomalyTerms`. Each says why an ordinary person stays below it.
- What happened before the operator last unlocked the device counts no more: it has been looked at.
- The first reason in the order of `LockReason` is given.

A reason locks paying, and no more: what was drawn can be shown again, receipts come in, the history stays readable.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

MINUTE_S: Final = 60
HOUR_S: Final = 3600
DRAWINGS_READ_MAX: Final = 500
"""As far back as a device looks into its own history."""


class LockReason(StrEnum):
    """Why a device has stopped paying."""

    STORE_BEHIND = "store_behind"
    CLOCK_BACK = "clock_back"
    GUESSED = "guessed"
    BURST = "burst"
    SPREE = "spree"


class Drawing(NamedTuple):
    """A payment that this device drew: when (Unix seconds), and how much (minor units)."""

    at: int
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyTerms:
    """The thresholds."""

    clock_back_s: int = 26 * HOUR_S
    """The clock may be so far behind what others have signed: every wrong time zone and daylight saving fit in."""
    guesses: int = 3
    """So many wrong PINs in a row before the right one..."""
    guesses_watch_s: int = 900
    """... and for so long after them..."""
    guessed_percent: int = 50
    """... a payment of this share of what can be spent locks. Smaller ones go on."""
    minute_payments: int = 20
    """In one minute. A payment takes a scan, a look and consent: nobody makes one every three seconds."""
    hour_payments: int = 60
    """In one hour. One a minute, an hour long, is a machine."""
    spree_factor: int = 10
    """An hour's payments may be so many times the largest hour before: a fair, a dinner for a party..."""
    spree_percent: int = 50
    """... unless they stay below this share of what could be spent before them."""
    history_payments: int = 20
    """A device with fewer payments has no habit that could be broken..."""
    history_s: int = 7 * 86_400
    """... nor has one that is in use for a shorter time."""


DEFAULT_TERMS: Final = AnomalyTerms()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """What a device knows at the moment before it pays. Times are Unix seconds, amounts minor units.

    `clock` is the device's own, `signed_at` the latest time that others have signed, `now` the later one that the
    device goes by. `foreign` counts cheques in the operator's books that this device never drew, or that contradict
    one of its own; `foreign_before` those that the operator knew of when it unlocked the device last, at `unlocked_at`
    (0: never). `guesses` wrong PINs in a row ended at `guessed_at`. `drawings` are newest first.
    """

    now: int
    clock: int
    signed_at: int
    amount_minor: int
    spendable_minor: int
    foreign: int = 0
    foreign_before: int = 0
    unlocked_at: int = 0
    guesses: int = 0
    guessed_at: int = 0
    drawings: Sequence[Drawing] = ()


class Anomaly(NamedTuple):
    """Why a device stops paying: what was `seen`, and what is `allowed`; both are shown to people and sent."""

    reason: LockReason
    seen: int
    allowed: int


def anomaly_in(conduct: Conduct, terms: AnomalyTerms = DEFAULT_TERMS) -> Anomaly | None:
    """The first rule that this payment would break; None for an ordinary one."""
    for rule in (_store_behind, _clock_back, _guessed, _burst, _spree):
        found = rule(conduct, terms)
        if found is not None:
            return found
    return None


def is_clock_back(clock: int, signed_at: int, terms: AnomalyTerms = DEFAULT_TERMS) -> bool:
    """Whether this clock is too far behind what others have signed."""
    return signed_at - clock > terms.clock_back_s


def _store_behind(conduct: Conduct, _terms: AnomalyTerms) -> Anomaly | None:
    if conduct.foreign > conduct.foreign_before:
        return Anomaly(LockReason.STORE_BEHIND, conduct.foreign, conduct.foreign_before)
    return None


def _clock_back(conduct: Conduct, terms: AnomalyTerms) -> Anomaly | None:
    if is_clock_back(conduct.clock, conduct.signed_at, terms):
        return Anomaly(LockReason.CLOCK_BACK, conduct.signed_at - conduct.clock, terms.clock_back_s)
    return None


def _guessed(conduct: Conduct, terms: AnomalyTerms) -> Anomaly | None:
    fresh = conduct.unlocked_at < conduct.guessed_at and conduct.clock - conduct.guessed_at <= terms.guesses_watch_s
    large = conduct.amount_minor * 100 >= conduct.spendable_minor * terms.guessed_percent
    if conduct.guesses >= terms.guesses and fresh and large:
        return Anomaly(LockReason.GUESSED, conduct.guesses, terms.guesses)
    return None


def _burst(conduct: Conduct, terms: AnomalyTerms) -> Anomaly | None:
    for span_s, allowed in ((MINUTE_S, terms.minute_payments), (HOUR_S, terms.hour_payments)):
        seen = 1 + len(_since(conduct, max(conduct.now - span_s, conduct.unlocked_at)))
        if seen > allowed:
            return Anomaly(LockReason.BURST, seen, allowed)
    return None


def _spree(conduct: Conduct, terms: AnomalyTerms) -> Anomaly | None:
    hour_ago = conduct.now - HOUR_S
    before = [one for one in conduct.drawings if one.at <= hour_ago]
    if len(before) < terms.history_payments or hour_ago - before[-1].at < terms.history_s:
        return None
    lately_minor = sum(one.amount_minor for one in _since(conduct, max(hour_ago, conduct.unlocked_at)))
    seen_minor = conduct.amount_minor + lately_minor
    allowed_minor = terms.spree_factor * _largest_hour_minor(before)
    share_minor = (conduct.spendable_minor + lately_minor) * terms.spree_percent
    if seen_minor > allowed_minor and seen_minor * 100 >= share_minor:
        return Anomaly(LockReason.SPREE, seen_minor, allowed_minor)
    return None


def _since(conduct: Conduct, at: int) -> list[Drawing]:
    return [one for one in conduct.drawings if one.at > at]


def _largest_hour_minor(drawings: Sequence[Drawing]) -> int:
    """The most that was drawn within an hour. `drawings` are newest first."""
    largest_minor = within_minor = oldest = 0
    for newest, drawing in enumerate(reversed(drawings)):
        within_minor += drawing.amount_minor
        while drawings[-1 - oldest].at <= drawing.at - HOUR_S and oldest < newest:
            within_minor -= drawings[-1 - oldest].amount_minor
            oldest += 1
        largest_minor = max(largest_minor, within_minor)
    return largest_minor
