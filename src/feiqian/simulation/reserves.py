"""What the oracle keeps of an allowance, and the rules of spec 05 that need nothing else: plain values, plain loops.

`ledger/` and `issuer/` are not imported here, or they would be held against themselves.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from feiqian.protocol.allowance import AllowanceTerms
from feiqian.protocol.policy import Policy

Key = tuple[bytes, bytes]
"""A claim: cheque id and payee id."""


@dataclass(slots=True, kw_only=True)
class Seen:
    """A cheque that testifies."""

    counter: int
    amount_minor: int
    cumulative_minor: int
    previous: bytes
    closing: bool


@dataclass(slots=True, kw_only=True)
class Asked:
    """A claim as it arrived, and what it must be paid. `finals` is the lowest receipted amount by terminal."""

    cheque_id: bytes
    payee_id: bytes
    ref: bytes
    amount_minor: int
    finals: dict[bytes, int]
    request: bytes | None
    terminal: bytes
    receipt_counter: int
    index_version: int
    guaranteed: bool
    barred: bool
    borne: bool
    paid_minor: int = 0
    waiting_minor: int = 0

    @property
    def key(self) -> Key:
        """Cheque and payee."""
        return self.cheque_id, self.payee_id

    @property
    def final_minor(self) -> int:
        """The lowest ever receipted; of a code the sum of that over terminals, at most its amount."""
        return min(self.amount_minor, sum(self.finals.values()) if self.request is None else min(self.finals.values()))


@dataclass(slots=True, kw_only=True)
class Reserve:
    """An allowance as the oracle knows it."""

    full_id: bytes
    payer_id: bytes
    device_id: bytes
    terms: AllowanceTerms
    deadline: int
    claims: dict[Key, Asked] = field(default_factory=dict)
    seen: dict[bytes, Seen] = field(default_factory=dict)
    kept: set[Key] = field(default_factory=set)
    """Claims that are guaranteed in the end."""
    lost_at: int | None = None
    listed_in: int | None = None
    closed: bool = False
    forked: bool = False

    @property
    def own_minor(self) -> int:
        """What its payer answers for."""
        return sum(one.paid_minor for one in self.claims.values() if not one.borne)

    @property
    def borne_minor(self) -> int:
        """What the issuer answers for, since the loss had been reported."""
        return sum(one.paid_minor for one in self.claims.values() if one.borne)

    @property
    def excess_minor(self) -> int:
        """What is paid and not covered by what was reserved."""
        return max(0, self.own_minor - self.terms.amount_minor) + self.borne_minor

    def bound_minor(self, policy: Policy) -> int:
        """The most that it may ever cost beyond what was reserved (known-weaknesses: software keys can be copied).

        Each terminal alone takes at most the reserve, in so many payments below the cap; terminals that do not know
        each other take it once each. The first reserve is the payer's, unless the loss was reported.
        """
        cap_minor = min(self.terms.per_payment_minor, policy.guarantee_cap_minor)
        each_minor = min(self.terms.amount_minor, self.terms.count_limit * cap_minor)
        terminals = len({self.claims[key].terminal for key in self.kept})
        if self.lost_at is not None:
            return terminals * each_minor
        return max(0, terminals * each_minor - self.terms.amount_minor) if self.forked else 0


def contradict(one: Seen, one_id: bytes, other: Seen, other_id: bytes) -> bool:
    """Whether two cheques of one allowance cannot both be honest (04.2)."""
    if one.counter == other.counter:
        return one_id != other_id
    low, low_id, high = (one, one_id, other) if one.counter < other.counter else (other, other_id, one)
    before_minor = high.cumulative_minor - high.amount_minor
    if low.closing or before_minor < low.cumulative_minor:
        return True
    next_to = high.counter == low.counter + 1
    return next_to and (before_minor != low.cumulative_minor or high.previous != low_id[:16])


def losing_guarantee(reserve: Reserve) -> set[Key]:
    """Claims that lose their guarantee by what their own terminal signed (05.5)."""
    lost: set[Key] = set()
    by_terminal: defaultdict[bytes, list[Asked]] = defaultdict(list)
    for asked in reserve.claims.values():
        by_terminal[asked.terminal].append(asked)
    for group in by_terminal.values():
        lost |= _lost_at_one_terminal(reserve, group)
    return lost


def _lost_at_one_terminal(reserve: Reserve, group: Iterable[Asked]) -> set[Key]:
    lost: set[Key] = set()
    kept: list[bytes] = []
    newest = 0
    ordered = sorted(group, key=lambda one: (one.receipt_counter, one.key))
    used = Counter(one.receipt_counter for one in ordered)
    for asked in ordered:
        seen = reserve.seen[asked.cheque_id]
        # Nobody contradicts anybody on an allowance of which every pair was compared when it was heard.
        forked = reserve.forked and any(contradict(seen, asked.cheque_id, reserve.seen[other], other) for other in kept)
        back_in_time = asked.index_version < newest
        newest = max(newest, asked.index_version)
        if not asked.guaranteed or used[asked.receipt_counter] > 1 or back_in_time or forked:
            lost.add(asked.key)
        else:
            kept.append(asked.cheque_id)
    return lost


def shares(total_minor: int, wants: dict[Key, int]) -> dict[Key, int]:
    """Pro rata by largest remainder, ties to the smaller id."""
    wanted_minor = sum(wants.values())
    if wanted_minor <= total_minor:
        return dict(wants)
    parts = {key: want * total_minor // wanted_minor for key, want in wants.items()}
    rest = sorted((-(want * total_minor % wanted_minor), key) for key, want in wants.items())
    for _, key in rest[: total_minor - sum(parts.values())]:
        parts[key] += 1
    return parts
