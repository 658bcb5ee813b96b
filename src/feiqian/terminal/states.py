"""The two machines of a till, as tables `(state, event) -> state`; diagrams are drawn from them (spec 05).

An event that has no cell is refused by `after`; who calls it says why in words for people. That a request has run
out is never stored: it follows from its time, so no timer has to run and a clock set right heals it. Whoever shows
requests (the web till) puts it beside what is stored.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from feiqian.ledger.clearing import AdviceKind
from feiqian.protocol.answer import AnswerItem, Verdict


class RequestState(StrEnum):
    """What became of a request."""

    OPEN = "open"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    SETTLED = "settled"
    CANCELLED = "cancelled"


class RequestEvent(StrEnum):
    """What can happen to a request: its time runs out, a cheque, the issuer's word that it is paid, a cancel note."""

    EXPIRE = "expire"
    ACCEPT = "accept"
    SETTLE = "settle"
    CANCEL = "cancel"


class ClaimState(StrEnum):
    """How far the claim of an accepted cheque has come. WAITING and SENT are owed an answer: the queue."""

    WAITING = "waiting"
    SENT = "sent"
    SETTLED = "settled"
    CONTINGENT = "contingent"
    REFUSED = "refused"


class ClaimEvent(StrEnum):
    """What can happen to a claim: it goes into a batch, the signed answer names it, the operator tells of it later."""

    BATCH = "batch"
    PAY = "pay"
    HOLD = "hold"
    REFUSE = "refuse"


class Grade(StrEnum):
    """How sure the payee can be (spec 07)."""

    REFUSED = "F0"
    AT_OWN_RISK = "F1"
    GUARANTEED = "F2"
    FINAL = "F3"


class NoSuchStep(ValueError):
    """The table has no cell for this event in this state: a programmer's mistake, since callers ask first."""


REQUEST_STEPS: Final[Mapping[tuple[RequestState, RequestEvent], RequestState]] = {
    (RequestState.OPEN, RequestEvent.EXPIRE): RequestState.EXPIRED,
    (RequestState.OPEN, RequestEvent.ACCEPT): RequestState.ACCEPTED,
    (RequestState.OPEN, RequestEvent.SETTLE): RequestState.SETTLED,
    (RequestState.OPEN, RequestEvent.CANCEL): RequestState.CANCELLED,
    # A payer may have answered in time what nobody read in time: it is given back, or the issuer says it is paid.
    (RequestState.EXPIRED, RequestEvent.EXPIRE): RequestState.EXPIRED,
    (RequestState.EXPIRED, RequestEvent.SETTLE): RequestState.SETTLED,
    (RequestState.EXPIRED, RequestEvent.CANCEL): RequestState.CANCELLED,
    # Replaying what was done is harmless.
    (RequestState.SETTLED, RequestEvent.SETTLE): RequestState.SETTLED,
    (RequestState.CANCELLED, RequestEvent.CANCEL): RequestState.CANCELLED,
}

CLAIM_STEPS: Final[Mapping[tuple[ClaimState, ClaimEvent], ClaimState]] = {
    (ClaimState.WAITING, ClaimEvent.BATCH): ClaimState.SENT,
    (ClaimState.SENT, ClaimEvent.PAY): ClaimState.SETTLED,
    (ClaimState.SENT, ClaimEvent.HOLD): ClaimState.CONTINGENT,
    (ClaimState.SENT, ClaimEvent.REFUSE): ClaimState.REFUSED,
    # Later truth, from the payee's statement: the operator judges, the till says what it was told, whatever it held
    # before. What has no answer yet stays in the queue, so WAITING and SENT are moved by the answer alone.
    (ClaimState.SETTLED, ClaimEvent.PAY): ClaimState.SETTLED,
    (ClaimState.SETTLED, ClaimEvent.HOLD): ClaimState.CONTINGENT,
    (ClaimState.SETTLED, ClaimEvent.REFUSE): ClaimState.REFUSED,
    (ClaimState.CONTINGENT, ClaimEvent.PAY): ClaimState.SETTLED,
    (ClaimState.CONTINGENT, ClaimEvent.HOLD): ClaimState.CONTINGENT,
    (ClaimState.CONTINGENT, ClaimEvent.REFUSE): ClaimState.REFUSED,
    (ClaimState.REFUSED, ClaimEvent.PAY): ClaimState.SETTLED,
    (ClaimState.REFUSED, ClaimEvent.HOLD): ClaimState.CONTINGENT,
    (ClaimState.REFUSED, ClaimEvent.REFUSE): ClaimState.REFUSED,
}

QUEUED: Final = (ClaimState.WAITING, ClaimState.SENT)
"""The states of what has no answer yet."""
_PAID: Final = frozenset({Verdict.SETTLED, Verdict.DUPLICATE})
_TAKEN: Final = _PAID | {Verdict.NOTED}
_PAID_KINDS: Final = frozenset({AdviceKind.SETTLED, AdviceKind.GIVEN_BACK})


def request_after(state: RequestState, event: RequestEvent) -> RequestState | None:
    """The state after `event`, or None where the event is refused."""
    return REQUEST_STEPS.get((state, event))


def claim_after(state: ClaimState, event: ClaimEvent) -> ClaimState:
    """The state after `event`. Raises NoSuchStep."""
    try:
        return CLAIM_STEPS[state, event]
    except KeyError:
        raise NoSuchStep(f"a claim that is {state} cannot {event}") from None


def event_of(item: AnswerItem, *, kept_minor: int) -> ClaimEvent:
    """What an answer's item does to its claim, of which this till's own notes left `kept_minor`.

    Amounts decide before the verdict does: a cheque of a fork is paid within the guarantee and waits outside it.
    And with nothing paid and nothing waiting no friendly verdict makes it paid, unless this till gave it all back:
    the same code may have been taken, claimed and given back at another till.
    """
    if item.waiting_minor or item.verdict is Verdict.CONTINGENT:
        return ClaimEvent.HOLD
    if item.paid_minor or (not kept_minor and item.verdict in _PAID):
        return ClaimEvent.PAY
    return ClaimEvent.REFUSE


def note_event_of(item: AnswerItem) -> ClaimEvent:
    """What an answer's item does to its note: it has no amount, so its verdict decides."""
    return ClaimEvent.PAY if item.verdict in _TAKEN else ClaimEvent.REFUSE


def event_told(kind: AdviceKind, *, paid_minor: int, waiting_minor: int, kept_minor: int) -> ClaimEvent:
    """What the operator's later word does to a claim that now stands so; amounts decide first, as in an answer."""
    if waiting_minor or (kind is AdviceKind.WAITING and not paid_minor):
        return ClaimEvent.HOLD
    if paid_minor or (not kept_minor and kind in _PAID_KINDS):
        return ClaimEvent.PAY
    return ClaimEvent.REFUSE


def grade_of(state: ClaimState, *, final_minor: int, guaranteed_minor: int) -> Grade:
    """How sure an accepted cheque is by now; before it is answered, what the counter was told.

    What the operator lets wait until D is not guaranteed, whatever the till believed.
    """
    if state is ClaimState.SETTLED:
        return Grade.FINAL
    if state is ClaimState.REFUSED:
        return Grade.REFUSED
    is_guaranteed = state is not ClaimState.CONTINGENT and guaranteed_minor >= final_minor
    return Grade.GUARANTEED if is_guaranteed else Grade.AT_OWN_RISK
