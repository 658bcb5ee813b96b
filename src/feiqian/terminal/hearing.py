"""Later truth: what the operator tells of claims after their answers, from the payee's statement (spec 05).

An answer never changes; a claim that waited is paid or not at D, a payment that was settled turns out to be one side
of a fork, a code was taken elsewhere, too. Each is an event with a number. Pages are heard in the order of their
numbers and each is stored in one transaction with how far it goes, so no event is missed and none counts twice. An
event says how its claim stands after it, so the last one heard is the truth whatever came before. Events of the
payee's other terminals are passed over. What is not understood stops the hearing where it is: nothing of that page
is taken, and it is told again after an update.
"""

from collections.abc import Iterable
from typing import Final

from feiqian.ledger.clearing import AdviceKind
from feiqian.protocol.ids import StatementId
from feiqian.protocol.limits import AMOUNT_MAX_MINOR, TIME_MAX_S
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.terminal.desk import Desk
from feiqian.terminal.ports import EventReply, OperatorLink, StatementReply
from feiqian.terminal.records import HeardPage, NewEvent, ToldEvent
from feiqian.terminal.states import QUEUED, ClaimState, claim_after, event_told
from feiqian.terminal.troubles import TerminalTrouble

PAGES_MAX: Final = 500
"""Pages heard in one round; the next round goes on where this one ended."""
NUMBER_MAX: Final = AMOUNT_MAX_MINOR


def begin_listening(desk: Desk, link: OperatorLink) -> None:
    """Before the first batch ever leaves: begin behind the payee's past, in which this till has no claim.

    A payee may have been paid for years at other terminals. Raises Coded; then it is heard from its beginning.
    """
    if _has_history(desk):
        return
    newest = max((_checked(event).number for event in _statement(desk, link).events), default=0)
    if not _has_history(desk):  # another process may have begun, and sent, while the answer was waited for
        desk.store.keep_events(_page(desk, None, newest, ()))


def hear(desk: Desk, link: OperatorLink, news: list[ToldEvent]) -> None:
    """Hear and store what came since; what is worth a sentence is added to `news`. Raises Coded.

    Repeating it is always safe: what was stored is behind the number from which it asks.
    """
    for _ in range(PAGES_MAX):
        before = _heard(desk)
        events = _statement(desk, link, after=before or 0).events
        if _heard(desk) != before:
            continue  # another process has heard these
        fresh = _behind(before or 0, events)
        if not fresh:
            return
        stored = desk.store.keep_events(_page(desk, before, fresh[-1].number, _ours(desk, fresh)))
        news.extend(event for event in stored if event.is_news)


def _heard(desk: Desk) -> int | None:
    return desk.store.heard_up_to(desk.enrolment.deployment, desk.certificate.payee_id)


def _has_history(desk: Desk) -> bool:
    store = desk.store
    return _heard(desk) is not None or store.last_answered_batch() is not None or bool(store.unanswered_batches())


def _page(desk: Desk, before: int | None, up_to: int, events: tuple[NewEvent, ...]) -> HeardPage:
    return HeardPage(
        deployment=desk.enrolment.deployment,
        payee_id=desk.certificate.payee_id,
        before=before,
        up_to=up_to,
        time=desk.now(),
        events=events,
    )


def _statement(desk: Desk, link: OperatorLink, *, after: int | None = None) -> StatementReply:
    try:
        reply = link.payee_statement(after=after)
    except Refused as refused:
        if refused.reason is RefusalCode.UPDATE_NEEDED:
            raise TerminalTrouble("update_needed") from None
        raise
    desk.refresh()
    return reply


def _behind(after: int, events: Iterable[EventReply]) -> list[EventReply]:
    """The events not heard yet, each once, in the order of their numbers."""
    by_number = {event.number: event for event in map(_checked, events)}
    return [by_number[number] for number in sorted(by_number) if number > after]


def _ours(desk: Desk, events: Iterable[EventReply]) -> tuple[NewEvent, ...]:
    """The events of this till's claims, each with the state into which it brings its claim."""
    states: dict[StatementId, ClaimState] = {}
    ours: list[NewEvent] = []
    for event in events:
        cheque_id, kind = StatementId(event.cheque_id), AdviceKind(event.kind)
        accepted = desk.store.accepted(cheque_id)
        if accepted is None:
            continue
        held = states.get(cheque_id, accepted.state)
        paid_minor, waiting_minor = event.stands_paid_minor, event.stands_waiting_minor
        if held not in QUEUED:
            step = event_told(kind, paid_minor=paid_minor, waiting_minor=waiting_minor, kept_minor=accepted.kept_minor)
            states[cheque_id] = claim_after(held, step)
        ours.append(
            NewEvent(
                number=event.number,
                kind=kind,
                at=event.at,
                cheque_id=cheque_id,
                paid_minor=paid_minor,
                waiting_minor=waiting_minor,
                deadline=event.deadline,
                state=states.get(cheque_id),
            )
        )
    return tuple(ours)


def _checked(event: EventReply) -> EventReply:
    """An event that can be stored. Raises TerminalTrouble: update_needed for a kind that this version does not know."""
    if event.kind not in frozenset(AdviceKind):
        raise TerminalTrouble("update_needed")
    amounts_right = (
        0 <= event.stands_paid_minor <= AMOUNT_MAX_MINOR and 0 <= event.stands_waiting_minor <= AMOUNT_MAX_MINOR
    )
    if not amounts_right:
        raise TerminalTrouble("statement_refused", why="an amount")
    if not (0 < event.number <= NUMBER_MAX and 0 <= event.at <= TIME_MAX_S and 0 <= event.deadline <= TIME_MAX_S):
        raise TerminalTrouble("statement_refused", why="a number or time")
    return event
