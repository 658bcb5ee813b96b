"""Disputes as people live them: opened, answered, decided, lapsed; money moves once, after D, and the books agree."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from feiqian.acquirer.dispute_service import Disputes
from feiqian.acquirer.dispute_troubles import DisputeTrouble
from feiqian.acquirer.dispute_values import DisputeId, DisputeLine, Said
from feiqian.acquirer.disputes import (
    ANSWER_S,
    DECIDE_S,
    EVIDENCE_MAX_BYTES,
    OPEN_S,
    WORDS_MAX_CHARS,
    DisputeAct,
    DisputeReason,
    DisputeState,
    Party,
)
from feiqian.protocol.refusals import Refused
from tests.issuer.papers import Paid, pay
from tests.issuer.world import DAY, World, opened

SAID = Said(words="see the picture", evidence=b"picture")


class Office:
    """A world with disputes, a payment in it, and its two sides."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.disputes = Disputes(
            store=world.store, cheques=world.issuer, clock=lambda: world.now, randomness=world.randomness
        )
        self.wallet, self.till = world.wallet(), world.till()
        self.paid = self.pays(100_00)

    def pays(self, amount_minor: int) -> Paid:
        return pay(self.wallet, self.till, amount_minor)

    @property
    def payer_id(self) -> bytes:
        return self.wallet.bound.payer_id

    def settled(self) -> Office:
        self.till.send(self.paid.claim)
        return self

    def ended(self) -> Office:
        self.world.end_windows()
        return self

    def open(self, reason: DisputeReason = DisputeReason.NOT_DELIVERED, amount_minor: int | None = None) -> DisputeLine:
        return self.disputes.open_by_payer(self.payer_id, self.paid.cheque_id, reason, amount_minor, SAID)

    def open_by_payee(self, amount_minor: int | None = None, cheque: bytes | None = None) -> DisputeLine:
        return self.disputes.open_by_payee(
            self.till.payee_id, self.paid.cheque_id, DisputeReason.NOT_PAID, amount_minor, SAID, cheque
        )

    def answer(self, line: DisputeLine, act: DisputeAct) -> DisputeLine:
        by_payee = line.dispute.opener is Party.PAYER
        party, owner = (Party.PAYEE, self.till.payee_id) if by_payee else (Party.PAYER, self.payer_id)
        return self.disputes.answer(party, owner, line.dispute.dispute_id, act, SAID)

    def decide(self, line: DisputeLine, refund_minor: int) -> DisputeLine:
        return self.disputes.decide(line.dispute.dispute_id, refund_minor, Said(words="so be it"))

    @property
    def money(self) -> tuple[int, int]:
        """What the payer has free, and the payee's balance."""
        return self.world.free_minor(self.wallet), self.till.balance_minor


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with opened(tmp_path / "operator.db") as world:
        yield Office(world)


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(DisputeTrouble) as caught:
        act()
    assert all(caught.value.words("en"))
    assert all(caught.value.words("zh"))
    return caught.value.code


