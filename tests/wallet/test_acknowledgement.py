"""Receipts and notes: what they change, what they give back, and that forged ones change nothing."""

from __future__ import annotations

import pytest

from feiqian.keys.software import SoftwareKey
from feiqian.protocol.ids import PayeeId, StatementId
from feiqian.protocol.presentation import decode_payment
from feiqian.protocol.receipt import NoteKind
from feiqian.protocol.refusals import Refused
from feiqian.protocol.request import decode_request, request_hash
from feiqian.protocol.words import Coded
from feiqian.wallet.states import PaymentState, Status
from tests.wallet.world import DEPLOYMENT, PIN_HELD, Terminal, World


def paid(world: World, amount_minor: int, *, up_to: bool = False) -> tuple[bytes, StatementId]:
    """The asking and the cheque's id of one payment, accepted by the terminal."""
    asking, _ = world.pay(amount_minor, up_to=up_to)
    return asking, world.wallet.history()[0].cheque_id


def cancel_of(world: World, asking: bytes) -> bytes:
    hashed = request_hash(decode_request(world.terminal.request_of(asking)).payload, DEPLOYMENT)
    return world.terminal.note(NoteKind.CANCEL, hashed, 0)


def test_a_receipt_ends_a_payment_with_its_final_amount_and_grade(world: World) -> None:
    _, cheque_id = paid(world, 45_00)
    taken = world.wallet.take_acknowledgement(world.terminal.receipt(cheque_id, 45_00))
    payment = taken.payment
    assert (payment.state, payment.status) == (PaymentState.ACCEPTED, Status.DONE)
    assert (payment.final_minor, payment.grade, taken.credit_minor) == (45_00, "F2", 0)
    assert world.wallet.payment(payment.number) == payment


def test_the_grade_is_the_payees_risk_above_the_guarantee(world: World) -> None:
    """With knowledge older than a day the guaranteed amount halves."""
    world.clock.now += 25 * 3600
    _, cheque_id = paid(world, 100_01)
    assert world.wallet.take_acknowledgement(world.terminal.receipt(cheque_id, 100_01)).payment.grade == "F1"
    _, cheque_id = paid(world, 100_00)
    assert world.wallet.take_acknowledgement(world.terminal.receipt(cheque_id, 100_00)).payment.grade == "F2"


def test_the_same_receipt_twice_is_harmless(world: World) -> None:
    _, cheque_id = paid(world, 45_00, up_to=True)
    receipt = world.terminal.receipt(cheque_id, 30_00)
    world.wallet.take_acknowledgement(receipt)
    before = world.dump()
    assert world.wallet.take_acknowledgement(receipt).credit_minor == 15_00
    assert world.dump() == before


def test_less_than_the_maximum_comes_back_at_once_and_is_spent_with_its_proof(world: World) -> None:
    for _ in range(5):
        _, cheque_id = paid(world, 200_00, up_to=True)
        world.wallet.take_acknowledgement(world.terminal.receipt(cheque_id, 150_00))
    room = world.wallet.spendable()
    assert room.total_minor in {100_00, 150_00}  # two or three of the credits fit into 2 KiB
    asking = world.terminal.asks(room.payment_minor)
    shown = world.wallet.pay(world.wallet.consider(asking), PIN_HELD)
    verified = world.terminal.accepts(asking, shown.body)
    assert sum(credit.amount_minor for credit in verified.credits) >= room.payment_minor
    assert decode_payment(shown.body).credits is not None


def test_no_more_than_what_is_needed_travels(world: World) -> None:
    _, cheque_id = paid(world, 200_00)
    world.wallet.take_acknowledgement(world.terminal.note(NoteKind.VOID, cheque_id, 200_00))
    for _ in range(4):
        asking, body = world.pay(200_00)
        assert decode_payment(body).credits is None
        assert asking
    _, body = world.pay(200_00)
    assert decode_payment(body).credits is not None


def test_a_void_note_gives_back_in_part(world: World) -> None:
    _, cheque_id = paid(world, 100_00)
    world.wallet.take_acknowledgement(world.terminal.receipt(cheque_id, 100_00))
    taken = world.wallet.take_acknowledgement(world.terminal.note(NoteKind.VOID, cheque_id, 40_00))
    assert (taken.payment.state, taken.payment.final_minor, taken.credit_minor) == (PaymentState.VOIDED, 60_00, 40_00)
    assert world.wallet.spendable().total_minor == 940_00


