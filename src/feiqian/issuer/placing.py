"""Placing receipts in time by the signed syncs around them, not by the till's clock (spec 05.4.1). Pure.

Every batch is a sync: the terminal says up to where it has counted, which time its clock shows, and the newest time
that an operator had signed for it. So it signed between that and the arrival, and a clock that shows a time outside is
wrong.
What a clock says counts only between two syncs at which it was right. In doubt a receipt counts as made when its span
ends: its list is then as old as it can have been, and a loss reported before that was reported before it, so that
neither the payer nor a payee whose clock is right ever loses by somebody's clock.
"""

from collections.abc import Iterable
from operator import attrgetter
from typing import NamedTuple

from feiqian.protocol.claim import Batch
from feiqian.protocol.ids import BatchId, TerminalRef

IN_ORDER = attrgetter("counter", "received_at", "attested_at", "time")
"""How a terminal's syncs follow each other. Those of one second have the same counter: the answer tells them apart."""
SYNCS_READ_MAX = 100
"""Syncs at and behind a receipt that are looked at; the first of them end its span."""


class Sync(NamedTuple):
    """What a batch says of its terminal's clock and counter; `received_at` is by the operator's."""

    terminal_ref: TerminalRef
    counter: int
    received_at: int
    batch_id: BatchId
    time: int
    attested_at: int
    index_version: int

    def is_right(self, skew_s: int) -> bool:
        """False if its clock was wrong, whenever between the attested time and the arrival it was signed."""
        return self.attested_at - skew_s <= self.time <= self.received_at + skew_s


class Span(NamedTuple):
    """Between which instants the receipts of a batch were made, and whether the till's clock was right at both.

    `index_version` is the trust index that the terminal held when the span began, 0 if that is not known.
    """

    begins_at: int
    ends_at: int
    clock_right: bool
    index_version: int = 0

    def made_at(self, time: int, index_issued_at: int | None, skew_s: int) -> int:
        """When a receipt with this time counts as made; it names the index that was issued then, if it is ours."""
        begins_at, ends_at = self.begins_at, self.ends_at
        if index_issued_at is not None and index_issued_at > begins_at:
            begins_at = index_issued_at
        if self.clock_right and begins_at - skew_s <= time <= ends_at + skew_s:
            return max(begins_at, min(time, ends_at))
        return ends_at


def sync_in(batch: Batch, received_at: int) -> Sync | None:
    """What this batch says of the clock; None for a batch that says nothing. Nothing was signed after it arrived."""
    if batch.counter is None or batch.attested_at is None:
        return None
    return Sync(
        batch.terminal_ref,
        batch.counter,
        received_at,
        batch.batch_id,
        batch.time,
        min(batch.attested_at, received_at),
        batch.index_version,
    )


def span_of(syncs: Iterable[Sync], *, first: int, last: int, this: Sync | None, received_at: int, skew_s: int) -> Span:
    """The span of receipts whose counters are `first` to `last`, which arrived with `this` sync, if it is one.

    `syncs` are those of the terminal that are known, with those just before `first` and the next ones from there.
    """
    known = sorted(syncs, key=IN_ORDER)
    before = next((one for one in reversed(known) if one.counter < first), None)
    behind = [one for one in known if one.counter >= first]
    ending = min((one.counter for one in behind if one.counter >= last), default=None)
    ends_at = min((one.received_at for one in behind if one.counter >= last), default=received_at)
    clocks = [one for one in behind if ending is None or one.counter <= ending]
    clocks += [one for one in (before, this) if one is not None]
    return Span(
        0 if before is None else before.attested_at,
        min(ends_at, received_at),
        all(one.is_right(skew_s) for one in clocks),
        0 if before is None else before.index_version,
    )
