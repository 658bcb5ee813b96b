"""What is noted of every request: its id, its route's template, how it ended, how long it took. Never whose it was.

It stands outside of everything else that answers, so nothing is answered that is not counted. It also keeps the number
of requests in work: beyond it `server_busy` is said at once, since whoever waits for a thread waits for all before.
Who asks whether the server lives, or for its numbers, is always let through: an overload is when one must know.
"""

import logging
from collections.abc import Callable
from http import HTTPStatus
from time import perf_counter
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feiqian.server.crowd_trouble import CrowdTrouble
from feiqian.server.language import language_of
from feiqian.server.limits import CROWD, Crowd
from feiqian.server.metrics import IN_WORK, OTHER, RECEIVED_BYTES, REFUSED, REQUEST_SECONDS, REQUESTS, SENT_BYTES
from feiqian.server.numbers import Numbers
from feiqian.server.problems import problem
from feiqian.server.request_id import HEADER, take_request_id
from feiqian.server.tracing import NO_TRACES, Traces

WATCH_PATHS: Final = frozenset({"/health", "/ready", "/metrics"})
"""What is answered at a full house, too."""
REQUEST_LOGGER: Final = "feiqian.request"
_log = logging.getLogger(REQUEST_LOGGER)


class Watch:
    """ASGI middleware around the whole application."""

    def __init__(self, app: ASGIApp, numbers: Numbers, crowd: Crowd = CROWD, traces: Traces = NO_TRACES) -> None:
        self._app, self._numbers, self._crowd, self._traces = app, numbers, crowd, traces
        self._in_work = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves, and notes how it went."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        seen = _Seen(scope, receive, send, self._note)
        with self._traces.request(scope) as span:
            try:
                await self._serve(scope, seen)
            finally:
                if span is not None:
                    span.ended(route=seen.route, method=seen.method, status=seen.status, request_id=seen.request_id)

    async def _serve(self, scope: Scope, seen: "_Seen") -> None:
        self._in_work += 1
        self._numbers.add(IN_WORK)
        try:
            if self._in_work > self._crowd.requests_max and scope["path"] not in WATCH_PATHS:
                self._numbers.add(REFUSED, "requests")
                await _refuse(scope, seen)
            else:
                await self._app(scope, seen.receive, seen.send)
        finally:
            self._in_work -= 1
            self._numbers.add(IN_WORK, amount=-1)
            seen.end()

    def _note(self, seen: "_Seen") -> None:
        route, seconds = seen.route, perf_counter() - seen.begun_at
        self._numbers.add(REQUESTS, route, str(seen.status))
        self._numbers.observe(REQUEST_SECONDS, route, seconds=seconds)
        self._numbers.add(RECEIVED_BYTES, amount=seen.received_bytes)
        self._numbers.add(SENT_BYTES, amount=seen.sent_bytes)
        level = logging.WARNING if seen.status >= HTTPStatus.INTERNAL_SERVER_ERROR else logging.INFO
        if not _log.isEnabledFor(level):
            return
        fields = {
            "event": "request",
            "request_id": seen.request_id,
            "method": seen.method,
            "route": route,
            "status": seen.status,
            "duration_ms": round(seconds * 1000, 3),
            "received_bytes": seen.received_bytes,
            "sent_bytes": seen.sent_bytes,
        }
        _log.log(level, "%s %s %d %s", seen.method, route, seen.status, seen.request_id, extra={"fields": fields})


class _Seen:
    """One request as it goes by. A status of 500 stands until an answer begins: a fault answers further outside."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, note: Callable[["_Seen"], None]) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._note: Callable[[_Seen], None] | None = note
        self.begun_at = perf_counter()
        self.request_id = take_request_id(scope)
        self.status = int(HTTPStatus.INTERNAL_SERVER_ERROR)
        self.received_bytes = self.sent_bytes = 0

    @property
    def route(self) -> str:
        """The template, known once the request was served."""
        return str(getattr(self._scope.get("route"), "path", OTHER))

    @property
    def method(self) -> str:
        """The method, if it is one of HTTP's; a stranger may write anything there."""
        method = str(self._scope["method"])
        return method if method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} else OTHER

    async def receive(self) -> Message:
        """What comes in, counted."""
        message = await self._receive()
        self.received_bytes += len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        """What goes out, counted, with the request's id."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = list(message.get("headers", ()))
            if all(name != HEADER.encode() for name, _ in headers):
                message["headers"] = [*headers, (HEADER.encode(), self.request_id.encode())]
        else:
            self.sent_bytes += len(message.get("body", b""))
            if not message.get("more_body", False):
                self.end()
        await self._send(message)

    def end(self) -> None:
        """It is answered, or will be further outside. Noted before the last byte leaves, so who was answered counts."""
        note, self._note = self._note, None
        if note is not None:
            note(self)


async def _refuse(scope: Scope, seen: _Seen) -> None:
    language = language_of(Headers(scope=scope).get("accept-language"))
    refusal = problem(CrowdTrouble("server_busy"), language, headers={"connection": "close"})
    await refusal(scope, seen.receive, seen.send)
