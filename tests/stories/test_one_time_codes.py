"""Paying with a code from an authenticator, every act a process of its own: right, wrong, used before, none at all."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest

from feiqian.cli.demo_stage import OPERATOR, Stage
from feiqian.risk.one_time_code import STEP_S

PAYERS = {"alice": "totp", "bob": "hotp"}


class Counter:
    """A tea stall and two payers with authenticators; codes are needed above 50.00."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.payers: dict[str, str] = {}
        self.secrets: dict[str, str] = {}
        self.presses = 0
        self.shown = 0

    def enrol(self) -> None:
        stage = self.stage
        payee = stage.must(OPERATOR, "operator", "enrol-payee", "--name", "Tea")["enrolment_code"]
        stage.must("tea", "terminal", "enrol", "--server", stage.url, "--code", str(payee))
        for who, kind in PAYERS.items():
            payer = stage.must(OPERATOR, "operator", "enrol-payer", "--name", who, "--fund", "900")
            stage.must(who, "wallet", "enrol", "--server", stage.url, "--code", str(payer["enrolment_code"]))
            self.payers[who] = str(payer["payer_id"])
            added = self.authenticator("add", who, "--kind", kind)
            self.secrets[who] = str(added["secret"])
            assert f"secret={self.secrets[who]}" in added["otpauth_uri"]
            assert self.refused(OPERATOR, "operator", "authenticator", "confirm", self.payers[who], "000000") == (
                "authenticator_code_wrong"
            )
            confirmed = self.authenticator("confirm", who, self.code(who))
            assert confirmed["kind"] == kind
            assert confirmed["confirmed_at"] is not None
            stage.must(who, "wallet", "top-up", "400")

    def second_device(self) -> None:
        """Alice's other phone, with the same authenticator."""
        stage = self.stage
        code = stage.must(OPERATOR, "operator", "new-code", "--payer", self.payers["alice"])["enrolment_code"]
        stage.must("alice-too", "wallet", "enrol", "--server", stage.url, "--code", str(code))
        stage.must("alice-too", "wallet", "top-up", "200")

    def authenticator(self, what: str, who: str, *words: str) -> Any:
        return self.stage.must(OPERATOR, "operator", "authenticator", what, self.payers[who], *words)

    def code(self, who: str) -> str:
        if PAYERS[who] == "totp":
            return pyotp.TOTP(self.secrets[who]).now()
        self.presses += 1
        return pyotp.HOTP(self.secrets[who]).at(self.presses - 1)

    def next_code(self, who: str) -> str:
        """One that was not used: waits for the next step of a clock."""
        if PAYERS[who] == "totp":
            step = int(time.time()) // STEP_S
            while int(time.time()) // STEP_S == step:
                time.sleep(0.2)
        return self.code(who)

    def ask(self, amount: str) -> Path:
        self.shown += 1
        asked = self.stage.picture(f"asked-{self.shown}")
        self.stage.must("tea", "terminal", "request", amount, "--out", str(asked))
        return asked

    def file(self, code: str) -> str:
        path = self.stage.folder / "code.txt"
        path.write_text(f"{code[:3]} {code[3:]}\n", encoding="ascii")
        return str(path)

    def pay(self, who: str, amount: str, code: str | None) -> str:
        """The grade of a payment at the stall."""
        asked, shown = self.ask(amount), self.stage.picture(f"paid-{self.shown}")
        with_code = () if code is None else ("--code-file", self.file(code))
        asking = ("--request-image", str(asked), "--out", str(shown))
        self.stage.must(who, "wallet", "pay", "--yes", *asking, *with_code)
        return str(self.stage.must("tea", "terminal", "accept", "--image", str(shown))["grade"])

    def refused(self, who: str, *words: str) -> str:
        done = self.stage.act(who, *words)
        assert not done.ok, words
        return done.codes[0]


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    (tmp_path / "pictures").mkdir()
    with Stage(tmp_path, "en") as stage:
        first = [sys.executable, "-m", "feiqian.cli.main", "serve", "--port", "0", "--code-above", "50"]
        with subprocess.Popen([*first, "--home", str(stage.home(OPERATOR))], stdout=subprocess.PIPE, text=True) as made:
            assert made.stdout is not None
            assert made.stdout.readline()
            made.send_signal(signal.SIGTERM)
        stage.start_server()
        counter = Counter(stage)
        counter.enrol()
        yield counter
        stage.stop_server()


