"""Paying with no network: burn then show, own rules, the same bytes for the same request."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feiqian.keys.software import SoftwareKey
from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.presentation import decode_payment
from feiqian.protocol.receipt import NoteKind
from feiqian.protocol.refusals import Refused
from feiqian.protocol.request import decode_request, request_hash
from feiqian.protocol.words import Coded
from feiqian.wallet.records import AllowanceRecord, PaymentRecord
from feiqian.wallet.spending import Advice
from feiqian.wallet.states import PaymentState
from tests.wallet.world import DEPLOYMENT, PAYEE, PIN_HELD, Grant, NoNetwork, Terminal, World


def code_of(error: pytest.ExceptionInfo[Coded]) -> str:
    return str(error.value.code)


def test_a_payment_passes_at_the_terminal_and_its_name_is_attested(world: World) -> None:
    asking = world.terminal.asks(45_00, reference="table 4")
    offer = world.wallet.consider(asking)
    assert (offer.payee_name, offer.payee_proved, offer.amount_minor) == ("Café 茶馆", True, 45_00)
    shown = world.wallet.pay(offer, PIN_HELD)
    verified = world.terminal.accepts(asking, shown.body)
    assert verified.guaranteed_minor == 45_00
    assert len(shown.body) <= 349
    assert shown.payment.state is PaymentState.SHOWN


def test_considering_writes_nothing(world: World) -> None:
    before = world.dump()
    world.wallet.consider(world.terminal.asks(45_00))
    assert world.dump() == before


def test_it_is_burned_before_a_byte_is_returned(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the caller gets, the store has: at the moment of the burn the bytes are already in the record."""
    burned: list[bytes] = []
    burn = world.store.burn

    def watched(payment: PaymentRecord, before: AllowanceRecord, after: AllowanceRecord) -> None:
        burned.append(payment.cheque)
        burn(payment, before, after)

    monkeypatch.setattr(world.store, "burn", watched)
    shown = world.wallet.pay(world.wallet.consider(world.terminal.asks(45_00)), PIN_HELD)
    assert burned == [shown.payment.cheque]
    assert shown.body.endswith(burned[0])


def test_a_failed_burn_shows_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(world.store, "burn", full)
    with pytest.raises(OSError, match="disk full"):
        world.wallet.pay(world.wallet.consider(world.terminal.asks(45_00)), PIN_HELD)
    assert world.wallet.history() == ()


def test_the_same_request_gives_the_same_bytes_for_ever(world: World) -> None:
    asking = world.terminal.asks(45_00)
    first = world.wallet.pay(world.wallet.consider(asking), PIN_HELD)
    wallet = world.reopen()
    world.clock.now += 10_000_000
    again = wallet.pay(wallet.consider(asking), PIN_HELD)
    unsigned = world.terminal.request_of(asking)
    assert again.body == first.body
    assert wallet.pay(wallet.consider(unsigned), PIN_HELD).body == first.body
    assert len(wallet.history()) == 1


def test_an_offer_kept_from_before_never_draws_a_second_cheque(world: World) -> None:
    asking = world.terminal.asks(45_00)
    one, other = world.wallet.consider(asking), world.wallet.consider(asking)
    assert world.wallet.pay(one, PIN_HELD).body == world.wallet.pay(other, PIN_HELD).body


def test_nothing_on_the_way_of_a_payment_can_reach_a_network(world: World) -> None:
    world.operator.calls.clear()
    world.operator.up = False
    asking, body = world.pay(45_00)
    cheque_id = world.wallet.history()[0].cheque_id
    world.wallet.take_acknowledgement(world.terminal.receipt(cheque_id, 45_00))
    world.wallet.one_way_code(10_00, PIN_HELD)
    world.wallet.resume()
    world.wallet.spendable()
    assert world.operator.calls == []
    with pytest.raises(AssertionError, match="touched"):
        world.wallet.sync(NoNetwork())  # type: ignore[arg-type]  # the trap itself works
    assert asking
    assert body


def test_an_amount_up_to_is_signed_as_a_maximum(world: World) -> None:
    asking, body = world.pay(45_00, up_to=True)
    terms = decode_payment(body).cheque.terms
    assert (terms.exact_minor, terms.maximum_minor) == (None, 45_00)
    assert asking


@pytest.mark.parametrize(
    ("amount_minor", "code"),
    [(200_01, "over_one_payment"), (200_00, None), (1, None)],
    ids=["above", "at the limit", "least"],
)
def test_the_limit_of_one_payment(world: World, amount_minor: int, code: str | None) -> None:
    asking = world.terminal.asks(amount_minor)
    if code is None:
        assert world.wallet.consider(asking).amount_minor == amount_minor
        return
    with pytest.raises(Coded) as error:
        world.wallet.consider(asking)
    assert code_of(error) == code


