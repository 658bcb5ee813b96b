"""Statements and acts of the operator, read out of its JSON into the same values that its services give.

An enumeration's text that this version does not know ends as `operator_answer_unreadable`, the kind of an event in a
payee's statement as `update_needed`: guessing what it did to somebody's money is worse than asking for an update.
"""

from feiqian.acquirer.values import NewPayee, PayeeEvent, PayeeLine, PayeeStatement, WaitingClaim
from feiqian.issuer.values import (
    AllowanceState,
    ChequeLine,
    ChequeState,
    EntryLine,
    Exposure,
    Fork,
    IssuedAllowance,
    MissingClaim,
    NewPayer,
    PayerId,
    PayerLine,
    PayerStatement,
    SuspendReason,
    Suspension,
    WindowsClosed,
)
from feiqian.ledger.clearing import AdviceKind
from feiqian.ledger.verify import BooksReport, Mismatch
from feiqian.links.http_replies import Fields
from feiqian.links.http_trouble import LinkTrouble
from feiqian.protocol.ids import AllowanceRef, PayeeId, StatementId
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.status_list import AllowanceStatus

STATUS_NAMES = {
    AllowanceStatus.GOOD: "good",
    AllowanceStatus.SUSPENDED: "suspended",
    AllowanceStatus.CLOSED: "closed",
    AllowanceStatus.RESERVED: "reserved",
}
"""How the two bits of an allowance's status are spelled in JSON."""
_STATUSES = {name: status for status, name in STATUS_NAMES.items()}


def issued_allowance_in(fields: Fields) -> IssuedAllowance:
    """The answer to a request for an allowance."""
    return IssuedAllowance(
        ref=AllowanceRef(fields.octets("ref")),
        raw=fields.octets("allowance"),
        deadline=fields.instant("deadline"),
        code_key=fields.octets_or_none("code_key"),
    )


def payer_line_in(fields: Fields) -> PayerLine:
    """One payer in the list of all."""
    return PayerLine(
        payer_id=PayerId(fields.octets("payer_id")),
        name=fields.text("name"),
        currency=fields.text("currency"),
        free_minor=fields.number("free_minor"),
        reserved_minor=fields.number("reserved_minor"),
        devices=fields.number("devices"),
    )


def payee_line_in(fields: Fields) -> PayeeLine:
    """One payee in the list of all."""
    return PayeeLine(
        payee_id=PayeeId(fields.octets("payee_id")),
        name=fields.text("name"),
        currency=fields.text("currency"),
        balance_minor=fields.number("balance_minor"),
        waiting_minor=fields.number("waiting_minor"),
        terminals=fields.number("terminals"),
    )


def payer_statement_in(fields: Fields) -> PayerStatement:
    """A payer's statement."""
    return PayerStatement(
        payer_id=PayerId(fields.octets("payer_id")),
        name=fields.text("name"),
        currency=fields.text("currency"),
        free_minor=fields.number("free_minor"),
        reserved_minor=fields.number("reserved_minor"),
        allowances=tuple(_allowance_state_in(item) for item in fields.each("allowances")),
        cheques=tuple(_cheque_line_in(item) for item in fields.each("cheques")),
        more=fields.yes("more"),
        entries=tuple(
            EntryLine(at=item.instant("at"), reason=item.text("reason"), amount_minor=item.number("amount_minor"))
            for item in fields.each("entries")
        ),
        missing=tuple(_missing_claim_in(item) for item in fields.each("missing")),
    )


def payee_statement_in(fields: Fields) -> PayeeStatement:
    """A payee's statement."""
    return PayeeStatement(
        payee_id=PayeeId(fields.octets("payee_id")),
        name=fields.text("name"),
        currency=fields.text("currency"),
        balance_minor=fields.number("balance_minor"),
        waiting_minor=fields.number("waiting_minor"),
        waiting=tuple(
            WaitingClaim(
                cheque_id=item.octets("cheque_id"),
                waiting_minor=item.number("waiting_minor"),
                deadline=item.instant("deadline"),
            )
            for item in fields.each("waiting")
        ),
        events=tuple(_event_in(item) for item in fields.each("events")),
    )


def new_payer_in(fields: Fields) -> NewPayer:
    """The answer to the enrolment of a payer."""
    return NewPayer(
        payer_id=PayerId(fields.octets("payer_id")),
        code=fields.text("enrolment_code"),
        code_expires_at=fields.instant("code_expires_at"),
        pin=fields.text_or_none("pin"),
    )


def new_payee_in(fields: Fields) -> NewPayee:
    """The answer to the enrolment of a payee."""
    return NewPayee(
        payee_id=PayeeId(fields.octets("payee_id")),
        code=fields.text("enrolment_code"),
        code_expires_at=fields.instant("code_expires_at"),
    )


