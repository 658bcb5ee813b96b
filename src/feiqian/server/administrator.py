"""The operator's own acts: payers and payees, money in, lost devices, convictions, the books, and D."""

from contextlib import nullcontext

from fastapi import APIRouter, Depends, Request, Response

from feiqian.server import authenticators, carried, holder_acts, holders, queue_desk
from feiqian.server.answers import (
    BooksAnswer,
    Exposures,
    Forks,
    Funded,
    NewPayeeAnswer,
    NewPayerAnswer,
    PoolFunded,
    Suspensions,
    WindowsClosedAnswer,
)
from feiqian.server.attestation_answers import IdentityAnswer
from feiqian.server.documents import refusals
from feiqian.server.doors import IdempotencyKey, OperatorDep, admin
from feiqian.server.once import answer, done_once
from feiqian.server.queue_desk import FloorDep
from feiqian.server.requests import ClosingTime, IdentityIn, Money, NewCode, NewHolder, NewPayerHolder, Nothing
from feiqian.server.shapes import IdIn
from feiqian.server.strict_json import StrictRoute
from feiqian.server.trouble import ServerTrouble

ADMINISTRATOR = "administrator"
"""Who checked an identity when the administrator's token says so."""
router = APIRouter(
    tags=["administrator"],
    route_class=StrictRoute,
    dependencies=[Depends(admin)],
    responses=refusals(401, 422),
)
router.include_router(holders.router)
router.include_router(carried.router)
router.include_router(authenticators.router)
router.include_router(queue_desk.router)


@router.post(
    "/v1/payers",
    operation_id="enrolPayer",
    status_code=201,
    response_model=NewPayerAnswer,
    responses=refusals(400, 415),
)
def enrol_payer(operator: OperatorDep, request: Request, key: IdempotencyKey, holder: NewPayerHolder) -> Response:
    """A new payer, and the one-time code with which its first device enrols."""
    return done_once(operator, request, key, holder, lambda: holder_acts.enrol_payer(operator, holder, ADMINISTRATOR))


@router.post(
    "/v1/payers/{payer_id}/codes",
    operation_id="newPayerCode",
    status_code=201,
    response_model=NewPayerAnswer,
    responses=refusals(400, 404, 415),
)
def new_payer_code(
    operator: OperatorDep, request: Request, payer_id: IdIn, key: IdempotencyKey, code: NewCode
) -> Response:
    """Another one-time code for a payer: a new phone."""
    return done_once(
        operator, request, key, code, lambda: holder_acts.new_payer_code(operator, payer_id, with_pin=code.with_pin)
    )


@router.post(
    "/v1/payers/{payer_id}/identity",
    operation_id="identifyPayer",
    response_model=IdentityAnswer,
    responses=refusals(400, 404, 415),
)
def identify(operator: OperatorDep, payer_id: IdIn, identity: IdentityIn) -> Response:
    """How the operator made sure who a payer is; replaces what there was. Again is harmless."""
    return answer(holder_acts.identify(operator, payer_id, identity, ADMINISTRATOR))


@router.post(
    "/v1/payers/{payer_id}/funding",
    operation_id="fundPayer",
    status_code=201,
    response_model=Funded,
    responses=refusals(400, 404, 415),
)
def fund(operator: OperatorDep, request: Request, payer_id: IdIn, key: IdempotencyKey, money: Money) -> Response:
    """Adds money to a payer's free balance, once for each key."""
    return done_once(operator, request, key, money, lambda: holder_acts.fund(operator, payer_id, money, key))


@router.post(
    "/v1/pool/funding",
    operation_id="fundPool",
    status_code=201,
    response_model=PoolFunded,
    responses=refusals(400, 415),
)
def fund_pool(operator: OperatorDep, request: Request, key: IdempotencyKey, money: Money) -> Response:
    """Adds money to the guarantee pool, once for each key."""
    return done_once(operator, request, key, money, lambda: holder_acts.fund_pool(operator, money, key))


@router.post(
    "/v1/payers/{payer_id}/suspensions",
    operation_id="reportLost",
    response_model=Suspensions,
    responses=refusals(400, 404, 415),
)
def report_lost(operator: OperatorDep, payer_id: IdIn, nothing: Nothing) -> Response:  # noqa: ARG001  # an empty body
    """The payer's phone is lost: every live allowance is suspended, its devices are signed out. Again is harmless."""
    return answer(holder_acts.report_lost(operator, payer_id))


@router.post(
    "/v1/payees",
    operation_id="enrolPayee",
    status_code=201,
    response_model=NewPayeeAnswer,
    responses=refusals(400, 415),
)
def enrol_payee(operator: OperatorDep, request: Request, key: IdempotencyKey, holder: NewHolder) -> Response:
    """A new payee, and the one-time code with which its first terminal enrols."""
    return done_once(operator, request, key, holder, lambda: holder_acts.enrol_payee(operator, holder))


@router.post(
    "/v1/payees/{payee_id}/codes",
    operation_id="newPayeeCode",
    status_code=201,
    response_model=NewPayeeAnswer,
    responses=refusals(400, 404, 415),
)
def new_payee_code(
    operator: OperatorDep, request: Request, payee_id: IdIn, key: IdempotencyKey, nothing: Nothing
) -> Response:
    """Another one-time code for a payee: one more terminal."""
    return done_once(operator, request, key, nothing, lambda: holder_acts.new_payee_code(operator, payee_id))


@router.get("/v1/exposures", operation_id="exposures", response_model=Exposures)
def exposures(operator: OperatorDep) -> Response:
    """Live allowances and those on which the issuer lost: what is at stake where."""
    return answer(Exposures.of(operator.issuer.exposures()))


@router.get("/v1/forks", operation_id="forks", response_model=Forks)
def forks(operator: OperatorDep) -> Response:
    """Every conviction with its proof, oldest first."""
    return answer(Forks.of(operator.issuer.forks()))


@router.get("/v1/books", operation_id="books", response_model=BooksAnswer)
def books(operator: OperatorDep) -> Response:
    """Derives every balance anew from the postings and names each difference."""
    return answer(BooksAnswer.of(operator.check_books()))


@router.post(
    "/v1/close-window",
    operation_id="closeWindow",
    response_model=WindowsClosedAnswer,
    responses=refusals(400, 403, 415),
)
def close_window(operator: OperatorDep, floor: FloorDep, closing: ClosingTime) -> Response:
    """Ends every allowance whose D has passed: pays waiting claims, returns the rest. Again is harmless.

    The server does this by itself every minute. Where batches wait in a queue, none ends that is younger than the
    oldest of them. `now` lets a trial deployment see its D without waiting for it.
    """
    if closing.now is not None and not operator.on_trial:
        raise ServerTrouble("time_not_allowed")
    until = floor if closing.now is None else closing.now
    with nullcontext() if until is None else operator.clock.at(until):
        closed = operator.issuer.close_windows()
    with nullcontext() if closing.now is None else operator.clock.at(closing.now):
        operator.acquirer.collect()
        operator.disputes.age()
    return answer(WindowsClosedAnswer.of(closed))
