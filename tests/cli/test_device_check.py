"""`wallet check` and `terminal check` on real devices: in order, and each thing that can be seen from outside."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from feiqian.cli import device_check, device_looked, terminal_device, wallet_device
from feiqian.cli.main import main
from feiqian.cli.shown import PICTURE_LIFE_S
from feiqian.links.pictures import Pictures, PurposeId
from tests.terminal.world import NOW as TILL_NOW
from tests.terminal.world import PIN as TILL_PIN
from tests.terminal.world import enrolled
from tests.wallet.world import PIN, World

Told = tuple[int, Any]
Check = Callable[..., Told]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of which the machine around it says nothing: no swap, the clock of the test's worlds."""
    monkeypatch.setattr(device_looked, "_SWAPS", tmp_path / "no-swaps")
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


def at(now: int, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (device_check, wallet_device, terminal_device):
        monkeypatch.setattr(module, "device_clock", lambda: now)


def run(home: Path, device: str, pin: str, capsys: pytest.CaptureFixture[str]) -> Told:
    pin_file = home.parent / "pin"
    if not pin_file.exists():
        pin_file.write_text(pin)
        pin_file.chmod(0o600)
    capsys.readouterr()
    status = main(["--home", str(home), "--json", device, "--pin-file", str(pin_file), "check"])
    return status, json.loads(capsys.readouterr().out)


@pytest.fixture
def wallet(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[], Told]:
    world = World(home / "wallet").enrol().top_up()
    world.pay(80_00)
    at(world.clock.now, monkeypatch)
    world.wallet.lock()
    return lambda: run(home, "wallet", PIN, capsys)


@pytest.fixture
def till(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[[], Told]:
    enrolled(home / "terminal").vault.close()
    at(TILL_NOW, monkeypatch)
    return lambda: run(home, "terminal", TILL_PIN, capsys)


def codes(told: Told) -> list[str]:
    return [one["code"] for one in told[1]["findings"]]


@pytest.mark.parametrize("device", ["wallet", "till"])
def test_a_device_in_order_says_so(device: str, request: pytest.FixtureRequest) -> None:
    status, told = request.getfixturevalue(device)()
    assert (status, told["in_order"], told["findings"], told["failures"]) == (0, True, [], [])
    assert "kept_too_long" in told["looked_at"]


def test_what_lies_open_astray_or_too_long_is_named(
    wallet: Callable[[], Told], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "wallet" / "lock.json").chmod(0o644)
    (home / "wallet" / "notes.txt").write_text("x")
    (home / "wallet" / "debug.log").write_text("x")
    (home / "shown").mkdir(mode=0o755)
    (home / "shown").chmod(0o755)
    (home / "shown" / "queue-1.feiqian-batch").write_text("x")
    (home / "shown" / "left.png").write_text("x")
    (home.parent / "pin").write_text(PIN)
    (home.parent / "pin").chmod(0o644)
    monkeypatch.setenv("FEIQIAN_CLOCK_OFFSET_S", "60")
    for name in ("notes.txt", "debug.log"):
        (home / "wallet" / name).chmod(0o600)
    status, told = wallet()
    found = {one["code"]: one for one in told["findings"]}
    assert status == 1
    assert set(found) == {
        *("files_open", "pin_file_open", "stray_files", "logs_found", "clock_moved", "exports_left"),
    }
    assert "wallet/lock.json" in found["files_open"]["what"]
    assert "shown" in found["files_open"]["what"]
    assert "wallet/notes.txt" in found["stray_files"]["what"]
    assert "shown/left.png" in found["stray_files"]["what"]
    assert "wallet/debug.log" in found["logs_found"]["what"]
    assert found["exports_left"]["weight"] == "hint"
    assert {one["code"] for one in told["failures"]} == set(found) - {"exports_left"}
    assert all(one["why"] and one["next"] for one in told["findings"])


def test_a_picture_that_should_have_gone_is_named_and_one_in_use_is_not(till: Callable[[], Told], home: Path) -> None:
    pictures = Pictures(home / "terminal" / "pictures" / "answers")
    (home / "shown").mkdir(mode=0o700)
    pictures.draw(b"receipt", home / "shown" / "new.png", purpose=PurposeId("receipt-1"), now=TILL_NOW)
    assert codes(till()) == []
    old = TILL_NOW - PICTURE_LIFE_S
    pictures.draw(b"another", home / "shown" / "old.png", purpose=PurposeId("receipt-2"), now=old)
    status, told = till()
    assert (status, [one["code"] for one in told["failures"]]) == (1, ["pictures_left"])
    assert "shown/old.png" in told["failures"][0]["message"]


def test_wrong_pins_and_old_lists_are_told(
    wallet: Callable[[], Told], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, wrong = home.parent / "pin", home.parent / "wrong"
    for path, pin in ((right, PIN), (wrong, "860415")):
        path.write_text(pin)
        path.chmod(0o600)
    main(["--home", str(home), "wallet", "--pin-file", str(wrong), "show"])
    assert codes(wallet()) == ["wrong_pins"]
    at(1_800_000_000 + 40 * 86_400, monkeypatch)
    status, told = wallet()
    assert status == 1
    assert codes((status, told)) in (["trust_old"], ["trust_expired"])


@pytest.mark.parametrize("language", ["en", "zh"])
def test_people_read_it(
    language: str, wallet: Callable[[], Told], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wallet()
    words = ["--home", str(home), "--lang", language, "wallet", "--pin-file", str(home.parent / "pin"), "check"]
    assert main(words) == 0
    assert ("✔ Everything is in order." if language == "en" else "✔ 一切正常。") in capsys.readouterr().out
    (home / "wallet" / "vault.db").chmod(0o640)
    assert main(words) == 1
    shown = capsys.readouterr()
    assert "wallet/vault.db" in shown.err
    assert "[files_open]" in shown.err


def test_a_file_of_somebody_else_is_named(
    wallet: Callable[[], Told], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: home.stat().st_uid + 1)
    assert codes(wallet()) == ["files_open", "pin_file_open"]


def test_swap_that_is_not_encrypted_is_a_hint(
    wallet: Callable[[], Told], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    swaps = tmp_path / "swaps"
    monkeypatch.setattr(device_looked, "_SWAPS", swaps)
    head = "Filename\tType\tSize\tUsed\tPriority\n"
    swaps.write_text(f"{head}/dev/zram0 partition 1 0 100\n/dev/dm-1 partition 1 0 -2\n")
    assert codes(wallet()) == []
    swaps.write_text(f"{head}/dev/sda3 partition 1 0 -2\n")
    status, told = wallet()
    assert (status, codes((status, told))) == (0, ["swap_on"])
