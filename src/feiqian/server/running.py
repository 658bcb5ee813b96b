"""Running the application: a bound socket, one line when it accepts, and a stop that lets go of nothing half done.

SIGTERM and SIGINT stop taking connections, wait for the requests being served, and end with status 0. A client that
hangs in the middle of its request is waited for `DRAIN_S` and no longer.
"""

import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from feiqian.server.connections import protocol_for
from feiqian.server.limits import CONNECTIONS_MAX, CROWD, DRAIN_S, HEADERS_MAX_BYTES, Crowd

_HEADERS = [("x-content-type-options", "nosniff"), ("referrer-policy", "no-referrer")]


class _ReadyServer(uvicorn.Server):
    """A server that says when it accepts."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As before, and then says so."""
        await super().startup(sockets)
        if self.started and not self.should_exit:
            self._on_ready()


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to this address; port 0 takes a free one. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=CONNECTIONS_MAX)


def url_of(listener: socket.socket, host: str) -> str:
    """Where this socket is reached."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


def configured(app: FastAPI, on_ready: Callable[[], None], crowd: Crowd = CROWD) -> uvicorn.Server:
    """A server for `app`, not running yet."""
    config = uvicorn.Config(
        app,
        http=protocol_for(crowd),  # which also keeps the number of connections; the library's own limit answers in text
        ws="none",
        loop="asyncio",
        log_config=None,
        access_log=False,  # its lines would hold who asked for whose statement
        server_header=False,
        proxy_headers=False,
        headers=_HEADERS,
        h11_max_incomplete_event_size=HEADERS_MAX_BYTES,
        timeout_graceful_shutdown=DRAIN_S,
    )
    return _ReadyServer(config, on_ready)


def run(app: FastAPI, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serves until SIGTERM or SIGINT. Call from the main thread; logging is the caller's to set up."""
    server = configured(app, on_ready)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # The server catches these signals while it runs and raises them again when it has drained, for whoever had
    # them before; that must not be the default handler, which would end us by signal instead of with status 0.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    server.run(sockets=[listener])
