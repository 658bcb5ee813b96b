"""How the queue is, looked at every few seconds, for those who must not wait for it: metrics, house, and the door."""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from feiqian.links.batch_queue import BatchQueue, QueueAway, QueueState

LOOK_EVERY_S: Final = 2.0
FLOOR_MARGIN_S: Final = 15
"""What lies between a batch's stamp of arrival and its place in the queue, and between two looks at it, with room."""
_log = logging.getLogger("feiqian.server")


class QueueWatch:
    """The queue and its last look, of one process and event loop."""

    def __init__(self, queue: BatchQueue) -> None:
        self.queue = queue
        self.latest: QueueState | None = None
        """None while the queue does not answer."""
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begins to look."""
        await self.queue.start()
        self._looking = asyncio.create_task(self._look())

    async def stop(self) -> None:
        """Lets go of the queue."""
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking
        await self.queue.close()

    def is_aside(self, body_hash: bytes) -> bool:
        """Whether these bytes were put aside."""
        return self.latest is not None and body_hash in self.latest.aside

    def floor(self, now: int) -> int:
        """No batch that came before this time waits any more; 0 while that is not known."""
        if self.latest is None:
            return 0
        oldest_at = now if self.latest.oldest_at is None else self.latest.oldest_at
        return min(now, oldest_at) - FLOOR_MARGIN_S

    async def _look(self) -> None:
        said = ""
        while True:
            try:
                self.latest = await self.queue.state()
                said = ""
            except QueueAway as away:
                self.latest = None
                if str(away) != said:
                    said = str(away)
                    _log.error("the queue does not answer: %s", said)
            await asyncio.sleep(LOOK_EVERY_S)
