"""Reconciling: what the operator's books say of every payment, and where they differ from what this device knows.

The books name each cheque that was claimed, so nothing is guessed: a payment is settled, waits, was given back or was
refused because its own line says so, and has returned when D is over and a complete list does not name it. A cheque
on our allowance that we never drew was signed with a copied key, and the holder is told (spec 05.10). Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from feiqian.protocol.ids import AllowanceRef
from feiqian.wallet.ports import AllowanceLine, ChequeLine, Statement
from feiqian.wallet.records import Finding, FindingKind, PaymentRecord
from feiqian.wallet.states import PaymentEvent, PaymentState, after_payment

_HELD_OPEN = (PaymentState.CONTINGENT, PaymentState.REFUSED)
"""What only the books brought a payment to, and only the books bring it out of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """Payments whose record changes, and all findings that hold from now on, those kept included."""

    changed: tuple[PaymentRecord, ...]
    findings: tuple[Finding, ...]


def reconcile(
    statement: Statement,
    payments: Iterable[PaymentRecord],
    top_ups: Mapping[AllowanceRef, bytes],
    held: Iterable[Finding],
) -> Reconciled:
    """What a statement tells this device.

    `top_ups` gives the top-up id of each allowance of this device by its ref; other allowances are of other devices
    of the same payer and none of our business. `held` are the findings so far: those of cheques that the statement
    no longer names, because older ones are left out, are kept.
    """
    lines = {line.cheque_id: line for line in statement.cheques}
    allowances = {top_ups[line.ref]: line for line in statement.allowances if line.ref in top_ups}
    payments = tuple(payments)
    after = [(one, _after(one, lines.get(one.cheque_id), allowances.get(one.top_up_id))) for one in payments]
    findings = {(one.cheque_id, one.kind): one for one in held if one.cheque_id not in lines}
    ours = {payment.cheque_id: payment for payment in payments}
    for line in statement.cheques:
        payment = ours.get(line.cheque_id)
        top_up_id = top_ups.get(line.ref) if payment is None else payment.top_up_id
        if top_up_id is not None:
            findings |= {(one.cheque_id, one.kind): one for one in _differences(line, payment, top_up_id)}
    return Reconciled(
        changed=tuple(then for now, then in after if then != now),
        findings=tuple(findings[key] for key in sorted(findings)),
    )


def _differences(line: ChequeLine, payment: PaymentRecord | None, top_up_id: bytes) -> list[Finding]:
    taken_minor = line.paid_minor + line.waiting_minor
    found = []
    if payment is None:
        found.append((FindingKind.NOT_OURS, taken_minor))
    else:
        if line.forked:
            found.append((FindingKind.FORKED, taken_minor))
        if line.code_wrong:
            found.append((FindingKind.CODE_WRONG, taken_minor))
        if taken_minor > _signed_minor(payment):
            found.append((FindingKind.TOO_MUCH, taken_minor - _signed_minor(payment)))
    return [
        Finding(cheque_id=line.cheque_id, kind=kind, top_up_id=top_up_id, amount_minor=amount_minor)
        for kind, amount_minor in found
    ]


def _after(payment: PaymentRecord, line: ChequeLine | None, allowance: AllowanceLine | None) -> PaymentRecord:
    """The payment as the books have it; as it is where they say nothing of it."""
    over = allowance is not None and allowance.closed
    if line is None:
        unclaimed = over and allowance is not None and allowance.complete
        return _moved(payment, PaymentEvent.FOUND_RETURNED, 0) if unclaimed else payment
    known = _known(payment, line)
    signed_minor = _signed_minor(payment)
    if line.paid_minor + line.waiting_minor > signed_minor:
        # What the payee signed stays what is shown; the finding says that the books took more. What the books held
        # open has its end all the same once nothing waits any more, or its holder would wait for ever.
        decided = payment.state in _HELD_OPEN and not line.waiting_minor
        return _moved(known, PaymentEvent.FOUND_SETTLED, signed_minor) if decided else known
    return _moved(known, event_of(line, over=over), line.paid_minor)


def event_of(line: ChequeLine, *, over: bool) -> PaymentEvent:
    """What a cheque's line says has happened to it; `over` once D has passed."""
    if line.waiting_minor:
        return PaymentEvent.FOUND_CONTINGENT
    if line.paid_minor:
        return PaymentEvent.FOUND_SETTLED
    if over:
        return PaymentEvent.FOUND_RETURNED
    return PaymentEvent.FOUND_GIVEN_BACK if line.given_back else PaymentEvent.FOUND_REFUSED


def _known(payment: PaymentRecord, line: ChequeLine) -> PaymentRecord:
    """D, and the payee's name where nobody vouched for one before: the operator knows who claimed."""
    if payment.payee_proved or line.payee_name is None:
        return _with(payment, deadline_at=line.deadline)
    return _with(payment, deadline_at=line.deadline, payee_name=line.payee_name, payee_proved=True)


def _moved(payment: PaymentRecord, event: PaymentEvent, paid_minor: int) -> PaymentRecord:
    """The payment after `event`; as it is where the state table knows no such way."""
    state = after_payment(payment.state, event)
    if state is None:
        return payment
    match event:
        case PaymentEvent.FOUND_SETTLED:
            return _with(payment, state=state, final_minor=paid_minor, grade="F3")
        case PaymentEvent.FOUND_CONTINGENT:
            return _with(payment, state=state)
        case PaymentEvent.FOUND_REFUSED:  # the refusal may still fall with another claim, so nothing is final yet
            return _with(payment, state=state, grade=None)
        case _:
            return _with(payment, state=state, final_minor=0, grade=None)


def _with(payment: PaymentRecord, **changed: Any) -> PaymentRecord:
    """The payment with these values; itself where it has them all, as nearly every one that was settled before."""
    same = all(getattr(payment, name) == value for name, value in changed.items())
    return payment if same else replace(payment, **changed)


def _signed_minor(payment: PaymentRecord) -> int:
    """The most that this payment may take: what its payee signed for, else what the cheque counts."""
    signed = payment.acknowledgement is not None and payment.final_minor is not None
    return (payment.final_minor or 0) if signed else payment.amount_minor
