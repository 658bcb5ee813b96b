"""Every number by which an operator sees how the server is: one table, of which docs/operations/metrics.md is made.

Rules kept:

- A label's values are a closed set, or a currency, or a route's template. No label ever holds an id or a name. What is
  counted under a label that nobody foresaw counts as `other`: a number never stops what it counts.
- Counters only grow, across the death of a process too; a gauge is what is so now.
- What the books say (`Kind.BOOKS`) is read from them when it is asked for, and counted by nobody.
"""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final

from feiqian.issuer.key_warnings import KeyWarning
from feiqian.protocol.answer import Verdict

OTHER: Final = "other"
"""A label's value for what has no place of its own: an address without a route, a status that nobody expects."""
ROUTES_MAX: Final = 128
"""So many route templates have places of their own."""
ROUTE: Final = "route"
BUCKETS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of a histogram's buckets; what took longer counts in the total alone."""


class Kind(StrEnum):
    """How a metric moves, and how those of several processes make one."""

    COUNTER = "counter"
    """Only grows; summed."""
    GAUGE = "gauge"
    """What is so now; summed, and zero again when a new process takes the place of a dead one."""
    LATEST = "latest"
    """An instant; of several processes the latest counts."""
    HISTOGRAM = "histogram"
    """Durations; summed."""
    BOOKS = "books"
    """What the books say, or the queue; the same for every process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A label and its values in their order; none for what is known only when it is asked for."""

    name: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric. `unit` is for people; the name already ends in it."""

    name: str
    kind: Kind
    unit: str
    labels: tuple[Label, ...] = ()
    meaning: str


_ROUTE: Final = Label(name=ROUTE, values=(*(f"#{number}" for number in range(ROUTES_MAX)), OTHER))
"""Places for templates; which template has which place is the application's to say (`Numbers.name_routes`)."""
_STATUS: Final = Label(name="status", values=(*(str(int(status)) for status in HTTPStatus if status >= 200), OTHER))  # noqa: PLR2004  # success and beyond
_VERDICT: Final = Label(name="verdict", values=(*(verdict.name.lower() for verdict in Verdict), OTHER))
_REASON: Final = Label(name="reason", values=("connections", "address", "requests", "batches", "bodies", OTHER))
_PHASE: Final = Label(name="phase", values=("examine", "think", "write", OTHER))
_QUEUED: Final = Label(
    name="outcome",
    values=("settled", "batch_received", "batch_set_aside", "queue_away", "queue_full", "direct", OTHER),
)
_CURRENCY: Final = Label(name="currency")