def test_more_than_is_left_is_refused_with_what_is_left(world: World) -> None:
    for _ in range(4):
        world.pay(200_00)
    world.pay(150_00)
    with pytest.raises(Coded) as error:
        world.wallet.consider(world.terminal.asks(50_01))
    assert code_of(error) == "not_enough"
    assert "50.00 EUR" in error.value.words("en").message


def test_the_number_of_cheques_is_limited(fresh: World) -> None:
    fresh.operator.grant = Grant(count_limit=2)
    fresh.enrol().top_up()
    fresh.pay(1_00)
    fresh.pay(1_00)
    with pytest.raises(Coded) as error:
        fresh.wallet.consider(fresh.terminal.asks(1_00))
    assert code_of(error) == "cheques_used_up"


def test_two_allowances_are_never_combined_and_the_first_to_end_goes_first(world: World) -> None:
    world.clock.now += 3600
    world.top_up(100_00)
    asking = world.terminal.asks(150_00)
    shown = world.wallet.pay(world.wallet.consider(asking), PIN_HELD)
    first, second = world.refs()
    assert decode_payment(shown.body).cheque.terms.allowance_ref == first
    for _ in range(4):
        world.pay(200_00)  # 850 of 1,000 are gone after this and the one before
    asking, body = world.pay(60_00)
    assert decode_payment(body).cheque.terms.allowance_ref == second
    assert world.wallet.spendable().total_minor == 50_00 + 40_00
    with pytest.raises(Coded) as error:
        world.wallet.consider(world.terminal.asks(60_00))
    assert code_of(error) == "not_enough"
    assert asking


def test_of_two_that_suffice_the_first_to_end_is_drawn_on(fresh: World) -> None:
    fresh.enrol().top_up()
    fresh.operator.grant = Grant(lifetime_s=3600)
    fresh.top_up()
    _, body = fresh.pay(10_00)
    assert decode_payment(body).cheque.terms.allowance_ref == fresh.refs()[1]


def test_the_holder_check_is_asked_for_above_the_limit_and_signed(world: World) -> None:
    offer = world.wallet.consider(world.terminal.asks(50_01))
    assert offer.holder_check_needed
    with pytest.raises(Coded) as error:
        world.wallet.pay(offer, HolderCheck.NONE)
    assert code_of(error) == "holder_check_needed"
    assert world.wallet.history() == ()
    below = world.wallet.consider(world.terminal.asks(50_00))
    assert not below.holder_check_needed
    shown = world.wallet.pay(below, HolderCheck.NONE)
    assert decode_payment(shown.body).cheque.terms.holder_check == HolderCheck.NONE


def test_an_unsigned_request_is_paid_up_to_the_small_amount_and_says_so(world: World) -> None:
    offer = world.wallet.consider(world.terminal.asks(20_00, signed=False))
    assert not offer.payee_proved
    assert offer.payee_name is None
    assert offer.warnings[0] is Advice.PAYEE_NOT_PROVED
    with pytest.raises(Refused, match="over_unsigned_cap"):
        world.wallet.consider(world.terminal.asks(20_01, signed=False))


def test_a_payee_met_before_need_not_show_its_certificate(world: World) -> None:
    with pytest.raises(Refused, match="acquirer_unknown"):
        world.wallet.consider(world.terminal.asks(45_00, certificate=False))
    world.pay(45_00)
    world.wallet.take_acknowledgement(world.terminal.receipt(world.wallet.history()[0].cheque_id, 45_00))
    offer = world.wallet.consider(world.terminal.asks(45_00, certificate=False))
    assert offer.payee_proved
    assert offer.payee_name == "Café 茶馆"


def test_a_request_that_another_key_signed_is_refused(world: World) -> None:
    asking = world.terminal.asks(45_00)
    world.terminal.key = SoftwareKey.generate()
    forged = world.terminal.asks(45_00)
    with pytest.raises(Refused, match="terminal_signature_invalid"):
        world.wallet.consider(forged)
    assert world.wallet.consider(asking).payee_proved


def test_an_allowance_for_one_payee_is_not_offered_to_another(fresh: World) -> None:
    fresh.operator.grant = Grant(audience=PAYEE)
    fresh.enrol().top_up()
    other = Terminal(fresh.operator, payee_id=type(PAYEE)(b"payee-02"))
    with pytest.raises(Coded) as error:
        fresh.wallet.consider(other.asks(5_00))
    assert code_of(error) == "other_payee_only"
    with pytest.raises(Coded) as error:
        fresh.wallet.one_way_code(5_00, PIN_HELD)
    assert code_of(error) == "other_payee_only"
    fresh.pay(5_00)


