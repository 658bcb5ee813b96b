"""The queue between those who receive batches and those who settle them, as either side sees it.

What waits in the queue is not taken: only the books say that. Rules that every queue keeps:

- What `put` has returned from survives the end of any one node, and is handed out until somebody says that it is done.
- The same batch waits at most once, however often it is put.
- It is bounded: whoever comes when it is full is told so, and nothing that waits is dropped for it.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, Protocol

WAITING_MAX: Final = 100_000
"""Batches in a queue that this program makes."""
WAITING_MAX_BYTES: Final = 1024 * 1024 * 1024
ASIDE_MAX: Final = 1_000
"""Batches put aside; the oldest go when there are more, and each of them is still in its terminal."""
ASIDE_MAX_BYTES: Final = 256 * 1024 * 1024
ASIDE_SHOWN_MAX: Final = 20
DELIVERIES_MAX: Final = 8
"""So often a batch is handed out before it is put aside."""
HELD_S: Final = 5.0
"""A batch whose settler says nothing for so long is handed to another one."""


class QueueAway(Exception):
    """The queue does not answer, or not as it should: whether it has the batch is not known."""


class QueueFull(Exception):
    """The queue holds as much as it may: it has not taken the batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchKey:
    """One batch as it was sent: whose, its id, and the SHA-256 of its bytes."""

    terminal_ref: bytes
    batch_id: bytes
    body_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SetAside:
    """A batch that nobody could settle: since when, after how many tries, and why (a code, or the fault's name)."""

    key: BatchKey
    at: int
    deliveries: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueState:
    """How the queue is. `oldest_at` is when the batch that waits longest came, Unix seconds; None if none waits.

    `redeliveries` counts how often a batch was handed out again since the queue was made.
    """

    waiting: int
    oldest_at: int | None
    redeliveries: int
    aside: Mapping[bytes, BatchKey]
    """What was put aside, by the hash of its bytes."""


class Heard(Protocol):
    """What one batch's settler may say."""

    async def wait(self, timeout_s: float) -> bool:
        """Whether somebody has said within this time that the batch is settled. The books alone say if it is."""


class Delivery(Protocol):
    """A batch that was handed out to be settled."""

    @property
    def key(self) -> BatchKey:
        """Which one."""

    @property
    def body(self) -> bytes:
        """Its bytes."""

    @property
    def received_at(self) -> int:
        """When it arrived, Unix seconds."""

    @property
    def deliveries(self) -> int:
        """How often it was handed out, this time included."""

    async def hold(self) -> None:
        """It is still being worked on."""

    async def done(self) -> None:
        """The books have it, or will never take it: it leaves the queue, and whoever waits for it looks."""

    async def again(self, delay_s: float) -> None:
        """Hand it out again, later."""

    async def put_aside(self, reason: str) -> None:
        """It leaves the queue for the place where the operator looks. Raises QueueAway: then it stays in the queue."""


class BatchQueue(Protocol):
    """The queue. Every method but `close` raises QueueAway."""

    async def start(self) -> None:
        """Begins to look for the queue, and does not wait for it."""

    async def close(self) -> None:
        """Lets go of it."""

    async def put(self, key: BatchKey, body: bytes, received_at: int) -> None:
        """The batch waits now, if it did not before. Raises QueueFull, too."""

    def hears(self, key: BatchKey) -> AbstractContextManager[Heard]:
        """Listens for what is said of this batch."""

    async def take(self, timeout_s: float) -> Delivery | None:
        """The next batch; None if there was none in this time."""

    async def state(self) -> QueueState:
        """How it is now."""

    async def aside(self) -> tuple[SetAside, ...]:
        """What was put aside, oldest first, at most ASIDE_SHOWN_MAX."""

    async def release(self, body_hash: bytes) -> bool:
        """What was put aside may come again; whether it was there. Its terminal still has it and sends it again."""
