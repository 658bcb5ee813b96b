"""What a wallet forgets by itself: what is past its time, whole, and never anything that somebody may need."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.protocol.cheque import ChequeForm
from feiqian.protocol.ids import StatementId
from feiqian.wallet.ports import AllowanceLine, ChequeLine, Conflict
from feiqian.wallet.records import AllowanceRecord, Finding, FindingKind, PaymentRecord
from feiqian.wallet.retention import KEPT_S, old_allowances
from feiqian.wallet.states import PAYMENT_STATUS, AllowanceState, PaymentState, Status
from tests.wallet.world import PIN_HELD, World

BEFORE, UNTIL_D_S, DAY = 1_800_000_000, 10 * 86_400, 86_400
TIMES = st.integers(BEFORE - 3 * UNTIL_D_S, BEFORE + 3 * UNTIL_D_S)


def record(number: int, state: AllowanceState, asked_at: int, expires_at: int | None) -> AllowanceRecord:
    return AllowanceRecord(
        top_up_id=bytes([number]) * 16,
        device_key=bytes([number]) * 32,
        amount_minor=100_00,
        currency="EUR",
        asked_at=asked_at,
        state=state,
        raw=None if state in {AllowanceState.ASKED, AllowanceState.DROPPED} else b"raw",
        expires_at=expires_at,
    )


def payment(of: int, state: PaymentState, drawn_at: int, deadline_at: int | None) -> PaymentRecord:
    return PaymentRecord(
        cheque_id=StatementId(secrets.token_bytes(32)),
        top_up_id=bytes([of]) * 16,
        counter=1,
        cheque=b"cheque",
        credits=None,
        form=ChequeForm.ONE_WAY,
        amount_minor=1,
        up_to=False,
        currency="EUR",
        drawn_at=drawn_at,
        expires_at=drawn_at + 60,
        state=state,
        deadline_at=deadline_at,
    )


RECORDS = st.lists(st.tuples(st.sampled_from(AllowanceState), TIMES, st.none() | TIMES), min_size=1, max_size=6).map(
    lambda found: [record(number, *one) for number, one in enumerate(found)]
)
PAYMENTS = st.lists(
    st.builds(payment, st.integers(0, 5), st.sampled_from(PaymentState), TIMES, st.none() | TIMES), max_size=10
)
FINDINGS = st.lists(st.integers(0, 5), max_size=2).map(
    lambda found: [
        Finding(cheque_id=StatementId(b"c" * 32), kind=FindingKind.NOT_OURS, top_up_id=bytes([of]) * 16, amount_minor=1)
        for of in found
    ]
)


@given(RECORDS, PAYMENTS, FINDINGS)
def test_only_what_is_over_in_every_way_goes(
    records: list[AllowanceRecord], payments: list[PaymentRecord], findings: list[Finding]
) -> None:
    gone = set(old_allowances(records, payments, findings, BEFORE, UNTIL_D_S))
    for one in records:
        of_it = [payment for payment in payments if payment.top_up_id == one.top_up_id]
        waits = any(PAYMENT_STATUS[payment.state] is not Status.DONE for payment in of_it)
        evidence = any(payment.drawn_at >= BEFORE or (payment.deadline_at or 0) >= BEFORE for payment in of_it)
        contradicted = any(finding.top_up_id == one.top_up_id for finding in findings)
        asked_or_closing = one.state in {AllowanceState.ASKED, AllowanceState.CLOSING}
        if one.state is AllowanceState.DROPPED:
            counts = one.asked_at >= BEFORE or (one.expires_at or 0) >= BEFORE
        else:
            counts = one.expires_at is None or one.expires_at + UNTIL_D_S >= BEFORE
        needed = waits or evidence or contradicted or asked_or_closing or counts
        assert (one.top_up_id in gone) == (not needed)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "wallet").enrol().top_up()
    yield made
    made.wallet.lock()


def settle(world: World, number: int = 0) -> None:
    """The operator's books: one payment was claimed and paid, and its allowance is over."""
    paid = world.store.payments()[number]
    (live,) = [one for one in world.wallet.holdings().lives if one.record.top_up_id == paid.top_up_id]
    world.operator.cheques.append(
        ChequeLine(
            cheque_id=paid.cheque_id,
            ref=live.allowance.ref,
            paid_minor=paid.amount_minor,
            waiting_minor=0,
            deadline=live.deadline_at,
            given_back=False,
            forked=False,
            payee_name=None,
        )
    )
    world.operator.lines.append(AllowanceLine(ref=live.allowance.ref, closed=True, complete=True))
    assert world.wallet.sync(world.operator).failures == ()


