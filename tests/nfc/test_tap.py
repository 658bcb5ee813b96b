"""Whole payments by tap: pcscd, vsmartcard's reader, a wallet and a till on real vaults; nothing is mocked.

Whatever a hand does with the phone, there is one cheque and one acceptance, and nobody is left in doubt.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from feiqian.links.nfc_card import Ins
from feiqian.links.nfc_tap import Step
from feiqian.links.nfc_troubles import TapTrouble
from feiqian.wallet.states import PaymentState
from tests.nfc.world import Held, Hold, Phone, TillAtReader, new_pair, tap, wallet_in
from tests.terminal.world import Counter

pytestmark = pytest.mark.usefixtures("service")
COMMANDS = ("select", "request 1", "request 2", "awaited", "payment 1", "payment 2", "receipt 1", "receipt 2")
"""What goes to the card in one tap: request and receipt, with their certificates, in two pieces each, and a payment
comes in two."""
FIRST_PAYMENT, LAST = 4, len(COMMANDS) - 1


@pytest.fixture
def counter(tmp_path: Path) -> Counter:
    return new_pair(tmp_path)


@pytest.fixture
def phone(tmp_path: Path) -> Phone:
    return Phone(tmp_path / "wallet")


def one_payment(till: TillAtReader, held: Held) -> None:
    """One cheque was drawn and one was accepted, however often it was held there; both sides know it."""
    (payment,) = held.payments
    assert payment.state is PaymentState.ACCEPTED
    assert payment.counter == 1
    assert {taken.accepted.cheque_id for taken in till.taken} == {payment.cheque_id}
    assert len({taken.receipt for taken in till.taken}) == 1
    assert till.terminal.queue().claims == 1


def test_a_payment(counter: Counter, phone: Phone) -> None:
    till, told = TillAtReader(counter), list[Step]()
    phone.hold()
    tapped = tap(till, counter.terminal.request(exact_minor=12_50).shown, told=told)
    (held,) = phone.held()
    one_payment(till, held)
    assert (tapped.taps, tapped.handed_over) == (1, True)
    assert told == [Step.HOLD, Step.KEEP_HOLDING, Step.ACCEPTED, Step.TAKE_AWAY]
    assert len(held.commands) == len(COMMANDS)
    sent = {raw[1] for raw in held.commands}
    assert {*Ins} - {Ins.GET_TRUST, Ins.PUT_TRUST} <= sent, "packs are tests/nfc/test_packs.py"


@pytest.mark.parametrize("number", range(len(COMMANDS)), ids=COMMANDS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_pulled_away_and_held_again(counter: Counter, phone: Phone, number: int, when: str) -> None:
    """Right before the card has done a command, and right after: the answer never comes."""
    till, told = TillAtReader(counter), list[Step]()
    cut = Hold(cut_before=number) if when == "before" else Hold(cut_after=number)
    phone.hold(cut, Hold(pause_s=0.4))
    tapped = tap(till, counter.terminal.request(exact_minor=12_50).shown, told=told)
    first, second = phone.held()
    drawn = number > FIRST_PAYMENT or (when == "after" and number == FIRST_PAYMENT)
    assert len(first.payments) == drawn
    assert [payment.cheque for payment in first.payments] in ([], [payment.cheque for payment in second.payments])
    one_payment(till, second)
    assert tapped.taps >= 2
    assert tapped.handed_over
    assert (Step.RECEIPT_AGAIN in told) == (number > FIRST_PAYMENT + 1)


@pytest.mark.parametrize("number", [FIRST_PAYMENT, LAST])
def test_pulled_away_for_good(counter: Counter, phone: Phone, number: int) -> None:
    """The till says for certain whether it has the payment, and so does the wallet; tapping later mends both."""
    till, asked = TillAtReader(counter), counter.terminal.request(exact_minor=12_50)
    phone.hold(Hold(cut_after=number))
    if number == LAST:
        tapped = tap(till, asked.shown, for_s=2)
        assert not tapped.handed_over
        assert till.terminal.queue().claims == 1
    else:
        with pytest.raises(TapTrouble, match="card_removed"):
            tap(till, asked.shown, for_s=2)
        assert till.terminal.queue().claims == 0
    (first,) = phone.held()
    assert [payment.state for payment in first.payments] == [
        PaymentState.ACCEPTED if number == LAST else PaymentState.SHOWN
    ]
    phone.hold(Hold(up_to_minor=None))
    assert tap(till, asked.shown).handed_over
    one_payment(till, phone.held()[0])


def test_an_earlier_receipt_comes_with_the_next_tap(counter: Counter, phone: Phone) -> None:
    till = TillAtReader(counter)
    phone.hold(Hold(cut_before=LAST - 1))
    assert not tap(till, counter.terminal.request(exact_minor=12_50).shown, for_s=1.5).handed_over
    assert [payment.state for payment in phone.held()[0].payments] == [PaymentState.SHOWN]
    phone.hold()
    tapped = tap(till, counter.terminal.request(exact_minor=3_00).shown)
    assert (tapped.handed_over, tapped.earlier_receipts) == (True, 1)
    assert [payment.state for payment in phone.held()[0].payments] == [PaymentState.ACCEPTED] * 2


def test_nobody_else_pays_a_request_that_waits_for_its_receipt_to_be_fetched(
    counter: Counter, phone: Phone, tmp_path: Path
) -> None:
    """Another payer's phone, agreed beforehand, in the field while the first payer's lacks its receipt."""
    world = wallet_in(tmp_path / "other", create=True)
    world.enrol().top_up(300_00)
    world.wallet.lock()
    other, till = Phone(tmp_path / "other"), TillAtReader(counter)
    phone.hold(Hold(cut_before=LAST - 1))
    threading.Timer(1.0, other.hold, [Hold(for_s=2)]).start()
    threading.Timer(4.0, phone.hold, [Hold(up_to_minor=None)]).start()
    assert tap(till, counter.terminal.request(exact_minor=12_50).shown, for_s=9).handed_over
    assert other.held()[0].payments == []
    assert len(phone.held()[0].payments) == 1
    assert [payment.state for payment in phone.held()[0].payments] == [PaymentState.ACCEPTED]
    assert till.terminal.queue().claims == 1


def test_held_for_too_long_pays_once(counter: Counter, phone: Phone) -> None:
    """The phone stays; the next request at the same reader is no reason to pay again."""
    till = TillAtReader(counter)
    phone.hold(Hold(stays=True, for_s=3))
    assert tap(till, counter.terminal.request(exact_minor=12_50).shown).handed_over
    with pytest.raises(TapTrouble, match="holder_not_asked"):
        tap(till, counter.terminal.request(exact_minor=12_50).shown, for_s=1)
    one_payment(till, phone.held()[0])


def test_two_taps_of_one_request_are_one_payment(counter: Counter, phone: Phone) -> None:
    till, asked = TillAtReader(counter), counter.terminal.request(exact_minor=12_50)
    helds = []
    for _ in range(2):
        phone.hold()
        assert tap(till, asked.shown).handed_over
        helds += phone.held()
    one_payment(till, helds[-1])
    assert [taken.replayed for taken in till.taken] == [False, True]


@pytest.mark.parametrize("stays", [True, False])
def test_the_holder_agrees_while_it_is_held_there_or_afterwards(counter: Counter, phone: Phone, *, stays: bool) -> None:
    till, told = TillAtReader(counter), list[Step]()
    times = [Hold(up_to_minor=None, agrees_after_s=0.7)]
    if not stays:
        times = [Hold(up_to_minor=None, for_s=0.5), Hold(up_to_minor=20_00, pause_s=0.5)]
    phone.hold(*times)
    assert tap(till, counter.terminal.request(exact_minor=12_50).shown, told=told).handed_over
    one_payment(till, phone.held()[-1])
    assert Step.ASK_HOLDER in told


def test_a_holder_who_does_not_agree_pays_nothing(counter: Counter, phone: Phone) -> None:
    till = TillAtReader(counter)
    phone.hold(Hold(up_to_minor=12_49, for_s=2))
    with pytest.raises(TapTrouble, match="holder_not_asked"):
        tap(till, counter.terminal.request(exact_minor=12_50).shown, for_s=1)
    assert phone.held()[0].payments == []
    assert till.terminal.queue().claims == 0


def test_a_wallet_that_cannot_pay_says_so_without_saying_why(counter: Counter, phone: Phone) -> None:
    till = TillAtReader(counter)
    phone.hold(Hold(up_to_minor=500_00, for_s=3))
    with pytest.raises(TapTrouble, match="wallet_declined"):
        tap(till, counter.terminal.request(exact_minor=400_00).shown)
    (held,) = phone.held()
    assert held.payments == []
    assert [failure.code for failure in held.refused] == ["over_one_payment"]


def test_a_clock_that_is_wrong_is_a_refusal(counter: Counter, phone: Phone) -> None:
    till = TillAtReader(counter)
    counter.clock += 3_600
    phone.hold(Hold(for_s=3))
    with pytest.raises(TapTrouble, match=r"wallet_(refused|declined)"):
        tap(till, counter.terminal.request(exact_minor=12_50).shown)
    assert phone.held()[0].payments == []


def test_nobody_comes(counter: Counter) -> None:
    begun = time.monotonic()
    with pytest.raises(TapTrouble, match="nobody_tapped") as caught:
        tap(TillAtReader(counter), counter.terminal.request(exact_minor=12_50).shown, for_s=0.5)
    assert 0.5 <= time.monotonic() - begun < 2
    assert "--request test" in caught.value.words("en").next
