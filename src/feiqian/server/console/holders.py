"""Routes of whom the operator serves: payers, payees, their devices and terminals, allowances."""

from enum import StrEnum
from typing import Annotated, Final, Self

from fastapi import APIRouter, Query, Response

from feiqian.acquirer.disputes import Party
from feiqian.acquirer.values import PayeeLine
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import PayerId, PayerLine
from feiqian.links.http_statements import STATUS_NAMES
from feiqian.protocol.answer import Verdict
from feiqian.protocol.ids import PayeeId
from feiqian.protocol.status_list import AllowanceStatus
from feiqian.server.answers import Answer, PayeeStatementAnswer, PayerStatementAnswer, fields_of
from feiqian.server.attestation import holder_of
from feiqian.server.attestation_answers import HolderAnswer
from feiqian.server.console.door import Holders
from feiqian.server.console.pages import (
    PAGE_ROWS,
    AfterQuery,
    LimitQuery,
    SearchQuery,
    after_id,
    looked_through,
    matches,
)
from feiqian.server.documents import refusals
from feiqian.server.holders import PayeeLineAnswer, PayerLineAnswer
from feiqian.server.once import answer
from feiqian.server.shapes import HashOut, IdIn, IdOut, InstantOut
from feiqian.server.strict_json import StrictRoute
from feiqian.staff.values import Act
from feiqian.storage.console_tables import AllowanceLine, ClaimLine, DeviceLine, StakeLine, TerminalLine

router = APIRouter(route_class=StrictRoute)
SHOWN_MAX: Final = 100
"""Devices, terminals of one holder."""
CLAIMS_SHOWN_MAX: Final = 200
_REFUSED: Final = refusals(401, 403, 422)
_REFUSED_ONE: Final = refusals(401, 403, 404, 422)


class AllowanceFilter(StrEnum):
    """Which allowances are looked for."""

    OPEN = "open"
    SUSPENDED = "suspended"
    FORKED = "forked"
    CLOSED = "closed"


class PayersPage(Answer):
    """Payers in the order of their ids."""

    payers: tuple[PayerLineAnswer, ...]
    next: str | None


class PayeesPage(Answer):
    """Payees in the order of their ids."""

    payees: tuple[PayeeLineAnswer, ...]
    next: str | None


class DeviceAnswerLine(Answer):
    """A payer's device; `signed_in` says whether it can still ask for anything."""

    device_id: IdOut
    payer_id: IdOut
    payer_name: str
    signed_in: bool
    bound_at: InstantOut
    open_allowances: int

    @classmethod
    def of(cls, line: DeviceLine) -> Self:
        """From the books."""
        return cls(**line._asdict())


class DevicesPage(Answer):
    """Devices in the order of their ids."""

    devices: tuple[DeviceAnswerLine, ...]
    next: str | None


class TerminalAnswerLine(Answer):
    """A payee's terminal, when it last handed in a batch that says its counter, and since when it is revoked."""

    terminal_ref: IdOut
    payee_id: IdOut
    payee_name: str
    enrolled_at: InstantOut
    last_batch_at: InstantOut | None
    revoked_at: InstantOut | None

    @classmethod
    def of(cls, line: TerminalLine) -> Self:
        """From the books."""
        return cls(**line._asdict())


class TerminalsPage(Answer):
    """Terminals in the order of their refs."""

    terminals: tuple[TerminalAnswerLine, ...]
    next: str | None


class AllowanceAnswerLine(Answer):
    """An allowance as it stands. `amount = reserved + claimed + returned`; what it cost beyond came from elsewhere.

    `reason` says why it was suspended, empty if it was not.
    """

    ref: IdOut
    payer_id: IdOut
    device_id: IdOut
    currency: str
    amount_minor: int
    reserved_minor: int
    claimed_minor: int
    returned_minor: int
    from_free_minor: int
    from_pool_minor: int
    from_loss_minor: int
    status: str
    reason: str
    forked: bool
    closed: bool
    issued_at: InstantOut
    expires_at: InstantOut
    deadline: InstantOut

    @classmethod
    def of(cls, line: AllowanceLine) -> Self:
        """From the books."""
        values = line._asdict()
        closed_at = values.pop("closed_at")
        return cls(
            **values
            | {
                "status": STATUS_NAMES[AllowanceStatus(line.status)],
                "forked": bool(line.forked),
                "closed": closed_at is not None,
                "reserved_minor": line.amount_minor - line.claimed_minor - line.returned_minor,
            }
        )


