"""What may become of a payment and of an allowance on the payer's device: tables `(state, event) -> state` (spec 07).

An absent cell means that the event cannot happen there; it is refused and changes nothing. An event that comes twice
leads to the state where one already is, so replaying any message is harmless. For people every state has one of three
statuses: active (wait), needs you (do something), done.
"""

from collections.abc import Mapping
from enum import StrEnum


class Status(StrEnum):
    """What a state asks of the holder."""

    ACTIVE = "active"
    NEEDS_YOU = "needs_you"
    DONE = "done"


class PaymentState(StrEnum):
    """Where a payment stands. Whatever it is, its counter is burned and its cheque is out or may be."""

    SHOWN = "shown"
    UNCONFIRMED = "unconfirmed"
    HIDDEN = "hidden"
    ACCEPTED = "accepted"
    VOIDED = "voided"
    CANCELLED = "cancelled"
    CONTINGENT = "contingent"
    REFUSED = "refused"
    SETTLED = "settled"
    RETURNED = "returned"


class PaymentEvent(StrEnum):
    """What can happen to a payment."""

    RECEIPT = "receipt"
    VOID_NOTE = "void_note"
    CANCEL_NOTE = "cancel_note"
    TTL_PASSED = "ttl_passed"
    NO_RECEIPT = "no_receipt"
    FOUND_SETTLED = "found_settled"
    FOUND_CONTINGENT = "found_contingent"
    FOUND_GIVEN_BACK = "found_given_back"
    FOUND_REFUSED = "found_refused"
    FOUND_RETURNED = "found_returned"


class AllowanceState(StrEnum):
    """Where an allowance stands, from the intention to ask for it on."""

    ASKED = "asked"
    DROPPED = "dropped"
    HELD = "held"
    CLOSING = "closing"
    CLOSED = "closed"


class AllowanceEvent(StrEnum):
    """What can happen to an allowance."""

    ISSUED = "issued"
    DECLINED = "declined"
    CLOSING_DRAWN = "closing_drawn"
    CLOSING_CONFIRMED = "closing_confirmed"


_P, _E = PaymentState, PaymentEvent

