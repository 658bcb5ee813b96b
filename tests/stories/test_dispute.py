"""A payment from the counter to its dispute, with the real server and the commands, in both languages."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from feiqian.cli.main import main
from feiqian.cli.operator_home import write_server_url
from feiqian.cli.report import rfc3339
from feiqian.storage.terminal_store import VaultTerminalStore
from feiqian.storage.vault import Vault
from feiqian.storage.wallet_store import VaultWalletStore
from tests.server.operators import Served, bearer, served, verify_books_of

PIN = "402817"
BEYOND_D_S = 12 * 86_400


class Stage:
    """Devices in folders of their own, each command as a person types it."""

    def __init__(self, office: Served, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.office, self.folder, self.capsys = office, folder, capsys
        self.pin = folder / "pin"
        self.pin.write_text(PIN, encoding="utf-8")

    def run(self, who: str, *words: str, lang: str = "en", as_json: bool = True, status: int = 0) -> Any:
        home = self.office.home if who == "operator" else self.folder / who
        pin = () if who == "operator" else ("--pin-file", str(self.pin))
        shown = ("--json",) if as_json else ()
        self.capsys.readouterr()
        found = main(["--home", str(home), "--lang", lang, *shown, *pin, *words])
        out = self.capsys.readouterr().out
        assert found == status, out
        return json.loads(out) if as_json else out

    def enrol(self) -> None:
        payer = self.run("operator", "operator", "enrol-payer", "--name", "Lin", "--fund", "500.00")
        payee = self.run("operator", "operator", "enrol-payee", "--name", "Cafe")
        for who, code in (("wallet", payer["enrolment_code"]), ("terminal", payee["enrolment_code"])):
            self.run(who, who, "enrol", "--server", self.office.url, "--code", code)
        self.run("wallet", "wallet", "top-up", "200")
        self.run("terminal", "terminal", "sync")

    def pay(self, amount: str, *, with_receipt: bool = True) -> str:
        """A payment at the counter; its number."""
        asked = self.run("terminal", "terminal", "request", amount)
        paid = self.run("wallet", "wallet", "pay", "--request-image", *asked["pictures"], "--yes")
        accepted = self.run("terminal", "terminal", "accept", "--image", *paid["pictures"])
        if with_receipt:
            self.run("wallet", "wallet", "receipt", "--image", *accepted["pictures"])
        return str(paid["payment"])


@pytest.fixture
def stage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    with served(tmp_path / "home") as office:
        write_server_url(office.home, office.url)
        yield Stage(office, tmp_path, capsys)


def told_to(stage: Stage, who: str, path: str) -> Any:
    """A statement as its device is told."""
    seen: list[Any] = []
    client = stage.office.client
    if who == "wallet":
        with Vault.open(stage.folder / who / "wallet", PIN, int(time.time())) as vault:
            membership = VaultWalletStore(vault).membership()
            assert membership is not None
            seen.append(client.get(path, headers=bearer(membership.device_token)).json())
    else:
        with Vault.open(stage.folder / who / "terminal", PIN, int(time.time())) as vault:
            enrolment = VaultTerminalStore(vault).enrolment()
            assert enrolment is not None
            seen.append(client.get(path, headers=bearer(enrolment.token)).json())
    return seen[0]


def test_the_whole_story(stage: Stage) -> None:
    stage.enrol()
    kept, lost = stage.pay("12.00", with_receipt=False), stage.pay("30.00")

    missing = stage.run("wallet", "wallet", "present", kept)
    assert (missing["state"], missing["paid_minor"], missing["payee"]) == ("missing", 0, "Cafe")
    handed_in = stage.run("wallet", "wallet", "present", lost)
    assert (handed_in["state"], handed_in["paid_minor"], handed_in["receipt_shown"]) == ("claimed", 3_000, True)

    synced = stage.run("terminal", "terminal", "sync")
    assert (synced["settled"], synced["queue"]["claims"]) == (2, 0)
    stage.run("wallet", "wallet", "sync")

    opened = stage.run(
        "wallet", "wallet", "dispute", lost, "--reason", "not_delivered", "--amount", "20", "--words", "cold", lang="zh"
    )
    name = opened["dispute"][:8]
    assert (opened["state"], opened["status"]) == ("opened", "active")
    told = stage.run("terminal", "terminal", "disputes")
    assert [(one["status"], one["steps"][0]["words"]) for one in told["disputes"]] == [("needs_you", "cold")]

    assert stage.run("terminal", "terminal", "sync")["disputes"] == {"against_you": 1, "need_answer": 1}
    assert stage.run("wallet", "wallet", "sync")["disputes"] == {"against_you": 0, "need_answer": 0}
    for lang, says in (("en", "need your answer: 1"), ("zh", "有 1 项争议需要您答复")):
        told_by_sync = stage.run("terminal", "terminal", "sync", lang=lang, as_json=False)
        assert says in told_by_sync
        assert "feiqian terminal disputes" in told_by_sync.replace("\n", " ")

    refused = stage.run("terminal", "terminal", "answer-dispute", name, "--accept", lang="zh", status=1)
    assert refused["failures"][0]["code"] == "claim_not_final"
    contested = stage.run("terminal", "terminal", "answer-dispute", name, "--contest", "--words", "eaten")
    assert contested["state"] == "contested"
    assert stage.run("terminal", "terminal", "sync")["disputes"] == {"against_you": 1, "need_answer": 0}

    stage.run("operator", "operator", "close-window", "--now", rfc3339(int(time.time()) + BEYOND_D_S))
    waiting = stage.run("operator", "operator", "disputes")
    assert [one["status"] for one in waiting["disputes"]] == ["needs_you"]
    for _ in range(2):
        decided = stage.run("operator", "operator", "decide", name, "--refund", "15.00")
        assert (decided["state"], decided["moved_minor"], decided["status"]) == ("refunded", 1_500, "done")

    balance = stage.run("operator", "operator", "payees")["payees"][0]["balance_minor"]
    free = stage.run("operator", "operator", "payers")["payers"][0]["free_minor"]
    assert (balance, free) == (1_200 + 3_000 - 1_500, 50_000 - 1_200 - 3_000 + 1_500)
    assert "15.00" in stage.run("wallet", "wallet", "disputes", as_json=False)
    chinese = stage.run("wallet", "wallet", "disputes", lang="zh", as_json=False)
    assert "已裁定" in chinese
    assert stage.run("operator", "operator", "disputes", lang="zh", as_json=False).count(name) == 1
    unclear = stage.run("wallet", "wallet", "withdraw-dispute", "ffff0000", status=1)
    assert unclear["failures"][0]["code"] == "dispute_unclear"
    told = told_to(stage, "wallet", "/v1/payer/statement")
    assert [(one["state"], one["status"], one["moved_minor"]) for one in told["disputes"]] == [
        ("refunded", "done", 1_500)
    ]
    assert told["missing"] == []
    told = told_to(stage, "terminal", "/v1/payee/statement")
    assert [one["status"] for one in told["disputes"]] == ["done"]
    assert "missing" in {event["kind"] for event in told["events"]}
    assert verify_books_of(stage.office.home) == ()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_wallets_sync_hands_its_note_in_by_itself(stage: Stage, lang: str) -> None:
    """The payee gives back and never syncs: the payer's own sync brings the note, once, and has its money."""
    stage.enrol()
    number = stage.pay("30.00")
    assert stage.run("terminal", "terminal", "sync")["settled"] == 1
    note = stage.run("terminal", "terminal", "void", number)
    stage.run("wallet", "wallet", "receipt", "--image", *note["pictures"])
    told = stage.run("wallet", "wallet", "sync", lang=lang)
    assert [(one["payment"], one["paper"], one["paid_minor"]) for one in told["handed_in"]] == [(number, "note", 0)]
    assert (told["findings"], told["failures"]) == ([], [])
    assert [(one["payment"], one["final_minor"]) for one in told["changed"]] == [(number, 0)]
    assert stage.run("wallet", "wallet", "sync")["handed_in"] == []
    again = stage.run("terminal", "terminal", "sync")
    assert (again["failures"], again["queue"]["notes"]) == ([], 0)
    assert verify_books_of(stage.office.home) == ()
