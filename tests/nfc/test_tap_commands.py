"""`feiqian wallet tap` and `feiqian terminal tap` as two processes at one reader, and as processes that are killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from feiqian.cli.card_service import CardService
from feiqian.cli.device import CLOCK_OFFSET
from feiqian.storage.crash import CRASH_VARIABLE
from feiqian.terminal.ports import WritePoint as TerminalWrite
from feiqian.wallet.ports import WritePoint as WalletWrite
from feiqian.wallet.states import PaymentState
from tests.nfc.world import new_pair, wallet_in
from tests.terminal import world as payee
from tests.wallet import world as payer


@dataclass(frozen=True, slots=True)
class Counter:
    """Phone and till in one folder, each command a process."""

    folder: Path

    def start(self, who: str, *words: str, die_at: str | None = None, lang: str = "en") -> subprocess.Popen[str]:
        pin = self.folder / f"{who}.pin"
        pin.write_text(payer.PIN if who == "wallet" else payee.PIN, encoding="ascii")
        env = os.environ | {CLOCK_OFFSET: str(payee.NOW - int(time.time()))}
        env.pop(CRASH_VARIABLE, None)
        if die_at is not None:
            env[CRASH_VARIABLE] = die_at
        common = ["--json", "--lang", lang, "--home", str(self.folder), "--pin-file", str(pin)]
        return subprocess.Popen(
            [sys.executable, "-m", "feiqian.cli.main", who, "tap", *words, *common],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def both(
        self, till: tuple[str, ...], phone: tuple[str, ...], die: tuple[str, str] | None = None
    ) -> tuple[Any, Any]:
        """Till and phone at once; what each printed, None if killed. Where one is to die the other is stopped."""
        asking = self.start("terminal", *till, die_at=die[1] if die and die[0] == "terminal" else None)
        paying = self.start("wallet", *phone, die_at=die[1] if die and die[0] == "wallet" else None)
        if die is None:
            return ended(asking), ended(paying)
        dying, waiting = (asking, paying) if die[0] == "terminal" else (paying, asking)
        died = ended(dying)
        waiting.kill()
        return died, ended(waiting)

    def outcome(self) -> tuple[list[PaymentState], int, int]:
        """The wallet's payments, its burned counters, and what the till has accepted."""
        world = wallet_in(self.folder / "wallet")
        states = [payment.state for payment in world.wallet.history()]
        burned = sum(record.counter for record in world.store.allowances())
        world.wallet.lock()
        counter = payee.Counter(self.folder / "terminal")
        accepted = counter.terminal.queue().claims
        counter.vault.close()
        return states, burned, accepted

    def request_id(self) -> str:
        """The till's one request that was answered or may be."""
        counter = payee.Counter(self.folder / "terminal")
        ((found,),) = counter.vault.connection.execute("SELECT request_hash FROM asked").fetchall()
        counter.vault.close()
        return bytes(found).hex()


def ended(process: subprocess.Popen[str]) -> Any:
    out, told = process.communicate(timeout=90)
    if process.returncode == -signal.SIGKILL:
        assert out == "", "it said something before it was killed"
        return None
    assert out.count("\n") == 1, told
    return json.loads(out) | {"status": process.returncode, "told": told}


@pytest.fixture
def counter(tmp_path: Path, service: CardService) -> Counter:
    assert service is not None
    new_pair(tmp_path).vault.close()
    return Counter(tmp_path)


def test_a_payment_by_two_processes(counter: Counter) -> None:
    asked, paid = counter.both(("12.50", "--reference", "tea"), ("--up-to", "20"))
    assert (asked["status"], paid["status"]) == (0, 0), (asked, paid)
    assert (asked["decision"], asked["grade"], asked["amount_minor"]) == ("accepted", "F2", 12_50)
    assert (asked["handed_over"], asked["receipt_image"], asked["reference"]) == (True, None, "tea")
    assert (paid["state"], paid["receipt"], paid["payee_proved"]) == ("accepted", True, True)
    for words in ("Hold the phone to the reader.", "Keep holding", "Accepted offline", "You can take it away."):
        assert words in asked["told"]
    assert counter.outcome() == ([PaymentState.ACCEPTED], 1, 1)


