"""Lost-device codes: one stops its device and no other, its tries are counted, and it can do nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.issuer.lost_devices import LOST_CODE_TRIES_MAX
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import SuspendReason
from feiqian.protocol.possession import Purpose, code_context, prove_possession
from feiqian.protocol.status_list import AllowanceStatus
from tests.issuer.world import DEPLOYMENT, Wallet, World, key, opened


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with opened(tmp_path / "operator.db") as made:
        yield made


def code_of(world: World, wallet: Wallet) -> str:
    return world.issuer.new_lost_code(world.issuer.authenticate_device(wallet.bound.token))


def test_a_code_stops_its_device_at_once_and_says_what_is_at_risk(world: World) -> None:
    wallet = world.wallet(300_00)
    other = world.wallet(200_00)
    code = code_of(world, wallet)
    (stopped,) = world.issuer.report_lost_device(code.lower().replace("-", " "))
    assert (stopped.ref, stopped.reason, stopped.at_risk_minor) == (wallet.ref, SuspendReason.LOST, 300_00)
    assert stopped.deadline > world.now
    assert world.issuer.report_lost_device(code) == (stopped,), "again is harmless"
    with pytest.raises(IssuerTrouble, match="not_signed_in"):
        world.issuer.authenticate_device(wallet.bound.token)
    statuses = {one.ref: one.status for one in world.issuer.statement(wallet.bound.payer_id).allowances}
    assert statuses == {wallet.ref: AllowanceStatus.SUSPENDED}
    assert world.issuer.authenticate_device(other.bound.token).device_id == other.bound.device_id
    (untouched,) = world.issuer.statement(other.bound.payer_id).allowances
    assert untouched.status is AllowanceStatus.GOOD


def test_another_code_ends_the_one_before(world: World) -> None:
    wallet = world.wallet()
    first, second = code_of(world, wallet), code_of(world, wallet)
    with pytest.raises(IssuerTrouble, match="lost_code_invalid"):
        world.issuer.report_lost_device(first)
    assert world.issuer.report_lost_device(second)


def test_wrong_ones_are_counted_and_ten_end_it(world: World) -> None:
    wallet = world.wallet()
    code = code_of(world, wallet)
    wrong = code[:-4] + ("0000" if code[-4:] != "0000" else "1111")
    for _ in range(LOST_CODE_TRIES_MAX - 1):
        with pytest.raises(IssuerTrouble, match="lost_code_invalid"):
            world.issuer.report_lost_device(wrong)
    assert world.issuer.report_lost_device(code), "a right one takes its own try back"
    with pytest.raises(IssuerTrouble, match="lost_code_invalid"):
        world.issuer.report_lost_device(wrong)
    with pytest.raises(IssuerTrouble, match="lost_code_invalid"):
        world.issuer.report_lost_device(code)


@pytest.mark.parametrize("code", ["", "-", "7KQ2-M9XA-44TD-0VNC", "飞钱飞钱飞钱飞钱", "x" * 40, "00000000"])
def test_any_text_that_is_no_code_is_refused(world: World, code: str) -> None:
    world.wallet()
    with pytest.raises(IssuerTrouble, match="lost_code_invalid"):
        world.issuer.report_lost_device(code)


def test_a_new_device_of_the_same_payer_has_another_key_and_sees_what_the_lost_one_paid(world: World) -> None:
    wallet, till = world.wallet(300_00), world.till()
    code = code_of(world, wallet)
    till.send(till.accept(wallet, 120_00))
    world.issuer.report_lost_device(code)
    anew, account = world.issuer.new_code(wallet.bound.payer_id), key("another phone")
    proof = prove_possession(account, Purpose.ACCOUNT, DEPLOYMENT, code_context(anew.code))
    bound = world.issuer.bind_device(anew.code, account.public_key, proof)
    assert bound.device_id != wallet.bound.device_id
    assert world.wallet(100_00, bound).ref != wallet.ref
    statement = world.issuer.statement(bound.payer_id)
    assert [line.paid_minor for line in statement.cheques] == [120_00]
    assert {one.status for one in statement.allowances} == {AllowanceStatus.SUSPENDED, AllowanceStatus.GOOD}
