"""The metrics as others read them: Prometheus' text format (version 0.0.4), and the page of the manual.

The format is small and its writers are many; this one writes what `metrics.TABLE` knows and nothing else.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from feiqian.server.metrics import BUCKETS_S, TABLE, Kind, Metric
from feiqian.server.numbers import Numbers

TEXT_KIND: Final = "text/plain; version=0.0.4; charset=utf-8"
_TYPES: Final = {
    Kind.COUNTER: "counter",
    Kind.GAUGE: "gauge",
    Kind.LATEST: "gauge",
    Kind.HISTOGRAM: "histogram",
    Kind.BOOKS: "gauge",
}
_SPARSE_LABELS: Final = "route"
"""Routes times statuses are many, and most never happen; of these only what happened is shown."""

Stated = Mapping[Metric, Mapping[tuple[str, ...], int]]
"""What the books say: metric -> labels' values -> number."""


def exposition_of(numbers: Numbers, stated: Stated) -> str:
    """The text that a scrape gets."""
    return "\n".join(_lines(numbers, stated)) + "\n"


def manual_of(table: Sequence[Metric] = TABLE) -> str:
    """docs/operations/metrics.md."""
    rows = [f"| `{one.name}` | {_TYPES[one.kind]} | {one.unit} | {_labels_of(one)} | {one.meaning} |" for one in table]
    return _HEAD + "\n".join(rows) + "\n"


def _lines(numbers: Numbers, stated: Stated) -> Iterator[str]:
    for metric in TABLE:
        found = stated.get(metric, {}).items() if metric.kind is Kind.BOOKS else numbers.series(metric)
        lines = [line for values, of_it in found for line in _samples(metric, values, of_it)]
        if lines:
            yield f"# HELP {metric.name} {metric.meaning}"
            yield f"# TYPE {metric.name} {_TYPES[metric.kind]}"
            yield from lines


def _samples(metric: Metric, values: tuple[str, ...], found: int | Sequence[float]) -> Iterator[str]:
    pairs = [f'{label.name}="{_escaped(value)}"' for label, value in zip(metric.labels, values, strict=True)]
    if isinstance(found, int):
        yield _sample(metric.name, pairs, found)
        return
    if any(label.name == _SPARSE_LABELS for label in metric.labels) and not any(found):
        return
    if metric.kind is not Kind.HISTOGRAM:
        yield _sample(metric.name, pairs, found[0])
        return
    within = 0.0
    for bound, count in zip(BUCKETS_S, found, strict=False):  # behind the buckets stand count and sum
        within += count
        yield _sample(f"{metric.name}_bucket", [*pairs, f'le="{bound:g}"'], within)
    count, seconds = found[len(BUCKETS_S) :]
    yield _sample(f"{metric.name}_bucket", [*pairs, 'le="+Inf"'], count)
    yield _sample(f"{metric.name}_sum", pairs, seconds)
    yield _sample(f"{metric.name}_count", pairs, count)


def _sample(name: str, pairs: Sequence[str], value: float) -> str:
    labels = f"{{{','.join(pairs)}}}" if pairs else ""
    shown = str(int(value)) if value == int(value) else repr(value)
    return f"{name}{labels} {shown}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _labels_of(metric: Metric) -> str:
    shown = []
    for label in metric.labels:
        values = () if label.name in (_SPARSE_LABELS, "status") else label.values
        shown.append(f"`{label.name}`" + (f" ({', '.join(values)})" if values else ""))
    return ", ".join(shown)


_HEAD: Final = """\
# Metrics

This page is made from the table in `src/feiqian/server/metrics.py`; a test compares. What to watch and when to be
woken is in [observability.md](observability.md).

`GET /metrics` gives them in Prometheus' text format to whoever holds the token in `metrics.token` of the server's home
(or the administrator's). That token opens nothing else. With several processes any of them answers for all.

Labels never hold ids, names or amounts. `route` is the template of an address (`/v1/payers/{payer_id}/funding`) and
`other` where nothing is; routes and statuses that never happened are left out. Buckets of histograms end at 1, 2.5, 5,
10, 25, 50, 100, 250 and 500 ms and 1, 2.5, 5 and 10 s. What the books say is read at most every 30 seconds.

| metric | kind | unit | labels | meaning |
|---|---|---|---|---|
"""
