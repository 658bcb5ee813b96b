"""Resume: after a crash, or just later, every open operation has one way on, and it is said which (spec 07).

Whatever was burned may have been seen. So the ways on are the same bytes again for a receipt, a void or cancel note
from the payee, or waiting until D; never a second cheque. Whatever was only intended is asked again under its id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from feiqian.protocol.cheque import ChequeForm
from feiqian.wallet.found import Grant
from feiqian.wallet.holdings import Holdings, grants_of, hold
from feiqian.wallet.ports import Parts
from feiqian.wallet.records import AllowanceRecord, PaymentRecord
from feiqian.wallet.spending import is_waiting
from feiqian.wallet.states import AllowanceState, PaymentEvent, PaymentState, after_payment


class WayOn(StrEnum):
    """What the holder does about an open operation."""

    SHOW_AGAIN = "show_again"
    """Show the same bytes again for a receipt, or ask the payee for a cancel note; else it is pending until D."""
    WAIT = "wait"
    """Nothing to do: sync tells what became of it; what nobody claimed returns by D."""
    TOP_UP_AGAIN = "top_up_again"
    """Ask the operator again under the same id."""
    HAND_IN_AGAIN = "hand_in_again"
    """Hand the closing cheque in again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """One open operation and its way on. `until` is D, seconds since 1970; None where no money is at stake."""

    way_on: WayOn
    until: int | None
    payment: PaymentRecord | None = None
    allowance: AllowanceRecord | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """All open operations, and the payments whose state changed with time alone."""

    items: tuple[OpenItem, ...]
    aged: tuple[PaymentRecord, ...]


def resume(parts: Parts) -> Resumed:
    """Bring every payment to the state that time has led it to, and list what is open. No network is used."""
    holdings = hold(parts)
    aged = age(parts, holdings)
    records = parts.store.allowances()
    grants = grants_of(parts, holdings.trust, records)
    items = [_payment_item(payment, grants) for payment in parts.store.open_payments()]
    for record in records:
        if record.state is AllowanceState.ASKED:
            items.append(OpenItem(way_on=WayOn.TOP_UP_AGAIN, until=None, allowance=record))
        elif record.state is AllowanceState.CLOSING:
            until = _deadline(record.top_up_id, grants)
            items.append(OpenItem(way_on=WayOn.HAND_IN_AGAIN, until=until, allowance=record))
    return Resumed(items=tuple(items), aged=aged)


def age(parts: Parts, holdings: Holdings) -> tuple[PaymentRecord, ...]:
    """Hide one-way codes after their ttl, and mark payments whose request has ended without a receipt."""
    aged = []
    for payment in parts.store.open_payments():
        event = _time_event(payment, holdings)
        state = None if event is None else after_payment(payment.state, event)
        if state is not None and state is not payment.state:
            aged.append(replace(payment, state=state))
    if aged:
        parts.store.age(aged)
    return tuple(aged)


def _time_event(payment: PaymentRecord, holdings: Holdings) -> PaymentEvent | None:
    if payment.state is not PaymentState.SHOWN:
        return None
    if payment.form is ChequeForm.ONE_WAY:
        return PaymentEvent.TTL_PASSED if holdings.now > payment.expires_at else None
    skew_s = holdings.trust.policy(payment.currency).skew_s
    return PaymentEvent.NO_RECEIPT if holdings.now > payment.expires_at + skew_s else None


def _payment_item(payment: PaymentRecord, grants: Mapping[bytes, Grant]) -> OpenItem:
    shown_again = payment.form is ChequeForm.TWO_WAY and is_waiting(payment)
    still_shown = payment.form is ChequeForm.ONE_WAY and payment.state is PaymentState.SHOWN
    way_on = WayOn.SHOW_AGAIN if shown_again or still_shown else WayOn.WAIT
    until = _deadline(payment.top_up_id, grants) if payment.deadline_at is None else payment.deadline_at
    return OpenItem(way_on=way_on, until=until, payment=payment)


def _deadline(top_up_id: bytes, grants: Mapping[bytes, Grant]) -> int | None:
    grant = grants.get(top_up_id)
    return None if grant is None else grant.deadline_at
