"""Where batches wait to be taken: one behind the other, and no more of them than can be answered in time.

Settling is work for the processor, of which one process has one: two batches at once would each take twice as long,
and hold up each other's writes. So a process takes one at a time, in the order in which they came whole, in a thread of
its own; the loop goes on serving meanwhile. Further cores are used by further processes.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec

from feiqian.server.crowd_trouble import CrowdTrouble
from feiqian.server.metrics import BATCHES_WAITING, REFUSED
from feiqian.server.numbers import Numbers

Asked = ParamSpec("Asked")


class Intake:
    """The queue of one process."""

    def __init__(self, waiting_max: int, numbers: Numbers) -> None:
        """Whoever comes when `waiting_max` batches wait is asked to come again."""
        self._waiting_max, self._numbers = waiting_max, numbers
        self._waiting = 0
        self._thread = ThreadPoolExecutor(1, "intake")

    async def take(self, act: Callable[Asked, bytes], /, *asked: Asked.args, **named: Asked.kwargs) -> bytes:
        """What `act` answers, when its turn has come. Raises server_busy: nothing was done."""
        if self._waiting >= self._waiting_max:
            self._numbers.add(REFUSED, "batches")
            raise CrowdTrouble("server_busy")
        self._count(1)
        here = copy_context()  # the id and the trace of the request stay with its batch
        done = asyncio.get_running_loop().run_in_executor(self._thread, lambda: here.run(act, *asked, **named))
        done.add_done_callback(self._on_done)
        return await asyncio.shield(done)

    def close(self) -> None:
        """Finishes the one under way, and none that still waits: nothing of those was done."""
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _on_done(self, _: "asyncio.Future[bytes]") -> None:
        self._count(-1)

    def _count(self, change: int) -> None:
        self._waiting += change
        self._numbers.add(BATCHES_WAITING, amount=change)
