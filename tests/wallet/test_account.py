"""Enrolment, topping up, closing, syncing: the wallet and its operator."""

from __future__ import annotations

import pytest

from feiqian.keys.software import SoftwareKey
from feiqian.protocol.cheque import ChequeForm, decode_cheque
from feiqian.protocol.refusals import Refused
from feiqian.protocol.trust import TrustRoot
from feiqian.protocol.words import Coded
from feiqian.wallet.ports import Granted
from feiqian.wallet.resume import WayOn
from feiqian.wallet.spending import Advice
from feiqian.wallet.states import AllowanceState
from tests.wallet.world import CODE, PIN_HELD, SERVER, Grant, World


def code_of(error: pytest.ExceptionInfo[Coded]) -> str:
    return str(error.value.code)


# --- enrolment ----------------------------------------------------------------------------------------------


def test_enrolment_pins_the_root_and_holds_the_first_pack(fresh: World) -> None:
    joined = fresh.wallet.enrol(fresh.operator, SERVER, CODE)
    assert (joined.membership.payer_name, joined.deployment) == ("Ada", "test")
    held = fresh.store.trust()
    assert held is not None
    assert held.root == fresh.operator.root


def test_an_enrolment_without_an_answer_is_repeated_with_the_same_key(fresh: World) -> None:
    fresh.operator.up = False
    with pytest.raises(Coded):
        fresh.wallet.enrol(fresh.operator, SERVER, CODE)
    begun = fresh.wallet.enrolment()
    fresh.operator.up = True
    fresh.reopen().enrol(fresh.operator, SERVER, "abcd efgh")
    assert fresh.wallet.enrolment() == begun
    assert begun is not None
    assert SoftwareKey(begun.account_key).public_key == fresh.operator.account_key


def test_a_second_enrolment_is_refused(world: World) -> None:
    before = world.dump()
    with pytest.raises(Coded) as error:
        world.wallet.enrol(world.operator, "https://other.test", CODE)
    assert code_of(error) == "already_enrolled"
    assert world.dump() == before


def test_a_server_that_changes_its_root_is_not_believed(fresh: World, monkeypatch: pytest.MonkeyPatch) -> None:
    other = TrustRoot(deployment="test", roots=(SoftwareKey.generate().public_key,), threshold=1)
    monkeypatch.setattr(fresh.operator, "trust_root", lambda: other)
    with pytest.raises(Coded) as error:
        fresh.wallet.enrol(fresh.operator, SERVER, CODE)
    assert code_of(error) == "deployment_changed"
    assert fresh.wallet.membership() is None


# --- topping up -----------------------------------------------------------------------------------------------


def test_a_top_up_without_an_answer_is_repeated_with_the_same_id_and_key(fresh: World) -> None:
    fresh.enrol()
    fresh.operator.up = False
    with pytest.raises(Coded):
        fresh.wallet.top_up(fresh.operator, 100_00)
    (asked,) = fresh.store.allowances()
    assert asked.state is AllowanceState.ASKED
    assert [item.way_on for item in fresh.wallet.resume().items] == [WayOn.TOP_UP_AGAIN]
    assert fresh.wallet.spendable().top_up_asked_minor == 100_00
    fresh.operator.up = True
    held = fresh.reopen().top_up(fresh.operator, 100_00)
    assert (held.top_up_id, held.device_key) == (asked.top_up_id, asked.device_key)
    assert len(fresh.operator.issued) == 1
    fresh.wallet.top_up(fresh.operator, 100_00)
    assert len(fresh.operator.issued) == 2


def test_another_amount_waits_for_the_open_one(fresh: World) -> None:
    fresh.enrol()
    fresh.operator.up = False
    with pytest.raises(Coded):
        fresh.wallet.top_up(fresh.operator, 100_00)
    fresh.operator.up = True
    with pytest.raises(Coded) as error:
        fresh.wallet.top_up(fresh.operator, 200_00)
    assert code_of(error) == "top_up_waits"
    assert fresh.wallet.sync(fresh.operator).topped_up_minor == 100_00
    fresh.wallet.top_up(fresh.operator, 200_00)


def test_a_declined_top_up_is_over(fresh: World) -> None:
    fresh.enrol()
    fresh.operator.declines = True
    with pytest.raises(Coded) as error:
        fresh.wallet.top_up(fresh.operator, 100_00)
    assert code_of(error) == "no_money"
    assert [record.state for record in fresh.store.allowances()] == [AllowanceState.DROPPED]
    fresh.operator.declines = False
    fresh.wallet.top_up(fresh.operator, 50_00)