def suspension_in(fields: Fields) -> Suspension:
    """One suspended allowance."""
    return Suspension(
        ref=AllowanceRef(fields.octets("ref")),
        reason=fields.choice("reason", SuspendReason),
        at_risk_minor=fields.number("at_risk_minor"),
        currency=fields.text("currency"),
        deadline=fields.instant("deadline"),
    )


def fork_in(fields: Fields) -> Fork:
    """One conviction with its proof."""
    return Fork(
        ref=AllowanceRef(fields.octets("ref")),
        reason=fields.text("reason"),
        proof=fields.octets("proof"),
        found_at=fields.instant("found_at"),
    )


def exposure_in(fields: Fields) -> Exposure:
    """What is at stake on one allowance."""
    return Exposure(
        ref=AllowanceRef(fields.octets("ref")),
        payer_id=PayerId(fields.octets("payer_id")),
        currency=fields.text("currency"),
        reserved_minor=fields.number("reserved_minor"),
        from_free_minor=fields.number("from_free_minor"),
        from_pool_minor=fields.number("from_pool_minor"),
        from_loss_minor=fields.number("from_loss_minor"),
        deadline=fields.instant("deadline"),
    )


def books_in(fields: Fields) -> BooksReport:
    """A check of the books."""
    sums = fields.inner("sums")
    return BooksReport(
        postings=fields.number("postings"),
        sums={currency: sums.number(currency) for currency in sums.names()},
        mismatches=tuple(
            Mismatch(
                table=item.text("table"),
                id=item.text("id"),
                expected=item.number("expected"),
                found=item.number("found"),
            )
            for item in fields.each("mismatches")
        ),
    )


def windows_closed_in(fields: Fields) -> WindowsClosed:
    """What closing the claim windows did."""
    return WindowsClosed(
        allowances=fields.number("allowances"),
        paid_minor=fields.number("paid_minor"),
        returned_minor=fields.number("returned_minor"),
    )


def _allowance_state_in(fields: Fields) -> AllowanceState:
    status = _STATUSES.get(fields.text("status"))
    if status is None:
        raise LinkTrouble("operator_answer_unreadable", why="field status")
    return AllowanceState(
        ref=AllowanceRef(fields.octets("ref")),
        status=status,
        currency=fields.text("currency"),
        amount_minor=fields.number("amount_minor"),
        reserved_minor=fields.number("reserved_minor"),
        claimed_minor=fields.number("claimed_minor"),
        waiting_minor=fields.number("waiting_minor"),
        returned_minor=fields.number("returned_minor"),
        issued_at=fields.instant("issued_at"),
        expires_at=fields.instant("expires_at"),
        deadline=fields.instant("deadline"),
        forked=fields.yes("forked"),
        closed=fields.yes("closed"),
        complete=fields.yes("complete"),
    )


def _cheque_line_in(fields: Fields) -> ChequeLine:
    line = ChequeLine(
        cheque_id=StatementId(fields.octets("cheque_id")),
        ref=AllowanceRef(fields.octets("ref")),
        counter=fields.number("counter"),
        amount_minor=fields.number("amount_minor"),
        paid_minor=fields.number("paid_minor"),
        waiting_minor=fields.number("waiting_minor"),
        deadline=fields.instant("deadline"),
        state=fields.choice("state", ChequeState),
        payees=fields.number("payees"),
        payee_name=fields.text_or_none("payee_name"),
        code_wrong=fields.plain("code_wrong") is True,
    )
    if min(line.paid_minor, line.waiting_minor) < 0 or line.paid_minor + line.waiting_minor > line.amount_minor:
        raise LinkTrouble("operator_answer_unreadable", why="field paid_minor")  # no cheque pays more than it counts
    return line


def _missing_claim_in(fields: Fields) -> MissingClaim:
    return MissingClaim(
        cheque_id=StatementId(fields.octets("cheque_id")),
        ref=AllowanceRef(fields.octets("ref")),
        amount_minor=fields.number("amount_minor"),
        presented_at=fields.instant("presented_at"),
        deadline=fields.instant("deadline"),
        payee_name=fields.text_or_none("payee_name"),
    )


def _event_in(fields: Fields) -> PayeeEvent:
    return PayeeEvent(
        number=fields.number("number"),
        at=fields.instant("at"),
        kind=_kind_in(fields),
        cheque_id=fields.octets("cheque_id"),
        paid_minor=fields.number("paid_minor"),
        waiting_minor=fields.number("waiting_minor"),
        stands_paid_minor=fields.number("stands_paid_minor"),
        stands_waiting_minor=fields.number("stands_waiting_minor"),
        deadline=fields.instant("deadline"),
    )


def _kind_in(fields: Fields) -> AdviceKind:
    try:
        return AdviceKind(fields.text("kind"))
    except ValueError:
        raise Refused(RefusalCode.UPDATE_NEEDED, "an event of a kind that is not known") from None
