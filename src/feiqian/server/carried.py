"""A batch that somebody carried here as a file, because its terminal has no network."""

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from feiqian.server.documents import CBOR, in_cbor, received, refusals
from feiqian.server.doors import TakingDep
from feiqian.server.strict_json import StrictRoute
from feiqian.server.trouble import ServerTrouble

router = APIRouter(route_class=StrictRoute)


@router.post(
    "/v1/carried-batches",
    operation_id="takeCarriedBatch",
    response_class=Response,
    responses=refusals(400, 404, 409, 415, 503) | received() | {200: in_cbor("The acquirer's signed answer.")},
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "A batch signed by its terminal, deterministic CBOR in COSE_Sign1, at most 4 MiB.",
            "content": {CBOR: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def take_carried_batch(taking: TakingDep, request: Request) -> Response:
    """Takes a terminal's batch from whoever carried it here; it counts as if the terminal had sent it.

    The batch names its terminal and is signed by it, so the carrier can change nothing. The same batch gets the same
    bytes for ever, by whichever way it comes. With 202 it waits to be settled and nothing is decided: send it again.
    """
    if request.headers.get("content-type", "").strip().lower() != CBOR:
        raise ServerTrouble("media_type_unknown")
    try:
        raw = await request.body()
    except ClientDisconnect:
        raise ServerTrouble("request_malformed") from None
    return Response(await taking.take(raw), media_type=CBOR)
