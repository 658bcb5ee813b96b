"""Routes for the payee's device: enrol, hand in batches, see what was paid and what waits."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.requests import ClientDisconnect

from feiqian.acquirer.disputes import Party
from feiqian.protocol.limits import AMOUNT_MAX_MINOR
from feiqian.server.answers import PayeeStatementAnswer, TerminalAnswer
from feiqian.server.documents import CBOR, in_cbor, received, refusals
from feiqian.server.doors import OperatorDep, TakingDep, TerminalDep
from feiqian.server.once import answer
from feiqian.server.requests import TerminalBinding
from feiqian.server.strict_json import StrictRoute
from feiqian.server.trouble import ServerTrouble

AfterQuery = Annotated[
    int | None, Query(ge=0, le=AMOUNT_MAX_MINOR, description="The number of the last event that was heard.")
]

router = APIRouter(tags=["terminal"], route_class=StrictRoute)


@router.post(
    "/v1/terminals",
    operation_id="enrolTerminal",
    response_model=TerminalAnswer,
    responses=refusals(400, 415, 422),
)
def enrol_terminal(operator: OperatorDep, binding: TerminalBinding) -> Response:
    """Certifies a terminal. The same code with the same key gives the same certificate again, with a fresh token."""
    enrolled = operator.acquirer.enrol_terminal(binding.enrolment_code, binding.terminal_key, binding.proof)
    return answer(TerminalAnswer.of(enrolled, operator.trust_root))


@router.post(
    "/v1/batches",
    operation_id="takeBatch",
    response_class=Response,
    responses=refusals(400, 401, 409, 415, 422, 503) | received() | {200: in_cbor("The acquirer's signed answer.")},
    openapi_extra={
        "requestBody": {
            "required": True,
            "description": "A batch signed by the terminal, deterministic CBOR in COSE_Sign1, at most 4 MiB.",
            "content": {CBOR: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def take_batch(terminal: TerminalDep, taking: TakingDep, request: Request) -> Response:
    """Takes a batch exactly once and says of every claim what is paid now and what waits until D.

    The same batch gets the same bytes for ever. One malformed claim is answered alone and blocks no other. The body
    is read only after the token was checked. With 202 it waits to be settled and nothing is decided: send it again.
    """
    if request.headers.get("content-type", "").strip().lower() != CBOR:
        raise ServerTrouble("media_type_unknown")
    try:
        raw = await request.body()
    except ClientDisconnect:
        raise ServerTrouble("request_malformed") from None
    return Response(await taking.take(raw, terminal), media_type=CBOR)


@router.get(
    "/v1/payee/statement",
    operation_id="payeeStatement",
    response_model=PayeeStatementAnswer,
    responses=refusals(401, 422),
)
def payee_statement(operator: OperatorDep, terminal: TerminalDep, after: AfterQuery = None) -> Response:
    """What the payee has, what waits until when, and its changes.

    The newest changes, newest first. With `after` those behind that number, oldest first, a page at a time, and
    without how claims stood first: that came with the answer to their batch. Disputes come without `after` only.
    """
    statement = operator.acquirer.statement(terminal.payee_id, after)
    disputes = operator.disputes.disputes_of(Party.PAYEE, terminal.payee_id) if after is None else ()
    return answer(PayeeStatementAnswer.of(statement, disputes))
