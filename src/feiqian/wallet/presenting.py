"""What a sync hands in by itself: the payee's own word on a payment for which the books take more than it says.

A payee that signed one amount to the payer and claims a higher one is held to its receipt or note, but only if somebody
brings that by D (spec 10.1). The wallet holds it and knows of the difference, so nobody need think of it. Handing the
same paper in twice changes nothing, so nothing is noted here: once the books agree, there is nothing to hand in.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from feiqian.ledger.papers import Papers, PapersTaken
from feiqian.wallet.papers import papers_of
from feiqian.wallet.ports import Parts
from feiqian.wallet.records import FindingKind, PaymentRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """A payment whose paper was handed in, and how it stands at the operator since."""

    payment: PaymentRecord
    is_note: bool
    taken: PapersTaken


def papers_due(parts: Parts) -> Iterator[tuple[PaymentRecord, Papers, bool]]:
    """Payments for which too much is taken and D has not passed, with the paper that says so; whether it is a note."""
    now = parts.clock()
    for finding in parts.store.findings():
        payment = parts.store.payment(finding.cheque_id) if finding.kind is FindingKind.TOO_MUCH else None
        if payment is None or (payment.deadline_at is not None and now > payment.deadline_at):
            continue
        papers, is_note = papers_of(parts.store, payment)
        if papers.statement is not None:
            yield payment, papers, is_note