def test_a_suspended_allowance_is_not_offered(world: World) -> None:
    world.operator.suspended, world.operator.index_version = {0}, 2
    world.wallet.sync(world.operator)
    with pytest.raises(Coded) as error:
        world.wallet.consider(world.terminal.asks(5_00))
    assert code_of(error) == "allowance_stopped"


def test_before_enrolment_it_says_so(fresh: World) -> None:
    with pytest.raises(Coded) as error:
        fresh.wallet.consider(fresh.terminal.asks(5_00))
    assert code_of(error) == "not_enrolled"


# --- time ---------------------------------------------------------------------------------------------------


def test_a_request_ends(world: World) -> None:
    asking = world.terminal.asks(5_00)
    world.clock.now += 240
    offer = world.wallet.consider(asking)
    world.clock.now += 1
    with pytest.raises(Refused, match="request_expired"):
        world.wallet.pay(offer, PIN_HELD)
    assert world.wallet.history() == ()


def test_after_the_end_of_the_allowance_nothing_is_drawn(world: World) -> None:
    world.clock.now += 72 * 3600 + 1
    with pytest.raises(Coded) as error:
        world.wallet.consider(world.terminal.asks(5_00))
    assert code_of(error) == "allowances_expired"


@pytest.mark.parametrize("years", [-10, 10])
def test_a_clock_far_off_is_named_as_the_reason(world: World, years: int) -> None:
    asking = world.terminal.asks(5_00, at=world.clock.now + 5)
    world.clock.now += years * 365 * 86_400
    if years < 0:  # it stops until the clock is set, and tells so (test_paying_lock); nothing else is blocked
        world.wallet.resume()
        assert Advice.CLOCK_BEHIND in world.wallet.spendable().warnings
        with pytest.raises(Coded) as locked:
            world.wallet.pay(world.wallet.consider(asking), PIN_HELD)
        assert code_of(locked) == "locked_clock_back"
        world.clock.now -= years * 365 * 86_400 + 24 * 3600  # a day behind: within what any time zone explains
        shown = world.wallet.pay(world.wallet.consider(asking), PIN_HELD)
        assert decode_payment(shown.body).cheque.terms.time >= world.operator.trust().index.issued_at
        assert Advice.CLOCK_BEHIND in world.wallet.spendable().warnings
        return
    with pytest.raises(Coded) as error:
        world.wallet.consider(asking)
    assert code_of(error) == "clocks_differ"
    world.clock.now -= years * 365 * 86_400
    assert world.wallet.consider(asking).amount_minor == 5_00


# --- one-way codes ------------------------------------------------------------------------------------------


def test_a_code_is_taken_once_shown_for_a_minute_and_then_hidden(world: World) -> None:
    shown = world.wallet.one_way_code(20_00, PIN_HELD)
    verified = world.terminal.takes(shown.body, 20_00)
    assert verified.guaranteed_minor == 0
    assert shown.payment.expires_at == world.clock.now + 60
    world.clock.now += 60
    assert world.wallet.show_again(shown.payment.number).body == shown.body
    world.clock.now += 1
    with pytest.raises(Coded) as error:
        world.wallet.show_again(shown.payment.number)
    assert code_of(error) == "code_hidden"
    assert [payment.state for payment in world.wallet.resume().aged] == [PaymentState.HIDDEN]
    taken = world.wallet.take_acknowledgement(world.terminal.receipt(verified.cheque_id, 20_00))
    assert (taken.payment.grade, taken.payment.state) == ("F1", PaymentState.ACCEPTED)


def test_a_code_that_was_receipted_is_not_shown_again_even_within_its_time(world: World) -> None:
    shown = world.wallet.one_way_code(20_00, PIN_HELD)
    world.wallet.take_acknowledgement(world.terminal.receipt(shown.payment.cheque_id, 20_00))
    with pytest.raises(Coded) as error:
        world.wallet.show_again(shown.payment.number)
    assert code_of(error) == "code_hidden"


def test_a_code_up_to_an_amount_gives_nothing_back_before_it_is_settled(world: World) -> None:
    shown = world.wallet.one_way_code(50_00, PIN_HELD, up_to=True)
    verified = world.terminal.takes(shown.body, 12_00)
    taken = world.wallet.take_acknowledgement(world.terminal.receipt(verified.cheque_id, 12_00))
    assert (taken.payment.final_minor, taken.credit_minor) == (12_00, 0)
    assert world.wallet.spendable().total_minor == 950_00


