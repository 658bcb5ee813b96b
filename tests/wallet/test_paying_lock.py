"""The lock of paying: durable before it is told, bars paying and topping up only, goes when the operator says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from feiqian.protocol.words import Coded
from feiqian.risk.anomaly import AnomalyTerms, LockReason
from feiqian.storage import WrongPin
from feiqian.storage.vault import Vault
from feiqian.wallet.lock_troubles import LOCK_WORDS, PayingLocked
from feiqian.wallet.ports import ChequeLine
from feiqian.wallet.records import LockAnswer
from tests.wallet.world import PIN, PIN_HELD, NoNetwork, World

HOUR = 3600
TERMS = AnomalyTerms()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "wallet").enrol().top_up()


def refusal(world: World, amount_minor: int = 5_00) -> str:
    """The code with which a payment of this amount is refused; nothing is burned for it."""
    drawn = len(world.wallet.history())
    with pytest.raises(PayingLocked) as refused:
        world.wallet.pay(world.wallet.consider(world.terminal.asks(amount_minor)), PIN_HELD)
    assert len(world.wallet.history()) == drawn
    return str(refused.value.code)


def burst(world: World) -> None:
    world.operator.grant.count_limit = 100
    world.top_up(500_00)
    for _ in range(TERMS.minute_payments):
        world.pay(1_00)


def test_a_burst_locks_paying_and_topping_up_for_good_and_nothing_else(world: World) -> None:
    burst(world)
    asking = world.terminal.asks(3_00)
    assert refusal(world) == "locked_burst"
    world.clock.now += 9 * HOUR
    world.reopen()
    assert refusal(world) == "locked_burst", "a lock outlives time and process"
    with pytest.raises(PayingLocked):
        world.wallet.one_way_code(1_00, PIN_HELD)
    with pytest.raises(PayingLocked):
        world.wallet.consider(asking)
    with pytest.raises(PayingLocked):
        world.top_up(10_00)
    lock = world.wallet.paying_lock()
    assert lock is not None
    assert (lock.reason, lock.seen, lock.allowed) == (LockReason.BURST, 21, 20)

    (newest, *_) = world.wallet.history()
    body = world.wallet.show_again(newest.number).body
    assert body.endswith(newest.cheque)
    receipt = world.terminal.receipt(newest.cheque_id, newest.amount_minor)
    assert world.wallet.take_acknowledgement(receipt).payment.number == newest.number
    assert world.wallet.spendable().total_minor > 0
    left = next(live.allowance.ref for live in world.wallet.holdings().lives if live.cheques)
    assert world.wallet.close(world.operator, left).closing


def test_the_operator_lets_it_pay_again(world: World) -> None:
    burst(world)
    assert refusal(world) == "locked_burst"
    for answer, code in ((LockAnswer.WAITING, "lock_waits"), (LockAnswer.REFUSED, "lock_refused")):
        world.operator.answers_lock = answer
        with pytest.raises(PayingLocked) as still:
            world.wallet.unlock_online(world.operator)
        assert still.value.code == code
        assert refusal(world) == "locked_burst"
    world.operator.answers_lock = LockAnswer.ALLOWED
    assert world.wallet.unlock_online(world.operator).answer is LockAnswer.ALLOWED
    assert len({lock.lock_id for lock in world.operator.locks}) == 1, "asked again it is the same report"
    world.pay(5_00)  # what was before the unlocking counts no more
    with pytest.raises(PayingLocked) as not_locked:
        world.wallet.unlock_online(world.operator)
    assert not_locked.value.code == "not_locked"


def test_a_sync_tells_the_operator(world: World) -> None:
    assert world.wallet.sync(world.operator).lock is None
    burst(world)
    refusal(world)
    synced = world.wallet.sync(world.operator)
    assert synced.lock is not None
    assert synced.lock.answer is LockAnswer.WAITING
    assert refusal(world) == "locked_burst"
    world.operator.up = False
    assert world.wallet.sync(world.operator).failures
    world.operator.up, world.operator.answers_lock = True, LockAnswer.ALLOWED
    world.wallet.sync(world.operator)
    world.pay(5_00)


def test_a_clock_far_behind_locks_until_it_is_set(world: World) -> None:
    world.clock.now -= TERMS.clock_back_s
    world.wallet.one_way_code(1_00, PIN_HELD)
    world.clock.now -= 1
    for _ in range(2):
        with pytest.raises(PayingLocked) as refused:
            world.wallet.one_way_code(1_00, PIN_HELD)
        assert refused.value.code == "locked_clock_back"
        world.reopen()
    assert len(world.wallet.history()) == 1
    world.clock.now += TERMS.clock_back_s
    assert world.wallet.paying_lock() is None
    world.wallet.one_way_code(1_00, PIN_HELD)  # by itself: a dead battery asks nobody for a network
    assert world.store.lock_standing().standing is None


def test_a_payee_with_a_clock_of_the_future_cannot_lock_a_wallet_for_good(world: World) -> None:
    world.pay(5_00)
    (payment,) = world.wallet.history()
    world.clock.now += 40 * 24 * HOUR  # the terminal's clock, as its receipt says it
    receipt = world.terminal.receipt(payment.cheque_id, payment.amount_minor)
    world.clock.now -= 40 * 24 * HOUR
    world.wallet.take_acknowledgement(receipt)
    assert refusal(world) == "locked_clock_back"
    world.operator.answers_lock = LockAnswer.ALLOWED
    world.wallet.unlock_online(world.operator)
    world.pay(5_00)


def test_wrong_pins_and_then_a_large_payment(world: World) -> None:
    world.wallet.lock()
    for _ in range(TERMS.guesses):
        with pytest.raises(WrongPin):
            Vault.open(world.folder, "918273", world.clock.now)
    world.wallet = world.open()
    world.reopen()  # a look in between takes nothing back
    world.pay(20_00)
    world.operator.grant.per_payment_minor = 1_000_00
    world.top_up(1_000_00)
    assert refusal(world, 1_000_00 - 1) == "locked_guessed"
    world.operator.answers_lock = LockAnswer.ALLOWED
    world.wallet.unlock_online(world.operator)
    world.pay(1_000_00 - 1)


def test_two_wrong_pins_lock_nothing(world: World) -> None:
    world.wallet.lock()
    for _ in range(TERMS.guesses - 1):
        with pytest.raises(WrongPin):
            Vault.open(world.folder, "918273", world.clock.now)
    world.wallet = world.open()
    world.operator.grant.per_payment_minor = 1_000_00
    world.top_up(1_000_00)
    world.pay(1_000_00)


def test_a_cheque_that_this_device_never_drew(world: World) -> None:
    (live,) = world.wallet.holdings().lives
    world.operator.cheques = [
        ChequeLine(
            cheque_id=live.allowance.allowance_id,
            ref=live.allowance.ref,
            paid_minor=7_00,
            waiting_minor=0,
            deadline=live.deadline_at,
            given_back=False,
            forked=False,
            payee_name=None,
        )
    ]
    world.wallet.sync(world.operator)
    assert refusal(world) == "locked_store_behind"
    world.operator.answers_lock = LockAnswer.ALLOWED
    world.wallet.unlock_online(world.operator)
    world.wallet.sync(world.operator)
    world.pay(5_00)  # the operator knew of that one


def test_considering_writes_nothing_and_a_lock_needs_no_network(world: World) -> None:
    burst(world)
    before = world.dump()
    offer = world.wallet.consider(world.terminal.asks(5_00))
    assert world.dump() == before
    with pytest.raises(PayingLocked):
        world.wallet.pay(offer, PIN_HELD)
    with pytest.raises((AssertionError, Coded)):
        world.wallet.unlock_online(NoNetwork())  # type: ignore[arg-type]  # whatever it asks fails
    assert world.wallet.paying_lock() is not None


def test_every_reason_has_its_words() -> None:
    for reason in LockReason:
        words = LOCK_WORDS[f"locked_{reason.value}"]
        for language in ("en", "zh"):
            text = words[language].message.format(seen="SEEN", allowed="ALLOWED")
            assert "SEEN" in text
            assert "unlock-online" in words[language].next


def test_the_header_of_a_vault_without_wrong_pins_is_as_older_versions_wrote_it(world: World) -> None:
    header = (world.folder / "lock.json").read_text()
    assert "guess" not in header
    world.wallet.lock()
    with pytest.raises(WrongPin):
        Vault.open(world.folder, "918273", world.clock.now)
    world.wallet = world.open(pin=PIN)
    assert world.store.guesses().count == 1
    world.clock.now += 2 * 24 * HOUR
    world.reopen()
    assert world.store.guesses().count == 0
    assert (world.folder / "lock.json").read_text() == header
