"""What this payer has on other devices: on a lost one, above all, and in payments put back from a backup (spec 07).

The operator's statement is about the payer, not about one device. What it says of allowances that this device does not
hold is kept as it was said, so that the holder sees without a network what is settled, what waits and until when. A
restored payment is brought up to date by its own line; where the books take more for it than its payee signed, its
receipt or note is due. Nothing here can be paid with. Pure, but for `hear`.
"""

from collections.abc import Iterable
from typing import Final

from feiqian.ledger.papers import Papers
from feiqian.protocol.ids import AllowanceRef
from feiqian.wallet.papers import papers_of_restored
from feiqian.wallet.ports import ChequeLine, Parts, Statement
from feiqian.wallet.reconcile import event_of, reconcile
from feiqian.wallet.records import (
    Elsewhere,
    FindingKind,
    OtherAllowance,
    OtherCheque,
    PaymentRecord,
    RestoredPayment,
)
from feiqian.wallet.states import PaymentState, after_payment

SHOWN_AFTER_D_S: Final = 30 * 86_400
"""So long after D it still stands there what came back of an allowance."""
Due = tuple[PaymentRecord, Papers, bool]


def elsewhere_of(
    statement: Statement, own: frozenset[AllowanceRef], restored: Iterable[RestoredPayment], now: int
) -> Elsewhere:
    """What a statement says of allowances that are not among `own`; restored payments speak for themselves."""
    lines = [one for one in statement.allowances if one.ref not in own and now <= one.deadline + SHOWN_AFTER_D_S]
    closed = {one.ref: one.closed for one in lines}
    held = {one.payment.cheque_id for one in restored}
    return Elsewhere(
        allowances=tuple(
            OtherAllowance(
                ref=one.ref,
                reserved_minor=one.reserved_minor,
                waiting_minor=one.waiting_minor,
                returned_minor=one.returned_minor,
                deadline_at=one.deadline,
                stopped=one.stopped,
                closed=one.closed,
            )
            for one in lines
        ),
        cheques=tuple(
            _cheque(one, over=closed[one.ref])
            for one in statement.cheques
            if one.ref in closed and one.cheque_id not in held
        ),
    )


def hear(parts: Parts, statement: Statement, own: frozenset[AllowanceRef]) -> tuple[Due, ...]:
    """Keep what a statement says of other devices, in one write if it is news; the papers that are due for it."""
    held = {one.payment.cheque_id: one for one in parts.store.restored()}
    payments = [one.payment for one in held.values()]
    refs = {AllowanceRef(payment.top_up_id): payment.top_up_id for payment in payments}
    found = reconcile(statement, payments, refs, ())
    now = parts.clock()
    elsewhere = elsewhere_of(statement, own, held.values(), now)
    if found.changed or elsewhere != parts.store.elsewhere():
        parts.store.hear_of_others(elsewhere, found.changed)
    after = {payment.cheque_id: payment for payment in (*payments, *found.changed)}
    due = []
    for finding in found.findings:
        one = held.get(finding.cheque_id) if finding.kind is FindingKind.TOO_MUCH else None
        if one is None:
            continue
        payment = after[finding.cheque_id]
        papers, is_note = papers_of_restored(one)
        if papers.statement is not None and (payment.deadline_at is None or now <= payment.deadline_at):
            due.append((payment, papers, is_note))
    return tuple(due)


def _cheque(line: ChequeLine, *, over: bool) -> OtherCheque:
    """A cheque of which nothing is known here but its line: its state is where the books bring any payment."""
    return OtherCheque(
        cheque_id=line.cheque_id,
        ref=line.ref,
        amount_minor=line.amount_minor,
        paid_minor=line.paid_minor,
        waiting_minor=line.waiting_minor,
        deadline_at=line.deadline,
        state=after_payment(PaymentState.SHOWN, event_of(line, over=over)) or PaymentState.UNCONFIRMED,
        payee_name=line.payee_name,
    )
