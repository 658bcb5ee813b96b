"""Giving back: notes count once, state the whole amount, and a retry gives the same note."""

from __future__ import annotations

from pathlib import Path

import pytest

from feiqian.protocol.certificate import Capability
from feiqian.protocol.ids import RequestHash
from feiqian.protocol.policy import Policy
from feiqian.protocol.presentation import decode_acknowledgement
from feiqian.protocol.receipt import Note, NoteKind
from feiqian.protocol.refusals import Refused
from feiqian.protocol.trust_pack import decode_trust_pack
from feiqian.terminal.states import RequestState
from feiqian.terminal.void import NOTE_TRAVEL_S
from tests.terminal.test_accept import refusal
from tests.terminal.world import DAY, NOW, Counter, Operator, Payer, enrolled, make_pack


def stated(shown: bytes) -> tuple[int, bytes, int]:
    note = decode_acknowledgement(shown).statement
    assert isinstance(note, Note)
    return note.terms.note_kind, note.terms.subject, note.terms.back_minor


def test_a_void_note_gives_back_in_all_and_only_upwards(counter: Counter, payer: Payer) -> None:
    terminal = counter.terminal
    accepted = terminal.accept(payer.answer(terminal.request(exact_minor=10_00).shown)).accepted
    part = terminal.void(accepted, total_minor=3_00)
    assert stated(part.shown) == (NoteKind.VOID, accepted.cheque_id, 3_00)
    accepted = terminal.payment(receipt=1)
    assert (accepted.back_minor, accepted.kept_minor) == (3_00, 7_00)
    before = counter.everything()
    again = terminal.void(accepted, total_minor=3_00)
    assert (again.shown, again.replayed) == (part.shown, True)
    assert refusal(lambda: terminal.void(accepted, total_minor=2_99)) == "void_less"
    assert refusal(lambda: terminal.void(accepted, total_minor=10_01)) == "void_too_much"
    assert counter.everything() == before
    assert stated(terminal.void(accepted).shown) == (NoteKind.VOID, accepted.cheque_id, 10_00)
    assert terminal.payment(cheque_id=accepted.cheque_id).kept_minor == 0


@pytest.mark.parametrize("total_minor", [0, -1])
def test_nothing_cannot_be_given_back(counter: Counter, payer: Payer, total_minor: int) -> None:
    accepted = counter.terminal.accept(payer.answer(counter.terminal.request(exact_minor=10_00).shown)).accepted
    before = counter.everything()
    assert refusal(lambda: counter.terminal.void(accepted, total_minor=total_minor)) in {"void_too_much", "void_less"}
    assert counter.everything() == before


def test_a_note_states_along_what_the_receipt_gave_back(counter: Counter, payer: Payer) -> None:
    """Receipt and note on one cheque count once, at the larger amount, so the note must hold both parts."""
    payment = payer.answer(counter.terminal.request(up_to_minor=50_00).shown)
    accepted = counter.terminal.accept(payment, final_minor=30_00).accepted
    assert stated(counter.terminal.void(accepted, total_minor=10_00).shown)[2] == 20_00 + 10_00
    assert stated(counter.terminal.void(counter.terminal.payment(receipt=1)).shown)[2] == 50_00


def test_a_voided_cheque_shown_again_gets_its_note(counter: Counter, payer: Payer) -> None:
    payment = payer.answer(counter.terminal.request(exact_minor=10_00).shown)
    taken = counter.terminal.accept(payment)
    note = counter.terminal.void(taken.accepted)
    again = counter.terminal.accept(payment)
    assert (again.shown, again.receipt) == (note.shown, taken.receipt)


