"""What a statement does to the wallet: every fate of a cheque, and cheques that this device never drew."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feiqian.protocol.ids import AllowanceRef, StatementId
from feiqian.protocol.receipt import NoteKind
from feiqian.wallet.ports import AllowanceLine, ChequeLine
from feiqian.wallet.records import Finding, FindingKind, PaymentRecord
from feiqian.wallet.resume import WayOn
from feiqian.wallet.states import PaymentState
from tests.wallet.world import PIN_HELD, World

DAY = 86_400


def cheque(world: World, payment: PaymentRecord, paid_minor: int = 0, waiting_minor: int = 0) -> ChequeLine:
    (live,) = world.wallet.holdings().lives
    return ChequeLine(
        cheque_id=payment.cheque_id,
        ref=live.allowance.ref,
        paid_minor=paid_minor,
        waiting_minor=waiting_minor,
        deadline=live.deadline_at + 7,
        given_back=False,
        forked=False,
        payee_name="Tea house",
    )


def paid(world: World, amount_minor: int = 45_00, *, up_to: bool = False) -> PaymentRecord:
    world.pay(amount_minor, up_to=up_to)
    return world.wallet.history()[0]


def synced(world: World, *cheques: ChequeLine, closed: bool = False, complete: bool = True) -> list[PaymentRecord]:
    """What a sync changed, when the operator says this."""
    world.operator.lines = [AllowanceLine(ref=ref, closed=closed, complete=complete) for ref in world.refs()]
    world.operator.cheques = list(cheques)
    result = world.wallet.sync(world.operator)
    assert result.failures == ()
    assert world.wallet.sync(world.operator).changed == (), "the same statement again changes nothing"
    return list(result.changed)


def kinds(world: World) -> dict[FindingKind, int]:
    return {finding.kind: finding.amount_minor for finding in world.wallet.spendable().findings}


# --- one payment's fate -----------------------------------------------------------------------------------------


def test_paid_is_final_with_the_amount_of_the_books_though_no_receipt_was_seen(world: World) -> None:
    payment = paid(world, up_to=True)
    (after,) = synced(world, cheque(world, payment, 30_00))
    assert (after.state, after.final_minor, after.grade) == (PaymentState.SETTLED, 30_00, "F3")
    assert (after.payee_name, after.payee_proved) == ("Café 茶馆", True), "whom a certificate proved keeps its name"
    assert world.reopen().history()[0] == after


def test_of_two_that_might_be_meant_the_named_one_is_final(world: World) -> None:
    first, second = paid(world, 20_00), paid(world, 20_00)
    (after,) = synced(world, cheque(world, second, 20_00))
    assert after.cheque_id == second.cheque_id
    assert world.wallet.payment(first.number).state is PaymentState.SHOWN


def test_what_waits_is_decided_at_the_operators_deadline(world: World) -> None:
    payment = paid(world)
    line = cheque(world, payment, waiting_minor=45_00)
    (after,) = synced(world, line)
    assert (after.state, after.final_minor, after.deadline_at) == (PaymentState.CONTINGENT, None, line.deadline)
    (item,) = world.wallet.resume().items
    assert (item.way_on, item.until) == (WayOn.WAIT, line.deadline)
    (settled,) = synced(world, replace(line, paid_minor=40_00, waiting_minor=0), closed=True)
    assert (settled.state, settled.final_minor, settled.grade) == (PaymentState.SETTLED, 40_00, "F3")


def test_the_taker_of_a_code_gets_a_name(world: World) -> None:
    world.wallet.one_way_code(12_00, PIN_HELD)
    (payment,) = world.wallet.history()
    (after,) = synced(world, cheque(world, payment, waiting_minor=12_00))
    assert (after.payee_name, after.payee_proved) == ("Tea house", True)


def test_a_name_that_the_operator_does_not_know_stays_unknown(world: World) -> None:
    world.wallet.one_way_code(12_00, PIN_HELD)
    (payment,) = world.wallet.history()
    (after,) = synced(world, replace(cheque(world, payment, waiting_minor=12_00), payee_name=None))
    assert (after.payee_name, after.payee_proved) == (None, False)


def test_what_was_given_back_costs_nothing(world: World) -> None:
    payment = paid(world)
    line = replace(cheque(world, payment), given_back=True)
    (after,) = synced(world, line)
    assert (after.state, after.final_minor, after.grade) == (PaymentState.VOIDED, 0, None)
    (returned,) = synced(world, line, closed=True)
    assert returned.state is PaymentState.RETURNED


def test_what_the_operator_refuses_returns_at_the_deadline(world: World) -> None:
    payment = paid(world)
    (after,) = synced(world, cheque(world, payment))
    assert (after.state, after.final_minor, after.status.value) == (PaymentState.REFUSED, None, "active")
    assert [item.way_on for item in world.wallet.resume().items] == [WayOn.WAIT]
    (paid_after_all,) = synced(world, cheque(world, payment, 45_00))
    assert paid_after_all.state is PaymentState.SETTLED
    assert synced(world, cheque(world, payment), closed=True)[0].state is PaymentState.RETURNED


def test_unclaimed_is_returned_only_after_the_deadline_and_only_by_a_complete_list(world: World) -> None:
    payment = paid(world)
    assert synced(world) == []
    assert synced(world, closed=True, complete=False) == []
    (after,) = synced(world, closed=True)
    assert (after.cheque_id, after.state, after.final_minor) == (payment.cheque_id, PaymentState.RETURNED, 0)


@pytest.mark.parametrize("kind", [NoteKind.VOID, NoteKind.CANCEL])
def test_a_note_in_the_wallet_outweighs_books_that_do_not_know_it_yet(world: World, kind: NoteKind) -> None:
    payment = paid(world)
    subject = payment.cheque_id if kind is NoteKind.VOID else payment.request_hash or b""
    world.wallet.take_acknowledgement(world.terminal.note(kind, subject, 45_00 if kind is NoteKind.VOID else 0))
    (told,) = synced(world, cheque(world, payment, 45_00))
    state = PaymentState.VOIDED if kind is NoteKind.VOID else PaymentState.CANCELLED
    assert (told.state, told.final_minor, told.deadline_at is not None) == (state, 0, True)
    assert kinds(world) == {FindingKind.TOO_MUCH: 45_00}
    assert synced(world, replace(cheque(world, payment), given_back=True)) == []
    assert kinds(world) == {}


def test_a_partial_void_that_the_books_know_is_settled(world: World) -> None:
    payment = paid(world)
    world.wallet.take_acknowledgement(world.terminal.note(NoteKind.VOID, payment.cheque_id, 15_00))
    (after,) = synced(world, cheque(world, payment, 30_00))
    assert (after.state, after.final_minor, after.grade) == (PaymentState.SETTLED, 30_00, "F3")


def test_books_that_take_more_than_the_cheque_counts_are_not_believed(world: World) -> None:
    payment = paid(world)
    (told,) = synced(world, cheque(world, payment, 45_01))
    assert told.state is PaymentState.SHOWN
    assert kinds(world) == {FindingKind.TOO_MUCH: 1}


@pytest.mark.parametrize("before", ["contingent", "refused"])
def test_what_the_books_held_open_ends_with_what_was_signed_when_they_take_more(world: World, before: str) -> None:
    """A code was taken twice: the holder knows one receipt, D pays more, and nobody is left to wait for."""
    shown = world.wallet.one_way_code(12_00, PIN_HELD, up_to=True)
    line = cheque(world, shown.payment, waiting_minor=6_00 if before == "contingent" else 0)
    world.wallet.take_acknowledgement(world.terminal.receipt(shown.payment.cheque_id, 6_00))
    (held,) = synced(world, line)
    assert held.state.value == before
    (after,) = synced(world, replace(line, paid_minor=11_90, waiting_minor=0), closed=True)
    assert (after.state, after.final_minor, after.grade) == (PaymentState.SETTLED, 6_00, "F3")
    assert kinds(world) == {FindingKind.TOO_MUCH: 5_90}
    assert world.wallet.resume().items == ()


def test_what_still_waits_above_what_was_signed_is_held_open(world: World) -> None:
    shown = world.wallet.one_way_code(12_00, PIN_HELD, up_to=True)
    line = cheque(world, shown.payment, waiting_minor=6_00)
    world.wallet.take_acknowledgement(world.terminal.receipt(shown.payment.cheque_id, 6_00))
    (held,) = synced(world, line)
    (told,) = {held.state, *(one.state for one in synced(world, replace(line, paid_minor=3_00)))}
    assert told is PaymentState.CONTINGENT
    assert kinds(world) == {FindingKind.TOO_MUCH: 3_00}


# --- cheques that are not ours ------------------------------------------------------------------------------------


def test_a_cheque_that_this_device_never_drew_is_said_until_the_books_take_it_back(world: World) -> None:
    payment = paid(world)
    stranger = replace(cheque(world, payment, 60_00, 5_00), cheque_id=StatementId(b"s" * 32))
    refused = replace(cheque(world, payment), cheque_id=StatementId(b"t" * 32))
    synced(world, cheque(world, payment, 45_00), stranger, refused)
    found = world.reopen().spendable().findings
    assert [(one.kind, one.amount_minor) for one in found] == [(FindingKind.NOT_OURS, 65_00), (FindingKind.NOT_OURS, 0)]
    synced(world, replace(stranger, paid_minor=1_00))
    assert [one.amount_minor for one in world.wallet.spendable().findings] == [6_00, 0], "what is left out is kept"


def test_another_devices_allowance_is_not_our_business(world: World) -> None:
    payment = paid(world)
    other = replace(cheque(world, payment, 60_00), cheque_id=StatementId(b"s" * 32), ref=AllowanceRef(b"another!"))
    synced(world, other)
    assert kinds(world) == {}


def test_a_payment_with_a_wrong_code_is_said_whatever_was_paid(world: World) -> None:
    payment = paid(world)
    (after,) = synced(world, replace(cheque(world, payment, 45_00), code_wrong=True))
    assert after.state is PaymentState.SETTLED
    assert kinds(world) == {FindingKind.CODE_WRONG: 45_00}


def test_a_payment_that_is_contradicted_is_said_whatever_was_paid(world: World) -> None:
    payment = paid(world)
    (after,) = synced(world, replace(cheque(world, payment, 45_00), forked=True))
    assert (after.state, after.final_minor) == (PaymentState.SETTLED, 45_00)
    assert world.wallet.spendable().findings == (
        Finding(cheque_id=payment.cheque_id, kind=FindingKind.FORKED, top_up_id=payment.top_up_id, amount_minor=45_00),
    )
