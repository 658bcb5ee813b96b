"""Devices that lock themselves or are lost, with the real server and the commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from feiqian.cli.device import CLOCK_OFFSET
from feiqian.risk.pin import PIN_FAILURES_MAX, lockout_s
from tests.server.operators import verify_books_of
from tests.stories.test_dispute import PIN, Stage, stage

__all__ = ["stage"]
OTHER_PIN = "918273"


def wrong_pins(stage: Stage, who: str, times: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """So many wrong PINs, each as soon as it is allowed; the last refusal."""
    stage.pin.write_text(OTHER_PIN, encoding="utf-8")
    waited_s, code = 0, ""
    for failures in range(times):
        waited_s += lockout_s(failures) or 0
        monkeypatch.setenv(CLOCK_OFFSET, str(waited_s))
        code = stage.run(who, who, "history", status=1)["failures"][0]["code"]
    stage.pin.write_text(PIN, encoding="utf-8")
    return code


def test_a_wallet_whose_pin_was_guessed_asks_its_operator(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.enrol()
    stage.pay("5.00")
    assert wrong_pins(stage, "wallet", 3, monkeypatch) == "wrong_pin"
    asked = stage.run("terminal", "terminal", "request", "150.00")
    offer = ("--request-image", *asked["pictures"], "--yes")
    refused = stage.run("wallet", "wallet", "pay", *offer, status=1)
    assert refused["failures"][0]["code"] == "locked_guessed"
    stage.run("wallet", "wallet", "pay", *offer, lang="zh", as_json=False, status=1)
    assert len(stage.run("wallet", "wallet", "history")["payments"]) == 1
    assert stage.run("wallet", "wallet", "top-up", "10", status=1)["failures"][0]["code"] == "locked_guessed"

    synced = stage.run("wallet", "wallet", "sync")
    assert (synced["lock"]["reason"], synced["lock"]["answer"]) == ("guessed", "waiting")
    waits = stage.run("wallet", "wallet", "unlock-online", status=1)
    assert waits["failures"][0]["code"] == "lock_waits"
    listed = stage.run("operator", "operator", "locks")
    assert (listed["waiting"], listed["locks"][0]["name"]) == (1, "Lin")
    lock = listed["locks"][0]["lock"]
    decided = stage.run("operator", "operator", "locks", "--allow", lock)
    assert (decided["waiting"], decided["locks"][0]["decided_by"]) == (0, "operator")
    other = stage.run("operator", "operator", "locks", "--refuse", lock, status=1)
    assert other["failures"][0]["code"] == "lock_decided"
    assert "允许" in stage.run("operator", "operator", "locks", lang="zh", as_json=False)

    assert stage.run("wallet", "wallet", "unlock-online")["lock"]["answer"] == "allowed"
    paid = stage.run("wallet", "wallet", "pay", *offer)
    stage.run("terminal", "terminal", "accept", "--image", *paid["pictures"])
    assert stage.run("wallet", "wallet", "unlock-online", status=1)["failures"][0]["code"] == "not_locked"
    assert not verify_books_of(stage.office.home)


def test_a_locked_till_is_opened_again_with_its_queue(
    stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.enrol()
    stage.pay("12.00")
    assert wrong_pins(stage, "terminal", PIN_FAILURES_MAX, monkeypatch) == "pin_locked"
    assert stage.run("terminal", "terminal", "sync", status=1)["failures"][0]["code"] == "pin_locked"

    request, answer, code, new_pin = (tmp_path / name for name in ("ask.json", "answer.json", "code", "new-pin"))
    new_pin.write_text(OTHER_PIN, encoding="utf-8")
    stage.run("terminal", "terminal", "recover", "--out", str(request))
    given = stage.run("operator", "operator", "recover-till", str(request), "--out", str(answer))
    assert given["payee"] == "Cafe"
    assert given["code"] not in answer.read_text() + request.read_text()
    words = ("terminal", "recover", "--answer", str(answer), "--code-file", str(code), "--new-pin-file", str(new_pin))
    code.write_text(given["code"][:-1] + ("0" if given["code"][-1] != "0" else "1"), encoding="utf-8")
    assert stage.run("terminal", *words, status=1)["failures"][0]["code"] == "recovery_code_wrong"
    assert stage.run("terminal", "terminal", "history", status=1)["failures"][0]["code"] == "pin_locked"
    code.write_text(given["code"], encoding="utf-8")
    assert stage.run("terminal", *words)["recovered"]

    stage.pin.write_text(OTHER_PIN, encoding="utf-8")
    synced = stage.run("terminal", "terminal", "sync")
    assert (synced["answered"], synced["settled_minor"]) == (1, 12_00)
    assert not verify_books_of(stage.office.home)


def test_a_file_that_was_altered_or_is_another_operators_opens_nothing(stage: Stage, tmp_path: Path) -> None:
    stage.enrol()
    request, answer = tmp_path / "ask.json", tmp_path / "answer.json"
    stage.run("terminal", "terminal", "recover", "--out", str(request))
    fields = json.loads(request.read_text())
    for altered, code in (
        ({"terminal": "00" * 8}, "recovery_not_ours"),
        ({"deployment": "elsewhere"}, "recovery_not_ours"),
        ({"sealed": fields["sealed"][:-2]}, "recovery_not_ours"),
        ({"kind": "till-recovery-answer"}, "recovery_unreadable"),
        ({"format": 2}, "recovery_unreadable"),
        ({"sealed": 7}, "recovery_unreadable"),
    ):
        request.write_text(json.dumps(fields | altered))
        refused = stage.run("operator", "operator", "recover-till", str(request), "--out", str(answer), status=1)
        assert refused["failures"][0]["code"] == code
        assert not answer.exists()


def test_a_lost_device_is_stopped_by_its_code_from_anywhere(stage: Stage, tmp_path: Path) -> None:
    payer = stage.run("operator", "operator", "enrol-payer", "--name", "Lin", "--fund", "500.00")
    enrolled = stage.run("wallet", "wallet", "enrol", "--server", stage.office.url, "--code", payer["enrolment_code"])
    stage.run("wallet", "wallet", "top-up", "200")
    code = tmp_path / "lost-code"
    words = ("wallet", "report-lost", "--server", stage.office.url, "--code-file", str(code))
    code.write_text("7KQ2-M9XA-44TD-0VNC", encoding="utf-8")
    assert stage.run("elsewhere", *words, status=1)["failures"][0]["code"] == "lost_code_invalid"
    code.write_text(enrolled["lost_code"], encoding="utf-8")
    stopped = stage.run("elsewhere", *words)
    assert (stopped["at_risk_minor"], stopped["currency"], stopped["allowances"]) == (200_00, "CNY", 1)
    assert stopped["deadline"]
    refused = stage.run("wallet", "wallet", "sync", status=1)
    assert refused["failures"][0]["code"] == "not_signed_in"
    assert not verify_books_of(stage.office.home)