def test_a_tip_is_what_the_till_takes_of_a_maximum(counter: Counter) -> None:
    (over,) = (ended(counter.start("terminal", "15", "--up-to", "--final", "15.01")),)
    assert (over["status"], over["failures"][0]["code"]) == (1, "amount_mismatch"), "before anybody signs anything"
    exact = ended(counter.start("terminal", "15", "--final", "13.80"))
    assert (exact["status"], exact["failures"][0]["code"]) == (1, "amount_mismatch")
    asked, paid = counter.both(("15", "--up-to", "--final", "13.80"), ("--up-to", "20"))
    assert (asked["status"], paid["status"]) == (0, 0), (asked, paid)
    assert (asked["decision"], asked["amount_minor"], asked["handed_over"]) == ("accepted", 13_80, True)
    assert (paid["state"], paid["final_minor"], paid["up_to"]) == ("accepted", 13_80, True)
    assert asked["trust"] in ("none", "same", "given", "taken")


KILLS = [
    ("wallet", f"{WalletWrite.CHEQUE}:before-commit"),
    ("wallet", f"{WalletWrite.CHEQUE}:after-commit"),
    ("wallet", f"{WalletWrite.ACKNOWLEDGEMENT}:before-commit"),
    ("wallet", f"{WalletWrite.ACKNOWLEDGEMENT}:after-commit"),
    ("terminal", f"{TerminalWrite.ACCEPT}:before-commit"),
    ("terminal", f"{TerminalWrite.ACCEPT}:after-commit"),
]


@pytest.mark.parametrize("die", KILLS, ids=[f"{who} {point}" for who, point in KILLS])
def test_killed_between_two_steps_and_tapped_again(counter: Counter, die: tuple[str, str]) -> None:
    died, _ = counter.both(("12.50", "--ttl", "300"), ("--up-to", "20", "--for", "60"), die=die)
    assert died is None, "it was not killed"
    _, burned, accepted = counter.outcome()
    assert burned == (die != KILLS[0])
    assert accepted == (die not in (*KILLS[:2], KILLS[4])), "cheques that the till has, it has stored"
    words = ("--request", counter.request_id(), "--ttl", "60")
    asked, paid = counter.both(words, ("--for", "60") if burned else ("--up-to", "20", "--for", "60"))
    assert (asked["status"], paid["status"]) == (0, 0), (asked, paid)
    assert asked["replayed"] == accepted
    assert counter.outcome() == ([PaymentState.ACCEPTED], 1, 1)


def test_without_consent_nothing_is_paid(counter: Counter) -> None:
    asked, paid = counter.both(("12.50", "--ttl", "15"), ("--for", "60"))
    assert (paid["status"], paid["failures"][0]["code"]) == (1, "consent_needed")
    assert "12.50 EUR" in paid["failures"][0]["message"]
    assert (asked["status"], asked["decision"]) == (1, "open")
    assert asked["failures"][0]["code"] in ("card_removed", "holder_not_asked")
    assert counter.outcome() == ([], 0, 0)


def test_nobody_comes_to_the_other_side(counter: Counter) -> None:
    none = ended(counter.start("terminal"))
    assert (none["failures"][0]["code"], none["candidates"]) == ("tap_which", [])
    paid = ended(counter.start("wallet", "--for", "1", lang="zh"))
    assert (paid["status"], paid["failures"][0]["code"]) == (1, "nobody_asked")
    assert "没有读卡器" in paid["failures"][0]["message"]
    asked = ended(counter.start("terminal", "3", "--ttl", "1"))
    assert (asked["status"], asked["failures"][0]["code"], asked["decision"]) == (1, "nobody_tapped", "open")
    assert asked["request_id"][:8] in asked["failures"][0]["next"]


def test_a_part_that_is_missing_is_named(counter: Counter, stoppable: CardService) -> None:
    unknown = ended(counter.start("terminal", "3", "--reader", "Acme"))
    assert (unknown["status"], unknown["failures"][0]["code"]) == (1, "reader_unknown")
    far = ended(counter.start("wallet", "--card", "vpcd:127.0.0.1:1"))
    assert (far["status"], far["failures"][0]["code"]) == (1, "field_unreachable")
    stoppable.stop()
    missing = ended(counter.start("terminal", "3"))
    assert (missing["status"], missing["failures"][0]["code"]) == (3, "pcscd_missing")
    assert counter.outcome() == ([], 0, 0)


@pytest.mark.parametrize("words", [("wallet", "--for", "0"), ("wallet", "--card", "nfc:0"), ("wallet", "--for", "601")])
def test_words_that_are_off_are_a_usage_error(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert ended(Counter(tmp_path).start(*words))["status"] == 2
