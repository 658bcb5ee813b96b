"""JSON bodies with one meaning: UTF-8, no repeated names, no NaN, said to be JSON.

Two programs that read the same bytes differently are how a proxy lets pass what a server then does. The standard
decoder takes the last of two equal names and guesses UTF-16, so bodies are read here.
"""

import json
from collections.abc import Callable, Coroutine
from typing import Any, Never

from fastapi import Request, Response
from fastapi.routing import APIRoute

from feiqian.server.trouble import ServerTrouble


class StrictRequest(Request):
    """A request whose JSON is read strictly."""

    async def json(self) -> Any:
        """The body's value. Raises ValueError, which the framework turns into status 400."""
        body = await self.body()
        try:
            return json.loads(body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant)
        except RecursionError:
            raise ValueError("nested too deeply") from None


class StrictRoute(APIRoute):
    """A route whose bodies are strict JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The framework's handler, given a strict request."""
        handle = super().get_route_handler()

        async def handle_strictly(request: Request) -> Response:
            if self.body_field is not None:
                kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
                if kind != "application/json":
                    raise ServerTrouble("media_type_unknown")
            return await handle(StrictRequest(request.scope, request.receive))

        return handle_strictly


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a name stands twice")
    return content


def _no_constant(text: str) -> Never:
    raise ValueError(f"{text} is no JSON")
