"""What is found out at most so often, however many ask: one looks, in a thread of its own, and all share it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

T = TypeVar("T")


class Held(Generic[T]):
    """The last answer of `look`, for one event loop. It never waits for a thread that others need."""

    def __init__(self, look: Callable[[], T], *, held_s: float, wait_s: float) -> None:
        """An answer is good for `held_s` from when it was asked for; nobody waits longer than `wait_s`."""
        self._look = look
        self._held_s, self._wait_s = held_s, wait_s
        self._thread = ThreadPoolExecutor(1, "held")
        self._answer: asyncio.Future[T] | None = None
        self._asked_at = 0.0

    async def get(self) -> T:
        """The answer. Raises what `look` raised, and TimeoutError when it takes too long."""
        loop = asyncio.get_running_loop()
        if self._answer is None or (self._answer.done() and loop.time() - self._asked_at > self._held_s):
            self._asked_at = loop.time()
            self._answer = loop.run_in_executor(self._thread, self._look)
        done, _ = await asyncio.wait({self._answer}, timeout=self._wait_s)
        if not done:
            raise TimeoutError
        return self._answer.result()

    def close(self) -> None:
        """Looks no more."""
        self._thread.shutdown(wait=False, cancel_futures=True)
