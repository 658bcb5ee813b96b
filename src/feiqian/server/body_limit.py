"""No body is read beyond its limit in bytes and in time, nor all of them together beyond theirs.

The framework's own limiter answers in plain text; a refusal here is a problem body like every other.
"""

import asyncio
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feiqian.server.language import language_of
from feiqian.server.limits import BATCH_BODY_MAX_BYTES, CROWD, JSON_BODY_MAX_BYTES, Crowd
from feiqian.server.metrics import REFUSED
from feiqian.server.numbers import Numbers
from feiqian.server.problems import problem
from feiqian.server.trouble import ServerTrouble

BATCH_PATHS: Final = frozenset({"/v1/batches", "/v1/carried-batches"})


class BodyLimit:
    """ASGI middleware: 4 MiB for batches, 64 KiB for everything else, and `crowd` for times and the sum."""

    def __init__(self, app: ASGIApp, numbers: Numbers, crowd: Crowd = CROWD) -> None:
        self._app, self._numbers = app, numbers
        self._crowd = crowd
        self._open_bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses by the stated length at once, and by the counted one as soon as it is passed."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_batch = scope["path"] in BATCH_PATHS
        limit = BATCH_BODY_MAX_BYTES if is_batch else JSON_BODY_MAX_BYTES
        headers = Headers(scope=scope)
        stated = headers.get("content-length", "0")
        if stated.isascii() and stated.isdigit() and int(stated[:20]) > limit:
            refusal = problem(ServerTrouble("body_too_large"), language_of(headers.get("accept-language")))
            refusal.headers["connection"] = "close"  # the body is not read, so nothing can follow it
            await refusal(scope, receive, send)
            return
        body = _Body(receive, limit, self._crowd.batch_body_s if is_batch else self._crowd.json_body_s)

        kept = 0

        async def counted() -> Message:
            nonlocal kept
            message = await body.receive()
            self._open_bytes += body.count - kept
            kept = body.count
            if self._open_bytes > self._crowd.bodies_open_max_bytes:
                self._numbers.add(REFUSED, "bodies")
                raise _refused(HTTPStatus.SERVICE_UNAVAILABLE)
            return message

        try:
            await self._app(scope, counted, send)
        finally:
            self._open_bytes -= kept


class _Body:
    """One request's body while it comes in. Its time runs from the first look at it to its end."""

    def __init__(self, receive: Receive, limit: int, limit_s: float) -> None:
        self._receive = receive
        self._limit = limit
        self._limit_s = limit_s
        self._ends_at: float | None = None
        self._whole = False
        self.count = 0

    async def receive(self) -> Message:
        """The next part, counted. What comes after the end, a disconnect, may take its time."""
        if self._whole:
            return await self._receive()
        if self._ends_at is None:
            self._ends_at = asyncio.get_running_loop().time() + self._limit_s
        try:
            async with asyncio.timeout_at(self._ends_at):
                message = await self._receive()
        except TimeoutError:
            raise _refused(HTTPStatus.REQUEST_TIMEOUT) from None
        self._whole = not message.get("more_body", False)
        self.count += len(message.get("body", b""))
        if self.count > self._limit:
            raise _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return message


def _refused(status: HTTPStatus) -> HTTPException:
    """An HTTPException, because the framework turns every other error while reading into a 400."""
    return HTTPException(status, headers={"connection": "close"})