REQUESTS: Final = Metric(
    name="feiqian_requests_total",
    kind=Kind.COUNTER,
    unit="requests",
    labels=(_ROUTE, _STATUS),
    meaning="Requests answered, by route template and status.",
)
REQUEST_SECONDS: Final = Metric(
    name="feiqian_request_seconds",
    kind=Kind.HISTOGRAM,
    unit="seconds",
    labels=(_ROUTE,),
    meaning="From a request's headers to the end of its answer.",
)
IN_WORK: Final = Metric(
    name="feiqian_requests_in_work", kind=Kind.GAUGE, unit="requests", meaning="Requests that are being served now."
)
CONNECTIONS: Final = Metric(
    name="feiqian_connections", kind=Kind.GAUGE, unit="connections", meaning="Connections that are open now."
)
REFUSED: Final = Metric(
    name="feiqian_refused_total",
    kind=Kind.COUNTER,
    unit="requests",
    labels=(_REASON,),
    meaning="Turned away with 503 because too much came at once: too many connections in all or from one `address`, "
    "too many requests in work, too many batches waiting, too many bytes in open bodies.",
)
RECEIVED_BYTES: Final = Metric(
    name="feiqian_received_bytes_total", kind=Kind.COUNTER, unit="bytes", meaning="Bytes of requests' bodies."
)
SENT_BYTES: Final = Metric(
    name="feiqian_sent_bytes_total", kind=Kind.COUNTER, unit="bytes", meaning="Bytes of answers' bodies."
)
BATCHES_WAITING: Final = Metric(
    name="feiqian_batches_waiting",
    kind=Kind.GAUGE,
    unit="batches",
    meaning="Batches that came whole and wait to be taken, those being taken included.",
)
QUEUED: Final = Metric(
    name="feiqian_queued_total",
    kind=Kind.COUNTER,
    unit="requests",
    labels=(_QUEUED,),
    meaning="Requests with a batch that was not taken yet, where batches go by way of a queue: answered after it was "
    "settled, with 202 because it waits (`batch_received`), with 503 because it was put aside or the queue was away or "
    "full; or taken past a queue that was (`direct`).",
)
SETTLING_FAILED: Final = Metric(
    name="feiqian_settling_failures_total",
    kind=Kind.COUNTER,
    unit="batches",
    meaning="Batches from the queue that met a fault of ours and were handed back to it or put aside.",
)
QUEUE_UP: Final = Metric(
    name="feiqian_queue_up", kind=Kind.BOOKS, unit="1", meaning="Whether the queue answers this process: 1 or 0."
)
QUEUE_WAITING: Final = Metric(
    name="feiqian_queue_batches",
    kind=Kind.BOOKS,
    unit="batches",
    meaning="Batches in the queue, those being settled included.",
)
QUEUE_OLDEST_SECONDS: Final = Metric(
    name="feiqian_queue_oldest_seconds",
    kind=Kind.BOOKS,
    unit="seconds",
    meaning="How long the oldest batch in the queue has been there; 0 when it is empty.",
)
QUEUE_REDELIVERIES: Final = Metric(
    name="feiqian_queue_redeliveries",
    kind=Kind.BOOKS,
    unit="deliveries",
    meaning="How often a batch was handed out again since the queue was made: its settler died, was too slow, or could "
    "not settle it.",
)
QUEUE_ASIDE: Final = Metric(
    name="feiqian_queue_aside_batches",
    kind=Kind.BOOKS,
    unit="batches",
    meaning="Batches that nobody could settle and that were put aside; `feiqian operator queue` names them.",
)
BATCHES: Final = Metric(
    name="feiqian_batches_total",
    kind=Kind.COUNTER,
    unit="batches",
    meaning="Batches taken and committed. A batch that comes again is not counted again.",
)
CLAIMS: Final = Metric(
    name="feiqian_claims_total",
    kind=Kind.COUNTER,
    unit="claims",
    labels=(_VERDICT,),
    meaning="Claims of committed batches by their first verdict.",
)
NOTES: Final = Metric(
    name="feiqian_notes_total",
    kind=Kind.COUNTER,
    unit="notes",
    labels=(_VERDICT,),
    meaning="Notes of committed batches by their verdict.",
)
SETTLED: Final = Metric(
    name="feiqian_payments_settled_total",
    kind=Kind.COUNTER,
    unit="payments",
    meaning="Claims that brought their payee money at once, each counted once.",
)
PHASE_SECONDS: Final = Metric(
    name="feiqian_batch_phase_seconds",
    kind=Kind.HISTOGRAM,
    unit="seconds",
    labels=(_PHASE,),
    meaning="What a batch takes: its signatures examined, its effects thought out (again when stale), and written.",
)
WRITE_WAIT_SECONDS: Final = Metric(
    name="feiqian_write_wait_seconds",
    kind=Kind.HISTOGRAM,
    unit="seconds",
    meaning="How long a write waited for its turn.",
)
WRITE_SECONDS: Final = Metric(
    name="feiqian_write_seconds",
    kind=Kind.HISTOGRAM,
    unit="seconds",
    meaning="How long a write held its turn, its commit included; others waited meanwhile.",
)
STALE: Final = Metric(
    name="feiqian_stale_total",
    kind=Kind.COUNTER,
    unit="writes",
    meaning="Writes that were thought out again because what they rested on had changed.",
)
WRITES_FAILED: Final = Metric(
    name="feiqian_writes_failed_total",
    kind=Kind.COUNTER,
    unit="writes",
    meaning="Writes that disk or database refused; nothing of them was kept.",
)
HOUSEKEEPING_AT: Final = Metric(
    name="feiqian_housekeeping_timestamp_seconds",
    kind=Kind.LATEST,
    unit="seconds since 1970",
    meaning="When housekeeping last ended well: windows closed, payees credited, old answers dropped.",
)
HOUSEKEEPING_FAILED: Final = Metric(
    name="feiqian_housekeeping_failures_total",
    kind=Kind.COUNTER,
    unit="rounds",
    meaning="Rounds of housekeeping that failed.",
)
WORKERS: Final = Metric(
    name="feiqian_workers", kind=Kind.GAUGE, unit="processes", meaning="Processes that were started to serve."
)
STARTED_AT: Final = Metric(
    name="feiqian_start_timestamp_seconds",
    kind=Kind.LATEST,
    unit="seconds since 1970",
    meaning="When the youngest process started; it moves when one was replaced.",
)
BUILD: Final = Metric(
    name="feiqian_build_info",
    kind=Kind.BOOKS,
    unit="1",
    labels=(Label(name="version"), Label(name="python"), Label(name="wire")),
    meaning="What runs.",
)
OPEN_ALLOWANCES: Final = Metric(
    name="feiqian_open_allowances",
    kind=Kind.BOOKS,
    unit="allowances",
    labels=(_CURRENCY,),
    meaning="Allowances whose window is not closed.",
)
EXPOSURE: Final = Metric(
    name="feiqian_exposure_minor",
    kind=Kind.BOOKS,
    unit="minor units",
    labels=(_CURRENCY, Label(name="source", values=("reserve", "free", "pool", "loss"))),
    meaning="Of open allowances, and of those on which the issuer lost: what is set aside (`reserve`), and what was "
    "paid beyond it from the payer's free money, the guarantee pool, or the issuer's own (`loss`).",
)
FORKS: Final = Metric(
    name="feiqian_forks", kind=Kind.BOOKS, unit="allowances", meaning="Devices convicted of contradicting themselves."
)
AUDIT_LEAVES: Final = Metric(
    name="feiqian_audit_leaves",
    kind=Kind.BOOKS,
    unit="leaves",
    labels=(Label(name="state", values=("logged", "queued")),),
    meaning="Leaves of the audit log: in its newest signed state, and waiting for the next one.",
)
KEY_DAYS_LEFT: Final = Metric(
    name="feiqian_key_days_left",
    kind=Kind.BOOKS,
    unit="days",
    labels=(Label(name="role", values=("issuer", "acquirer", "online", "key_set")),),
    meaning="Whole days for which keys of this role serve, those prepared ahead included, and until the key set ends; "
    "below 30 it is time for `feiqian operator keys propose`.",
)
KEY_WARNINGS: Final = Metric(
    name="feiqian_key_warnings",
    kind=Kind.BOOKS,
    unit="warnings",
    labels=(Label(name="code", values=tuple(code.value for code in KeyWarning)),),
    meaning="What somebody has to do about keys, as `/ready` and `feiqian operator status` say it in words; 0 where "
    "nothing is to be done.",
)

TABLE: Final = (
    *(REQUESTS, REQUEST_SECONDS, IN_WORK, CONNECTIONS, REFUSED, RECEIVED_BYTES, SENT_BYTES),
    *(BATCHES_WAITING, BATCHES, CLAIMS, NOTES, SETTLED, PHASE_SECONDS),
    *(QUEUED, SETTLING_FAILED, QUEUE_UP, QUEUE_WAITING, QUEUE_OLDEST_SECONDS, QUEUE_REDELIVERIES, QUEUE_ASIDE),
    *(WRITE_WAIT_SECONDS, WRITE_SECONDS, STALE, WRITES_FAILED),
    *(HOUSEKEEPING_AT, HOUSEKEEPING_FAILED),
    *(OPEN_ALLOWANCES, EXPOSURE, FORKS, AUDIT_LEAVES, KEY_DAYS_LEFT, KEY_WARNINGS),
    *(WORKERS, STARTED_AT, BUILD),
)
"""Every metric, in the order of the page."""
