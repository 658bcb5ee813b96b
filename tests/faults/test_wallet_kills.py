"""SIGKILL at every write point of the wallet, in a real process; then the same act again.

What must hold after any kill: nothing was shown that is not stored; the act repeated comes to the same end; one
request has one cheque, one counter one cheque, one top-up one allowance; and the terminal takes what is shown.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from feiqian.protocol.presentation import decode_payment
from feiqian.protocol.verified import VerifiedCheque
from feiqian.storage import VaultInUse
from feiqian.storage.crash import CRASH_VARIABLE
from feiqian.storage.vault import Vault
from feiqian.storage.wallet_store import CRASH_POINTS
from feiqian.wallet.backup import encode_backup
from feiqian.wallet.ports import WritePoint
from feiqian.wallet.states import AllowanceState, PaymentState
from tests.faults.wallet_runner import OTHER, world_in
from tests.tidy.house import ROOT
from tests.wallet.world import PIN, World

BEFORE, AFTER = "before-commit", "after-commit"


def run(folder: Path, act: str, *words: str, die_at: str | None = None) -> int:
    """The exit status of one act in a process of its own; -9 when it was killed."""
    env = {name: value for name, value in os.environ.items() if name != CRASH_VARIABLE}
    if die_at is not None:
        env[CRASH_VARIABLE] = die_at
    command = [sys.executable, "-m", "tests.faults.wallet_runner", str(folder), act, *words]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


def look(folder: Path, what: Callable[[World], object]) -> None:
    """Look at the wallet of this folder, in this process."""
    world = world_in(folder)
    try:
        what(world)
    finally:
        world.wallet.lock()


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """A folder with a wallet that is enrolled and topped up, and a request to pay."""
    assert run(tmp_path, "enrol") == 0
    assert run(tmp_path, "top-up") == 0
    look(tmp_path, lambda world: (tmp_path / "asking").write_bytes(world.terminal.asks(45_00, up_to=True)))
    return tmp_path


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("point", [WritePoint.ENROLMENT, WritePoint.MEMBERSHIP])
def test_enrolment(tmp_path: Path, point: WritePoint, when: str) -> None:
    assert run(tmp_path, "enrol", die_at=f"{point}:{when}") == -signal.SIGKILL
    if (point, when) != (WritePoint.MEMBERSHIP, AFTER):
        assert run(tmp_path, "enrol") == 0
    look(tmp_path, lambda world: world.wallet.holdings())
    assert run(tmp_path, "top-up") == 0


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("point", [WritePoint.TOP_UP, WritePoint.ALLOWANCE])
def test_a_top_up_counts_once(tmp_path: Path, point: WritePoint, when: str) -> None:
    assert run(tmp_path, "enrol") == 0
    assert run(tmp_path, "top-up", die_at=f"{point}:{when}") == -signal.SIGKILL
    if (point, when) != (WritePoint.ALLOWANCE, AFTER):
        assert run(tmp_path, "top-up") == 0

    def check(world: World) -> None:
        assert len(world.operator.issued) == 1
        (record,) = world.store.allowances()
        assert record.state is AllowanceState.HELD
        assert world.operator.issued[record.top_up_id] == record.raw
        assert world.wallet.spendable().total_minor == 300_00

    look(tmp_path, check)


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_a_payment_is_burned_before_it_is_shown(ready: Path, when: str) -> None:
    assert run(ready, "pay", "asking", die_at=f"{WritePoint.CHEQUE}:{when}") == -signal.SIGKILL
    assert not (ready / "shown").exists(), "a byte left the wallet before it was killed"
    stored: list[bytes] = []
    look(ready, lambda world: stored.extend(payment.cheque for payment in world.wallet.history()))
    assert len(stored) == (when == AFTER)

    assert run(ready, "pay", "asking") == 0
    body = (ready / "shown").read_bytes()
    assert run(ready, "pay", "asking") == 0
    assert (ready / "shown").read_bytes() == body
    assert not stored or body.endswith(stored[0])

    def check(world: World) -> None:
        verified = world.terminal.accepts((ready / "asking").read_bytes(), body)
        assert verified.terms.counter == 1
        assert len(world.wallet.history()) == 1

    look(ready, check)


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_a_code_that_was_burned_and_never_seen_is_not_drawn_again(ready: Path, when: str) -> None:
    assert run(ready, "code", die_at=f"{WritePoint.CHEQUE}:{when}") == -signal.SIGKILL
    assert not (ready / "shown").exists()

    def check(world: World) -> None:
        burned = world.wallet.history()
        assert len(burned) == (when == AFTER)
        for payment in burned:  # within its time the same code can still be shown
            assert world.terminal.takes(world.wallet.show_again(payment.number).body, 5_00).terms.counter == 1

    look(ready, check)
    assert run(ready, "code") == 0
    terms = decode_payment((ready / "shown").read_bytes()).cheque.terms
    assert (terms.counter, terms.cumulative_minor) == ((2, 10_00) if when == AFTER else (1, 5_00))


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_a_receipt_counts_once_with_its_credit(ready: Path, when: str) -> None:
    assert run(ready, "pay", "asking") == 0

    def accept(world: World) -> None:
        asking, body = (ready / "asking").read_bytes(), (ready / "shown").read_bytes()
        verified: VerifiedCheque = world.terminal.accepts(asking, body)
        (ready / "receipt").write_bytes(world.terminal.receipt(verified.cheque_id, 30_00))

    look(ready, accept)
    assert run(ready, "take", "receipt", die_at=f"{WritePoint.ACKNOWLEDGEMENT}:{when}") == -signal.SIGKILL
    expected = PaymentState.ACCEPTED if when == AFTER else PaymentState.SHOWN
    look(ready, lambda world: expect_state(world, expected))
    assert run(ready, "take", "receipt") == 0

    def check(world: World) -> None:
        expect_state(world, PaymentState.ACCEPTED)
        assert world.wallet.spendable().total_minor == 300_00 - 30_00

    look(ready, check)


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize(
    ("act", "point", "end"),
    [
        ("age", WritePoint.AGED, PaymentState.UNCONFIRMED),
        ("sync", WritePoint.TRUST, PaymentState.SETTLED),
        ("sync", WritePoint.STATEMENT, PaymentState.SETTLED),
    ],
    ids=["age", "trust", "statement"],
)
def test_what_time_and_the_operator_bring(
    ready: Path, act: str, point: WritePoint, end: PaymentState, when: str
) -> None:
    (ready / "asking").unlink()
    look(ready, lambda world: (ready / "asking").write_bytes(world.terminal.asks(45_00)))
    assert run(ready, "pay", "asking") == 0
    assert run(ready, act, die_at=f"{point}:{when}") == -signal.SIGKILL
    assert run(ready, act) == 0
    look(ready, lambda world: expect_state(world, end))


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("point", [WritePoint.CLOSING, WritePoint.CLOSED])
def test_closing(ready: Path, point: WritePoint, when: str) -> None:
    assert run(ready, "close", die_at=f"{point}:{when}") == -signal.SIGKILL
    if (point, when) != (WritePoint.CLOSED, AFTER):
        assert run(ready, "close") == 0

    def check(world: World) -> None:
        (record,) = world.store.allowances()
        assert (record.state, record.counter) == (AllowanceState.CLOSED, 1)

    look(ready, check)


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("point", [WritePoint.LOCK, WritePoint.UNLOCK])
def test_a_lock_of_paying_stands_once_and_goes_once(ready: Path, point: WritePoint, when: str) -> None:
    assert run(ready, "clock-back", die_at=f"{point}:{when}") == (-signal.SIGKILL if point is WritePoint.LOCK else 0)
    assert run(ready, "clock-back") == 0
    look(ready, lambda world: expect_lock(world, locked=True))
    if point is WritePoint.UNLOCK:
        assert run(ready, "unlock", die_at=f"{point}:{when}") == -signal.SIGKILL
        look(ready, lambda world: expect_lock(world, locked=when == BEFORE))
    else:
        assert run(ready, "unlock") == 0
        look(ready, lambda world: expect_lock(world, locked=False))
    assert run(ready, "code") == 0


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_a_backup_comes_back_whole_or_not_at_all(ready: Path, tmp_path: Path, when: str) -> None:
    other = World(tmp_path / "other").enrol().top_up()
    for amount_minor in (10_00, 20_00):
        other.pay(amount_minor)
    (ready / "backup").write_bytes(encode_backup(other.wallet.back_up()))
    other.wallet.lock()
    assert run(ready, "restore", "backup", die_at=f"{WritePoint.RESTORED}:{when}") == -signal.SIGKILL
    look(ready, lambda world: expect_restored(world, 2 if when == AFTER else 0))
    assert run(ready, "restore", "backup") == 0
    look(ready, lambda world: expect_restored(world, 2))


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_what_the_books_say_of_other_devices_is_kept_whole(ready: Path, when: str) -> None:
    assert run(ready, "hear", die_at=f"{WritePoint.ELSEWHERE}:{when}") == -signal.SIGKILL
    heard = OTHER.reserved_minor if when == AFTER else 0
    look(ready, lambda world: expect_elsewhere(world, heard))
    assert run(ready, "hear") == 0
    look(ready, lambda world: expect_elsewhere(world, OTHER.reserved_minor))


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_what_is_past_its_time_goes_whole_or_not_at_all(ready: Path, when: str) -> None:
    assert run(ready, "pay", "asking") == 0
    assert run(ready, "sync") == 0
    stored: list[object] = []

    def a_year_later(world: World) -> None:
        world.operator.index_version, world.operator.issued_at = 3, world.clock.now + 450 * 86_400
        assert world.wallet.take_trust(world.operator.pack())
        stored.append(world.dump())

    look(ready, a_year_later)
    assert run(ready, "forget", die_at=f"{WritePoint.FORGET}:{when}") == -signal.SIGKILL
    look(ready, lambda world: stored.append(world.dump()))
    assert (stored[0] == stored[1]) == (when == BEFORE)
    assert run(ready, "forget") == 0
    look(ready, expect_nothing_old)


def test_every_write_point_of_the_wallet_is_killed_at_or_has_no_process_to_kill() -> None:
    """DECLINED only notes the operator's no; killed there, the next try hears the same no."""
    killed = {point for point in WritePoint if point is not WritePoint.DECLINED}
    source = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*_kills.py"))
    assert [point for point in killed if f"WritePoint.{point.name}" not in source] == []
    assert len(CRASH_POINTS) == 2 * len(WritePoint)


