"""One-time codes at the wallet: asked for above the policy's amount, bound to the cheque, kept nowhere, used once."""

from __future__ import annotations

import pytest

from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.one_time_code import code_value
from feiqian.protocol.policy import Policy
from feiqian.protocol.presentation import decode_payment
from feiqian.wallet.ports import Granted
from feiqian.wallet.states import AllowanceState
from feiqian.wallet.troubles import WalletTrouble
from tests.wallet.world import Grant, Operator, World

CODE_KEY = bytes(range(32))
CODE = "287082"


@pytest.fixture
def coded(fresh: World) -> World:
    """A wallet whose allowance asks for codes above 60.00."""
    fresh.operator.grant = Grant(code_key=CODE_KEY)
    fresh.operator.policy = Policy(currency="EUR", code_above_minor=60_00)
    return fresh.enrol().top_up(500_00)


def code_of(trouble: pytest.ExceptionInfo[WalletTrouble]) -> str:
    return trouble.value.code


def test_a_code_is_bound_to_the_cheque_and_said_in_it(coded: World) -> None:
    offer = coded.wallet.consider(coded.terminal.asks(60_01))
    assert offer.code_needed
    shown = coded.wallet.pay(offer, HolderCheck.PIN, "287 082")
    payment = decode_payment(shown.body)
    terms = payment.cheque.terms
    (live,) = coded.wallet.holdings().lives
    assert terms.holder_check == HolderCheck.ONE_TIME_CODE
    assert terms.code == code_value(CODE_KEY, live.allowance.allowance_id, 1, terms.request, CODE)
    coded.terminal.accepts(offer.asked, shown.body)


def test_above_the_amount_nothing_is_paid_without_a_code(coded: World) -> None:
    offer = coded.wallet.consider(coded.terminal.asks(60_01))
    before = coded.dump()
    for digits, refused in ((None, "needed"), ("28708", "malformed"), ("abcdef", "malformed"), ("", "malformed")):
        with pytest.raises(WalletTrouble) as trouble:
            coded.wallet.pay(offer, HolderCheck.PIN, digits)
        assert code_of(trouble) == f"one_time_code_{refused}"
    assert coded.dump() == before


def test_at_the_amount_none_is_needed_and_one_may_be_given(coded: World) -> None:
    offer = coded.wallet.consider(coded.terminal.asks(60_00))
    assert not offer.code_needed
    assert decode_payment(coded.wallet.pay(offer, HolderCheck.PIN).body).cheque.terms.code is None
    offer = coded.wallet.consider(coded.terminal.asks(59_00))
    assert decode_payment(coded.wallet.pay(offer, HolderCheck.PIN, CODE).body).cheque.terms.code is not None


def test_an_allowance_without_a_code_key_takes_none(world: World) -> None:
    offer = world.wallet.consider(world.terminal.asks(100_00))
    assert not offer.code_needed
    terms = decode_payment(world.wallet.pay(offer, HolderCheck.PIN, CODE).body).cheque.terms
    assert (terms.code, terms.holder_check) == (None, HolderCheck.PIN)


def test_the_same_code_goes_into_no_second_payment(coded: World) -> None:
    first = coded.wallet.pay(coded.wallet.consider(coded.terminal.asks(61_00)), HolderCheck.PIN, CODE)
    offer = coded.wallet.consider(coded.terminal.asks(62_00))
    before = coded.dump()
    with pytest.raises(WalletTrouble) as trouble:
        coded.wallet.pay(offer, HolderCheck.PIN, CODE)
    assert code_of(trouble) == "one_time_code_used"
    assert coded.dump() == before
    coded.reopen()
    with pytest.raises(WalletTrouble) as trouble:
        coded.wallet.one_way_code(40_00, HolderCheck.PIN, digits=CODE)
    assert code_of(trouble) == "one_time_code_used"
    assert coded.wallet.pay(offer, HolderCheck.PIN, "287083").payment.counter == 2
    assert coded.wallet.show_again(first.payment.number).body == first.body


def test_the_same_request_again_needs_no_code_and_burns_nothing(coded: World) -> None:
    offer = coded.wallet.consider(coded.terminal.asks(61_00))
    first = coded.wallet.pay(offer, HolderCheck.PIN, CODE)
    again = coded.wallet.consider(offer.asked)
    assert not again.code_needed
    assert coded.wallet.pay(again, HolderCheck.PIN).body == first.body


def test_a_one_way_code_carries_one_too(coded: World) -> None:
    shown = coded.wallet.one_way_code(40_00, HolderCheck.PIN, digits=CODE)
    (live,) = coded.wallet.holdings().lives
    terms = decode_payment(shown.body).cheque.terms
    assert terms.code == code_value(CODE_KEY, live.allowance.allowance_id, 1, None, CODE)


def test_the_digits_are_kept_nowhere(coded: World) -> None:
    coded.wallet.pay(coded.wallet.consider(coded.terminal.asks(61_00)), HolderCheck.PIN, CODE)
    assert CODE not in repr(coded.dump())
    assert CODE_KEY.hex() not in repr(coded.wallet.holdings())


@pytest.mark.parametrize("told", [None, bytes(32)])
def test_an_allowance_that_does_not_fit_its_code_key_is_not_kept(
    fresh: World, monkeypatch: pytest.MonkeyPatch, told: bytes | None
) -> None:
    world = fresh.enrol()
    world.operator.grant = Grant(code_key=CODE_KEY)
    top_up = Operator.top_up
    monkeypatch.setattr(
        Operator, "top_up", lambda *given, **named: Granted(raw=top_up(*given, **named).raw, code_key=told)
    )
    with pytest.raises(WalletTrouble) as trouble:
        world.top_up()
    assert code_of(trouble) == "allowance_not_as_asked"
    assert [one.state for one in world.store.allowances()] == [AllowanceState.ASKED]
