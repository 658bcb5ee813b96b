"""The oracle's clocks: when a till's receipts were made, by all that it ever sent (spec 05.4.1).

Nothing of the issuer's code is used here; every batch is kept, and all of them are looked at each time.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from feiqian.protocol.claim import Batch
from feiqian.protocol.receipt import ReceiptTerms


class Heard(NamedTuple):
    """What a batch said of its terminal's clock, and when it came."""

    counter: int
    came_at: int
    clock: int
    attested_at: int
    index_version: int

    def is_wrong(self, skew_s: int) -> bool:
        """Whether its clock showed a time at which it cannot have been signed."""
        return not self.attested_at - skew_s <= self.clock <= self.came_at + skew_s


class When(NamedTuple):
    """Between which instants the receipts of a batch were made, and what their terminal held before."""

    after: int
    before: int
    clock_counts: bool
    held_index: int


class Clocks:
    """What is known of every terminal's clock. `index_times` is filled by whoever hears of trust indexes."""

    def __init__(self, skew_s: int, index_times: Mapping[int, int]) -> None:
        self._skew_s, self._index_times = skew_s, index_times
        self._heard: defaultdict[bytes, list[Heard]] = defaultdict(list)

    def when(self, batch: Batch, counters: Sequence[int], at: int) -> When:
        """When the receipts with these counters were made, which this batch holds; it is heard, too."""
        known = self._heard[batch.terminal_ref]
        earlier = list(known)
        if batch.counter is not None and batch.attested_at is not None:
            attested_at = min(batch.attested_at, at)
            known.append(Heard(batch.counter, at, batch.time, attested_at, batch.index_version))
        return self._when(earlier, known[len(earlier) :], counters, at)

    def alone(self, receipt: ReceiptTerms, at: int) -> When:
        """When this receipt was made, which came by itself from its payer."""
        return self._when(self._heard[receipt.terminal_ref], [], [receipt.counter], at)

    def _when(self, earlier: Sequence[Heard], here: Sequence[Heard], counters: Sequence[int], at: int) -> When:
        if not counters:
            return When(0, at, clock_counts=True, held_index=0)
        lowest, highest = min(counters), max(counters)
        ends = [one for one in earlier if one.counter >= highest]
        until = min((one.counter for one in ends), default=2**62)
        around = [one for one in earlier if lowest <= one.counter <= until]
        around += here
        began = max(
            (one for one in earlier if one.counter < lowest),
            key=lambda one: (one.counter, one.came_at, one.attested_at, one.clock),
            default=Heard(0, 0, 0, 0, 0),
        )
        return When(
            after=began.attested_at,
            before=min([at, *(one.came_at for one in ends)]),
            clock_counts=not any(one.is_wrong(self._skew_s) for one in (began, *around)),
            held_index=began.index_version if began.index_version in self._index_times else 0,
        )

    def made_at(self, receipt: ReceiptTerms, when: When) -> int:
        """When a receipt counts as made: its time if the clock counts and it can be, else as late as can be."""
        after = max(when.after, self._index_times.get(receipt.index_version, 0))
        possible = after - self._skew_s <= receipt.time <= when.before + self._skew_s
        return max(after, min(receipt.time, when.before)) if when.clock_counts and possible else when.before