def test_notes_on_one_cheque_count_once_at_the_largest(world: World) -> None:
    _, cheque_id = paid(world, 100_00)
    for back_minor in (10_00, 40_00, 20_00):
        world.wallet.take_acknowledgement(world.terminal.note(NoteKind.VOID, cheque_id, back_minor))
    assert world.wallet.payment(cheque_id.hex()[:12]).final_minor == 60_00
    assert world.wallet.spendable().total_minor == 940_00


def test_a_cancel_note_gives_all_of_it_back(world: World) -> None:
    asking = world.terminal.asks(100_00)
    world.wallet.pay(world.wallet.consider(asking), PIN_HELD)
    world.clock.now += 1000
    assert world.wallet.resume().items[0].payment.status is Status.NEEDS_YOU  # type: ignore[union-attr]
    taken = world.wallet.take_acknowledgement(cancel_of(world, asking))
    assert (taken.payment.state, taken.payment.final_minor, taken.credit_minor) == (PaymentState.CANCELLED, 0, 100_00)
    assert taken.payment.grade is None
    assert world.wallet.spendable().total_minor == 1_000_00
    assert world.wallet.resume().items == ()


def test_a_note_above_its_terminals_cap_gives_back_only_when_settled(world: World) -> None:
    world.terminal = Terminal(world.operator, note_cap_minor=50_00)
    asking, cheque_id = paid(world, 60_00)
    taken = world.wallet.take_acknowledgement(world.terminal.note(NoteKind.VOID, cheque_id, 50_01))
    assert (taken.payment.final_minor, taken.credit_minor) == (9_99, 0)
    assert world.wallet.spendable().total_minor == 940_00
    assert asking


def test_a_receipt_needs_its_certificate_only_once(world: World) -> None:
    _, first = paid(world, 10_00)
    with pytest.raises(Refused, match="acquirer_unknown"):
        world.wallet.take_acknowledgement(world.terminal.receipt(first, 10_00, certificate=False))
    world.wallet.take_acknowledgement(world.terminal.receipt(first, 10_00))
    _, second = paid(world, 10_00)
    taken = world.wallet.take_acknowledgement(world.terminal.receipt(second, 10_00, certificate=False))
    assert taken.payment.state is PaymentState.ACCEPTED


def test_a_receipt_is_taken_whatever_this_devices_clock_says(world: World) -> None:
    _, cheque_id = paid(world, 10_00)
    receipt = world.terminal.receipt(cheque_id, 10_00)
    world.clock.now += 10 * 365 * 86_400
    assert world.wallet.take_acknowledgement(receipt).payment.state is PaymentState.ACCEPTED


def test_forged_and_foreign_ones_are_refused_and_change_nothing(world: World) -> None:
    asking, cheque_id = paid(world, 45_00, up_to=True)
    other_payee = Terminal(world.operator, payee_id=PayeeId(b"payee-02"))
    impostor = Terminal(world.operator)
    impostor.key = SoftwareKey.generate()
    before = world.dump()
    forged = {
        "another payee's": other_payee.receipt(cheque_id, 45_00),
        "another payee's note": other_payee.note(NoteKind.VOID, cheque_id, 45_00),
        "an impostor's": impostor.receipt(cheque_id, 45_00),
        "more than signed": world.terminal.receipt(cheque_id, 45_01),
        "nothing": world.terminal.receipt(cheque_id, 0),
        "a void of nothing": world.terminal.note(NoteKind.VOID, cheque_id, 0),
        "a void of more": world.terminal.note(NoteKind.VOID, cheque_id, 45_01),
        "another cheque's": world.terminal.receipt(StatementId(bytes(32)), 45_00),
        "a cancel by id": world.terminal.note(NoteKind.CANCEL, cheque_id, 0),
        "a request": asking,
    }
    for what, body in forged.items():
        with pytest.raises(Coded):
            world.wallet.take_acknowledgement(body)
        assert world.dump() == before, what


def test_a_retired_acquirer_is_not_believed(world: World) -> None:
    _, cheque_id = paid(world, 45_00)
    receipt = world.terminal.receipt(cheque_id, 45_00)
    world.operator.acquirer = SoftwareKey.generate()
    world.operator.index_version = 2
    world.clock.now += 60
    pack = world.operator.pack()
    assert pack
    stranger = Terminal(world.operator)
    with pytest.raises(Refused, match="acquirer_unknown"):
        world.wallet.take_acknowledgement(stranger.receipt(cheque_id, 45_00))
    assert world.wallet.take_acknowledgement(receipt).payment.state is PaymentState.ACCEPTED
