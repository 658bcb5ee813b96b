"""The wallet's boundary promises nothing that paying would refuse, and holds nothing back that it would allow."""

from __future__ import annotations

import pytest

from feiqian.protocol.ids import PayeeId
from feiqian.protocol.policy import Policy
from feiqian.risk.boundary import Capability, Reach, What, Why
from feiqian.wallet.boundary import boundary
from feiqian.wallet.troubles import WalletTrouble
from tests.wallet.world import PIN_HELD, World


def listed(world: World, what: What, *, reach: Reach = Reach.NOT_TRIED) -> Capability:
    return next(one for one in boundary(world.wallet.holdings(), reach=reach) if one.what is what)


def tried(world: World, amount_minor: int) -> str | None:
    """The refusal of a payment of this amount, None when it can be drawn."""
    try:
        world.wallet.consider(world.terminal.asks(amount_minor))
    except WalletTrouble as trouble:
        return trouble.code
    return None


def test_a_payment_of_the_limit_goes_and_one_above_does_not(world: World) -> None:
    for _ in range(3):
        most_minor = listed(world, What.PAY_REQUEST).up_to_minor
        assert most_minor
        assert tried(world, most_minor + 1) == "over_one_payment"
        world.pay(most_minor)
    world.pay(200_00)
    world.pay(150_00)
    most_minor = listed(world, What.PAY_REQUEST).up_to_minor
    assert most_minor == 50_00
    assert (tried(world, most_minor), tried(world, most_minor + 1)) == (None, "not_enough")
    world.pay(most_minor)
    found = listed(world, What.PAY_REQUEST)
    assert (found.works, found.up_to_minor, found.why) == (False, 0, Why.NOTHING_TO_SPEND)


def test_a_code_goes_up_to_its_own_cap(world: World) -> None:
    found = listed(world, What.SHOW_CODE)
    assert found.works
    assert found.up_to_minor == 50_00
    with pytest.raises(WalletTrouble, match="over_one_way"):
        world.wallet.one_way_code(50_01, PIN_HELD)
    assert world.wallet.one_way_code(50_00, PIN_HELD).payment.amount_minor == 50_00


def test_what_is_in_the_way_is_named(world: World) -> None:
    world.operator.clock.now += 73 * 3600
    assert listed(world, What.PAY_REQUEST).why is Why.ALLOWANCE_ENDED
    with pytest.raises(WalletTrouble, match="allowances_expired"):
        world.wallet.one_way_code(1_00, PIN_HELD)


def test_an_allowance_for_one_payee_shows_no_codes(fresh: World) -> None:
    fresh.operator.grant.audience = PayeeId(b"payee-01")
    fresh.enrol().top_up()
    asked, code = listed(fresh, What.PAY_REQUEST), listed(fresh, What.SHOW_CODE)
    assert (asked.works, asked.why) == (True, Why.ONE_PAYEE_ONLY)
    assert (code.works, code.up_to_minor, code.why) == (False, 0, Why.ONE_PAYEE_ONLY)


def test_before_the_first_allowance(fresh: World) -> None:
    fresh.enrol()
    assert listed(fresh, What.PAY_REQUEST).why is Why.NOTHING_TO_SPEND


KINDS_OF_KEY = (What.KEY_SOFTWARE, What.KEY_PASSKEY, What.KEY_TPM, What.KEY_CARD)
STRICT = Policy(currency="EUR", one_way_least_tier=3, tier_above_minor=60_00, least_tier_above=2)


def keys_listed(world: World) -> dict[What, tuple[int | None, Why | None]]:
    found = [one for one in boundary(world.wallet.holdings()) if one.what in KINDS_OF_KEY]
    assert all(one.works and one.until is not None and not one.needs_network for one in found)
    return {one.what: (one.up_to_minor, one.why) for one in found}


def test_each_kind_of_key_says_what_its_tier_allows(fresh: World) -> None:
    fresh.operator.policy = STRICT
    fresh.enrol().top_up()
    assert keys_listed(fresh) == {What.KEY_SOFTWARE: (60_00, Why.STRONGER_KEY)}
    code = listed(fresh, What.SHOW_CODE)
    assert (code.works, code.up_to_minor, code.why) == (False, 0, Why.NO_CODES)
    assert (tried(fresh, 60_00), tried(fresh, 60_01) is None) == (None, False)
    with pytest.raises(WalletTrouble):
        fresh.wallet.one_way_code(1_00, PIN_HELD)
    for tier in (4, 2, 9):  # one that this version does not know is trusted like the lowest
        fresh.operator.grant.tier = tier
        fresh.top_up()
    assert keys_listed(fresh) == {
        What.KEY_SOFTWARE: (60_00, Why.STRONGER_KEY),
        What.KEY_PASSKEY: (200_00, Why.NO_CODES),
        What.KEY_CARD: (200_00, None),
    }
    assert tuple(keys_listed(fresh)) == tuple(kind for kind in KINDS_OF_KEY if kind is not What.KEY_TPM)
    assert listed(fresh, What.SHOW_CODE).up_to_minor == 50_00
    assert (tried(fresh, 200_00), fresh.wallet.one_way_code(50_00, PIN_HELD).payment.amount_minor) == (None, 50_00)


def test_a_key_that_may_pay_nothing_says_so(fresh: World) -> None:
    fresh.operator.policy = Policy(currency="EUR", tier_above_minor=0, least_tier_above=2)
    fresh.enrol().top_up()
    found = [listed(fresh, what) for what in (What.PAY_REQUEST, What.SHOW_CODE, What.KEY_SOFTWARE)]
    assert [(one.works, one.up_to_minor, one.why) for one in found] == [(False, 0, Why.STRONGER_KEY)] * 3
    assert tried(fresh, 1) is not None


def test_without_allowances_no_key_is_listed(fresh: World) -> None:
    fresh.enrol()
    assert keys_listed(fresh) == {}


def test_what_needs_the_operator_goes_by_whether_it_answered(world: World) -> None:
    reasons = {Reach.YES: None, Reach.NO: Why.NO_NETWORK, Reach.NOT_TRIED: Why.NETWORK_NOT_TRIED}
    for reach, why in reasons.items():
        found = listed(world, What.TOP_UP, reach=reach)
        assert (found.works, found.needs_network, found.why) == (why is None, True, why)
