"""Routes of the administrator about payers' authenticators, and cheques with a wrong one-time code."""

from fastapi import APIRouter, Response

from feiqian.issuer.values import PayerId
from feiqian.risk.one_time_code import CodeKind
from feiqian.server.authenticator_answers import (
    AuthenticatorAnswer,
    AuthenticatorCodes,
    AuthenticatorsAnswer,
    AuthenticatorWish,
    NewAuthenticatorAnswer,
    WrongCodeAnswer,
    WrongCodesAnswer,
)
from feiqian.server.documents import refusals
from feiqian.server.doors import OperatorDep
from feiqian.server.once import answer
from feiqian.server.operator import Operator
from feiqian.server.requests import Nothing
from feiqian.server.shapes import IdIn
from feiqian.server.strict_json import StrictRoute

router = APIRouter(route_class=StrictRoute)


def authenticators_of(operator: Operator, payer_id: bytes) -> AuthenticatorsAnswer:
    """A payer's authenticators, and its wrong codes. Raises unknown_payer."""
    authenticators = operator.issuer.authenticators
    return AuthenticatorsAnswer(
        authenticators=tuple(map(AuthenticatorAnswer.of, authenticators.of(PayerId(payer_id)))),
        wrong_codes=tuple(map(WrongCodeAnswer.of, authenticators.wrong_codes(PayerId(payer_id)))),
    )


def all_wrong_codes(operator: Operator) -> WrongCodesAnswer:
    """Those of all payers, oldest first."""
    return WrongCodesAnswer(wrong_codes=tuple(map(WrongCodeAnswer.of, operator.issuer.authenticators.wrong_codes())))


@router.get(
    "/v1/payers/{payer_id}/authenticators",
    operation_id="authenticators",
    response_model=AuthenticatorsAnswer,
    responses=refusals(404),
)
def authenticators(operator: OperatorDep, payer_id: IdIn) -> Response:
    """The authenticators that a payer has or had, and its wrong codes."""
    return answer(authenticators_of(operator, payer_id))


@router.post(
    "/v1/payers/{payer_id}/authenticators",
    operation_id="addAuthenticator",
    status_code=201,
    response_model=NewAuthenticatorAnswer,
    responses=refusals(400, 404, 415),
)
def add_authenticator(operator: OperatorDep, payer_id: IdIn, wish: AuthenticatorWish) -> Response:
    """A new authenticator, whose secret is told once. One that was added and never confirmed is removed.

    So the same again is harmless, and its answer is kept nowhere.
    """
    added = operator.issuer.authenticators.add(PayerId(payer_id), CodeKind(wish.kind))
    return answer(NewAuthenticatorAnswer.of(added, operator.issuer.deployment), status=201)


@router.post(
    "/v1/payers/{payer_id}/authenticators/confirmation",
    operation_id="confirmAuthenticator",
    response_model=AuthenticatorAnswer,
    responses=refusals(400, 404, 409, 415),
)
def confirm_authenticator(operator: OperatorDep, payer_id: IdIn, shown: AuthenticatorCodes) -> Response:
    """A code that the authenticator shows: from now on it counts, and new allowances ask for codes.

    Two codes in a row bring one back in step that is far out of it.
    """
    return answer(AuthenticatorAnswer.of(operator.issuer.authenticators.confirm(PayerId(payer_id), shown.codes)))


@router.post(
    "/v1/payers/{payer_id}/authenticators/removal",
    operation_id="removeAuthenticator",
    response_model=AuthenticatorsAnswer,
    responses=refusals(400, 404, 415),
)
def remove_authenticator(operator: OperatorDep, payer_id: IdIn, nothing: Nothing) -> Response:  # noqa: ARG001  # an empty body
    """New allowances ask for no codes any more. Again is harmless."""
    operator.issuer.authenticators.remove(PayerId(payer_id))
    return answer(authenticators_of(operator, payer_id))


@router.get("/v1/wrong-codes", operation_id="wrongCodes", response_model=WrongCodesAnswer)
def wrong_codes(operator: OperatorDep) -> Response:
    """Every cheque whose one-time code was wrong or used before, oldest first."""
    return answer(all_wrong_codes(operator))
