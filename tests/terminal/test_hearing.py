"""Later truth at the till: heard in order, counted once, told in plain words; what is not understood loses nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feiqian.ledger.clearing import AdviceKind
from feiqian.protocol.answer import AnswerItem, Verdict
from feiqian.protocol.ids import StatementId
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.terminal import hearing
from feiqian.terminal.records import Accepted, ToldEvent
from feiqian.terminal.states import ClaimState, Grade
from tests.terminal.test_sync import pay_in_full, sell
from tests.terminal.world import CODE, NOW, Counter, LinkDown, Operator, Payer, Statement, Told

one_counter = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def wait(number: int, claim: bytes) -> AnswerItem:
    return AnswerItem(verdict=Verdict.CONTINGENT, waiting_minor=pay_in_full(number, claim).paid_minor)


def take(counter: Counter, payer: Payer, amount_minor: int = 9_00) -> StatementId:
    code = payer.code(amount_minor)
    return counter.terminal.take_code(code, due_minor=amount_minor, at_own_risk=True).accepted.cheque_id


def payment(counter: Counter, cheque_id: bytes) -> Accepted:
    return counter.terminal.payment(cheque_id=StatementId(cheque_id))


def answers(counter: Counter) -> list[tuple[bytes]]:
    return counter.vault.connection.execute("SELECT answer, answered_at FROM batch").fetchall()


def test_a_fork_is_told_at_the_counter_and_the_answer_stays(counter: Counter, operator: Operator, payer: Payer) -> None:
    operator.decide = pay_in_full
    cheque_id = sell(counter, payer, 60_00)
    counter.terminal.sync(operator)
    before, answered = payment(counter, cheque_id), answers(counter)
    operator.tell("fork", cheque_id, 60_00)
    outcome = counter.terminal.sync(operator)
    assert [(told.kind, told.paid_minor) for told in outcome.told] == [(AdviceKind.FORK, 60_00)]
    after = payment(counter, cheque_id)
    assert (after.answer, answers(counter)) == (before.answer, answered)
    assert (after.state, after.grade, after.paid_minor) == (ClaimState.SETTLED, Grade.FINAL, 60_00)
    assert counter.terminal.history()[0] == outcome.told[0]
    assert counter.terminal.totals().told == tuple(outcome.told)


def test_the_same_events_again_change_nothing(counter: Counter, operator: Operator, payer: Payer) -> None:
    cheque_id = sell(counter, payer)
    counter.terminal.sync(operator)
    operator.tell("fork", cheque_id, 10_00)
    counter.terminal.sync(operator)
    before = counter.everything()
    assert counter.terminal.sync(operator).told == []
    counter.reopen()
    operator.say = lambda _after: Statement(operator.events)
    assert counter.terminal.sync(operator).told == []
    assert counter.everything() == before


def test_a_code_taken_twice_waits_for_its_part_and_gets_it_at_the_deadline(
    counter: Counter, operator: Operator, payer: Payer
) -> None:
    operator.decide = wait
    cheque_id = take(counter, payer)
    counter.terminal.sync(operator)
    operator.tell("waiting", cheque_id, 0, 9_00)
    operator.tell("double_acceptance", cheque_id, 0, 4_50)
    assert [told.kind for told in counter.terminal.sync(operator).told] == [AdviceKind.DOUBLE_ACCEPTANCE]
    held = payment(counter, cheque_id)
    assert (held.state, held.paid_minor, held.waiting_minor) == (ClaimState.CONTINGENT, 0, 4_50)
    totals = counter.terminal.totals()
    assert (totals.contingent_minor, totals.unpaid_minor) == (4_50, 4_50)
    assert (totals.by_grade[Grade.AT_OWN_RISK].count, totals.by_grade[Grade.AT_OWN_RISK].amount_minor) == (1, 4_50)
    counter.terminal.close_shift()
    operator.tell("shared", cheque_id, 4_50)
    counter.terminal.sync(operator)
    paid = payment(counter, cheque_id)
    assert (paid.state, paid.paid_minor, paid.waiting_minor) == (ClaimState.SETTLED, 4_50, 0)
    assert [told.kind for told in counter.terminal.totals().told] == [AdviceKind.SHARED]
    assert [told.kind for told in counter.terminal.told(cheque_id)] == [
        AdviceKind.WAITING,
        AdviceKind.DOUBLE_ACCEPTANCE,
        AdviceKind.SHARED,
    ]


@pytest.mark.parametrize(
    ("kind", "paid_minor", "state", "grade"),
    [
        ("unpaid", 0, ClaimState.REFUSED, Grade.REFUSED),
        ("second_cheque", 0, ClaimState.REFUSED, Grade.REFUSED),
        ("given_back", 0, ClaimState.REFUSED, Grade.REFUSED),  # at another till: this one gave nothing back
        ("given_back", 3_00, ClaimState.SETTLED, Grade.FINAL),
        ("settled", 10_00, ClaimState.SETTLED, Grade.FINAL),
    ],
)
def test_every_kind_moves_the_claim(
    counter: Counter, operator: Operator, payer: Payer, kind: str, paid_minor: int, state: ClaimState, grade: Grade
) -> None:
    operator.decide = wait
    cheque_id = sell(counter, payer)
    counter.terminal.sync(operator)
    operator.tell(kind, cheque_id, paid_minor)
    counter.terminal.sync(operator)
    found = payment(counter, cheque_id)
    assert (found.state, found.grade, found.paid_minor, found.waiting_minor) == (state, grade, paid_minor, 0)
    totals = counter.terminal.totals()
    assert (totals.paid_minor, totals.unpaid_minor) == (paid_minor, 10_00 - paid_minor)


def test_what_this_till_gave_back_in_full_stays_done(counter: Counter, operator: Operator, payer: Payer) -> None:
    operator.decide = pay_in_full
    cheque_id = sell(counter, payer)
    counter.terminal.sync(operator)
    counter.terminal.void(payment(counter, cheque_id))
    operator.tell("given_back", cheque_id, 0)
    counter.terminal.sync(operator)
    assert payment(counter, cheque_id).state is ClaimState.SETTLED
    totals = counter.terminal.totals()
    assert (totals.paid_minor, totals.unpaid_minor) == (0, 0)


def test_an_unknown_kind_fails_closed_and_is_heard_after_an_update(
    counter: Counter, operator: Operator, payer: Payer
) -> None:
    cheque_id = sell(counter, payer)
    counter.terminal.sync(operator)
    operator.tell("fork", cheque_id, 6_00)
    operator.tell("reversed_by_court", cheque_id, 0)
    before = counter.everything()
    outcome = counter.terminal.sync(operator)
    assert ([trouble.code for trouble in outcome.troubles], outcome.told) == (["update_needed"], [])
    assert counter.everything() == before
    operator.events[1].kind = "unpaid"  # what the newer app understands
    assert [told.kind for told in counter.terminal.sync(operator).told] == [AdviceKind.FORK, AdviceKind.UNPAID]
    assert payment(counter, cheque_id).state is ClaimState.REFUSED


def test_a_link_that_cannot_read_an_event_says_the_same(counter: Counter, operator: Operator, payer: Payer) -> None:
    def newer(after: int | None) -> Statement:
        raise Refused(RefusalCode.UPDATE_NEEDED, f"after {after}")

    operator.say = newer
    sell(counter, payer)
    outcome = counter.terminal.sync(operator)
    assert [trouble.code for trouble in outcome.troubles] == ["update_needed"] * 2
    assert outcome.troubles[0].words("en").next.startswith("Update the app")
    assert len(outcome.answered) == 1, "claims still go"


def test_a_kind_that_is_not_known_yet_does_not_hide_what_comes_of_the_first_batch(
    counter: Counter, operator: Operator, payer: Payer
) -> None:
    operator.tell("of_the_future", b"x" * 32)
    cheque_id = sell(counter, payer)
    counter.terminal.sync(operator)
    operator.tell("fork", cheque_id, 6_00)
    operator.events[0].kind = "fork"
    assert [told.paid_minor for told in counter.terminal.sync(operator).told] == [6_00]


def test_another_terminals_claims_are_passed_over(counter: Counter, operator: Operator, payer: Payer) -> None:
    sell(counter, payer)
    counter.terminal.sync(operator)
    before = counter.terminal.history()
    for number in range(5):
        operator.tell("fork", bytes([number]) * 32, 10_00)
    assert counter.terminal.sync(operator).told == []
    assert counter.terminal.history() == before
    assert counter.vault.connection.execute("SELECT count(*) FROM event").fetchone() == (0,)
    counter.terminal.sync(operator)
    assert operator.asked_after[-1] == operator.events[-1].number, "they are not asked for again"


def test_every_event_is_heard_however_many_there_are(counter: Counter, operator: Operator, payer: Payer) -> None:
    ids = [sell(counter, payer) for _ in range(7)]
    counter.terminal.sync(operator)
    operator.page_events = 3
    for cheque_id in ids:
        operator.tell("waiting", cheque_id, 0, 10_00)
    for cheque_id in ids:
        operator.tell("shared", cheque_id, 4_00)
    told = counter.terminal.sync(operator).told
    assert [event.number for event in told] == [event.number for event in operator.events[7:]]
    assert counter.terminal.totals().paid_minor == 7 * 4_00


def test_a_round_has_an_end_and_the_next_goes_on(
    counter: Counter, operator: Operator, payer: Payer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "PAGES_MAX", 2)
    cheque_id = sell(counter, payer)
    counter.terminal.sync(operator)
    operator.page_events = 1
    for paid_minor in (1, 2, 3):
        operator.tell("fork", cheque_id, paid_minor)
    assert [event.paid_minor for event in counter.terminal.sync(operator).told] == [1, 2]
    assert [event.paid_minor for event in counter.terminal.sync(operator).told] == [3]


def test_a_fresh_terminal_begins_behind_its_payees_past(counter: Counter, operator: Operator, payer: Payer) -> None:
    for _ in range(300):
        operator.tell("settled", b"x" * 32, 10_00)
    cheque_id = sell(counter, payer)
    counter.terminal.sync(operator)
    assert operator.asked_after == [None, operator.events[-1].number]
    operator.tell("fork", cheque_id, 10_00)
    assert len(counter.terminal.sync(operator).told) == 1


def test_a_till_that_never_listened_hears_all_of_it(counter: Counter, operator: Operator, payer: Payer) -> None:
    """As after the update that brought the hearing: batches were answered, nothing was heard yet."""
    cheque_id = sell(counter, payer)
    (batch,) = counter.terminal.export()
    counter.terminal.take_answer(operator.send_batch(batch.raw))
    operator.tell("fork", cheque_id, 6_00)
    assert [event.paid_minor for event in counter.terminal.sync(operator).told] == [6_00]
    assert operator.asked_after[0] == 0


def test_what_is_heard_before_its_answer_leaves_the_queue_and_counts_after_it(
    counter: Counter, operator: Operator, payer: Payer
) -> None:
    operator.decide = pay_in_full
    counter.terminal.sync(operator)
    cheque_id = sell(counter, payer)
    operator.mangle = lambda answer: answer[:-1]
    counter.terminal.sync(operator)
    operator.tell("fork", cheque_id, 0, 4_00)
    counter.terminal.sync(operator)
    found = payment(counter, cheque_id)
    assert (found.state, found.stands, counter.terminal.queue().claims) == (ClaimState.SENT, None, 1)
    operator.mangle = lambda answer: answer
    counter.terminal.sync(operator)
    found = payment(counter, cheque_id)
    assert (found.state, found.paid_minor, found.waiting_minor) == (ClaimState.CONTINGENT, 0, 4_00)
    assert found.answer == AnswerItem(verdict=Verdict.SETTLED, paid_minor=10_00)
    assert counter.terminal.queue().is_empty


def test_a_network_that_breaks_between_pages_loses_nothing(counter: Counter, operator: Operator, payer: Payer) -> None:
    cheque_id = sell(counter, payer)
    counter.terminal.sync(operator)
    operator.page_events = 1
    operator.tell("fork", cheque_id, 1_00)
    operator.tell("fork", cheque_id, 2_00)
    pages = iter([Statement(operator.events[:1])])

    def breaks(_after: int | None) -> Statement:
        try:
            return next(pages)
        except StopIteration:
            raise LinkDown("operator_unreachable") from None

    operator.say = breaks
    outcome = counter.terminal.sync(operator)
    assert [trouble.code for trouble in outcome.troubles] == ["operator_unreachable"]
    assert [event.paid_minor for event in outcome.told] == [1_00]
    operator.say = None
    assert [event.paid_minor for event in counter.terminal.sync(operator).told] == [2_00]


def test_a_payee_enrolled_anew_goes_on_where_it_stopped(counter: Counter, operator: Operator, payer: Payer) -> None:
    operator.decide = wait
    cheque_id = sell(counter, payer)
    counter.terminal.sync(operator)
    counter.terminal.sign_out()
    operator.tell("shared", cheque_id, 10_00)
    counter.terminal.enrol(operator, server="s", code=CODE)
    assert [event.paid_minor for event in counter.terminal.sync(operator).told] == [10_00]


def test_a_page_is_heard_in_the_order_of_its_numbers(counter: Counter, operator: Operator, payer: Payer) -> None:
    cheque_id = sell(counter, payer)
    counter.terminal.sync(operator)
    operator.tell("fork", cheque_id, 0, 3_00)
    operator.tell("shared", cheque_id, 2_00)
    operator.say = lambda _after: Statement([*reversed(operator.events), *operator.events])
    assert [event.number for event in counter.terminal.sync(operator).told] == [7, 17]
    assert payment(counter, cheque_id).paid_minor == 2_00


@pytest.mark.parametrize(
    "wrong",
    [
        {"stands_paid_minor": -1},
        {"stands_waiting_minor": -1},
        {"stands_paid_minor": 2**53},
        {"number": 0},
        {"number": 2**63},
        {"at": -1},
        {"deadline": 2**40},
    ],
    ids=str,
)
def test_what_cannot_be_right_is_refused_with_its_page(
    counter: Counter, operator: Operator, payer: Payer, wrong: dict[str, Any]
) -> None:
    cheque_id = sell(counter, payer)
    counter.terminal.sync(operator)
    before = counter.everything()
    good = Told(7, "fork", cheque_id, 6_00)
    bad = replace(Told(9, "fork", cheque_id, 6_00), **wrong)
    operator.say = lambda _after: Statement([good, bad])
    outcome = counter.terminal.sync(operator)
    assert ([trouble.code for trouble in outcome.troubles], outcome.told) == (["statement_refused"], [])
    assert counter.everything() == before


@one_counter
@given(data=st.data())
def test_any_statement_is_taken_or_refused_with_a_code(
    counter: Counter, operator: Operator, data: st.DataObject
) -> None:
    if not operator.received:
        sell(counter, Payer(9))
        counter.terminal.sync(operator)
    mine = counter.terminal.payment(receipt=1).cheque_id
    numbers = st.integers(-(2**70), 2**70) | st.integers(0, 50)
    told = st.builds(
        Told,
        number=numbers,
        kind=st.sampled_from([*AdviceKind, "unheard of"]),
        cheque_id=st.just(mine) | st.binary(max_size=40),
        stands_paid_minor=numbers,
        stands_waiting_minor=numbers,
        at=numbers,
        deadline=numbers,
    )
    page = data.draw(st.lists(told, max_size=4))
    operator.say = lambda _after: Statement(page)
    before = counter.everything()
    outcome = counter.terminal.sync(operator)
    if outcome.troubles:
        assert {str(trouble.code) for trouble in outcome.troubles} <= {"update_needed", "statement_refused"}
        assert counter.everything() == before
    found = counter.terminal.payment(receipt=1)
    assert found.paid_minor >= 0
    assert counter.terminal.sync(operator).told == []
    assert all(isinstance(event, ToldEvent) for event in counter.terminal.told(mine))
    assert counter.terminal.totals().began_at == NOW
