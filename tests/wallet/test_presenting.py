"""A sync holds a payee to what it signed: it hands the paper in before D, once, and tells of disputes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feiqian.ledger.dispute_notice import DisputeNotice
from feiqian.protocol.receipt import NoteKind
from feiqian.wallet.ports import AllowanceLine, ChequeLine
from feiqian.wallet.records import FindingKind, PaymentRecord
from feiqian.wallet.states import PaymentState
from feiqian.wallet.sync import Synced
from tests.wallet.test_reconcile import cheque, kinds, paid
from tests.wallet.world import OperatorSays, World


@pytest.fixture
def payment(world: World) -> PaymentRecord:
    """Up to 45.00, of which the payee signed 30.00 to the payer."""
    payment = paid(world, 45_00, up_to=True)
    world.wallet.take_acknowledgement(world.terminal.receipt(payment.cheque_id, 30_00))
    return payment


def sync(world: World, *cheques: ChequeLine) -> Synced:
    world.operator.lines = [AllowanceLine(ref=ref, closed=False, complete=True) for ref in world.refs()]
    world.operator.cheques = list(cheques)
    return world.wallet.sync(world.operator)


def test_a_receipt_is_handed_in_where_the_books_take_more_and_then_they_agree(
    world: World, payment: PaymentRecord
) -> None:
    world.operator.holds_payees_to = 30_00
    done = sync(world, cheque(world, payment, 45_00))
    ((papers, is_note),) = world.operator.presented
    assert papers.statement is not None
    assert papers.certificate == world.terminal.certificate.raw
    assert (papers.cheque, papers.request is not None, is_note) == (payment.cheque, True, False)
    (handed_in,) = done.handed_in
    assert (handed_in.payment.cheque_id, handed_in.taken.paid_minor) == (payment.cheque_id, 30_00)
    (after,) = done.changed
    assert (after.state, after.final_minor) == (PaymentState.SETTLED, 30_00)
    assert (kinds(world), done.failures) == ({}, ())
    assert done.statement is not None
    assert [line.paid_minor for line in done.statement.cheques] == [30_00]
    again = world.wallet.sync(world.operator)
    assert (again.handed_in, again.changed, len(world.operator.presented)) == ((), (), 1)


def test_a_note_is_handed_in_as_one(world: World) -> None:
    payment = paid(world)
    world.wallet.take_acknowledgement(world.terminal.note(NoteKind.VOID, payment.cheque_id, 45_00))
    world.operator.holds_payees_to = 0
    done = sync(world, cheque(world, payment, 45_00))
    assert [is_note for _, is_note in world.operator.presented] == [True]
    assert [one.is_note for one in done.handed_in] == [True]


def test_books_that_do_not_move_are_still_told_and_asked_again_next_time(world: World, payment: PaymentRecord) -> None:
    done = sync(world, cheque(world, payment, 45_00))
    assert len(world.operator.presented) == len(done.handed_in) == 1
    assert kinds(world) == {FindingKind.TOO_MUCH: 15_00}
    world.reopen().sync(world.operator)
    assert [papers for papers, _ in world.operator.presented] == [world.operator.presented[0][0]] * 2


def test_after_the_deadline_nothing_is_handed_in(world: World, payment: PaymentRecord) -> None:
    line = cheque(world, payment, 45_00)
    for now, count in ((line.deadline + 1, 0), (line.deadline, 1)):
        world.clock.now = now
        assert len(sync(world, line).handed_in) == count
        assert kinds(world) == {FindingKind.TOO_MUCH: 15_00}


def test_without_a_paper_there_is_nothing_to_hand_in(world: World) -> None:
    payment = paid(world)
    assert sync(world, cheque(world, payment, 46_00)).handed_in == ()
    assert kinds(world) == {FindingKind.TOO_MUCH: 1_00}
    stranger = replace(cheque(world, payment, 45_00), cheque_id=type(payment.cheque_id)(b"s" * 32))
    assert sync(world, cheque(world, payment, 45_00), stranger).handed_in == ()
    assert world.operator.presented == []


def test_what_fails_is_said_and_keeps_nothing_else_back(
    world: World, payment: PaymentRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OperatorSays("no_money")

    monkeypatch.setattr(world.operator, "present", refuse)
    done = sync(world, cheque(world, payment, 45_00))
    assert [failure.code for failure in done.failures] == ["no_money"]
    assert (done.handed_in, done.disputes) == ((), ())
    assert kinds(world) == {FindingKind.TOO_MUCH: 15_00}


def test_a_sync_tells_of_disputes_that_are_not_over(world: World) -> None:
    assert world.wallet.sync(world.operator).disputes == ()
    notice = DisputeNotice(dispute_id=b"d" * 16, against_us=True, needs_answer=True)
    world.operator.notices = [notice]
    assert world.wallet.sync(world.operator).disputes == (notice,)
    world.operator.up = False
    assert world.wallet.sync(world.operator).disputes is None
