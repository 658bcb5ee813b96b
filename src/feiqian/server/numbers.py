"""Where the metrics stand while the server runs: one page of memory that all its processes share.

Every series has its place on the page before the first process is forked, and every process has a row of its own, so
nobody waits for anybody, and whoever is asked adds the rows. A process that takes the place of a dead one goes on with
its row, so counters never fall back.
"""

import mmap
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Final

from feiqian.server.metrics import (
    BUCKETS_S,
    OTHER,
    ROUTE,
    ROUTES_MAX,
    STARTED_AT,
    TABLE,
    WORKERS,
    Kind,
    Metric,
)

_NUMBER_BYTES: Final = 8
_WIDTH: Final = {Kind.COUNTER: 1, Kind.GAUGE: 1, Kind.LATEST: 1, Kind.HISTOGRAM: len(BUCKETS_S) + 2, Kind.BOOKS: 0}
"""Numbers a series; those of a histogram are its buckets, the count of all, and the sum of seconds."""

Series = tuple[str, ...]
"""A metric's name and its labels' values."""


class Numbers:
    """The numbers of all processes. Make it before they are forked; each then takes its place."""

    def __init__(self, places: int = 1) -> None:
        """`places` is how many processes there may be at a time."""
        self._first: dict[Series, int] = {}
        end = 0
        for metric in TABLE:
            for values in product(*(label.values for label in metric.labels)) if _WIDTH[metric.kind] else ():
                self._first[metric.name, *values] = end
                end += _WIDTH[metric.kind]
        self._row, self._places = end, places
        self._page = memoryview(mmap.mmap(-1, end * places * _NUMBER_BYTES)).cast("d")
        self._mine = 0
        self._lock = threading.Lock()
        self._slots: dict[str, str] = {}

    def take_place(self, place: int) -> None:
        """From now on this process writes the row of this number; what was so now of a dead one is so no more."""
        self._mine = place * self._row
        for metric in TABLE:
            if metric.kind is Kind.GAUGE:
                self.set(metric, 0)
        self.set(WORKERS, 1)
        self.set(STARTED_AT, time.time())

    def name_routes(self, templates: Sequence[str]) -> None:
        """Which routes there are: the same in every process, in the same order."""
        self._slots = {template: f"#{number}" for number, template in enumerate(templates[:ROUTES_MAX])}

    def add(self, metric: Metric, *values: str, amount: float = 1) -> None:
        """A counter or a gauge goes up, a gauge also down. A value without a place counts as `other`."""
        at = self._mine + self._place(metric, values)
        with self._lock:
            self._page[at] += amount

    def set(self, metric: Metric, value: float) -> None:
        """A gauge or an instant is this."""
        self._page[self._mine + self._place(metric, ())] = value

    def observe(self, metric: Metric, *values: str, seconds: float) -> None:
        """Something took so long."""
        at = self._mine + self._place(metric, values)
        bucket = next((number for number, bound in enumerate(BUCKETS_S) if seconds <= bound), None)
        with self._lock:
            if bucket is not None:
                self._page[at + bucket] += 1
            self._page[at + len(BUCKETS_S)] += 1
            self._page[at + len(BUCKETS_S) + 1] += seconds

    def series(self, metric: Metric) -> Iterator[tuple[tuple[str, ...], list[float]]]:
        """Every series of a metric with the numbers of all processes together."""
        named = {slot: template for template, slot in self._slots.items()} | {OTHER: OTHER}
        for values in product(*(label.values for label in metric.labels)):
            at = self._first[metric.name, *values]
            rows = [
                self._page[place * self._row + at : place * self._row + at + _WIDTH[metric.kind]].tolist()
                for place in range(self._places)
            ]
            whole = max if metric.kind is Kind.LATEST else sum
            shown = [
                named.get(value, "") if label.name == ROUTE else value
                for label, value in zip(metric.labels, values, strict=True)
            ]
            if "" not in shown:  # a place that no route has
                yield tuple(shown), [whole(column) for column in zip(*rows, strict=True)]

    def value(self, metric: Metric, *values: str) -> float:
        """One series: what it counted; of a histogram how often."""
        numbers = dict(self.series(metric))[values]
        return numbers[len(BUCKETS_S)] if metric.kind is Kind.HISTOGRAM else numbers[0]

    def _place(self, metric: Metric, values: tuple[str, ...]) -> int:
        slotted = tuple(
            self._slots.get(value, OTHER) if label.name == ROUTE else value
            for label, value in zip(metric.labels, values, strict=True)
        )
        place = self._first.get((metric.name, *slotted))
        if place is None:
            known = (
                value if value in label.values else OTHER for label, value in zip(metric.labels, slotted, strict=True)
            )
            place = self._first[metric.name, *known]
        return place