class AllowancesPage(Answer):
    """Allowances in the order of their refs."""

    allowances: tuple[AllowanceAnswerLine, ...]
    next: str | None


class ClaimAnswerLine(Answer):
    """A claim on an allowance; `verdict` is the first answer to it."""

    cheque_id: HashOut
    payee_id: IdOut
    counter: int
    amount_minor: int
    paid_minor: int
    waiting_minor: int
    arrived_at: InstantOut
    verdict: str

    @classmethod
    def of(cls, line: ClaimLine) -> Self:
        """From the books."""
        return cls(**line._asdict() | {"verdict": Verdict(line.verdict).name.lower()})


class AllowanceDetail(Answer):
    """An allowance with its newest claims; `more` says that there are others."""

    allowance: AllowanceAnswerLine
    claims: tuple[ClaimAnswerLine, ...]
    more: bool


class StakeAnswer(Answer):
    """What is at stake with one payer in one currency: set aside, and paid beyond it from elsewhere."""

    payer_id: IdOut
    currency: str
    allowances: int
    reserved_minor: int
    from_free_minor: int
    from_pool_minor: int
    from_loss_minor: int
    next_deadline: InstantOut | None

    @classmethod
    def of(cls, line: StakeLine) -> Self:
        """From the books."""
        return cls(**line._asdict())


class PayerDetail(Answer):
    """One payer: the statement that it has itself, who it is, where its keys live, its devices, what is at stake."""

    payer: PayerStatementAnswer
    holder: HolderAnswer
    devices: tuple[DeviceAnswerLine, ...]
    exposure: tuple[StakeAnswer, ...]


class PayeeDetail(Answer):
    """One payee: the statement that it has itself, and its newest terminals."""

    payee: PayeeStatementAnswer
    terminals: tuple[TerminalAnswerLine, ...]


@router.get("/v1/console/payers", operation_id="consolePayers", response_model=PayersPage, responses=_REFUSED)
def payers(me: Holders, after: AfterQuery = None, limit: LimitQuery = PAGE_ROWS, q: SearchQuery = None) -> Response:
    """Every payer, or those that are looked for."""
    operator = me.notes(Act.VIEW_PAYERS)

    def read(behind: bytes, most: int) -> tuple[PayerLine, ...]:
        return operator.issuer.payers(after=PayerId(behind), limit=most)

    found, following = looked_through(
        read, lambda one: one.payer_id, lambda one: matches(q, one.name, [one.payer_id]), after_id(after), limit
    )
    lines = tuple(PayerLineAnswer(**fields_of(one)) for one in found)
    return answer(PayersPage(payers=lines, next=following))


@router.get(
    "/v1/console/payers/{payer_id}", operation_id="consolePayer", response_model=PayerDetail, responses=_REFUSED_ONE
)
def payer(me: Holders, payer_id: IdIn) -> Response:
    """One payer."""
    operator = me.notes(Act.VIEW_PAYER, payer_id)
    statement = operator.issuer.statement(PayerId(payer_id))
    disputes = operator.disputes.disputes_of(Party.PAYER, payer_id)
    with operator.console() as books:
        devices, stakes = books.devices_of(payer_id, SHOWN_MAX), books.stakes_of(payer_id)
    return answer(
        PayerDetail(
            payer=PayerStatementAnswer.of(statement, disputes),
            holder=holder_of(operator, payer_id),
            devices=tuple(map(DeviceAnswerLine.of, devices)),
            exposure=tuple(map(StakeAnswer.of, stakes)),
        )
    )


@router.get("/v1/console/payees", operation_id="consolePayees", response_model=PayeesPage, responses=_REFUSED)
def payees(me: Holders, after: AfterQuery = None, limit: LimitQuery = PAGE_ROWS, q: SearchQuery = None) -> Response:
    """Every payee, or those that are looked for."""
    operator = me.notes(Act.VIEW_PAYEES)

    def read(behind: bytes, most: int) -> tuple[PayeeLine, ...]:
        return operator.acquirer.payees(after=PayeeId(behind), limit=most)

    found, following = looked_through(
        read, lambda one: one.payee_id, lambda one: matches(q, one.name, [one.payee_id]), after_id(after), limit
    )
    lines = tuple(PayeeLineAnswer(**fields_of(one)) for one in found)
    return answer(PayeesPage(payees=lines, next=following))


