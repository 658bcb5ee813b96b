"""Doing a thing once for each idempotency key, and answering with the same bytes every time it is asked again.

Two requests with one key at the same time wait for each other, in whichever processes they are served. What was
refused is not kept: nothing happened, and it may be asked again. If the process dies between the act and the keeping
of its answer, the act may be repeated; so where money moves, the service keeps the key too. The same holds when the
answer cannot be kept because the disk is full: what was done is then still answered, for a code is told once, and to
call it undone would be wrong.
"""

import hashlib
import logging
from collections.abc import Callable
from http import HTTPStatus

from fastapi import Request, Response
from pydantic import BaseModel

from feiqian.server.operator import Operator
from feiqian.server.trouble import ServerTrouble
from feiqian.storage.disk import DATABASE_ERRORS

SCOPE_ADMIN = "admin"
_log = logging.getLogger("feiqian.server")


def done_once(
    operator: Operator, request: Request, key: str, body: BaseModel, act: Callable[[], BaseModel]
) -> Response:
    """The answer of `act`, done now or before under this key. Raises idempotency_reused for another request."""
    asked = f"{request.method} {request.url.path}\n{body.model_dump_json()}"
    request_hash = hashlib.sha256(asked.encode()).digest()
    with operator.answers.alone(key):
        kept = operator.answers.find(SCOPE_ADMIN, key)
        if kept is not None:
            if kept.request_hash != request_hash:
                raise ServerTrouble("idempotency_reused")
            return _json(kept.body, kept.status)
        made = answer(act(), HTTPStatus.CREATED)
        _keep(operator, key, request_hash, made)
        return made


def _keep(operator: Operator, key: str, request_hash: bytes, made: Response) -> None:
    try:
        operator.answers.keep(
            SCOPE_ADMIN,
            key,
            request_hash=request_hash,
            status=made.status_code,
            body=bytes(made.body),
            now=operator.clock(),
        )
    except DATABASE_ERRORS as failure:
        _log.error("an answer could not be kept under its idempotency key: %s", failure)


def answer(content: BaseModel, status: int = HTTPStatus.OK) -> Response:
    """The JSON response of an answer."""
    return _json(content.model_dump_json().encode(), status)


def _json(body: bytes, status: int) -> Response:
    return Response(body, status_code=status, media_type="application/json", headers={"cache-control": "no-store"})