@pytest.mark.parametrize("wrong", ["key", "amount", "issuer", "signature"])
def test_an_allowance_that_is_not_the_one_asked_for_is_not_kept(
    fresh: World, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh.enrol()

    def answer(*, amount_minor: int, device_key: bytes, **_: object) -> Granted:
        if wrong == "key":
            return Granted(raw=fresh.operator.allowance(SoftwareKey.generate().public_key, amount_minor))
        if wrong == "amount":
            return Granted(raw=fresh.operator.allowance(device_key, amount_minor + 1))
        if wrong == "issuer":
            return Granted(raw=fresh.operator.allowance(device_key, amount_minor, issuer=SoftwareKey.generate()))
        raw = fresh.operator.allowance(device_key, amount_minor)
        return Granted(raw=raw[:-1] + bytes((raw[-1] ^ 1,)))

    monkeypatch.setattr(fresh.operator, "top_up", answer)
    with pytest.raises(Coded):
        fresh.wallet.top_up(fresh.operator, 100_00)
    assert [record.state for record in fresh.store.allowances()] == [AllowanceState.ASKED]


@pytest.mark.parametrize("amount_minor", [0, -1, 2**53])
def test_an_amount_out_of_range_is_not_asked_for(world: World, amount_minor: int) -> None:
    with pytest.raises(Coded) as error:
        world.wallet.top_up(world.operator, amount_minor)
    assert code_of(error) == "amount_out_of_range"


# --- advice ---------------------------------------------------------------------------------------------------


def test_a_top_up_is_suggested_when_sixty_percent_are_spent(world: World) -> None:
    for _ in range(2):
        world.pay(200_00)
    world.pay(199_99)
    assert Advice.TOP_UP_SUGGESTED not in world.wallet.spendable().warnings
    world.pay(1)
    assert Advice.TOP_UP_SUGGESTED in world.wallet.spendable().warnings


def test_an_app_below_the_least_version_is_told_and_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feiqian.wallet.spending.__version__", "0.0.9")
    assert world.wallet.spendable().warnings == (Advice.UPDATE_NEEDED,)
    world.pay(1_00)


def test_an_end_that_is_near_and_old_trust_are_said(world: World) -> None:
    assert world.wallet.spendable().warnings == ()
    world.clock.now += 60 * 3600
    assert set(world.wallet.spendable().warnings) == {Advice.ENDS_SOON, Advice.TRUST_OLD}


def test_few_cheques_are_said(fresh: World) -> None:
    fresh.operator.grant = Grant(count_limit=3)
    fresh.enrol().top_up(300_00)
    fresh.pay(1_00)
    assert fresh.wallet.spendable().warnings == (Advice.FEW_CHEQUES,)


# --- closing --------------------------------------------------------------------------------------------------


def test_closing_burns_a_counter_and_nothing_is_paid_after_it(world: World) -> None:
    world.pay(45_00)
    world.operator.up = False
    with pytest.raises(Coded):
        world.wallet.close(world.operator)
    with pytest.raises(Coded) as error:
        world.wallet.consider(world.terminal.asks(5_00))
    assert code_of(error) == "no_allowance"
    assert [item.way_on for item in world.wallet.resume().items][-1] is WayOn.HAND_IN_AGAIN
    world.operator.up = True
    assert world.reopen().sync(world.operator).closed == 1
    ((_, closing),) = world.operator.closings
    terms = decode_cheque(closing).terms
    assert (terms.form, terms.counter, terms.amount_minor, terms.cumulative_minor) == (ChequeForm.CLOSING, 2, 0, 45_00)
    assert [record.state for record in world.store.allowances()] == [AllowanceState.CLOSED]


def test_closing_names_one_of_several(world: World) -> None:
    world.clock.now += 60
    world.top_up(50_00)
    with pytest.raises(Coded) as error:
        world.wallet.close(world.operator)
    assert code_of(error) == "nothing_to_close"
    world.wallet.close(world.operator, world.refs()[1])
    assert [record.state for record in world.store.allowances()] == [AllowanceState.HELD, AllowanceState.CLOSED]


# --- sync -----------------------------------------------------------------------------------------------------


def test_a_pack_never_goes_back_and_the_rest_of_the_sync_goes_on(world: World) -> None:
    world.operator.index_version = 3
    assert world.wallet.sync(world.operator).trust_newer
    world.operator.index_version = 2
    before = world.dump()
    synced = world.wallet.sync(world.operator)
    assert [str(failure.code) for failure in synced.failures] == ["version_rollback"]
    assert synced.statement is not None
    assert world.dump() == before


def test_without_a_network_a_sync_says_so_and_changes_nothing(world: World) -> None:
    world.operator.up = False
    before = world.dump()
    synced = world.wallet.sync(world.operator)
    assert [str(failure.code) for failure in synced.failures] == ["operator_unreachable"]
    assert world.operator.calls[-1] == "trust_pack", "nobody is asked again who cannot be reached"
    assert world.dump() == before


def test_history_finds_what_people_remember(world: World) -> None:
    asking = world.terminal.asks(45_00, reference="table 4")
    world.wallet.pay(world.wallet.consider(asking), PIN_HELD)
    world.pay(7_50)
    assert [found.amount_minor for found in world.wallet.history()] == [7_50, 45_00]
    assert [found.amount_minor for found in world.wallet.history("茶馆 TABLE")] == [45_00]
    assert [found.amount_minor for found in world.wallet.history("7.50")] == [7_50]
    assert world.wallet.history("elsewhere") == ()
    for number in ("", "zz"):
        with pytest.raises(Coded) as error:
            world.wallet.payment(number)
        assert code_of(error) == "payment_unknown"


def test_a_forged_pack_is_refused(world: World) -> None:
    world.operator.root_key = SoftwareKey.generate()
    (failure,) = world.wallet.sync(world.operator).failures
    assert isinstance(failure, Refused)
    assert str(failure.code) == "threshold_not_met"
