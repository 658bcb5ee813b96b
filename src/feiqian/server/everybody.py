"""Routes for everybody: whom to believe, and the trust pack."""

import hashlib
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Response

from feiqian.server.answers import TrustRootAnswer
from feiqian.server.documents import CBOR, in_cbor, refusals
from feiqian.server.doors import OperatorDep
from feiqian.server.once import answer
from feiqian.server.strict_json import StrictRoute

router = APIRouter(tags=["everybody"], route_class=StrictRoute)
ETAG_CHARS = 32


@router.get("/v1/trust-root", operation_id="trustRoot", response_model=TrustRootAnswer)
def trust_root(operator: OperatorDep) -> Response:
    """The deployment's root keys. A device pins them when it enrols, and from then on believes nothing else."""
    return answer(TrustRootAnswer.of(operator.trust_root))


@router.get(
    "/v1/trust-pack",
    operation_id="trustPack",
    response_class=Response,
    responses=refusals(422)
    | {200: in_cbor("The trust pack."), 304: {"description": "It is the one that the caller holds."}},
)
def trust_pack(
    operator: OperatorDep,
    if_none_match: Annotated[
        str | None, Header(max_length=128, examples=['"5d41402abc4b2a76b9719d911017c592"'])
    ] = None,
) -> Response:
    """Keys, policy and status lists, signed; the same bytes until something changed. Ask with If-None-Match."""
    raw = operator.publisher.trust_pack()
    etag = f'"{hashlib.sha256(raw).hexdigest()[:ETAG_CHARS]}"'
    headers = {"etag": etag, "cache-control": "no-cache"}
    if if_none_match is not None and etag in (tag.strip() for tag in if_none_match.split(",")):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(raw, media_type=CBOR, headers=headers)
