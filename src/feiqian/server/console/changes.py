"""Routes that change something for a payer, a payee or the pool: each is the administrator's own act, by a person.

An act is noted with who asked for it before it is done; what was done has a leaf of its own besides.
"""

from typing import Final

from fastapi import APIRouter, Request, Response

from feiqian.acquirer.dispute_values import DisputeId, Said
from feiqian.acquirer.disputes import Party
from feiqian.issuer.values import PayerId
from feiqian.protocol.ids import PayeeId
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.server.answers import (
    Funded,
    NewPayeeAnswer,
    NewPayerAnswer,
    PoolFunded,
    SuspensionAnswer,
    Suspensions,
)
from feiqian.server.console.door import Codes, Decide, Funding, Suspend
from feiqian.server.dispute_answers import DisputeAnswer
from feiqian.server.dispute_requests import Decision
from feiqian.server.documents import refusals
from feiqian.server.doors import IdempotencyKey
from feiqian.server.once import answer, done_once
from feiqian.server.requests import Money, NewHolder, Nothing
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
def enrol_payer(me: Codes, request: Request, key: IdempotencyKey, holder: NewHolder) -> Response:
    """A new payer, and the one-time code with which its first device enrols."""

    def act() -> NewPayerAnswer:
        operator = me.notes(Act.NEW_PAYER)
        return NewPayerAnswer.of(operator.issuer.enrol_payer(holder.name, holder.currency or operator.currency))

    return done_once(me.operator, request, key, holder, act)


@router.post(
    "/v1/console/payers/{payer_id}/codes",
    operation_id="consolePayerCode",
    status_code=201,
    response_model=NewPayerAnswer,
    responses=_REFUSED_ONE,
)
def new_payer_code(me: Codes, request: Request, payer_id: IdIn, key: IdempotencyKey, nothing: Nothing) -> Response:
    """Another one-time code for a payer: a new phone."""

    def act() -> NewPayerAnswer:
        operator = me.notes(Act.PAYER_CODE, payer_id)
        return NewPayerAnswer.of(operator.issuer.new_code(PayerId(payer_id)))

    return done_once(me.operator, request, key, nothing, act)


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
        operator, payer = me.notes(Act.FUND_PAYER, payer_id), PayerId(payer_id)
        if operator.issuer.statement(payer).currency != money.currency:
            raise Refused(RefusalCode.CURRENCY_MISMATCH)
        return Funded(free_minor=operator.issuer.fund(payer, money.amount_minor, key), currency=money.currency)

    return done_once(me.operator, request, key, money, act)


@router.post(
    "/v1/console/payers/{payer_id}/suspensions",
    operation_id="consoleReportLost",
    response_model=Suspensions,
    responses=_REFUSED_ONE,
)
def report_lost(me: Suspend, payer_id: IdIn, nothing: Nothing) -> Response:  # noqa: ARG001  # an empty body
    """The payer's phone is lost: every live allowance is suspended, its devices are signed out. Again is harmless."""
    found = me.notes(Act.SUSPEND, payer_id).issuer.report_lost(PayerId(payer_id))
    return answer(Suspensions(suspensions=tuple(SuspensionAnswer.of(one) for one in found)))


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
        operator = me.notes(Act.NEW_PAYEE)
        return NewPayeeAnswer.of(operator.acquirer.enrol_payee(holder.name, holder.currency or operator.currency))

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
        operator = me.notes(Act.PAYEE_CODE, payee_id)
        return NewPayeeAnswer.of(operator.acquirer.new_code(PayeeId(payee_id)))

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
        pool_minor = me.notes(Act.FUND_POOL).issuer.fund_pool(money.currency, money.amount_minor, key)
        return PoolFunded(pool_minor=pool_minor, currency=money.currency)

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