def test_a_code_above_its_cap_is_not_made(world: World) -> None:
    with pytest.raises(Coded) as error:
        world.wallet.one_way_code(50_01, PIN_HELD)
    assert code_of(error) == "over_one_way"


@pytest.mark.parametrize("amount_minor", [0, -1])
def test_a_code_of_nothing_is_not_made(world: World, amount_minor: int) -> None:
    with pytest.raises(Coded) as error:
        world.wallet.one_way_code(amount_minor, PIN_HELD)
    assert code_of(error) == "amount_out_of_range"


# --- the wallet never offers what a terminal would refuse ------------------------------------------------------

ACTS = st.lists(
    st.tuples(st.sampled_from(["pay", "up_to", "code", "cancel", "void", "short", "top_up"]), st.integers(1, 220_00)),
    min_size=1,
    max_size=25,
)


@given(acts=ACTS)
@settings(max_examples=25)
def test_what_is_spendable_is_accepted_and_nothing_above_it_is_offered(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int]]
) -> None:
    """Whatever happened before, every cheque drawn passes verify_payment, and the stated maximum can be paid."""
    world = World(Path(tmp_path_factory.mktemp("w")) / "wallet").enrol().top_up(300_00)
    try:
        for act, amount_minor in acts:
            act_once(world, act, amount_minor)
        room = world.wallet.spendable()
        assert 0 <= room.payment_minor <= room.total_minor
        if room.payment_minor:
            world.pay(room.payment_minor)
            assert world.wallet.spendable().total_minor >= room.total_minor - room.payment_minor
        too_much = world.terminal.asks(room.payment_minor + 1)
        with pytest.raises(Coded):
            world.wallet.consider(too_much)
    finally:
        world.wallet.lock()


def act_once(world: World, act: str, amount_minor: int) -> None:
    """One act, as far as the wallet lets it."""
    if act == "top_up":
        if len(world.refs()) < 3:
            world.clock.now += 60
            world.top_up(amount_minor)
        return
    if act == "code":
        try:
            shown = world.wallet.one_way_code(amount_minor, PIN_HELD)
        except Coded:
            assert amount_minor > min(50_00, world.wallet.spendable().payment_minor)
            return
        world.terminal.takes(shown.body, amount_minor)
        return
    asking = world.terminal.asks(amount_minor, up_to=act in ("up_to", "short"))
    try:
        shown = world.wallet.pay(world.wallet.consider(asking), PIN_HELD)
    except Coded:
        assert amount_minor > world.wallet.spendable().payment_minor
        return
    verified = world.terminal.accepts(asking, shown.body)
    if act == "cancel":
        hashed = request_hash(decode_request(world.terminal.request_of(asking)).payload, DEPLOYMENT)
        world.wallet.take_acknowledgement(world.terminal.note(NoteKind.CANCEL, hashed, 0))
    elif act == "void":
        note = world.terminal.note(NoteKind.VOID, verified.cheque_id, 1 + amount_minor // 2)
        world.wallet.take_acknowledgement(note)
    else:
        final_minor = 1 + amount_minor // 3 if act == "short" and amount_minor > 1 else amount_minor
        world.wallet.take_acknowledgement(world.terminal.receipt(verified.cheque_id, final_minor))


@given(junk=st.binary(max_size=600), place=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(max_examples=60)
def test_any_bytes_as_request_or_receipt_give_a_coded_refusal_and_change_nothing(
    world_of_junk: World, junk: bytes, place: int, bit: int
) -> None:
    world = world_of_junk
    asking = world.terminal.asks(45_00)
    receipt = world.terminal.receipt(world.wallet.history()[0].cheque_id, 30_00)
    before = world.dump()
    for good in (asking, receipt):
        for bad in (junk, flipped(good, place, bit), good[: place % len(good)], good + junk):
            if bad == good:
                continue
            for door in (world.wallet.consider, world.wallet.take_acknowledgement):
                try:
                    door(bad)
                except Coded:
                    pass
                else:
                    assert door == world.wallet.consider
    assert world.dump() == before


def flipped(body: bytes, place: int, bit: int) -> bytes:
    at = place % len(body)
    return body[:at] + bytes((body[at] ^ 1 << bit,)) + body[at + 1 :]


@pytest.fixture(scope="module")
def world_of_junk(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = World(tmp_path_factory.mktemp("junk") / "wallet").enrol().top_up()
    world.pay(45_00, up_to=True)
    return world


def test_a_request_with_another_challenge_is_another_payment(world: World) -> None:
    assert len({world.pay(5_00)[1] for _ in range(3)}) == 3
