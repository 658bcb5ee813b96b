"""Every cell of the till's two tables, the empty ones too."""

from __future__ import annotations

import pytest

from feiqian.ledger.clearing import AdviceKind
from feiqian.protocol.answer import AnswerItem, Verdict
from feiqian.terminal.states import (
    ClaimEvent,
    ClaimState,
    Grade,
    NoSuchStep,
    RequestEvent,
    RequestState,
    claim_after,
    event_of,
    event_told,
    grade_of,
    note_event_of,
    request_after,
)

# Rows are states, columns the events in the order of their definition; a dot is an empty cell.
REQUESTS = """
            expire   accept    settle   cancel
open        expired  accepted  settled  cancelled
expired     expired  .         settled  cancelled
accepted    .        .         .        .
settled     .        .         settled  .
cancelled   .        .         .        cancelled
"""
CLAIMS = """
            batch  pay      hold        refuse
waiting     sent   .        .           .
sent        .      settled  contingent  refused
settled     .      settled  contingent  refused
contingent  .      settled  contingent  refused
refused     .      settled  contingent  refused
"""


def cells(drawn: str) -> list[tuple[str, str, str]]:
    head, *rows = (line.split() for line in drawn.strip().splitlines())
    return [(row[0], event, after) for row in rows for event, after in zip(head, row[1:], strict=True)]


@pytest.mark.parametrize(("state", "event", "after"), cells(REQUESTS))
def test_requests(state: str, event: str, after: str) -> None:
    found = request_after(RequestState(state), RequestEvent(event))
    assert found == (None if after == "." else RequestState(after))


@pytest.mark.parametrize(("state", "event", "after"), cells(CLAIMS))
def test_claims(state: str, event: str, after: str) -> None:
    if after == ".":
        with pytest.raises(NoSuchStep):
            claim_after(ClaimState(state), ClaimEvent(event))
    else:
        assert claim_after(ClaimState(state), ClaimEvent(event)) is ClaimState(after)


def test_the_drawings_are_complete() -> None:
    assert {(state, event) for state, event, _ in cells(REQUESTS)} == {
        (s, e) for s in RequestState for e in RequestEvent
    }
    assert {(state, event) for state, event, _ in cells(CLAIMS)} == {(s, e) for s in ClaimState for e in ClaimEvent}


@pytest.mark.parametrize(
    ("verdict", "paid_minor", "waiting_minor", "event"),
    [
        (Verdict.SETTLED, 5, 0, ClaimEvent.PAY),
        (Verdict.SETTLED, 0, 0, ClaimEvent.REFUSE),
        (Verdict.CONTINGENT, 0, 5, ClaimEvent.HOLD),
        (Verdict.DUPLICATE, 5, 0, ClaimEvent.PAY),  # it reports what was paid before
        (Verdict.DUPLICATE, 0, 5, ClaimEvent.HOLD),
        (Verdict.DUPLICATE, 0, 0, ClaimEvent.REFUSE),
        (Verdict.FORK, 5, 0, ClaimEvent.PAY),
        (Verdict.FORK, 0, 5, ClaimEvent.HOLD),
        (Verdict.FORK, 0, 0, ClaimEvent.REFUSE),
        (Verdict.NOTED, 0, 0, ClaimEvent.REFUSE),
        (Verdict.LATE, 0, 0, ClaimEvent.REFUSE),
        (Verdict.REFUSED, 0, 0, ClaimEvent.REFUSE),
        (Verdict.SECOND_CHEQUE, 0, 0, ClaimEvent.REFUSE),
    ],
)
def test_what_an_answer_does(verdict: Verdict, paid_minor: int, waiting_minor: int, event: ClaimEvent) -> None:
    item = AnswerItem(verdict=verdict, paid_minor=paid_minor, waiting_minor=waiting_minor)
    assert event_of(item, kept_minor=5) is event


@pytest.mark.parametrize("verdict", list(Verdict))
def test_what_this_till_gave_back_in_full_is_done(verdict: Verdict) -> None:
    done = event_of(AnswerItem(verdict=verdict), kept_minor=0) is ClaimEvent.PAY
    assert done == (verdict in {Verdict.SETTLED, Verdict.DUPLICATE})


@pytest.mark.parametrize("verdict", list(Verdict))
def test_what_an_answer_does_to_a_note(verdict: Verdict) -> None:
    taken = note_event_of(AnswerItem(verdict=verdict)) is ClaimEvent.PAY
    assert taken == (verdict in {Verdict.NOTED, Verdict.DUPLICATE, Verdict.SETTLED})


@pytest.mark.parametrize("verdict", list(Verdict))
def test_every_verdict_is_understood(verdict: Verdict) -> None:
    assert event_of(AnswerItem(verdict=verdict), kept_minor=5) in {ClaimEvent.PAY, ClaimEvent.HOLD, ClaimEvent.REFUSE}


@pytest.mark.parametrize("kind", list(AdviceKind))
@pytest.mark.parametrize(
    ("paid_minor", "waiting_minor", "event"),
    [(5, 0, ClaimEvent.PAY), (0, 5, ClaimEvent.HOLD), (2, 3, ClaimEvent.HOLD), (0, 0, None)],
)
def test_what_later_truth_does(kind: AdviceKind, paid_minor: int, waiting_minor: int, event: ClaimEvent | None) -> None:
    waits = ClaimEvent.HOLD if kind is AdviceKind.WAITING else None
    done = ClaimEvent.PAY if kind in {AdviceKind.SETTLED, AdviceKind.GIVEN_BACK} else None
    for kept_minor, nothing in ((5, waits), (0, waits or done)):  # of what this till gave back in full nothing is owed
        wanted = event or nothing or ClaimEvent.REFUSE
        found = event_told(kind, paid_minor=paid_minor, waiting_minor=waiting_minor, kept_minor=kept_minor)
        assert found is wanted


@pytest.mark.parametrize(
    ("state", "guaranteed_minor", "grade"),
    [
        (ClaimState.WAITING, 10, Grade.GUARANTEED),
        (ClaimState.WAITING, 0, Grade.AT_OWN_RISK),
        (ClaimState.SENT, 10, Grade.GUARANTEED),
        (ClaimState.CONTINGENT, 0, Grade.AT_OWN_RISK),
        (ClaimState.CONTINGENT, 10, Grade.AT_OWN_RISK),  # the till believed it guaranteed, the operator does not
        (ClaimState.SETTLED, 0, Grade.FINAL),
        (ClaimState.REFUSED, 10, Grade.REFUSED),
    ],
)
def test_how_sure_it_is(state: ClaimState, guaranteed_minor: int, grade: Grade) -> None:
    assert grade_of(state, final_minor=10, guaranteed_minor=guaranteed_minor) is grade