PAYMENT_TABLE: Mapping[tuple[PaymentState, PaymentEvent], PaymentState] = {
    # The cheque is out and its receipt is awaited.
    (_P.SHOWN, _E.RECEIPT): _P.ACCEPTED,
    (_P.SHOWN, _E.VOID_NOTE): _P.VOIDED,
    (_P.SHOWN, _E.CANCEL_NOTE): _P.CANCELLED,
    (_P.SHOWN, _E.TTL_PASSED): _P.HIDDEN,
    (_P.SHOWN, _E.NO_RECEIPT): _P.UNCONFIRMED,
    (_P.SHOWN, _E.FOUND_SETTLED): _P.SETTLED,
    (_P.SHOWN, _E.FOUND_CONTINGENT): _P.CONTINGENT,
    (_P.SHOWN, _E.FOUND_GIVEN_BACK): _P.VOIDED,
    (_P.SHOWN, _E.FOUND_REFUSED): _P.REFUSED,
    (_P.SHOWN, _E.FOUND_RETURNED): _P.RETURNED,
    # The request has ended without a receipt: the payer asks for one, or for a note, or waits until D.
    (_P.UNCONFIRMED, _E.RECEIPT): _P.ACCEPTED,
    (_P.UNCONFIRMED, _E.VOID_NOTE): _P.VOIDED,
    (_P.UNCONFIRMED, _E.CANCEL_NOTE): _P.CANCELLED,
    (_P.UNCONFIRMED, _E.NO_RECEIPT): _P.UNCONFIRMED,
    (_P.UNCONFIRMED, _E.FOUND_SETTLED): _P.SETTLED,
    (_P.UNCONFIRMED, _E.FOUND_CONTINGENT): _P.CONTINGENT,
    (_P.UNCONFIRMED, _E.FOUND_GIVEN_BACK): _P.VOIDED,
    (_P.UNCONFIRMED, _E.FOUND_REFUSED): _P.REFUSED,
    (_P.UNCONFIRMED, _E.FOUND_RETURNED): _P.RETURNED,
    # A one-way code after its time: no longer shown, perhaps taken. No note is about it: it answers no request.
    (_P.HIDDEN, _E.RECEIPT): _P.ACCEPTED,
    (_P.HIDDEN, _E.VOID_NOTE): _P.VOIDED,
    (_P.HIDDEN, _E.TTL_PASSED): _P.HIDDEN,
    (_P.HIDDEN, _E.FOUND_SETTLED): _P.SETTLED,
    (_P.HIDDEN, _E.FOUND_CONTINGENT): _P.CONTINGENT,
    (_P.HIDDEN, _E.FOUND_GIVEN_BACK): _P.VOIDED,
    (_P.HIDDEN, _E.FOUND_REFUSED): _P.REFUSED,
    (_P.HIDDEN, _E.FOUND_RETURNED): _P.RETURNED,
    # The payee has signed that it took the cheque. A cancel note after that accuses the terminal and serves the payer.
    (_P.ACCEPTED, _E.RECEIPT): _P.ACCEPTED,
    (_P.ACCEPTED, _E.VOID_NOTE): _P.VOIDED,
    (_P.ACCEPTED, _E.CANCEL_NOTE): _P.CANCELLED,
    (_P.ACCEPTED, _E.FOUND_SETTLED): _P.SETTLED,
    (_P.ACCEPTED, _E.FOUND_CONTINGENT): _P.CONTINGENT,
    (_P.ACCEPTED, _E.FOUND_GIVEN_BACK): _P.VOIDED,
    (_P.ACCEPTED, _E.FOUND_REFUSED): _P.REFUSED,
    (_P.ACCEPTED, _E.FOUND_RETURNED): _P.RETURNED,
    # Given back, in part or whole: a receipt seen later takes nothing from it.
    (_P.VOIDED, _E.RECEIPT): _P.VOIDED,
    (_P.VOIDED, _E.VOID_NOTE): _P.VOIDED,
    (_P.VOIDED, _E.CANCEL_NOTE): _P.CANCELLED,
    (_P.VOIDED, _E.FOUND_SETTLED): _P.SETTLED,
    (_P.VOIDED, _E.FOUND_CONTINGENT): _P.CONTINGENT,
    (_P.VOIDED, _E.FOUND_GIVEN_BACK): _P.VOIDED,
    (_P.VOIDED, _E.FOUND_REFUSED): _P.REFUSED,
    (_P.VOIDED, _E.FOUND_RETURNED): _P.RETURNED,
    # Cancelled gives all back.
    (_P.CANCELLED, _E.RECEIPT): _P.CANCELLED,
    (_P.CANCELLED, _E.VOID_NOTE): _P.CANCELLED,
    (_P.CANCELLED, _E.CANCEL_NOTE): _P.CANCELLED,
    (_P.CANCELLED, _E.FOUND_SETTLED): _P.SETTLED,
    (_P.CANCELLED, _E.FOUND_CONTINGENT): _P.CONTINGENT,
    (_P.CANCELLED, _E.FOUND_GIVEN_BACK): _P.CANCELLED,
    (_P.CANCELLED, _E.FOUND_REFUSED): _P.CANCELLED,
    (_P.CANCELLED, _E.FOUND_RETURNED): _P.RETURNED,
    # The operator holds the claim and pays or returns it at D.
    (_P.CONTINGENT, _E.RECEIPT): _P.CONTINGENT,
    (_P.CONTINGENT, _E.VOID_NOTE): _P.VOIDED,
    (_P.CONTINGENT, _E.CANCEL_NOTE): _P.CANCELLED,
    (_P.CONTINGENT, _E.FOUND_SETTLED): _P.SETTLED,
    (_P.CONTINGENT, _E.FOUND_CONTINGENT): _P.CONTINGENT,
    (_P.CONTINGENT, _E.FOUND_GIVEN_BACK): _P.VOIDED,
    (_P.CONTINGENT, _E.FOUND_REFUSED): _P.REFUSED,
    (_P.CONTINGENT, _E.FOUND_RETURNED): _P.RETURNED,
    # The operator pays nothing for the claim; what was set aside returns at D. Another claim on it may still be paid.
    (_P.REFUSED, _E.RECEIPT): _P.REFUSED,
    (_P.REFUSED, _E.VOID_NOTE): _P.VOIDED,
    (_P.REFUSED, _E.CANCEL_NOTE): _P.CANCELLED,
    (_P.REFUSED, _E.FOUND_SETTLED): _P.SETTLED,
    (_P.REFUSED, _E.FOUND_CONTINGENT): _P.CONTINGENT,
    (_P.REFUSED, _E.FOUND_GIVEN_BACK): _P.VOIDED,
    (_P.REFUSED, _E.FOUND_REFUSED): _P.REFUSED,
    (_P.REFUSED, _E.FOUND_RETURNED): _P.RETURNED,
    # Settled is final for the payee; a note after it still gives back up to D, and the acquirer repays.
    (_P.SETTLED, _E.RECEIPT): _P.SETTLED,
    (_P.SETTLED, _E.VOID_NOTE): _P.VOIDED,
    (_P.SETTLED, _E.CANCEL_NOTE): _P.CANCELLED,
    (_P.SETTLED, _E.FOUND_SETTLED): _P.SETTLED,
    (_P.SETTLED, _E.FOUND_GIVEN_BACK): _P.VOIDED,
    (_P.SETTLED, _E.FOUND_REFUSED): _P.REFUSED,
    (_P.SETTLED, _E.FOUND_RETURNED): _P.RETURNED,
    # D has passed and the money is back: nothing about this cheque counts any more.
    (_P.RETURNED, _E.RECEIPT): _P.RETURNED,
    (_P.RETURNED, _E.VOID_NOTE): _P.RETURNED,
    (_P.RETURNED, _E.CANCEL_NOTE): _P.RETURNED,
    (_P.RETURNED, _E.FOUND_RETURNED): _P.RETURNED,
}

