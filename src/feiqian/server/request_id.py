"""One id for each request: taken from whoever asks or made here, in the log, in the answer, in a problem's body."""

import re
import secrets
from contextvars import ContextVar
from typing import Final

from starlette.datastructures import Headers
from starlette.types import Scope

HEADER: Final = "x-request-id"
PATTERN: Final = re.compile(r"[A-Za-z0-9-]{8,36}", re.ASCII)
"""Too short for a token or a signature, long enough for a UUID; another one is replaced and not repeated."""
_MADE_BYTES: Final = 8
_CURRENT: ContextVar[str] = ContextVar("feiqian_request_id", default="")


def take_request_id(scope: Scope) -> str:
    """The id of this request, known from now on to all that happens for it."""
    stated = Headers(scope=scope).get(HEADER, "")
    taken = stated if PATTERN.fullmatch(stated) else secrets.token_hex(_MADE_BYTES)
    _CURRENT.set(taken)
    return taken


def current_request_id() -> str:
    """The id of the request that is being served; empty where there is none."""
    return _CURRENT.get()
