"""Enrolment, topping up, closing, syncing: the wallet and its operator."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.keys.software import SoftwareKey
from feiqian.protocol.cheque import ChequeForm, decode_cheque
from feiqian.protocol.ids import AllowanceRef, StatementId
from feiqian.protocol.refusals import Refused
from feiqian.protocol.trust import TrustRoot
from feiqian.protocol.words import Coded
from feiqian.wallet.ports import AllowanceLine, Verdict
from feiqian.wallet.reconcile import certain_verdicts
from feiqian.wallet.records import PaymentRecord
from feiqian.wallet.resume import WayOn
from feiqian.wallet.spending import Advice
from feiqian.wallet.states import AllowanceState, PaymentState
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

    def answer(*, top_up_id: bytes, amount_minor: int, device_key: bytes, proof: bytes) -> bytes:
        assert top_up_id
        assert proof
        if wrong == "key":
            return fresh.operator.allowance(SoftwareKey.generate().public_key, amount_minor)
        if wrong == "amount":
            return fresh.operator.allowance(device_key, amount_minor + 1)
        if wrong == "issuer":
            return fresh.operator.allowance(device_key, amount_minor, issuer=SoftwareKey.generate())
        raw = fresh.operator.allowance(device_key, amount_minor)
        return raw[:-1] + bytes((raw[-1] ^ 1,))

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


def line(ref: AllowanceRef, claimed_minor: int, waiting_minor: int = 0, *, closed: bool = False) -> AllowanceLine:
    return AllowanceLine(
        ref=ref, claimed_minor=claimed_minor, waiting_minor=waiting_minor, returned_minor=0, closed=closed
    )


def test_what_the_books_leave_no_doubt_about_is_final(world: World) -> None:
    for amount_minor in (10_00, 20_00, 40_00):
        world.pay(amount_minor)
    (ref,) = world.refs()
    world.operator.lines = [line(ref, 50_00)]
    changed = world.wallet.sync(world.operator).changed
    assert {(payment.amount_minor, payment.state, payment.grade) for payment in changed} == {
        (10_00, PaymentState.SETTLED, "F3"),
        (40_00, PaymentState.SETTLED, "F3"),
    }
    assert world.wallet.sync(world.operator).changed == ()
    world.operator.lines = [line(ref, 50_00, closed=True)]
    (returned,) = world.wallet.sync(world.operator).changed
    assert (returned.amount_minor, returned.state, returned.final_minor) == (20_00, PaymentState.RETURNED, 0)


def test_what_waits_at_the_operator_waits_here(world: World) -> None:
    world.pay(10_00)
    world.operator.lines = [line(world.refs()[0], 0, 10_00)]
    (payment,) = world.wallet.sync(world.operator).changed
    assert payment.state is PaymentState.CONTINGENT
    assert [item.way_on for item in world.wallet.resume().items] == [WayOn.WAIT]


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


def payment(number: int, amount_minor: int, *, up_to: bool) -> PaymentRecord:
    return PaymentRecord(
        cheque_id=StatementId(number.to_bytes(32, "big")),
        top_up_id=b"t",
        counter=number + 1,
        cheque=b"",
        credits=None,
        form=ChequeForm.TWO_WAY,
        amount_minor=amount_minor,
        up_to=up_to,
        currency="EUR",
        drawn_at=0,
        expires_at=0,
        state=PaymentState.SHOWN,
    )


@given(st.lists(st.tuples(st.integers(1, 9), st.booleans(), st.sampled_from("svn"), st.integers(1, 9)), max_size=5))
def test_nothing_is_called_final_that_another_story_could_explain(
    facts: list[tuple[int, bool, str, int]],
) -> None:
    """Against all stories that give the same totals: what is certain holds in every one of them."""
    payments = [payment(at, amount_minor, up_to=up_to) for at, (amount_minor, up_to, *_) in enumerate(facts)]
    taken = [min(share, amount) if up_to else amount for amount, up_to, _, share in facts]
    claimed_minor = sum(minor for minor, (*_, fate, _) in zip(taken, facts, strict=True) if fate == "s")
    waiting_minor = sum(minor for minor, (*_, fate, _) in zip(taken, facts, strict=True) if fate == "v")
    found = certain_verdicts(payments, line(AllowanceRef(b"r"), claimed_minor, waiting_minor, closed=True))
    choices = [
        [("n", 0), *((fate, minor) for fate in "sv" for minor in (range(1, amount + 1) if up_to else [amount]))]
        for amount, up_to, *_ in facts
    ]
    stories = [
        story
        for story in itertools.product(*choices)
        if sum(minor for fate, minor in story if fate == "s") == claimed_minor
        and sum(minor for fate, minor in story if fate == "v") == waiting_minor
    ]
    letters = {Verdict.SETTLED: "s", Verdict.CONTINGENT: "v", Verdict.RETURNED: "n"}
    for certain in found:
        place = payments.index(certain.payment)
        assert {story[place] for story in stories} == {(letters[certain.verdict], certain.final_minor)}


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