PAYMENT_STATUS: Mapping[PaymentState, Status] = {
    _P.SHOWN: Status.ACTIVE,
    _P.UNCONFIRMED: Status.NEEDS_YOU,
    _P.HIDDEN: Status.ACTIVE,
    _P.ACCEPTED: Status.DONE,
    _P.VOIDED: Status.DONE,
    _P.CANCELLED: Status.DONE,
    _P.CONTINGENT: Status.ACTIVE,
    _P.REFUSED: Status.ACTIVE,
    _P.SETTLED: Status.DONE,
    _P.RETURNED: Status.DONE,
}

_A, _V = AllowanceState, AllowanceEvent

ALLOWANCE_TABLE: Mapping[tuple[AllowanceState, AllowanceEvent], AllowanceState] = {
    (_A.ASKED, _V.ISSUED): _A.HELD,
    (_A.ASKED, _V.DECLINED): _A.DROPPED,
    (_A.DROPPED, _V.DECLINED): _A.DROPPED,
    (_A.HELD, _V.ISSUED): _A.HELD,
    (_A.HELD, _V.CLOSING_DRAWN): _A.CLOSING,
    (_A.CLOSING, _V.CLOSING_DRAWN): _A.CLOSING,
    (_A.CLOSING, _V.CLOSING_CONFIRMED): _A.CLOSED,
    (_A.CLOSED, _V.CLOSING_DRAWN): _A.CLOSED,
    (_A.CLOSED, _V.CLOSING_CONFIRMED): _A.CLOSED,
}

ALLOWANCE_STATUS: Mapping[AllowanceState, Status] = {
    _A.ASKED: Status.NEEDS_YOU,
    _A.DROPPED: Status.DONE,
    _A.HELD: Status.ACTIVE,
    _A.CLOSING: Status.ACTIVE,
    _A.CLOSED: Status.DONE,
}


def after_payment(state: PaymentState, event: PaymentEvent) -> PaymentState | None:
    """Where `event` leads from `state`; None when it cannot happen there."""
    return PAYMENT_TABLE.get((state, event))


def after_allowance(state: AllowanceState, event: AllowanceEvent) -> AllowanceState | None:
    """Where `event` leads from `state`; None when it cannot happen there."""
    return ALLOWANCE_TABLE.get((state, event))