def test_codes_right_missing_malformed_wrong_and_used_before(counter: Counter) -> None:
    stage = counter.stage
    stage.stop_server()  # from here on nobody can ask anybody
    right = counter.next_code("alice")
    assert counter.pay("alice", "80", right) == "F2"
    assert counter.pay("alice", "50", None) == "F2"
    asked = ("--yes", "--request-image", str(counter.ask("60")))
    assert counter.refused("alice", "wallet", "pay", *asked) == "one_time_code_needed"
    assert counter.refused("alice", "wallet", "pay", *asked, "--code-file", counter.file("12345")) == (
        "one_time_code_malformed"
    )
    assert counter.refused("alice", "wallet", "pay", *asked, "--code-file", counter.file(right)) == "one_time_code_used"
    assert counter.refused("alice", "wallet", "pay", *asked, "--code-file", "/nowhere") == "file_missing"
    assert len(stage.must("alice", "wallet", "history")["payments"]) == 2  # nothing of that burned a counter
    assert counter.pay("bob", "70", counter.code("bob")) == "F2"

    stage.start_server()
    assert stage.must("tea", "terminal", "sync")["settled"] == 3
    for who in PAYERS:
        assert stage.must(who, "wallet", "sync")["findings"] == []
        assert counter.authenticator("list", who)["wrong_codes"] == []
    assert stage.must(OPERATOR, "operator", "wrong-codes")["wrong_codes"] == []

    counter.second_device()
    seen = counter.next_code("alice")
    assert counter.pay("alice", "60", seen) == "F2"
    stage.must("tea", "terminal", "sync")
    assert counter.pay("alice-too", "61", seen) == "F2"  # another device, whose holder looked over a shoulder
    assert counter.pay("bob", "90", f"{(int(counter.code('bob')) + 1) % 10**6:06d}") == "F2"
    synced = stage.must("tea", "terminal", "sync")
    assert (synced["settled"], synced["settled_minor"]) == (2, 151_00)  # the payee is paid in full all the same

    found = stage.must(OPERATOR, "operator", "wrong-codes")["wrong_codes"]
    assert {(one["payer_id"], one["fault"]) for one in found} == {
        (counter.payers["alice"], "reused"),
        (counter.payers["bob"], "wrong"),
    }
    for who, amount_minor in (("alice-too", 61_00), ("bob", 90_00)):
        told = stage.must(who, "wallet", "sync")
        assert [(one["kind"], one["amount_minor"]) for one in told["findings"]] == [("code_wrong", amount_minor)]
        assert counter.refused(who, "wallet", "top-up", "100") == "device_accused"
    assert stage.must("alice", "wallet", "sync")["findings"] == []
    assert counter.pay("alice", "62", counter.next_code("alice")) == "F2"  # her own phone goes on paying

    assert stage.must(OPERATOR, "ledger", "verify")["mismatches"] == []
    assert stage.must(OPERATOR, "audit", "verify")["bad"] == []
    for kept in kept_files(stage.folder):
        content = kept.read_bytes()
        assert counter.secrets["alice"].encode() not in content, kept
        assert right.encode() not in content, kept


def kept_files(folder: Path) -> Iterator[Path]:
    """What devices and operator keep; the file with the code is the holder's own."""
    for part in ("alice", "operator", "server.log"):
        at = folder / part
        yield from (one for one in (at.rglob("*") if at.is_dir() else [at]) if one.is_file())
