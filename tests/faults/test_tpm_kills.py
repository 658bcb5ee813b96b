"""SIGKILL of a wallet whose keys and counter live in a TPM, at every point where dying could tear the two apart.

The TPM is a real one in software (swtpm). What must hold after any kill: a cheque is shown only once it is counted; the
act repeated comes to the same end; a wallet that only died is never taken for an older copy of itself.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from feiqian.cli.key_stores import CRASH_POINTS, TPM_ADDRESS
from feiqian.storage.crash import CRASH_VARIABLE
from feiqian.wallet.ports import WritePoint
from tests.faults.wallet_runner import world_in
from tests.keys.swtpm import Swtpm, new_swtpm
from tests.tidy.house import ROOT

BEFORE, AFTER = "before-commit", "after-commit"


@pytest.fixture(scope="session")
def tpm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Swtpm]:
    made = new_swtpm(tmp_path_factory.mktemp("swtpm"), certified=False)
    yield made
    made.stop()


@pytest.fixture(autouse=True)
def in_the_tpm(tpm: Swtpm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TPM_ADDRESS, tpm.address)


def run(folder: Path, act: str, *words: str, die_at: str | None = None) -> int:
    """The exit status of one act in a process of its own; -9 when it was killed."""
    env = {name: value for name, value in os.environ.items() if name != CRASH_VARIABLE}
    if die_at is not None:
        env[CRASH_VARIABLE] = die_at
    command = [sys.executable, "-m", "tests.faults.wallet_runner", str(folder), act, *words]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """A folder with a wallet that is enrolled and topped up, and a request to pay."""
    assert run(tmp_path, "enrol") == 0
    assert run(tmp_path, "top-up") == 0
    world = world_in(tmp_path)
    (tmp_path / "asking").write_bytes(world.terminal.asks(45_00))
    world.wallet.lock()
    return tmp_path


def expect_counted(folder: Path, cheques: int) -> None:
    """The wallet pays, has drawn so many cheques, and its counter says the same."""
    world = world_in(folder)
    try:
        assert world.wallet.counting_trouble() is None
        assert sum(record.counter for record in world.store.allowances()) == cheques
    finally:
        world.wallet.lock()


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("point", [WritePoint.KEY_HOME, WritePoint.COUNTING])
def test_enrolment_begins_one_counter(tmp_path: Path, point: WritePoint, when: str) -> None:
    assert run(tmp_path, "enrol", die_at=f"{point}:{when}") == -signal.SIGKILL
    assert run(tmp_path, "enrol") == 0
    assert run(tmp_path, "top-up") == 0
    expect_counted(tmp_path, 0)


@pytest.mark.parametrize("point", [f"{WritePoint.CHEQUE}:{BEFORE}", f"{WritePoint.CHEQUE}:{AFTER}", *CRASH_POINTS])
def test_a_payment_is_stored_then_counted_then_shown(ready: Path, point: str) -> None:
    assert run(ready, "pay", "asking", die_at=point) == -signal.SIGKILL
    assert not (ready / "shown").exists(), "a byte left the wallet before it was killed"

    assert run(ready, "pay", "asking") == 0
    body = (ready / "shown").read_bytes()
    assert run(ready, "pay", "asking") == 0
    assert (ready / "shown").read_bytes() == body
    expect_counted(ready, 1)
    world = world_in(ready)
    assert world.terminal.accepts((ready / "asking").read_bytes(), body).terms.counter == 1
    world.wallet.lock()


@pytest.mark.parametrize("point", [f"{WritePoint.CLOSING}:{AFTER}", *CRASH_POINTS])
def test_closing_is_counted_before_it_is_handed_in(ready: Path, point: str) -> None:
    assert run(ready, "close", die_at=point) == -signal.SIGKILL
    assert run(ready, "close") == 0
    expect_counted(ready, 1)


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_an_older_copy_begins_anew_once(ready: Path, when: str) -> None:
    shutil.copytree(ready / "wallet", ready / "copy")
    assert run(ready, "pay", "asking") == 0
    shutil.rmtree(ready / "wallet")
    (ready / "copy").rename(ready / "wallet")
    world = world_in(ready)
    trouble = world.wallet.counting_trouble()
    world.wallet.lock()
    assert trouble is not None
    assert trouble.code == "store_rolled_back"

    assert run(ready, "top-up", die_at=f"{WritePoint.ANEW}:{when}") == -signal.SIGKILL
    assert run(ready, "top-up") == 0
    world = world_in(ready)
    assert [record.barred for record in world.store.allowances()] == [True, False]
    world.wallet.lock()
    expect_counted(ready, 0)


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_the_operator_knows_a_tpm_or_it_does_not(ready: Path, when: str) -> None:
    assert run(ready, "vouch", die_at=f"{WritePoint.VOUCHED}:{when}") == -signal.SIGKILL
    world = world_in(ready)
    home = world.store.key_home()
    world.wallet.lock()
    assert home is not None
    assert home.vouched == (when == AFTER)
    expect_counted(ready, 0)
