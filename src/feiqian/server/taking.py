"""How a batch that came whole is taken: straight into the books, or by way of a queue that other processes empty.

Either way ends in the same service and gets the same bytes. By way of the queue:

- What was taken before is answered at once, and nothing that its terminal has not signed comes into the queue.
- That the queue has a batch is no receipt. Whoever sent it hears `batch_received` (202), keeps it, and sends the same
  bytes again until the books have it and their answer is signed. That answer is always read from the books.
- A queue that is away or full is 503, and nothing was decided; or, where the operator has chosen so, a batch then goes
  straight into the books.
"""

import asyncio
from typing import Final, Protocol

from starlette.concurrency import run_in_threadpool

from feiqian.acquirer.values import AdmittedBatch, Terminal
from feiqian.links.batch_queue import BatchKey, Heard, QueueAway, QueueFull
from feiqian.server.intake import Intake
from feiqian.server.metrics import QUEUED
from feiqian.server.operator import Operator
from feiqian.server.queue_watch import QueueWatch
from feiqian.server.trouble import ServerTrouble

WAIT_S: Final = 2.0
"""How long a batch's sender waits for the books; with the queue's own time it stays below what clients wait for."""
LOOK_AGAIN_S: Final = 0.5
"""What the settler says can get lost; so often the books are asked without it."""


class Taking(Protocol):
    """The way of a batch."""

    async def take(self, raw: bytes, terminal: Terminal | None = None) -> bytes:
        """The signed answer to a batch; without `terminal` it is the one that the batch names."""


class DirectTaking:
    """Straight into the books."""

    def __init__(self, operator: Operator, intake: Intake) -> None:
        self._operator, self._intake = operator, intake

    async def take(self, raw: bytes, terminal: Terminal | None = None) -> bytes:
        """The answer. Raises what the acquirer raises, and server_busy."""
        acquirer = self._operator.acquirer
        if terminal is None:
            return await self._intake.take(acquirer.take_carried_batch, raw)
        return await self._intake.take(acquirer.take_batch, terminal, raw)


class QueuedTaking:
    """By way of the queue."""

    def __init__(
        self, operator: Operator, watch: QueueWatch, when_away: Taking | None = None, *, wait_s: float = WAIT_S
    ) -> None:
        """`when_away` takes what the queue cannot, if the operator has chosen so."""
        self._operator, self._watch, self._when_away, self._wait_s = operator, watch, when_away, wait_s

    async def take(self, raw: bytes, terminal: Terminal | None = None) -> bytes:
        """The answer. Raises what the acquirer raises, batch_received, batch_set_aside, queue_away, queue_full."""
        admitted = await run_in_threadpool(self._operator.acquirer.admit_batch, raw, terminal)
        if admitted.answer is not None:
            return admitted.answer
        if self._watch.is_aside(admitted.body_hash):
            raise self._trouble("batch_set_aside")
        key = BatchKey(terminal_ref=admitted.terminal_ref, batch_id=admitted.batch_id, body_hash=admitted.body_hash)
        queue = self._watch.queue
        with queue.hears(key) as heard:
            try:
                await queue.put(key, raw, self._operator.clock())
            except (QueueAway, QueueFull) as refusal:
                if self._when_away is not None:
                    self._operator.numbers.add(QUEUED, "direct")
                    return await self._when_away.take(raw, terminal)
                raise self._trouble("queue_full" if isinstance(refusal, QueueFull) else "queue_away") from None
            answer = await self._wait(admitted, heard)
        if answer is None:
            raise self._trouble("batch_received")
        self._operator.numbers.add(QUEUED, "settled")
        return answer

    async def _wait(self, admitted: AdmittedBatch, heard: Heard) -> bytes | None:
        """What the books say, as soon as they say something."""
        ends_at = asyncio.get_running_loop().time() + self._wait_s
        while (left_s := ends_at - asyncio.get_running_loop().time()) > 0:
            told = await heard.wait(min(LOOK_AGAIN_S, left_s))
            answer = await run_in_threadpool(self._operator.acquirer.answer_to, admitted)
            if answer is not None or told:
                return answer
        return None

    def _trouble(self, code: str) -> ServerTrouble:
        self._operator.numbers.add(QUEUED, code)
        return ServerTrouble(code)
