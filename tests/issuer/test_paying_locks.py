"""Locks that wallets report: the policy answers what is harmless and rare, all else waits for a person."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.issuer.lock_ports import DecidedBy, Decision
from feiqian.issuer.paying_locks import ALONE, ALONE_EVERY_S, UNDECIDED_MAX
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import Device
from feiqian.risk.anomaly import LockReason
from tests.issuer.world import World, opened


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "operator.db") as found:
        yield found


@pytest.fixture
def device(world: World) -> Device:
    return world.issuer.authenticate_device(world.payer()[1].token)


def report(world: World, device: Device, number: int, reason: LockReason) -> Decision | None:
    lock_id = number.to_bytes(16, "big")
    return world.issuer.report_lock(device, lock_id=lock_id, reason=reason, locked_at=world.now, seen=21, allowed=20)


@pytest.mark.parametrize("reason", list(LockReason))
def test_who_decides(world: World, device: Device, reason: LockReason) -> None:
    decided = report(world, device, 1, reason)
    assert decided is (Decision.ALLOWED if reason in ALONE else None)
    (line,) = world.issuer.locks()
    assert (line.lock.reason, line.lock.device_id, line.payer_name) == (reason, device.device_id, "Lin")
    assert (line.decision is None) == (reason not in ALONE)
    if line.decision is not None:
        assert line.decision.by is DecidedBy.POLICY


def test_the_second_one_of_a_day_waits_for_a_person(world: World, device: Device) -> None:
    assert report(world, device, 1, LockReason.BURST) is Decision.ALLOWED
    world.now += ALONE_EVERY_S - 1
    assert report(world, device, 2, LockReason.SPREE) is None
    world.now += ALONE_EVERY_S
    assert report(world, device, 3, LockReason.BURST) is Decision.ALLOWED


def test_a_refused_device_is_never_let_go_by_the_policy(world: World, device: Device) -> None:
    assert report(world, device, 1, LockReason.GUESSED) is None
    assert world.issuer.decide_lock((1).to_bytes(16, "big"), Decision.REFUSED).decision is not None
    world.now += 10 * ALONE_EVERY_S
    assert report(world, device, 2, LockReason.BURST) is None


def test_it_is_decided_once_and_heard_by_asking_again(world: World, device: Device) -> None:
    lock_id = (1).to_bytes(16, "big")
    assert report(world, device, 1, LockReason.GUESSED) is None
    assert report(world, device, 1, LockReason.GUESSED) is None
    assert len(world.issuer.locks()) == 1
    first = world.issuer.decide_lock(lock_id, Decision.ALLOWED)
    assert first.decision is not None
    assert first.decision.by is DecidedBy.OPERATOR
    assert world.issuer.decide_lock(lock_id, Decision.ALLOWED) == first
    with pytest.raises(IssuerTrouble, match="lock_decided"):
        world.issuer.decide_lock(lock_id, Decision.REFUSED)
    assert report(world, device, 1, LockReason.GUESSED) is Decision.ALLOWED


def test_what_fits_no_report_is_refused(world: World, device: Device) -> None:
    report(world, device, 1, LockReason.GUESSED)
    with pytest.raises(IssuerTrouble, match="idempotency_reused"):
        report(world, device, 1, LockReason.BURST)
    other = world.issuer.authenticate_device(world.payer()[1].token)
    with pytest.raises(IssuerTrouble, match="idempotency_reused"):
        report(world, other, 1, LockReason.GUESSED)
    with pytest.raises(IssuerTrouble, match="unknown_lock"):
        world.issuer.decide_lock(bytes(16), Decision.ALLOWED)
    for number in range(2, UNDECIDED_MAX + 1):
        report(world, device, number, LockReason.GUESSED)
    with pytest.raises(IssuerTrouble, match="too_many_locks"):
        report(world, device, UNDECIDED_MAX + 1, LockReason.GUESSED)


def test_what_waits_stands_first(world: World, device: Device) -> None:
    report(world, device, 1, LockReason.GUESSED)
    other = world.issuer.authenticate_device(world.payer()[1].token)
    world.now += 5
    report(world, other, 2, LockReason.BURST)
    assert [line.lock.reason for line in world.issuer.locks()] == [LockReason.GUESSED, LockReason.BURST]
    assert [line.lock.device_id for line in world.issuer.locks(device.payer_id)] == [device.device_id]
