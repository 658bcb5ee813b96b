"""Figures over time, computed from the books: what was settled, what is at stake, how long it took, what was refused.

- Money over time is summed up from ledger entries, so it is the books' own; the reserve and the pool of the past are
  those of now, less what moved since.
- How long payments took, and why claims were refused, is read out of the newest batches and the answers to them, of at
  most `CLAIMS_READ_MAX` claims: what a payment's own receipt says is its time.
- A chart says from when on it is complete (`since`); what lies before it was cut by a bound.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import count
from typing import Final

from feiqian.ledger.accounts import AccountKind
from feiqian.ledger.entry import Reason
from feiqian.protocol.answer import AnswerItem, Verdict, decode_answer
from feiqian.protocol.claim import decode_batch, decode_claim
from feiqian.protocol.receipt import decode_receipt
from feiqian.protocol.refusals import Refused
from feiqian.storage.console_tables import BatchBytes, ConsoleTables, Moved

CLAIMS_READ_MAX: Final = 2_000
BATCHES_READ_MAX: Final = 2_000
ENTRIES_READ_MAX: Final = 200_000
"""So many ledger entries one chart is computed from at most."""
BATCHES_AT_ONCE: Final = 20
ONLINE_WITHIN_S: Final = 60
"""A claim that came so soon after its receipt was made with a network at hand."""
DELAYS_S: Final = (60, 300, 900, 3_600, 14_400, 43_200, 86_400, 259_200)
HOUR_S, DAY_S = 3_600, 86_400
SETTLED: Final = frozenset({Verdict.SETTLED, Verdict.CONTINGENT, Verdict.NOTED, Verdict.DUPLICATE})
"""Verdicts that refuse nothing."""

Books = Callable[[], AbstractContextManager[ConsoleTables]]


class Step(StrEnum):
    """How long a bucket is; buckets begin at full hours and days of UTC."""

    HOUR = "hour"
    DAY = "day"

    @property
    def seconds(self) -> int:
        """Its length."""
        return HOUR_S if self is Step.HOUR else DAY_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Buckets:
    """Pieces of time, oldest first; the last one is the one that runs."""

    begin: int
    step_s: int
    count: int

    @classmethod
    def until(cls, now: int, step: Step, many: int) -> "Buckets":
        """So many up to the one in which `now` is."""
        step_s = step.seconds
        return cls(begin=now // step_s * step_s - (many - 1) * step_s, step_s=step_s, count=many)

    @property
    def starts(self) -> Sequence[int]:
        """Where each begins."""
        return range(self.begin, self.begin + self.count * self.step_s, self.step_s)

    def place(self, at: int) -> int:
        """Of which one this time is; one that is ahead of the clock counts as of the last."""
        return min((at - self.begin) // self.step_s, self.count - 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """Settled in one bucket: on arrival of the claim, at D, and moved back by disputes; minor units."""

    on_arrival_minor: int = 0
    at_deadline_minor: int = 0
    charged_back_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stake:
    """What was set aside and in the pool at a bucket's end; minor units."""

    reserved_minor: int
    pool_minor: int


@dataclass(slots=True)
class Settling:
    """How claims of the newest batches were settled. Lists are by bucket, delays by the bounds in `DELAYS_S`."""

    buckets: Buckets
    since: int
    claims: int = 0
    online: list[int] = field(default_factory=list)
    offline: list[int] = field(default_factory=list)
    money: dict[str, tuple[list[int], list[int]]] = field(default_factory=dict)
    delays: list[int] = field(default_factory=lambda: [0] * (len(DELAYS_S) + 1))
    refusals: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.online, self.offline = self._none(), self._none()

    def _none(self) -> list[int]:
        return [0] * self.buckets.count

    def take(self, delay_s: int, received_at: int, item: AnswerItem, currency: str) -> None:
        """One claim."""
        self.claims += 1
        self.delays[sum(delay_s > bound for bound in DELAYS_S)] += 1
        place, is_online = self.buckets.place(received_at), delay_s <= ONLINE_WITHIN_S
        (self.online if is_online else self.offline)[place] += 1
        amounts = self.money.setdefault(currency, (self._none(), self._none()))
        amounts[0 if is_online else 1][place] += item.paid_minor + item.waiting_minor

    def refuse(self, item: AnswerItem) -> None:
        """One claim that was not paid in full, by its reason."""
        self.refusals[item.code or item.verdict.name.lower()] += 1


