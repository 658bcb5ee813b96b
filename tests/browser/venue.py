"""The network of a crowded venue: a TCP proxy between apps and the operator that is slow, drops, hangs, or is gone.

It stands at one address as long as a test runs, so that the apps' origin outlives the server behind it. It reads
nothing of what it carries. Every connection follows the mood that holds at that moment, also one that was open before.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from enum import Enum
from typing import Final
from urllib.parse import urlsplit

_TURNS: Final = 5
"""Turns of the loop within which a connection that was accepted is in the hands of its own task."""
PART_BYTES: Final = 4_096
SLOW_S: Final = 0.15


class Mood(Enum):
    """What happens to whoever wants to reach the operator."""

    CARRIES = "all goes through at once"
    SLOW = "every part of a message is late"
    DROPS = "requests arrive, and every answer is cut off after its first part"
    HANGS = "calls are taken, and nothing ever comes of them"


class Venue:
    """Stands at `url` until it is closed; `gone` and `back` take the address itself away, as with no network at all."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._listener: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._port = 0
        self._mood = Mood.CARRIES
        self.slow_s = SLOW_S
        """How late every part of a message is when the network is slow."""
        self._flows = asyncio.Event()
        self._flows.set()
        self.server_url = ""
        self.held = 0
        """How many messages a hang has met."""
        self.dropped = 0
        """How many answers were cut off."""
        self.back()

    @property
    def url(self) -> str:
        """The apps' origin: a secure context without certificates."""
        return f"http://localhost:{self._port}"

    @property
    def mood(self) -> Mood:
        """What holds now, for everybody."""
        return self._mood

    @mood.setter
    def mood(self, mood: Mood) -> None:
        self._mood = mood
        self._loop.call_soon_threadsafe(self._flows.clear if mood is Mood.HANGS else self._flows.set)

    def back(self) -> None:
        """Be there."""
        self._do(self._listen)

    def gone(self) -> None:
        """Hang up on everybody; connections are refused from now on."""
        self._do(self._hang_up)

    def close(self) -> None:
        """End for good."""
        self.gone()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _do(self, work: Callable[[], Awaitable[None]]) -> None:
        async def done() -> None:
            await work()

        waiting: Future[None] = asyncio.run_coroutine_threadsafe(done(), self._loop)
        waiting.result(30)

    async def _listen(self) -> None:
        self._listener = await asyncio.start_server(self._met, "127.0.0.1", self._port)
        self._port = self._listener.sockets[0].getsockname()[1]

    async def _hang_up(self) -> None:
        if self._listener is not None:
            for socket in self._listener.sockets:
                self._loop.remove_reader(socket)
            for _ in range(_TURNS):  # whoever was accepted already: a listener that is closed meanwhile forgets them
                await asyncio.sleep(0)
            self._listener.close()
            self._listener = None
        for task in self._tasks:
            task.cancel()
        for writer in self._open:
            writer.transport.abort()

    async def _met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
        try:
            with suppress(OSError, asyncio.CancelledError):
                await self._carry(reader, writer)
        finally:
            writer.transport.abort()
            self._open.discard(writer)
            if task is not None:
                self._tasks.discard(task)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._unless_hanging()
        address = urlsplit(self.server_url)
        there, away = await asyncio.open_connection(address.hostname, address.port)
        try:
            ways = [
                asyncio.ensure_future(self._pump(reader, away, is_answer=False)),
                asyncio.ensure_future(self._pump(there, writer, is_answer=True)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
        finally:
            away.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, is_answer: bool) -> None:
        while part := await source.read(PART_BYTES):
            await self._unless_hanging()
            if self.mood is Mood.SLOW:
                await asyncio.sleep(self.slow_s)
            cut = is_answer and self.mood is Mood.DROPS
            sink.write(part[: len(part) // 2] if cut else part)
            await sink.drain()
            if cut:
                self.dropped += 1
                return

    async def _unless_hanging(self) -> None:
        if not self._flows.is_set():
            self.held += 1
            await self._flows.wait()
