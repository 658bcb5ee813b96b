"""Routes that change something for a payer, a payee or the pool: each is the administrator's own act, by a person.

An act is noted with who asked for it before it is done; what was done has a leaf of its own besides.
"""

from typing import Final

from fastapi import APIRouter, Request, Response

from feiqian.acquirer.dispute_values import DisputeId, Said
from feiqian.acquirer.disputes import Party
from feiqian.server import holder_acts
from feiqian.server.answers import (
    Funded,
    NewPayeeAnswer,
    NewPayerAnswer,
    PoolFunded,
    Suspensions,
)
from feiqian.server.console.door import Codes, Decide, Funding, Suspend
from feiqian.server.dispute_answers import DisputeAnswer
from feiqian.server.dispute_requests import Decision
from feiqian.server.documents import refusals
from feiqian.server.doors import IdempotencyKey
from feiqian.server.once import answer, done_once
from feiqian.server.requests import Money, NewCode, NewHolder, NewPayerHolder, Nothing
from feiqian.server.shapes import IdIn, RequestIdIn
from feiqian.server.strict_json import StrictRoute
from feiqian.staff.values import Act

router = APIRouter(route_class=StrictRoute)
_REFUSED: Final = refusals(400, 401, 403, 415, 422)
_REFUSED_ONE: Final = refusals(400, 401, 403, 404, 409, 415, 422)


@router.post(
    "/v1/console/payers",
    operation_id="consoleEnrolPayer",
    status_code=201,
    response_model=NewPayerAnswer,
    responses=_REFUSED,
)
def enrol_payer(me: Codes, request: Request, key: IdempotencyKey, holder: NewPayerHolder) -> Response:
    """A new payer, and the one-time code with which its first device enrols."""

    def act() -> NewPayerAnswer:
        return holder_acts.enrol_payer(me.notes(Act.NEW_PAYER), holder, me.signed_in.member.name)

    return done_once(me.operator, request, key, holder, act)


@router.post(
    "/v1/console/payers/{payer_id}/codes",
    operation_id="consolePayerCode",
    status_code=201,
    response_model=NewPayerAnswer,
    responses=_REFUSED_ONE,
)
def new_payer_code(me: Codes, request: Request, payer_id: IdIn, key: IdempotencyKey, code: NewCode) -> Response:
    """Another one-time code for a payer: a new phone."""

    def act() -> NewPayerAnswer:
        operator = me.notes(Act.PAYER_CODE, payer_id)
        return holder_acts.new_payer_code(operator, payer_id, with_pin=code.with_pin)

    return done_once(me.operator, request, key, code, act)


@router.post(
    "/v1/console/payers/{payer_id}/funding",
    operation_id="consoleFundPayer",
    status_code=201,
    response_model=Funded,
    responses=_REFUSED_ONE,
)
def fund(me: Funding, request: Request, payer_id: IdIn, key: IdempotencyKey, money: Money) -> Response:
    """Adds money to a payer's free balance, once for each key."""

    def act() -> Funded:
        return holder_acts.fund(me.notes(Act.FUND_PAYER, payer_id), payer_id, money, key)

    return done_once(me.operator, request, key, money, act)


@router.post(
    "/v1/console/payers/{payer_id}/suspensions",
    operation_id="consoleReportLost",
    response_model=Suspensions,
    responses=_REFUSED_ONE,
)
def report_lost(me: Suspend, payer_id: IdIn, nothing: Nothing) -> Response:  # noqa: ARG001  # an empty body
    """The payer's phone is lost: every live allowance is suspended, its devices are signed out. Again is harmless."""
    return answer(holder_acts.report_lost(me.notes(Act.SUSPEND, payer_id), payer_id))


@router.post(
    "/v1/console/payees",
    operation_id="consoleEnrolPayee",
    status_code=201,
    response_model=NewPayeeAnswer,
    responses=_REFUSED,
)
def enrol_payee(me: Codes, request: Request, key: IdempotencyKey, holder: NewHolder) -> Response:
    """A new payee, and the one-time code with which its first terminal enrols."""

    def act() -> NewPayeeAnswer:
        return holder_acts.enrol_payee(me.notes(Act.NEW_PAYEE), holder)

    return done_once(me.operator, request, key, holder, act)


@router.post(
    "/v1/console/payees/{payee_id}/codes",
    operation_id="consolePayeeCode",
    status_code=201,
    response_model=NewPayeeAnswer,
    responses=_REFUSED_ONE,
)
def new_payee_code(me: Codes, request: Request, payee_id: IdIn, key: IdempotencyKey, nothing: Nothing) -> Response:
    """Another one-time code for a payee: one more terminal."""

    def act() -> NewPayeeAnswer:
        return holder_acts.new_payee_code(me.notes(Act.PAYEE_CODE, payee_id), payee_id)

    return done_once(me.operator, request, key, nothing, act)


@router.post(
    "/v1/console/pool/funding",
    operation_id="consoleFundPool",
    status_code=201,
    response_model=PoolFunded,
    responses=_REFUSED,
)
def fund_pool(me: Funding, request: Request, key: IdempotencyKey, money: Money) -> Response:
    """Adds money to the guarantee pool, once for each key."""

    def act() -> PoolFunded:
        return holder_acts.fund_pool(me.notes(Act.FUND_POOL), money, key)

    return done_once(me.operator, request, key, money, act)


@router.post(
    "/v1/console/disputes/{dispute_id}/decision",
    operation_id="consoleDecide",
    response_model=DisputeAnswer,
    responses=_REFUSED_ONE,
)
def decide(me: Decide, dispute_id: RequestIdIn, decision: Decision) -> Response:
    """Decides a dispute that was answered, or whose time for an answer has passed. The same again is harmless.

    A refund goes from the payee's balance to the payer's free money, after D and never below zero.
    """
    operator = me.notes(Act.DECIDE, dispute_id)
    line = operator.disputes.decide(DisputeId(dispute_id), decision.refund_minor, Said(words=decision.words))
    return answer(DisputeAnswer.of(line, Party.ADMINISTRATOR))
