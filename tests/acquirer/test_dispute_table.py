"""The table of disputes, cell by cell, with the empty ones; who may do what, until when, and what it asks of whom."""

from __future__ import annotations

from itertools import product

import pytest

from feiqian.acquirer.dispute_troubles import DisputeTrouble
from feiqian.acquirer.disputes import (
    ANSWER_S,
    DECIDE_S,
    DISPUTE_TABLE,
    DONE,
    REASONS,
    DisputeAct,
    DisputeReason,
    DisputeState,
    Party,
    Status,
    after_act,
    is_possible,
    may_act,
    other_party,
    status_of,
    until_after,
)
from feiqian.cli.dispute_words import REASON_WORDS, STATE_WORDS, STATUS_WORDS

WANTED = """
            accept    contest    withdraw   refund    uphold  time_passed
opened      accepted  contested  withdrawn  -         -       unanswered
contested   accepted  contested  withdrawn  refunded  upheld  lapsed
unanswered  accepted  contested  withdrawn  refunded  upheld  lapsed
accepted    accepted  -          -          -         -       -
refunded    -         -          -          refunded  -       -
upheld      -         -          -          -         upheld  -
withdrawn   -         -          withdrawn  -         -       -
lapsed      -         -          -          -         -       -
"""


def test_every_cell_of_the_table() -> None:
    heading, *rows = [line.split() for line in WANTED.strip().splitlines()]
    assert heading == [act.value for act in DisputeAct]
    assert [row[0] for row in rows] == [state.value for state in DisputeState]
    for state, *cells in rows:
        for act, cell in zip(heading, cells, strict=True):
            found = after_act(DisputeState(state), DisputeAct(act))
            assert (found.value if found else "-") == cell


def test_what_is_over_stays_over_and_all_else_has_an_end() -> None:
    for (state, _), after in DISPUTE_TABLE.items():
        assert after is state or state not in DONE
    for state in DisputeState:
        until = until_after(state, 100, 50)
        assert (until is None) == (state in DONE)
        assert (after_act(state, DisputeAct.TIME_PASSED) is not None) == (until is not None)


def test_time_runs_from_the_deadline_or_from_the_act_whichever_is_later() -> None:
    assert until_after(DisputeState.OPENED, 100, 5_000) == 5_000 + ANSWER_S
    assert until_after(DisputeState.OPENED, 9_000, 5_000) == 9_000 + ANSWER_S
    assert until_after(DisputeState.CONTESTED, 9_000, 5_000) == 9_000 + DECIDE_S


@pytest.mark.parametrize("opener", [Party.PAYER, Party.PAYEE])
def test_one_party_opens_and_withdraws_the_other_answers_the_administrator_decides(opener: Party) -> None:
    other = other_party(opener)
    assert {opener, other} == {Party.PAYER, Party.PAYEE}
    who = {act: may_act(opener, act) for act in DisputeAct}
    assert who == {
        DisputeAct.ACCEPT: other,
        DisputeAct.CONTEST: other,
        DisputeAct.WITHDRAW: opener,
        DisputeAct.REFUND: Party.ADMINISTRATOR,
        DisputeAct.UPHOLD: Party.ADMINISTRATOR,
        DisputeAct.TIME_PASSED: Party.CLOCK,
    }
    assert not REASONS[opener] - set(DisputeReason)


def test_no_decision_takes_money_from_a_payer() -> None:
    impossible = [
        (opener, act) for opener, act in product((Party.PAYER, Party.PAYEE), DisputeAct) if not is_possible(opener, act)
    ]
    assert impossible == [(Party.PAYEE, DisputeAct.REFUND)]


@pytest.mark.parametrize("opener", [Party.PAYER, Party.PAYEE])
def test_what_each_state_asks_of_each_party(opener: Party) -> None:
    needs = {
        (state, viewer)
        for state, viewer in product(DisputeState, (Party.PAYER, Party.PAYEE, Party.ADMINISTRATOR))
        if status_of(state, opener, viewer) is Status.NEEDS_YOU
    }
    assert needs == {
        (DisputeState.OPENED, other_party(opener)),
        (DisputeState.UNANSWERED, other_party(opener)),
        (DisputeState.UNANSWERED, Party.ADMINISTRATOR),
        (DisputeState.CONTESTED, Party.ADMINISTRATOR),
    }
    assert all((status_of(state, opener, opener) is Status.DONE) == (state in DONE) for state in DisputeState)


def test_everything_has_its_words_in_both_languages() -> None:
    assert set(STATE_WORDS) == set(DisputeState)
    assert set(STATUS_WORDS) == set(Status)
    assert set(REASON_WORDS) == set(DisputeReason)
    for words in DisputeTrouble.table.values():
        assert set(words) == {"en", "zh"}
        assert all(words["en"])
        assert all(words["zh"])
