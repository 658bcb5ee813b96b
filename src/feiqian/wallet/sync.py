"""Sync: what the wallet does when there is a network (spec 07).

Newest trust first, then what waits for the operator, then what its books say of our cheques, and where they take more
than a payee signed for, its receipt or note; what they say of the payer's other devices is kept beside it. Then whether
somebody disputes a payment, and at last that paying is locked, if it is. One thing that fails never keeps the others
back: every failure is reported beside what was done, and all of it may be repeated. Only when there is no operator to
be reached are the rest of the calls spared, since each would only wait in vain.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from feiqian.ledger.dispute_notice import DisputeNotice
from feiqian.protocol.words import WORLD_FAILED, Coded
from feiqian.wallet.allowances import ask, hand_in
from feiqian.wallet.elsewhere import Due, hear
from feiqian.wallet.holdings import grants_of, hold, stand
from feiqian.wallet.paying_lock import report
from feiqian.wallet.ports import OperatorLink, Parts, Statement
from feiqian.wallet.presenting import HandedIn, papers_due
from feiqian.wallet.reconcile import reconcile
from feiqian.wallet.records import PayingLock, PaymentRecord
from feiqian.wallet.resume import age
from feiqian.wallet.retention import forget_old
from feiqian.wallet.states import AllowanceState
from feiqian.wallet.troubles import WalletTrouble
from feiqian.wallet.trust_held import refresh_trust

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Synced:
    """What one sync did, and what failed. `changed` are payments with a new state or final amount.

    `statement` is None when the operator could not be asked for it, `disputes` likewise; these are those not over.
    `handed_in` are payments for which the books took too much, and whose paper the operator has now. `lock` is how far
    the operator has come with a lock of paying, if one stood.
    """

    trust_newer: bool
    topped_up_minor: int
    closed: int
    changed: tuple[PaymentRecord, ...]
    statement: Statement | None
    handed_in: tuple[HandedIn, ...]
    disputes: tuple[DisputeNotice, ...] | None
    lock: PayingLock | None
    failures: tuple[Coded, ...]


def sync(parts: Parts, link: OperatorLink) -> Synced:
    """Talk to the operator about everything that is open. Raises only WalletTrouble not_enrolled."""
    if parts.store.footing() is None:
        raise WalletTrouble("not_enrolled")
    failures: list[Coded] = []
    trust_newer = _try(partial(refresh_trust, parts, link), failures) or False
    records = parts.store.allowances()
    topped_up = [
        _try(partial(ask, parts, link, record), failures) for record in records if record.state is AllowanceState.ASKED
    ]
    closed = [
        _try(partial(hand_in, parts, link, record), failures)
        for record in records
        if record.state is AllowanceState.CLOSING
    ]
    age(parts, hold(parts))
    statement = _try(link.statement, failures)
    changed, due = ((), ()) if statement is None else _apply(parts, statement)
    handed_in = () if statement is None else _hand_in(parts, link, due, failures)
    if handed_in:  # the books have moved
        again = _try(link.statement, failures)
        if again is not None:
            statement, changed = again, (*changed, *_apply(parts, again)[0])
    disputes = _try(link.disputes, failures)
    lock = _try(partial(report, parts, link), failures)
    forget_old(parts)
    return Synced(
        trust_newer=trust_newer,
        topped_up_minor=sum(record.amount_minor for record in topped_up if record is not None),
        closed=sum(record is not None for record in closed),
        changed=_latest(changed),
        statement=statement,
        handed_in=handed_in,
        disputes=None if disputes is None else tuple(disputes),
        lock=lock,
        failures=tuple(failures),
    )


def _hand_in(parts: Parts, link: OperatorLink, due: tuple[Due, ...], failures: list[Coded]) -> tuple[HandedIn, ...]:
    """The papers of payments for which the books take too much, each once a sync; `due` are those of other devices."""
    handed_in = []
    for payment, papers, is_note in (*papers_due(parts), *due):
        taken = _try(partial(link.present, papers, is_note=is_note), failures)
        if taken is not None:
            handed_in.append(HandedIn(payment=payment, is_note=is_note, taken=taken))
    return tuple(handed_in)


def _latest(changed: tuple[PaymentRecord, ...]) -> tuple[PaymentRecord, ...]:
    """Each payment once, as it is now."""
    return tuple({payment.cheque_id: payment for payment in changed}.values())


def _apply(parts: Parts, statement: Statement) -> tuple[tuple[PaymentRecord, ...], tuple[Due, ...]]:
    """Take over what the books say of our cheques, all of it in one write, and then what they say of other devices."""
    held = tuple(parts.store.findings())
    _, trust = stand(parts)  # another process may have synced, and paid, while this one waited
    grants = grants_of(parts, trust, parts.store.allowances())
    top_ups = {grant.allowance.ref: top_up_id for top_up_id, grant in grants.items()}
    # Read after the statement was made: a cheque drawn meanwhile must not look like somebody else's.
    payments = parts.store.payments()
    found = reconcile(statement, payments, top_ups, held)
    if found.changed or found.findings != held:
        parts.store.apply_statement(found.changed, found.findings)
    return found.changed, hear(parts, statement, frozenset(top_ups))


def _try(call: Callable[[], T], failures: list[Coded]) -> T | None:
    """The result, or None with the failure noted; None at once when the operator could not be reached before."""
    if any(failure.code in WORLD_FAILED for failure in failures):
        return None
    try:
        return call()
    except Coded as failure:
        failures.append(failure)
        return None
