"""The payer's own door: what it hands in binds itself and whoever signed, in any order, and moves nothing twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import ChequeState
from feiqian.ledger.papers import Papers, PapersState
from feiqian.protocol.answer import Verdict
from feiqian.protocol.receipt import NoteKind
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.request import request_hash
from tests.issuer.papers import Paid, pay
from tests.issuer.world import DAY, DEPLOYMENT, World, opened


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "operator.db") as made:
        yield made


def missing(world: World, paid: Paid) -> list[int]:
    statement = world.issuer.statement(paid.wallet.bound.payer_id)
    return [one.amount_minor for one in statement.missing]


class TestACase:
    def test_pays_nothing_and_the_payee_hears_that_a_claim_is_missing(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        paid = pay(wallet, till, 10_00)
        taken = paid.hand_in(paid.plain())
        assert (taken.state, taken.paid_minor, taken.waiting_minor) == (PapersState.MISSING, 0, 0)
        assert (taken.payee_name, missing(world, paid)) == ("Cafe", [10_00])
        assert (till.told, till.balance_minor, till.waiting_minor) == (["missing"], 0, 0)
        event = world.acquirer.statement(till.payee_id, after=0).events[0]
        assert (event.cheque_id, event.stands_paid_minor) == (paid.cheque_id, 0)

    def test_is_opened_once_and_ends_with_the_claim(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        paid = pay(wallet, till, 10_00)
        assert paid.hand_in(paid.plain()) == paid.hand_in(paid.plain())
        assert till.told == ["missing"]
        (item,) = till.send(paid.claim).claims
        assert (item.verdict, item.paid_minor) == (Verdict.SETTLED, 10_00)
        assert missing(world, paid) == []
        assert paid.hand_in(paid.plain()).state is PapersState.CLAIMED
        assert till.told == ["missing", "settled"]

    def test_ends_at_d_and_then_the_money_is_back(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        paid = pay(wallet, till, 10_00)
        paid.hand_in(paid.plain())
        world.end_windows()
        assert missing(world, paid) == []
        taken = paid.hand_in(paid.plain())
        assert (taken.state, taken.paid_minor) == (PapersState.LATE, 0)
        assert world.free_minor(wallet) == 2_000_00

    def test_of_a_one_way_code_names_nobody(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        cheque = wallet.draw(5_00, ttl_s=60)
        paid = Paid(wallet, till, b"", cheque, None)
        taken = paid.hand_in(Papers(cheque=cheque))
        assert (taken.state, taken.payee_name, till.told) == (PapersState.MISSING, None, [])
        assert missing(world, paid) == [5_00]

    def test_the_cheque_testifies(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        clone = wallet.clone()
        mine, copied = pay(wallet, till, 10_00), pay(clone, world.till("Kiosk"), 20_00)
        mine.hand_in(mine.plain())
        copied.till.send(copied.claim)
        assert [fork.ref for fork in world.issuer.forks()] == [wallet.ref]


class TestAReceipt:
    def test_is_a_claim_of_the_payee_whose_till_is_gone(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        paid = pay(wallet, till, 10_00)
        taken = paid.hand_in(paid.with_receipt())
        assert (taken.state, taken.paid_minor) == (PapersState.CLAIMED, 10_00)
        assert (till.balance_minor, till.told) == (10_00, ["settled"])
        assert [one.number for one in world.acquirer.statement(till.payee_id, after=0).events] == [1]

    def test_and_then_the_claim_count_once(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        paid = pay(wallet, till, 10_00)
        for papers in (paid.plain(), paid.with_receipt(), paid.with_receipt()):
            paid.hand_in(papers)
        (item,) = till.send(paid.claim).claims
        assert (item.verdict, item.paid_minor, till.balance_minor) == (Verdict.DUPLICATE, 10_00, 10_00)

    def test_and_the_claim_pay_the_lowest_amount_in_any_order(self, tmp_path: Path) -> None:
        outcomes = set()
        for number, order in enumerate(permutations(("claim", "low", "high"))):
            with opened(tmp_path / f"{number}.db") as world:
                wallet, till = world.wallet(), world.till()
                paid = pay(wallet, till, 30_00, final_minor=20_00)
                papers = {"low": paid.with_receipt(12_00), "high": paid.with_receipt(25_00)}
                for what in order:
                    if what == "claim":
                        till.send(paid.claim)
                    else:
                        paid.hand_in(papers[what])
                outcomes.add((till.balance_minor, world.reserved_minor(wallet)))
        assert outcomes == {(12_00, 988_00)}

    def test_out_of_policy_makes_no_claim_and_still_binds_its_payee(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        paid = pay(wallet, till, 30_00, final_minor=20_00)
        taken = paid.hand_in(paid.with_receipt(5_00, time=world.now + DAY))
        assert (taken.state, till.balance_minor) == (PapersState.MISSING, 0)
        till.send(paid.claim)
        assert till.balance_minor == 5_00

    def test_of_a_one_way_code_counts_for_its_own_till_only(self, world: World) -> None:
        wallet, one = world.wallet(), world.till()
        other = world.till("Cafe", one.payee_id)
        cheque = wallet.draw(50_00, ttl_s=60, maximum=True)
        first = Paid(wallet, one, one.take_code(wallet, cheque, 1_00), cheque, None)
        second = Paid(wallet, other, other.take_code(wallet, cheque, 30_00), cheque, None)
        second.till.send(second.claim)
        assert first.hand_in(first.with_receipt()).waiting_minor == 31_00
        world.end_windows()
        assert one.balance_minor == 31_00

    def test_another_payees_is_refused(self, world: World) -> None:
        wallet, till, other = world.wallet(), world.till(), world.till("Kiosk")
        paid = pay(wallet, till, 10_00)
        strange = Paid(wallet, other, paid.claim, paid.cheque, paid.request)
        with pytest.raises(Refused) as caught:
            paid.hand_in(strange.with_receipt(1_00))
        assert caught.value.reason is RefusalCode.PAYEE_NOT_NAMED
        assert till.told == []


class TestANote:
    def test_counts_whoever_brings_it(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        paid = pay(wallet, till, 10_00)
        till.send(paid.claim)
        taken = paid.hand_in(paid.with_note(till.note(paid.cheque_id, 4_00)))
        assert (taken.noted, taken.paid_minor, till.balance_minor) == (True, 6_00, 6_00)
        assert till.told == ["settled", "given_back"]

    def test_before_the_claim_and_from_both_sides_counts_once(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        paid = pay(wallet, till, 10_00)
        note = till.note(paid.cheque_id, 10_00)
        paid.hand_in(paid.with_note(note))
        assert till.send(paid.claim, notes=[note]).notes[0].verdict is Verdict.DUPLICATE
        assert paid.hand_in(paid.with_note(note)).noted
        (line,) = world.issuer.statement(wallet.bound.payer_id).cheques
        assert (line.state, till.balance_minor) == (ChequeState.GIVEN_BACK, 0)

    def test_that_cancels_gives_all_of_it_back(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        paid = pay(wallet, till, 10_00)
        till.send(paid.claim)
        note = till.note(request_hash(paid.request or b"", DEPLOYMENT), kind=NoteKind.CANCEL)
        assert paid.hand_in(paid.with_note(note)).paid_minor == 0

    def test_after_d_counts_for_nothing(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        paid = pay(wallet, till, 10_00)
        till.send(paid.claim)
        note = till.note(paid.cheque_id, 10_00)
        world.end_windows()
        taken = paid.hand_in(paid.with_note(note))
        assert (taken.state, taken.noted, till.balance_minor) == (PapersState.LATE, False, 10_00)


class TestWhoseItIs:
    def test_another_payers_cheque_is_unknown(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        paid = pay(wallet, till, 10_00)
        with pytest.raises(IssuerTrouble) as caught:
            world.acquirer.take_papers(world.payer()[0], paid.plain())
        assert caught.value.code == "unknown_allowance"

    def test_without_its_request_or_forged_it_is_refused(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        paid, other = pay(wallet, till, 10_00), pay(wallet, till, 11_00)
        cases = {
            RefusalCode.REQUEST_MISMATCH: Papers(cheque=paid.cheque),
            RefusalCode.DEVICE_SIGNATURE_INVALID: Papers(
                cheque=paid.cheque[:-1] + bytes([paid.cheque[-1] ^ 1]), request=paid.request
            ),
        }
        for code, papers in cases.items():
            with pytest.raises(Refused) as caught:
                paid.hand_in(papers)
            assert caught.value.reason is code
        with pytest.raises(Refused) as caught:
            paid.hand_in(Papers(cheque=paid.cheque, request=other.request))
        assert caught.value.reason is RefusalCode.REQUEST_MISMATCH
        assert till.told == []


class TestRaces:
    def test_the_batch_that_comes_between_thinking_and_writing_is_seen(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        paid = pay(wallet, till, 10_00)
        with _between(world, lambda: till.send(paid.claim)):
            taken = paid.hand_in(paid.plain())
        assert (taken.state, taken.paid_minor, till.told) == (PapersState.CLAIMED, 10_00, ["settled"])

    def test_the_same_receipt_from_both_sides_at_once_is_one_claim(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        paid = pay(wallet, till, 10_00)
        with _between(world, lambda: till.send(paid.claim)):
            assert paid.hand_in(paid.with_receipt()).paid_minor == 10_00
        assert till.balance_minor == 10_00

    def test_papers_that_come_between_a_batchs_thinking_and_writing_are_seen(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        paid = pay(wallet, till, 10_00)
        note = till.note(paid.cheque_id, 10_00)
        with _between(world, lambda: paid.hand_in(paid.with_note(note))):
            answer = till.send(paid.claim, notes=[note])
        assert (answer.claims[0].verdict, answer.notes[0].verdict) == (Verdict.NOTED, Verdict.DUPLICATE)
        assert till.balance_minor == 0

    def test_many_hands_at_once(self, world: World) -> None:
        wallet, till = world.wallet(), world.till()
        paid = pay(wallet, till, 10_00)
        raw = till.batch([paid.claim])
        acts = [lambda: paid.hand_in(paid.with_receipt()), lambda: world.acquirer.take_batch(till.terminal, raw)] * 4
        threads = [threading.Thread(target=act) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert till.balance_minor == 10_00


@contextmanager
def _between(world: World, meanwhile: Any) -> Iterator[None]:
    """Does `meanwhile` once, right before the next write begins."""
    write = world.store.write
    done: list[str] = []

    @contextmanager
    def after(point: str) -> Iterator[Any]:
        if not done:
            done.append(point)
            meanwhile()
        with write(point) as unit:
            yield unit

    world.store.write = after
    try:
        yield
    finally:
        world.store.write = write
