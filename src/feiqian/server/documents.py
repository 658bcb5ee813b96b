"""The OpenAPI document: what the framework derives from the routes, with our problem bodies in place of its own."""

from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from feiqian import __version__
from feiqian.server.answers import Problem
from feiqian.server.problems import PROBLEM_TYPE

CBOR: Final = "application/cbor"
_REASONS: Final = {
    202: "Received, and not settled yet: `batch_received`. It is no receipt; `Retry-After` says when to send it again.",
    400: "The request cannot be read.",
    401: "Who asks is not known.",
    403: "Not on this deployment.",
    404: "There is no such thing.",
    409: "It contradicts what is.",
    413: "The body is too large.",
    415: "The body is of another kind.",
    429: "Too many misses in a row; `Retry-After` says when to try again.",
    422: "A field or a signed statement is refused.",
    503: "It cannot be done now; `Retry-After` says when to ask again.",
    507: "The disk is full.",
}
_DESCRIPTION: Final = """\
The door through which wallets, terminals and administrators reach one operator.

Bytes are base64url without padding, times RFC 3339 in UTC, money whole minor units beside its currency. Every
refusal is a problem body (RFC 9457) with a stable `code` and, in the language of `Accept-Language` (en or zh),
what happened (`message`), what is safe (`safe`) and what to do (`next`). Every request may be repeated: it counts
once. Bodies are at most 64 KiB, batches 4 MiB. Each answer has an `X-Request-Id`, the caller's own (8 to 36 letters,
digits or -) or a new one, which stands in the server's log and in a problem's `request_id`, too: quote it.
"""


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """How a route's refusals are documented; what reads a body (415) also limits it (413)."""
    wanted = (
        {*statuses, int(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)}
        if HTTPStatus.UNSUPPORTED_MEDIA_TYPE in statuses
        else {*statuses}
    )
    schema = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _REASONS[status], "content": schema} for status in sorted(wanted)}


def received() -> dict[int | str, dict[str, Any]]:
    """How it is documented that a batch waits: a body like a refusal's, for it is not the answer that was asked for."""
    return refusals(int(HTTPStatus.ACCEPTED))


def in_cbor(description: str) -> dict[str, Any]:
    """How an answer in CBOR is documented."""
    return {"description": description, "content": {CBOR: {"schema": {"type": "string", "format": "binary"}}}}


def document_of(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI 3.1 document of this application."""
    if app.openapi_schema is None:
        made = get_openapi(
            title="Feiqian operator",
            version=__version__,
            summary="Payments that two devices make and check with no network, settled exactly once later",
            description=_DESCRIPTION,
            license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
            routes=app.routes,
            tags=[
                {"name": "everybody", "description": "Needs no token."},
                {"name": "wallet", "description": "The payer's device."},
                {"name": "terminal", "description": "The payee's device."},
                {"name": "administrator", "description": "The operator's own acts."},
                {"name": "console", "description": "The operator's own people: a session, a permission a route."},
                {"name": "watch", "description": "For whoever looks after the server; answered at a full house, too."},
                {"name": "audit", "description": "The operator's audit log, its proofs and its witnesses (spec 09)."},
            ],
        )
        schemas = made["components"]["schemas"]
        schemas["Problem"] = Problem.model_json_schema(mode="serialization")
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        made["components"]["schemas"] = dict(sorted(schemas.items()))
        app.openapi_schema = made
    return app.openapi_schema