def test_two_processes_at_once_draw_one_cheque(ready: Path) -> None:
    """Eight at the same request: one cheque, and all that got through show the same bytes."""
    statuses: list[int] = []

    def once() -> None:
        command = [sys.executable, "-m", "tests.faults.wallet_runner", str(ready), "pay", "asking"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or VaultInUse.__name__ in done.stderr, done.stderr
        statuses.append(done.returncode)

    threads = [threading.Thread(target=once) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 in statuses

    def check(world: World) -> None:
        (payment,) = world.wallet.history()
        assert (ready / "shown").read_bytes().endswith(payment.cheque)

    look(ready, check)


def test_a_second_program_waits_and_is_then_turned_away(ready: Path) -> None:
    with Vault.open(ready / "wallet", PIN, 1_800_000_000), pytest.raises(VaultInUse):
        Vault.open(ready / "wallet", PIN, 1_800_000_000, timeout_s=0.1)


def expect_state(world: World, state: PaymentState) -> None:
    assert [payment.state for payment in world.wallet.history()] == [state]


def expect_lock(world: World, *, locked: bool) -> None:
    assert not world.wallet.history(), "nothing is burned for a payment that led to a lock"
    assert (world.store.lock_standing().standing is not None) == locked


def expect_nothing_old(world: World) -> None:
    assert (world.wallet.history(), list(world.store.allowances()), world.wallet.overdue()) == ((), [], 0)


def expect_restored(world: World, count: int) -> None:
    assert len(world.wallet.restored()) == count
    assert (world.wallet.history(), world.wallet.spendable().total_minor) == ((), 300_00)


def expect_elsewhere(world: World, reserved_minor: int) -> None:
    assert world.wallet.elsewhere().reserved_minor == reserved_minor