def test_a_note_that_could_miss_the_deadline_is_not_given(counter: Counter, payer: Payer) -> None:
    """It would be late, and its payer debited in full with the payee's signature in hand."""
    accepted = counter.terminal.accept(payer.answer(counter.terminal.request(exact_minor=10_00).shown)).accepted
    before = counter.everything()
    for clock in (accepted.deadline + 1, accepted.deadline, accepted.deadline - NOTE_TRAVEL_S + 1):
        counter.clock = clock
        assert refusal(lambda: counter.terminal.void(accepted)) == "void_too_late"
    assert counter.everything() == before
    counter.clock = accepted.deadline - NOTE_TRAVEL_S
    given = counter.terminal.void(accepted)
    assert given.back_minor == 10_00
    counter.clock = accepted.deadline + 1
    again = counter.terminal.void(counter.terminal.payment(receipt=1))
    assert (again.shown, again.replayed) == (given.shown, True)


def test_no_policy_lets_clocks_differ_by_more_than_a_note_may_travel() -> None:
    with pytest.raises(Refused):
        decode_trust_pack(make_pack(policy=Policy(currency="EUR", skew_s=NOTE_TRAVEL_S + 1)))


def test_a_cancelled_request_is_never_accepted(counter: Counter, payer: Payer) -> None:
    asked = counter.terminal.request(exact_minor=10_00)
    payment = payer.answer(asked.shown)
    note = counter.terminal.cancel(asked.request_hash)
    assert stated(note.shown) == (NoteKind.CANCEL, asked.request_hash, 0)
    before = counter.everything()
    assert refusal(lambda: counter.terminal.accept(payment)) == "request_cancelled"
    counter.reopen()
    assert refusal(lambda: counter.terminal.accept(payment, at_own_risk=True)) == "request_cancelled"
    again = counter.terminal.cancel(asked.request_hash)
    assert (again.shown, again.replayed) == (note.shown, True)
    assert counter.everything() == before


def test_what_ran_out_can_be_cancelled_and_what_was_accepted_cannot(counter: Counter, payer: Payer) -> None:
    asked, paid = counter.terminal.request(exact_minor=10_00), counter.terminal.request(exact_minor=5_00)
    counter.terminal.accept(payer.answer(paid.shown))
    counter.clock = NOW + DAY
    assert counter.terminal.open_requests() == []
    assert counter.terminal.stale_requests() == [asked.request]
    counter.terminal.cancel(asked.request_hash)
    stored = counter.store.request(asked.request_hash)
    assert stored is not None
    assert stored.state is RequestState.CANCELLED
    assert refusal(lambda: counter.terminal.cancel(paid.request_hash)) == "cancel_accepted"
    assert refusal(lambda: counter.terminal.cancel(RequestHash(bytes(32)))) == "request_unknown"


def test_what_the_operator_did_not_allow_is_not_done(tmp_path: Path) -> None:
    counter = enrolled(tmp_path / "a", Operator(capabilities=Capability.REQUEST))
    accepted = counter.terminal.accept(Payer().answer(counter.terminal.request(exact_minor=10_00).shown)).accepted
    assert refusal(lambda: counter.terminal.void(accepted)) == "not_allowed"
    assert refusal(lambda: counter.terminal.take_code(Payer(2).code(1_00), due_minor=1_00)) == "not_allowed"
    assert refusal(lambda: counter.terminal.payment(receipt=7)) == "payment_unknown"
    counter.vault.close()
    small = enrolled(tmp_path / "b", Operator(note_cap_minor=9_99))
    accepted = small.terminal.accept(Payer().answer(small.terminal.request(exact_minor=10_00).shown)).accepted
    assert refusal(lambda: small.terminal.void(accepted)) == "void_over_cap"
    assert small.terminal.void(accepted, total_minor=9_99).back_minor == 9_99
    small.vault.close()


def test_a_certificate_that_is_over_still_syncs_but_accepts_nothing(counter: Counter, operator: Operator) -> None:
    counter.terminal.accept(Payer().answer(counter.terminal.request(exact_minor=10_00).shown))
    counter.clock = NOW + 366 * DAY
    assert refusal(lambda: counter.terminal.request(exact_minor=1_00)) == "certificate_over"
    assert not counter.terminal.ready().may_request
    counter.clock = NOW
    assert counter.terminal.sync(operator).troubles == []
