"""Whom the operator serves: its payers and payees, a page at a time, for the administrator."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from feiqian.acquirer.values import PayeeLine
from feiqian.issuer.values import PayerId, PayerLine
from feiqian.protocol.ids import PayeeId
from feiqian.server.answers import Answer, fields_of
from feiqian.server.doors import OperatorDep
from feiqian.server.limits import HOLDERS_SHOWN_MAX
from feiqian.server.once import answer
from feiqian.server.shapes import IdIn, IdOut
from feiqian.server.strict_json import StrictRoute

router = APIRouter(route_class=StrictRoute)
AfterQuery = Annotated[IdIn | None, Query(description="The id of the last one that was heard.")]


class PayerLineAnswer(Answer):
    """One payer: `reserved_minor` is set aside for allowances; `devices` are those signed in."""

    payer_id: IdOut
    name: str
    currency: str
    free_minor: int
    reserved_minor: int
    devices: int


class Payers(Answer):
    """Payers in the order of their ids; `more` says that there are others behind the last one."""

    payers: tuple[PayerLineAnswer, ...]
    more: bool


class PayeeLineAnswer(Answer):
    """One payee: `balance_minor` is final, `waiting_minor` is decided at each claim's D."""

    payee_id: IdOut
    name: str
    currency: str
    balance_minor: int
    waiting_minor: int
    terminals: int


class Payees(Answer):
    """Payees in the order of their ids; `more` says that there are others behind the last one."""

    payees: tuple[PayeeLineAnswer, ...]
    more: bool


@router.get("/v1/payers", operation_id="payers", response_model=Payers)
def payers(operator: OperatorDep, after: AfterQuery = None) -> Response:
    """Every payer with what it has; at most 100, and with `after` those behind that id."""
    behind = None if after is None else PayerId(after)
    found: tuple[PayerLine, ...] = operator.issuer.payers(after=behind, limit=HOLDERS_SHOWN_MAX + 1)
    lines = tuple(PayerLineAnswer(**fields_of(one)) for one in found[:HOLDERS_SHOWN_MAX])
    return answer(Payers(payers=lines, more=len(found) > HOLDERS_SHOWN_MAX))


@router.get("/v1/payees", operation_id="payees", response_model=Payees)
def payees(operator: OperatorDep, after: AfterQuery = None) -> Response:
    """Every payee with what it has; at most 100, and with `after` those behind that id."""
    behind = None if after is None else PayeeId(after)
    found: tuple[PayeeLine, ...] = operator.acquirer.payees(after=behind, limit=HOLDERS_SHOWN_MAX + 1)
    lines = tuple(PayeeLineAnswer(**fields_of(one)) for one in found[:HOLDERS_SHOWN_MAX])
    return answer(Payees(payees=lines, more=len(found) > HOLDERS_SHOWN_MAX))
