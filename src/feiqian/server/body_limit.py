"""No body is read beyond its limit, whatever its headers say of its length.

The framework's own limiter answers in plain text; a refusal here is a problem body like every other.
"""

from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feiqian.server.language import language_of
from feiqian.server.limits import BATCH_BODY_MAX_BYTES, JSON_BODY_MAX_BYTES
from feiqian.server.problems import problem
from feiqian.server.trouble import ServerTrouble

BATCHES_PATH: Final = "/v1/batches"


class BodyLimit:
    """ASGI middleware: 4 MiB for batches, 64 KiB for everything else."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuses by the stated length at once, and by the counted one as soon as it is passed."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = BATCH_BODY_MAX_BYTES if scope["path"] == BATCHES_PATH else JSON_BODY_MAX_BYTES
        headers = Headers(scope=scope)
        stated = headers.get("content-length", "0")
        if stated.isascii() and stated.isdigit() and int(stated[:20]) > limit:
            refusal = problem(ServerTrouble("body_too_large"), language_of(headers.get("accept-language")))
            refusal.headers["connection"] = "close"  # the body is not read, so nothing can follow it
            await refusal(scope, receive, send)
            return
        await self._app(scope, _counted(receive, limit), send)


def _counted(receive: Receive, limit: int) -> Receive:
    count = 0

    async def counted() -> Message:
        nonlocal count
        message = await receive()
        if message["type"] == "http.request":
            count += len(message.get("body", b""))
            if count > limit:
                # an HTTPException, because the framework turns every other error while reading into a 400
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, headers={"connection": "close"})
        return message

    return counted