def much_later(world: World, days: int) -> None:
    """The operator signs a pack that many days from now, and the device's clock has gone on as well."""
    world.clock.now += days * DAY
    world.operator.issued_at, world.operator.index_version = world.clock.now, world.operator.index_version + 1


def test_a_sync_long_after_d_leaves_nothing_of_it(world: World) -> None:
    asking, _ = world.pay(45_00)
    settle(world)
    (paid,) = world.store.payments()
    much_later(world, 430)
    assert world.wallet.sync(world.operator).failures == ()
    assert list(world.store.allowances()) == []
    assert list(world.store.payments()) == []
    assert list(world.store.payees(paid.payee_id or b"")) == []
    assert world.wallet.overdue() == 0
    stored = b"".join(value for row in world.dump() for value in row if isinstance(value, bytes))
    assert paid.cheque not in stored
    assert asking not in stored
    assert world.wallet.spendable().total_minor == 0
    assert world.wallet.resume().items == ()
    world.top_up(100_00)
    assert world.wallet.spendable().total_minor == 100_00, "the wallet goes on as ever"


def test_until_then_all_of_it_stays(world: World) -> None:
    world.pay(45_00)
    settle(world)
    before = [row for row in world.dump() if row[0] in {"allowance", "payment", "credit", "payee"}]
    much_later(world, 399)
    world.wallet.sync(world.operator)
    assert [row for row in world.dump() if row[0] in {"allowance", "payment", "credit", "payee"}] == before


def test_a_clock_set_forward_removes_nothing(world: World) -> None:
    world.pay(45_00)
    settle(world)
    world.clock.now += 4 * KEPT_S
    assert (world.wallet.forget_old(), world.wallet.overdue()) == (0, 0)
    assert len(world.store.payments()) == 1


def test_what_needs_its_holder_stays_for_ever(world: World) -> None:
    asking = world.terminal.asks(45_00)
    world.wallet.pay(world.wallet.consider(asking), PIN_HELD)
    much_later(world, 2000)
    world.wallet.sync(world.operator)
    world.wallet.resume()
    (open_one,) = world.store.open_payments()
    assert open_one.status is Status.NEEDS_YOU
    assert len(world.store.allowances()) == 1


def test_it_happens_at_an_unlock_with_no_network(world: World) -> None:
    world.pay(45_00)
    settle(world)
    much_later(world, 430)
    assert world.wallet.take_trust(world.operator.pack())
    world.reopen().resume()
    assert world.wallet.overdue() == 1, "resuming alone removes nothing"
    assert world.wallet.forget_old() == 1
    assert world.wallet.forget_old() == 0


@pytest.mark.parametrize("state", [PaymentState.SHOWN, PaymentState.CONTINGENT])
def test_the_store_keeps_what_is_open_whatever_it_is_told(world: World, state: PaymentState) -> None:
    world.pay(45_00)
    (paid,) = world.store.payments()
    world.store.age([replace(paid, state=state)])
    before = world.dump()
    with pytest.raises(Conflict):
        world.store.forget([paid.top_up_id])
    with pytest.raises(Conflict):
        world.store.forget([b"unknown"])
    assert world.dump() == before
