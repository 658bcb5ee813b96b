"""Running the application: a bound socket, one line when it accepts, and a stop that lets go of nothing half done.

SIGTERM and SIGINT let /ready say 503, go on serving for as long as whoever spreads the load needs to notice, then stop
taking connections, wait for the requests being served, and end with status 0. A client that hangs in the middle of its
request is waited for `DRAIN_S` and no longer. A second signal shortens the notice.
"""

import asyncio
import gc
import signal
import socket
import ssl
import time
from collections.abc import Callable
from types import FrameType
from typing import Final

import uvicorn
from fastapi import FastAPI

from feiqian.server.connections import protocol_for
from feiqian.server.limits import CONNECTIONS_MAX, CROWD, DRAIN_S, HEADERS_MAX_BYTES, Crowd
from feiqian.server.readiness import Readiness
from feiqian.server.workers import Seat

_ACCEPTED_AT_ONCE = 1
"""Whoever is free accepts the next connection, and not all that wait: on one socket, processes share the work so."""
GC_THRESHOLDS: Final = (50_000, 20, 20)
_HEADERS = [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer")]


class _ReadyServer(uvicorn.Server):
    """A server that says when it accepts, and that stops with the parent that has given it a seat."""

    def __init__(
        self,
        config: uvicorn.Config,
        on_ready: Callable[[], None],
        seat: Seat | None,
        readiness: Readiness,
        notice_s: float,
    ) -> None:
        super().__init__(config)
        self._on_ready = on_ready
        self._seat = seat
        self._readiness = readiness
        self._notice_s = notice_s
        self._stops_at: float | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As before, and then says so."""
        await super().startup(sockets)
        for listener in sockets or ():
            listener.listen(CONNECTIONS_MAX)  # the library has made the queue as short as what is accepted at once
        if self._seat is not None:
            asyncio.get_running_loop().add_reader(self._seat.parent, self._on_orphaned, self._seat.parent)
        if self.started and not self.should_exit:
            self._on_ready()

    def _on_orphaned(self, parent: int) -> None:
        asyncio.get_running_loop().remove_reader(parent)
        self.drain()

    def drain(self) -> None:
        """The stop begins: /ready says so at once, and the rest follows when the notice is over. Again, it is over."""
        noticed = self._readiness.drains or not self._notice_s
        self._readiness.drain()
        self._stops_at = time.monotonic() + (0 if noticed else self._notice_s)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """As before, behind the notice."""
        noticed = self._readiness.drains or not self._notice_s
        self.drain()
        if noticed:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop now; asked ten times a second."""
        ends = await super().on_tick(counter)
        return ends or (self._stops_at is not None and time.monotonic() >= self._stops_at)


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to this address; port 0 takes a free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=CONNECTIONS_MAX)
    # Connections inherit it. Else the body of an answer, written behind its headers, waits 40 ms for the client's
    # acknowledgement; the loop sets it only where it knows the protocol, and of these sockets it does not.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def url_of(listener: socket.socket, host: str, *, tls: bool = False) -> str:
    """Where this socket is reached under this name or address."""
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if tls else 'http'}://{shown}:{listener.getsockname()[1]}"


def configured(
    app: FastAPI,
    on_ready: Callable[[], None],
    crowd: Crowd = CROWD,
    seat: Seat | None = None,
    notice_s: float = 0,
    tls: ssl.SSLContext | None = None,
) -> uvicorn.Server:
    """A server for `app`, not running yet. With a `seat` it is one of several processes.

    `notice_s` is how long a stop goes on serving after /ready has said that it comes.
    """
    shielded = None if tls is None else lambda _config, _default: tls
    config = uvicorn.Config(
        app,
        # It also keeps the number of connections; the library's own limit answers in text.
        http=protocol_for(crowd, app.state.operator.numbers, seat),
        ws="none",
        loop="asyncio",
        log_config=None,
        access_log=False,  # its lines would hold who asked for whose statement
        server_header=False,
        proxy_headers=False,
        headers=_HEADERS,
        h11_max_incomplete_event_size=HEADERS_MAX_BYTES,
        timeout_graceful_shutdown=DRAIN_S,
        backlog=_ACCEPTED_AT_ONCE,
        ssl_context_factory=shielded,
    )
    return _ReadyServer(config, on_ready, seat, app.state.watched.readiness, notice_s)


def run(
    app: FastAPI,
    listener: socket.socket,
    on_ready: Callable[[], None],
    seat: Seat | None = None,
    notice_s: float = 0,
    tls: ssl.SSLContext | None = None,
) -> None:
    """Serves until SIGTERM, SIGINT or the end of the parent. Call from the main thread; logging is the caller's."""
    server = configured(app, on_ready, seat=seat, notice_s=notice_s, tls=tls)
    # What was loaded at the start stays: the collector need not look at it again, nor after every 700 of the 30,000
    # small tuples that a batch makes and drops by itself.
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # The server catches these signals while it runs and raises them again when it has drained, for whoever had
    # them before; that must not be the default handler, which would end us by signal instead of with status 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server.run(sockets=[listener if seat is None else seat.listener(listener)])