class TestAPayersDispute:
    def test_accepted_after_d_refunds_once(self, office: Office) -> None:
        office.settled().ended()
        before = office.money
        line = office.open(amount_minor=40_00)
        done = office.answer(line, DisputeAct.ACCEPT)
        assert (done.dispute.state, done.dispute.moved_minor) == (DisputeState.ACCEPTED, 40_00)
        assert office.answer(line, DisputeAct.ACCEPT) == done
        assert office.money == (before[0] + 40_00, before[1] - 40_00)
        assert [step.act for step in done.steps] == [None, DisputeAct.ACCEPT]
        assert done.steps[0].evidence == b"picture"
        (entry, *_) = office.world.issuer.statement(office.wallet.bound.payer_id).entries
        assert (entry.reason, entry.amount_minor) == ("charged_back", 40_00)

    @pytest.mark.parametrize(("refund_minor", "state"), [(100_00, "refunded"), (25_00, "refunded"), (0, "upheld")])
    def test_contested_is_decided(self, office: Office, refund_minor: int, state: str) -> None:
        office.settled().ended()
        before = office.money
        line = office.open()
        assert code_of(lambda: office.decide(line, 0)) == "not_answered"
        office.answer(line, DisputeAct.CONTEST)
        for _ in range(2):
            assert office.decide(line, refund_minor).dispute.state == state
        assert office.money == (before[0] + refund_minor, before[1] - refund_minor)
        assert code_of(lambda: office.decide(line, 1_00)) == "dispute_over"
        assert code_of(lambda: office.answer(line, DisputeAct.ACCEPT)) == "dispute_over"

    def test_before_d_no_money_moves(self, office: Office) -> None:
        office.settled()
        line = office.open()
        assert code_of(lambda: office.answer(line, DisputeAct.ACCEPT)) == "claim_not_final"
        office.answer(line, DisputeAct.CONTEST)
        assert code_of(lambda: office.decide(line, 1_00)) == "claim_not_final"
        assert office.decide(line, 0).dispute.state is DisputeState.UPHELD

    def test_a_note_meanwhile_leaves_nothing_to_refund(self, office: Office) -> None:
        office.settled()
        line = office.open()
        office.till.send(notes=[office.till.note(office.paid.cheque_id, 70_00)])
        office.ended()
        before = office.money
        done = office.answer(line, DisputeAct.ACCEPT)
        assert (done.dispute.moved_minor, office.money) == (30_00, (before[0] + 30_00, before[1] - 30_00))

    def test_silence_then_a_late_word_then_the_lapse(self, office: Office) -> None:
        office.settled().ended()
        line = office.open()
        office.world.now += ANSWER_S + 1
        assert office.disputes.age() == 1
        (seen,) = office.disputes.disputes_of(Party.ADMINISTRATOR)
        assert seen.dispute.state is DisputeState.UNANSWERED
        assert office.answer(line, DisputeAct.CONTEST).dispute.state is DisputeState.CONTESTED
        office.world.now += DECIDE_S + 1
        assert code_of(lambda: office.decide(line, 1_00)) == "dispute_over"
        assert (office.disputes.age(), office.disputes.age()) == (1, 0)
        (seen,) = office.disputes.disputes_of(Party.PAYER, office.payer_id)
        assert seen.dispute.state is DisputeState.LAPSED
        assert [step.by for step in seen.steps] == [Party.PAYER, Party.CLOCK, Party.PAYEE, Party.CLOCK]

    def test_much_later_both_ends_have_passed_at_once(self, office: Office) -> None:
        office.settled().ended()
        office.open()
        office.world.now += ANSWER_S + DECIDE_S + 2 * DAY
        office.disputes.age()
        (seen,) = office.disputes.disputes_of(Party.PAYER, office.payer_id)
        assert (seen.dispute.state, seen.dispute.until) == (DisputeState.LAPSED, None)

    def test_withdrawn_is_over_for_good(self, office: Office) -> None:
        office.settled().ended()
        line = office.open()
        for _ in range(2):
            done = office.disputes.withdraw(Party.PAYER, office.payer_id, line.dispute.dispute_id, Said())
            assert done.dispute.state is DisputeState.WITHDRAWN
        assert office.open().dispute.state is DisputeState.WITHDRAWN
        assert code_of(lambda: office.answer(line, DisputeAct.ACCEPT)) == "dispute_over"

    def test_opened_again_is_the_same_one_and_another_one_is_refused(self, office: Office) -> None:
        office.settled()
        assert office.open() == office.open()
        assert code_of(lambda: office.open(DisputeReason.NOT_ME)) == "dispute_differs"
        assert code_of(lambda: office.open(amount_minor=1_00)) == "dispute_differs"

    def test_what_cannot_be_opened(self, office: Office) -> None:
        assert code_of(office.open) == "nothing_to_dispute"
        office.settled()
        assert code_of(lambda: office.open(amount_minor=100_01)) == "amount_over"
        assert code_of(lambda: office.open(DisputeReason.NOT_PAID)) == "reason_unknown"
        for said in (Said(words="x" * (WORDS_MAX_CHARS + 1)), Said(evidence=bytes(EVIDENCE_MAX_BYTES + 1))):
            opening = (office.payer_id, office.paid.cheque_id, DisputeReason.NOT_ME, None, said)
            assert code_of(partial(office.disputes.open_by_payer, *opening)) == "words_too_long"
        stranger = office.world.payer(name="Wu")[0]
        asked = (stranger, office.paid.cheque_id, DisputeReason.NOT_ME, None, SAID)
        assert code_of(lambda: office.disputes.open_by_payer(*asked)) == "nothing_to_dispute"
        office.ended()
        office.world.now += OPEN_S
        assert code_of(office.open) == "dispute_too_late"

    def test_who_is_not_in_it_cannot_even_see_it(self, office: Office) -> None:
        office.settled()
        dispute_id = office.open().dispute.dispute_id
        other = office.world.till("Kiosk").payee_id
        act = DisputeAct.CONTEST
        assert code_of(lambda: office.disputes.answer(Party.PAYEE, other, dispute_id, act, SAID)) == "unknown_dispute"
        assert office.disputes.disputes_of(Party.PAYEE, other) == ()
        mine = (Party.PAYER, office.payer_id, dispute_id, act, SAID)
        assert code_of(lambda: office.disputes.answer(*mine)) == "not_yours_to_do"
        theirs = (Party.PAYEE, office.till.payee_id, dispute_id, SAID)
        assert code_of(lambda: office.disputes.withdraw(*theirs)) == "not_yours_to_do"
        assert code_of(lambda: office.disputes.decide(DisputeId(bytes(16)), 0, SAID)) == "unknown_dispute"

    def test_what_the_issuer_bore_is_not_the_payers_to_get_back(self, office: Office) -> None:
        office.world.issuer.report_lost(office.wallet.bound.payer_id)
        office.world.now += 60
        office.paid = office.pays(100_00)
        office.settled().ended()
        assert office.till.balance_minor == 100_00
        assert code_of(office.open) == "nothing_to_dispute"

    def test_decided_twice_at_once_moves_once(self, office: Office) -> None:
        office.settled().ended()
        before = office.money
        line = office.open()
        office.answer(line, DisputeAct.CONTEST)
        threads = [threading.Thread(target=office.decide, args=(line, 60_00)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert office.money == (before[0] + 60_00, before[1] - 60_00)


class TestAPayeesDispute:
    def test_of_a_claim_that_came_too_late_is_paid_by_the_payers_word_alone(self, office: Office) -> None:
        office.ended()
        office.settled()
        assert office.till.balance_minor == 0
        assert code_of(office.open_by_payee) == "nothing_to_dispute"
        before = office.money
        line = office.open_by_payee(cheque=office.paid.cheque)
        assert code_of(lambda: office.decide(line, 1_00)) == "refund_impossible"
        done = office.answer(line, DisputeAct.ACCEPT)
        assert (done.dispute.state, done.dispute.moved_minor) == (DisputeState.ACCEPTED, -100_00)
        assert office.money == (before[0] - 100_00, before[1] + 100_00)
        assert office.answer(line, DisputeAct.ACCEPT) == done

    def test_is_never_paid_from_money_that_is_not_there(self, office: Office) -> None:
        office.ended()
        line = office.open_by_payee(cheque=office.paid.cheque)
        while (free_minor := office.world.free_minor(office.wallet)) >= 100_00:
            office.world.wallet(min(free_minor, 1_000_00), office.wallet.bound)
        assert code_of(lambda: office.answer(line, DisputeAct.ACCEPT)) == "payer_balance_short"
        assert office.disputes.disputes_of(Party.PAYEE, office.till.payee_id)[0].dispute.state is DisputeState.OPENED

    def test_accepted_after_the_claim_was_paid_moves_nothing(self, office: Office) -> None:
        line = office.open_by_payee(cheque=office.paid.cheque)
        assert code_of(lambda: office.answer(line, DisputeAct.ACCEPT)) == "claim_not_final"
        office.settled().ended()
        before = office.money
        assert office.answer(line, DisputeAct.ACCEPT).dispute.moved_minor == 0
        assert office.money == before

    def test_a_cheque_that_nobody_signed_opens_nothing(self, office: Office) -> None:
        forged = office.paid.cheque[:-1] + bytes([office.paid.cheque[-1] ^ 1])
        with pytest.raises(Refused):
            office.open_by_payee(cheque=forged)

    def test_and_then_the_payers_own_never_move_more_than_there_is(self, office: Office) -> None:
        office.ended()
        line = office.open_by_payee(cheque=office.paid.cheque)
        office.answer(line, DisputeAct.ACCEPT)
        assert code_of(lambda: office.open_by_payee(1_00, office.paid.cheque)) == "dispute_differs"
        assert code_of(office.open) == "nothing_to_dispute"


def test_two_refunds_on_one_payment_are_bounded_by_what_was_paid(office: Office) -> None:
    office.settled().ended()
    line = office.open(amount_minor=80_00)
    office.answer(line, DisputeAct.CONTEST)
    assert code_of(lambda: office.decide(line, 80_01)) == "amount_over"
    office.decide(line, 80_00)
    assert code_of(office.open_by_payee) == "nothing_to_dispute"


def test_a_payees_balance_never_falls_below_zero(office: Office) -> None:
    office.settled().ended()
    line = office.open()
    write = office.world.store.write

    @contextmanager
    def poor(point: str) -> Iterator[Any]:
        with write(point) as unit:
            held = unit.balance_minor
            unit.balance_minor = lambda account, currency: min(5_00, held(account, currency))
            yield unit

    office.world.store.write = poor
    assert code_of(lambda: office.answer(line, DisputeAct.ACCEPT)) == "payee_balance_short"
    office.world.store.write = write
    assert office.till.balance_minor == 100_00
    assert office.answer(line, DisputeAct.ACCEPT).dispute.moved_minor == 100_00


def test_what_pool_and_issuer_paid_for_a_clone_is_not_the_payers_to_get_back(office: Office) -> None:
    world = office.world
    wallet = world.wallet(100_00, world.payer(100_00, "Wu")[1])
    sides = [pay(one, till, 100_00) for one, till in ((wallet, world.till("A")), (wallet.clone(), world.till("B")))]
    for side in sides:
        side.till.send(side.claim)
    world.end_windows()
    assert [side.till.balance_minor for side in sides] == [100_00, 100_00]
    payer_id, reason = wallet.bound.payer_id, DisputeReason.NOT_ME
    lines = [office.disputes.open_by_payer(payer_id, side.cheque_id, reason, None, SAID) for side in sides]
    for side, line in zip(sides, lines, strict=True):
        office.disputes.answer(
            Party.PAYEE, side.till.payee_id, line.dispute.dispute_id, DisputeAct.ACCEPT, Said(words="sorry")
        )
    assert (world.free_minor(wallet), sum(side.till.balance_minor for side in sides)) == (100_00, 100_00)


def test_what_a_payee_got_by_dispute_can_be_refunded_by_dispute(office: Office) -> None:
    office.paid = pay(office.wallet, office.till, 100_00, final_minor=40_00)
    office.settled().ended()
    before = office.money
    office.answer(office.open_by_payee(), DisputeAct.ACCEPT)
    assert office.money == (before[0] - 60_00, before[1] + 60_00)
    office.answer(office.open(), DisputeAct.ACCEPT)
    assert office.money == (before[0] + 40_00, before[1] - 40_00)