@router.get(
    "/v1/console/payees/{payee_id}", operation_id="consolePayee", response_model=PayeeDetail, responses=_REFUSED_ONE
)
def payee(me: Holders, payee_id: IdIn) -> Response:
    """One payee."""
    operator = me.notes(Act.VIEW_PAYEE, payee_id)
    statement = operator.acquirer.statement(PayeeId(payee_id))
    disputes = operator.disputes.disputes_of(Party.PAYEE, payee_id)
    with operator.console() as books:
        terminals = books.terminals_of(payee_id, SHOWN_MAX)
    return answer(
        PayeeDetail(
            payee=PayeeStatementAnswer.of(statement, disputes),
            terminals=tuple(map(TerminalAnswerLine.of, terminals)),
        )
    )


@router.get("/v1/console/devices", operation_id="consoleDevices", response_model=DevicesPage, responses=_REFUSED)
def devices(me: Holders, after: AfterQuery = None, limit: LimitQuery = PAGE_ROWS, q: SearchQuery = None) -> Response:
    """Every device of a payer, or those that are looked for."""
    operator = me.notes(Act.VIEW_DEVICES)
    with operator.console() as books:
        found, following = looked_through(
            books.device_lines,
            lambda one: one.device_id,
            lambda one: matches(q, one.payer_name, [one.device_id, one.payer_id]),
            after_id(after),
            limit,
        )
    return answer(DevicesPage(devices=tuple(map(DeviceAnswerLine.of, found)), next=following))


@router.get("/v1/console/terminals", operation_id="consoleTerminals", response_model=TerminalsPage, responses=_REFUSED)
def terminals(me: Holders, after: AfterQuery = None, limit: LimitQuery = PAGE_ROWS, q: SearchQuery = None) -> Response:
    """Every terminal of a payee, or those that are looked for."""
    operator = me.notes(Act.VIEW_TERMINALS)
    with operator.console() as books:
        found, following = looked_through(
            books.terminal_lines,
            lambda one: one.terminal_ref,
            lambda one: matches(q, one.payee_name, [one.terminal_ref, one.payee_id]),
            after_id(after),
            limit,
        )
    return answer(TerminalsPage(terminals=tuple(map(TerminalAnswerLine.of, found)), next=following))


@router.get(
    "/v1/console/allowances", operation_id="consoleAllowances", response_model=AllowancesPage, responses=_REFUSED
)
def allowances(
    me: Holders,
    after: AfterQuery = None,
    limit: LimitQuery = PAGE_ROWS,
    payer: Annotated[IdIn | None, Query(description="Those of this payer.")] = None,
    state: Annotated[AllowanceFilter | None, Query(description="Those that stand so.")] = None,
) -> Response:
    """Every allowance, or those of one payer, or in one state."""
    operator = me.notes(Act.VIEW_ALLOWANCES, payer or b"")
    with operator.console() as books:
        found, following = looked_through(
            lambda behind, most: books.allowance_lines(behind, most, payer),
            lambda one: one.ref,
            lambda one: state is None or _stands(one, state),
            after_id(after),
            limit,
        )
    return answer(AllowancesPage(allowances=tuple(map(AllowanceAnswerLine.of, found)), next=following))


@router.get(
    "/v1/console/allowances/{ref}",
    operation_id="consoleAllowance",
    response_model=AllowanceDetail,
    responses=_REFUSED_ONE,
)
def allowance(me: Holders, ref: IdIn) -> Response:
    """One allowance, and what was claimed from it."""
    operator = me.notes(Act.VIEW_ALLOWANCE, ref)
    with operator.console() as books:
        line, claims = books.allowance_line(ref), books.claim_lines(ref, CLAIMS_SHOWN_MAX + 1)
    if line is None:
        raise IssuerTrouble("unknown_allowance")
    return answer(
        AllowanceDetail(
            allowance=AllowanceAnswerLine.of(line),
            claims=tuple(map(ClaimAnswerLine.of, claims[:CLAIMS_SHOWN_MAX])),
            more=len(claims) > CLAIMS_SHOWN_MAX,
        )
    )


def _stands(line: AllowanceLine, state: AllowanceFilter) -> bool:
    match state:
        case AllowanceFilter.OPEN:
            return line.closed_at is None
        case AllowanceFilter.SUSPENDED:
            return line.closed_at is None and line.status != AllowanceStatus.GOOD
        case AllowanceFilter.FORKED:
            return bool(line.forked)
        case AllowanceFilter.CLOSED:
            return line.closed_at is not None
