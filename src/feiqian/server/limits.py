"""Every limit of the HTTP interface, named once."""

from dataclasses import dataclass
from typing import Final

from feiqian.protocol.limits import BATCH_MAX_BYTES

JSON_BODY_MAX_BYTES: Final = 64 * 1024
BATCH_BODY_MAX_BYTES: Final = BATCH_MAX_BYTES
HEADERS_MAX_BYTES: Final = 16 * 1024
"""Request line and headers together; above it the connection is answered with 400 and closed."""
JSON_NESTING_MAX: Final = 16
LANGUAGE_HEADER_MAX_CHARS: Final = 256
TOKEN_MAX_CHARS: Final = 128
NAME_MAX_CHARS: Final = 64
HOLDERS_SHOWN_MAX: Final = 100
"""Payers or payees in one answer; the next ones are asked for with `after`."""
CONNECTIONS_MAX: Final = 1_000
CONNECTIONS_PER_ADDRESS_MAX: Final = 64
"""An IPv4 address, or the first 64 bits of an IPv6 address: that much is one customer's."""
HEADERS_S: Final = 10.0
"""From a connection, or from the last answer on it, until a request's headers are whole."""
JSON_BODY_S: Final = 10.0
BATCH_BODY_S: Final = 30.0
BODIES_OPEN_MAX_BYTES: Final = 64 * 1024 * 1024
"""The bodies of all requests being served together."""
BATCHES_WAITING_MAX: Final = 64
"""Batches of one process that are being taken or wait for it; of the largest that is a quarter of a minute's work."""
REQUESTS_MAX: Final = 256
"""Requests of one process that are served or wait for a thread; behind them one would wait longer than clients do."""
PORCH_MAX: Final = 16
"""Connections beyond a full house that are heard out: who asks how the server is gets an answer, others a refusal."""
PORCH_S: Final = 1.0
RETRY_AFTER_S: Final = 5
RECEIVED_RETRY_AFTER_S: Final = 2
"""When a batch that waits in the queue may be asked for again."""
DISK_RETRY_AFTER_S: Final = 60
"""A full disk or damaged books need a person; nobody gains by asking every few seconds."""
CROWD_LOGGED_EVERY_S: Final = 60.0
DRAIN_S: Final = 10
"""How long a stop waits for requests that are being served."""
READY_HELD_S: Final = 2.0
"""How long an answer of /ready is good: whoever asks more often does not make the disk write more often."""
READY_WAIT_S: Final = 5.0
"""How long /ready waits for the books."""
BOOKS_HELD_S: Final = 30.0
"""How long the numbers read from the books are good for /metrics."""
IDEMPOTENCY_KEPT_S: Final = 86_400
"""How long the answer to an idempotency key is kept: no longer than the one-time code that it may hold is good for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crowd:
    """How many may be at the door together, and how long each may take to say what it wants."""

    connections_max: int = CONNECTIONS_MAX
    per_address_max: int = CONNECTIONS_PER_ADDRESS_MAX
    headers_s: float = HEADERS_S
    json_body_s: float = JSON_BODY_S
    batch_body_s: float = BATCH_BODY_S
    bodies_open_max_bytes: int = BODIES_OPEN_MAX_BYTES
    batches_waiting_max: int = BATCHES_WAITING_MAX
    requests_max: int = REQUESTS_MAX
    porch_max: int = PORCH_MAX


CROWD: Final = Crowd()