def volume_of(books: Books, buckets: Buckets, currency: str) -> tuple[int, dict[str, list[Volume]]]:
    """What was settled, by currency; at least that of the operator."""
    since, moved = _moved(books, buckets)
    sums = _summed(one for one in moved if one.kind == AccountKind.PAYABLE)
    return since, {
        name: [
            Volume(
                on_arrival_minor=-sums[name, Reason.HONOURED, place],
                at_deadline_minor=-sums[name, Reason.WINDOW_CLOSED, place],
                charged_back_minor=sums[name, Reason.CHARGED_BACK, place],
            )
            for place in range(buckets.count)
        ]
        for name in _currencies(sums, currency)
    }


def stakes_of(
    books: Books, buckets: Buckets, currency: str, now: Mapping[str, Stake]
) -> tuple[int, dict[str, list[Stake]]]:
    """What was at stake, by currency; `now` is what is at stake now."""
    since, moved = _moved(books, buckets)
    found: dict[str, list[Stake]] = {}
    for name in sorted({currency, *now, *(one.currency for one in moved)}):
        stake = now.get(name, Stake(reserved_minor=0, pool_minor=0))
        change: defaultdict[tuple[str, int], int] = defaultdict(int)
        for one in moved:
            if one.currency == name:
                change[one.kind, one.bucket] += one.amount_minor
        line: list[Stake] = []
        for place in reversed(range(buckets.count)):
            line.append(stake)
            stake = Stake(  # a credit, negative, had made it more
                reserved_minor=stake.reserved_minor + change[AccountKind.RESERVE, place],
                pool_minor=stake.pool_minor + change[AccountKind.POOL, place],
            )
        found[name] = line[::-1]
    return since, found


def settling_of(books: Books, buckets: Buckets, now: int) -> Settling:
    """How the claims of the newest batches were settled."""
    settling = Settling(buckets=buckets, since=buckets.begin)
    for number, batch in enumerate(_newest(books, buckets.begin, now)):
        if settling.claims >= CLAIMS_READ_MAX or number >= BATCHES_READ_MAX:
            settling.since = batch.received_at + 1
            break
        _take_batch(settling, batch)
    return settling


def _newest(books: Books, begin: int, now: int) -> Iterator[BatchBytes]:
    """Batches, newest first, read a few at a time: one may have 4 MiB."""
    for skip in count(0, BATCHES_AT_ONCE):
        with books() as reading:
            batches = reading.newest_batches(begin, now, skip, BATCHES_AT_ONCE)
        yield from batches
        if len(batches) < BATCHES_AT_ONCE:
            return


def _take_batch(settling: Settling, batch: BatchBytes) -> None:
    items = decode_answer(batch.answer).claims
    for raw, item in zip(decode_batch(batch.body).claims, items, strict=False):
        if item.verdict not in SETTLED:
            settling.refuse(item)
        if item.verdict is Verdict.DUPLICATE:  # it was counted when it came first
            continue
        try:
            paid_at = decode_receipt(decode_claim(raw).receipt).terms.time
        except Refused:  # it was refused then, too, and is counted there
            continue
        settling.take(max(0, batch.received_at - paid_at), batch.received_at, item, batch.currency)


def _moved(books: Books, buckets: Buckets) -> tuple[int, Sequence[Moved]]:
    """What moved, from when on at most a bounded number of entries were made."""
    with books() as reading:
        since = reading.entries_since(buckets.begin, ENTRIES_READ_MAX)
        if since > buckets.begin:  # a bucket that is not whole would be wrong
            since = buckets.begin + -(-(since - buckets.begin) // buckets.step_s) * buckets.step_s
        first = (since - buckets.begin) // buckets.step_s
        moved = reading.moved_since(since, buckets.step_s)
    last = buckets.count - 1  # what is ahead of the clock counts as of now
    return since, [one._replace(bucket=min(one.bucket + first, last)) for one in moved]


def _summed(moved: Iterable[Moved]) -> defaultdict[tuple[str, str, int], int]:
    sums: defaultdict[tuple[str, str, int], int] = defaultdict(int)
    for one in moved:
        sums[one.currency, one.reason, one.bucket] += one.amount_minor
    return sums


def _currencies(sums: Mapping[tuple[str, str, int], int], currency: str) -> list[str]:
    return sorted({currency, *(name for name, _, _ in sums)})
