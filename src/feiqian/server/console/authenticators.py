"""Routes about a payer's authenticators: who may look at payers sees them, who may give codes changes them.

The same acts as the administrator's; each is noted with who asked for it before it is done.
"""

from typing import Final

from fastapi import APIRouter, Response

from feiqian.issuer.values import PayerId
from feiqian.risk.one_time_code import CodeKind
from feiqian.server.authenticator_answers import (
    AuthenticatorAnswer,
    AuthenticatorCodes,
    AuthenticatorsAnswer,
    AuthenticatorWish,
    NewAuthenticatorAnswer,
    WrongCodesAnswer,
)
from feiqian.server.authenticators import all_wrong_codes, authenticators_of
from feiqian.server.console.door import Codes, Holders
from feiqian.server.documents import refusals
from feiqian.server.once import answer
from feiqian.server.requests import Nothing
from feiqian.server.shapes import IdIn
from feiqian.server.strict_json import StrictRoute
from feiqian.staff.values import Act

router = APIRouter(route_class=StrictRoute)
_REFUSED: Final = refusals(400, 401, 403, 404, 409, 415, 422)
_PATH: Final = "/v1/console/payers/{payer_id}/authenticators"


@router.get(
    _PATH,
    operation_id="consoleAuthenticators",
    response_model=AuthenticatorsAnswer,
    responses=refusals(401, 403, 404, 422),
)
def authenticators(me: Holders, payer_id: IdIn) -> Response:
    """The authenticators that a payer has or had, and its wrong codes."""
    return answer(authenticators_of(me.notes(Act.VIEW_PAYER, payer_id), payer_id))


@router.post(
    _PATH,
    operation_id="consoleAddAuthenticator",
    status_code=201,
    response_model=NewAuthenticatorAnswer,
    responses=_REFUSED,
)
def add_authenticator(me: Codes, payer_id: IdIn, wish: AuthenticatorWish) -> Response:
    """A new authenticator, whose secret is told once. One that was added and never confirmed is removed."""
    operator = me.notes(Act.ADD_AUTHENTICATOR, payer_id)
    added = operator.issuer.authenticators.add(PayerId(payer_id), CodeKind(wish.kind))
    return answer(NewAuthenticatorAnswer.of(added, operator.issuer.deployment), status=201)


@router.post(
    f"{_PATH}/confirmation",
    operation_id="consoleConfirmAuthenticator",
    response_model=AuthenticatorAnswer,
    responses=_REFUSED,
)
def confirm_authenticator(me: Codes, payer_id: IdIn, shown: AuthenticatorCodes) -> Response:
    """A code that the authenticator shows: from now on it counts. Two in a row bring it back in step."""
    operator = me.notes(Act.CONFIRM_AUTHENTICATOR, payer_id)
    return answer(AuthenticatorAnswer.of(operator.issuer.authenticators.confirm(PayerId(payer_id), shown.codes)))


@router.post(
    f"{_PATH}/removal",
    operation_id="consoleRemoveAuthenticator",
    response_model=AuthenticatorsAnswer,
    responses=_REFUSED,
)
def remove_authenticator(me: Codes, payer_id: IdIn, nothing: Nothing) -> Response:  # noqa: ARG001  # an empty body
    """New allowances ask for no codes any more. Again is harmless."""
    operator = me.notes(Act.REMOVE_AUTHENTICATOR, payer_id)
    operator.issuer.authenticators.remove(PayerId(payer_id))
    return answer(authenticators_of(operator, payer_id))


@router.get(
    "/v1/console/wrong-codes",
    operation_id="consoleWrongCodes",
    response_model=WrongCodesAnswer,
    responses=refusals(401, 403),
)
def wrong_codes(me: Holders) -> Response:
    """Every cheque whose one-time code was wrong or used before, oldest first."""
    return answer(all_wrong_codes(me.notes(Act.VIEW_WRONG_CODES)))
