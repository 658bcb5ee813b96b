"""Disputes: where one stands, who may do what, until when, and what it asks of whom (spec 10.2). Pure.

One table `(state, act) -> state`; an absent cell means that the act cannot happen there, and it changes nothing. An
act that comes twice leads to the state where the dispute already is, so a retry is harmless. Disputes live with the
acquirer: it is a payee's balance that is asked for, and the payee that must answer.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

ANSWER_S: Final = 7 * 86_400
"""How long the other party has to answer, from the opening or from D, whichever is later."""
DECIDE_S: Final = 30 * 86_400
"""How long the administrator has to decide, from the answer or from the end of the time for it."""
OPEN_S: Final = 60 * 86_400
"""How long after D a dispute can be opened."""
EVIDENCE_MAX_BYTES: Final = 16 * 1024
WORDS_MAX_CHARS: Final = 500


class Party(StrEnum):
    """Who acts in a dispute."""

    PAYER = "payer"
    PAYEE = "payee"
    ADMINISTRATOR = "administrator"
    CLOCK = "clock"


class DisputeReason(StrEnum):
    """What is disputed."""

    NOT_DELIVERED = "not_delivered"
    WRONG_AMOUNT = "wrong_amount"
    NOT_ME = "not_me"
    NOT_PAID = "not_paid"


class DisputeState(StrEnum):
    """Where a dispute stands."""

    OPENED = "opened"
    CONTESTED = "contested"
    UNANSWERED = "unanswered"
    ACCEPTED = "accepted"
    REFUNDED = "refunded"
    UPHELD = "upheld"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


class DisputeAct(StrEnum):
    """What can happen to a dispute after it was opened."""

    ACCEPT = "accept"
    CONTEST = "contest"
    WITHDRAW = "withdraw"
    REFUND = "refund"
    UPHOLD = "uphold"
    TIME_PASSED = "time_passed"


class Status(StrEnum):
    """What a dispute asks of whoever looks at it."""

    ACTIVE = "active"
    NEEDS_YOU = "needs_you"
    DONE = "done"


_S, _A = DisputeState, DisputeAct

DISPUTE_TABLE: Final[Mapping[tuple[DisputeState, DisputeAct], DisputeState]] = {
    # The other party has not answered, and still has time to.
    (_S.OPENED, _A.ACCEPT): _S.ACCEPTED,
    (_S.OPENED, _A.CONTEST): _S.CONTESTED,
    (_S.OPENED, _A.WITHDRAW): _S.WITHDRAWN,
    (_S.OPENED, _A.TIME_PASSED): _S.UNANSWERED,
    # It says no: the administrator decides. It may still give in.
    (_S.CONTESTED, _A.ACCEPT): _S.ACCEPTED,
    (_S.CONTESTED, _A.CONTEST): _S.CONTESTED,
    (_S.CONTESTED, _A.WITHDRAW): _S.WITHDRAWN,
    (_S.CONTESTED, _A.REFUND): _S.REFUNDED,
    (_S.CONTESTED, _A.UPHOLD): _S.UPHELD,
    (_S.CONTESTED, _A.TIME_PASSED): _S.LAPSED,
    # It said nothing in time: the administrator decides without it, and hears it if it speaks late.
    (_S.UNANSWERED, _A.ACCEPT): _S.ACCEPTED,
    (_S.UNANSWERED, _A.CONTEST): _S.CONTESTED,
    (_S.UNANSWERED, _A.WITHDRAW): _S.WITHDRAWN,
    (_S.UNANSWERED, _A.REFUND): _S.REFUNDED,
    (_S.UNANSWERED, _A.UPHOLD): _S.UPHELD,
    (_S.UNANSWERED, _A.TIME_PASSED): _S.LAPSED,
    # Over. The same act once more finds what it did.
    (_S.ACCEPTED, _A.ACCEPT): _S.ACCEPTED,
    (_S.REFUNDED, _A.REFUND): _S.REFUNDED,
    (_S.UPHELD, _A.UPHOLD): _S.UPHELD,
    (_S.WITHDRAWN, _A.WITHDRAW): _S.WITHDRAWN,
}
DONE: Final = frozenset({_S.ACCEPTED, _S.REFUNDED, _S.UPHELD, _S.WITHDRAWN, _S.LAPSED})
"""States that nothing leaves."""
REASONS: Final[Mapping[Party, frozenset[DisputeReason]]] = {
    Party.PAYER: frozenset({DisputeReason.NOT_DELIVERED, DisputeReason.WRONG_AMOUNT, DisputeReason.NOT_ME}),
    Party.PAYEE: frozenset({DisputeReason.NOT_PAID, DisputeReason.WRONG_AMOUNT}),
}
"""Who may open a dispute, and about what."""


def after_act(state: DisputeState, act: DisputeAct) -> DisputeState | None:
    """Where `act` leads from `state`; None when it cannot happen there."""
    return DISPUTE_TABLE.get((state, act))


def other_party(opener: Party) -> Party:
    """Who answers what `opener` opened."""
    return Party.PAYEE if opener is Party.PAYER else Party.PAYER


def may_act(opener: Party, act: DisputeAct) -> Party:
    """Who alone may do this in a dispute that `opener` opened."""
    match act:
        case DisputeAct.ACCEPT | DisputeAct.CONTEST:
            return other_party(opener)
        case DisputeAct.WITHDRAW:
            return opener
        case DisputeAct.REFUND | DisputeAct.UPHOLD:
            return Party.ADMINISTRATOR
        case DisputeAct.TIME_PASSED:
            return Party.CLOCK


def is_possible(opener: Party, act: DisputeAct) -> bool:
    """False for a refund in a payee's dispute: only the payer's own word moves money from a payer."""
    return act is not DisputeAct.REFUND or opener is Party.PAYER


def until_after(state: DisputeState, now: int, deadline: int) -> int | None:
    """When this state ends by itself, entered at `now`, of a payment with this D; None for what is over."""
    if state is DisputeState.OPENED:
        return max(now, deadline) + ANSWER_S
    return None if state in DONE else max(now, deadline) + DECIDE_S


def status_of(state: DisputeState, opener: Party, viewer: Party) -> Status:
    """What the dispute asks of `viewer`."""
    if state in DONE:
        return Status.DONE
    waits_for = {
        DisputeState.OPENED: {other_party(opener)},
        DisputeState.CONTESTED: {Party.ADMINISTRATOR},
        DisputeState.UNANSWERED: {other_party(opener), Party.ADMINISTRATOR},
    }
    return Status.NEEDS_YOU if viewer in waits_for[state] else Status.ACTIVE
