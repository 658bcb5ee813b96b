"""A phone is lost with payments that nobody has claimed yet: what its payer sees on the new one; all adds up."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from feiqian.cli.report import rfc3339
from tests.server.operators import verify_books_of
from tests.stories.test_dispute import BEYOND_D_S, Stage, stage

__all__ = ["stage"]
FOUR_WORDS = "correct horse battery staple"


@pytest.fixture
def lost(stage: Stage, tmp_path: Path) -> dict[str, Any]:
    """Three payments offline, a backup after the first two; one payee has synced; the phone is lost and reported."""
    payer = stage.run("operator", "operator", "enrol-payer", "--name", "Lin", "--fund", "500.00")
    enrolled = stage.run("phone", "wallet", "enrol", "--server", stage.office.url, "--code", payer["enrolment_code"])
    stage.run("phone", "wallet", "top-up", "200")
    for who in ("cafe", "tea"):
        payee = stage.run("operator", "operator", "enrol-payee", "--name", who)
        stage.run(who, "terminal", "enrol", "--server", stage.office.url, "--code", payee["enrolment_code"])
        stage.run(who, "terminal", "sync")
    numbers = [pay(stage, "cafe", "30.00"), pay(stage, "tea", "20.00")]
    (tmp_path / "passphrase").write_text(FOUR_WORDS, encoding="utf-8")
    made = stage.run("phone", "wallet", "backup", "--out", str(tmp_path / "backup"), *passphrase(tmp_path))
    assert (made["payments"], made["papers"], made["payer"]) == (2, 2, "Lin")
    numbers.append(pay(stage, "tea", "10.00"))
    assert stage.run("cafe", "terminal", "sync")["settled_minor"] == 30_00
    (tmp_path / "code").write_text(enrolled["lost_code"], encoding="utf-8")
    said = ("wallet", "report-lost", "--server", stage.office.url, "--code-file", str(tmp_path / "code"))
    stopped = stage.run("anywhere", *said)
    assert stopped["at_risk_minor"] == 170_00
    return {"payer": payer, "numbers": numbers, "deadline": stopped["deadline"]}


def pay(stage: Stage, payee: str, amount: str) -> str:
    """With a receipt; the payment's number."""
    asked = stage.run(payee, "terminal", "request", amount)
    paid = stage.run("phone", "wallet", "pay", "--request-image", *asked["pictures"], "--yes")
    accepted = stage.run(payee, "terminal", "accept", "--image", *paid["pictures"])
    stage.run("phone", "wallet", "receipt", "--image", *accepted["pictures"])
    return str(paid["payment"])


def passphrase(folder: Path) -> tuple[str, str]:
    return "--passphrase-file", str(folder / "passphrase")


def enrol_new(stage: Stage, payer_id: str) -> None:
    code = stage.run("operator", "operator", "new-code", "--payer", payer_id)["enrolment_code"]
    stage.run("new", "wallet", "enrol", "--server", stage.office.url, "--code", code)


def test_what_waits_is_seen_on_the_new_phone_until_all_adds_up(
    stage: Stage, lost: dict[str, Any], tmp_path: Path
) -> None:
    settled, backed_up, unknown = lost["numbers"]
    restored = stage.run("new", "wallet", "restore", str(tmp_path / "backup"), *passphrase(tmp_path))
    assert (restored["restored"], restored["enrolled"], restored["payer"]) == (2, False, "Lin")
    seen = stage.run("new", "wallet", "history")
    assert (seen["count"], [one["state"] for one in seen["restored"]]) == (0, ["accepted", "accepted"])

    enrol_new(stage, lost["payer"]["payer_id"])
    synced = stage.run("new", "wallet", "sync")
    assert synced["total_minor"] == 0
    waits = synced["elsewhere"]
    assert (waits["reserved_minor"], waits["waiting_minor"], waits["until"]) == (170_00, 0, lost["deadline"])
    assert [(one["stopped"], one["closed"]) for one in waits["allowances"]] == [(True, False)]
    seen = stage.run("new", "wallet", "history")
    assert {one["payment"]: (one["state"], one["grade"]) for one in seen["restored"]} == {
        settled: ("settled", "F3"),
        backed_up: ("accepted", "F2"),
    }
    for lang, says in (("en", "At risk on other devices"), ("zh", "其他设备涉及")):
        assert says in stage.run("new", "wallet", "show", lang=lang, as_json=False)
        assert says in stage.run("new", "wallet", "history", lang=lang, as_json=False)
    assert stage.run("new", "wallet", "again", backed_up, status=1)["failures"][0]["code"] == "payment_unknown"

    shown = stage.run("new", "wallet", "present", backed_up)
    assert (shown["state"], shown["receipt_shown"], shown["paid_minor"]) == ("claimed", True, 20_00)

    assert stage.run("tea", "terminal", "sync")["settled_minor"] == 30_00
    stage.run("new", "wallet", "sync")
    seen = stage.run("new", "wallet", "history")
    assert {one["payment"]: one["state"] for one in seen["restored"]} == {settled: "settled", backed_up: "settled"}
    (claimed,) = seen["elsewhere"]["payments"]
    assert (claimed["payment"], claimed["state"], claimed["grade"]) == (unknown, "settled", "F3")
    assert (claimed["payee"], claimed["paid_minor"]) == ("tea", 10_00)
    assert seen["elsewhere"]["reserved_minor"] == 140_00
    assert "tea" in stage.run("new", "wallet", "history", lang="zh", as_json=False)

    stage.run("operator", "operator", "close-window", "--now", rfc3339(int(time.time()) + BEYOND_D_S))
    synced = stage.run("new", "wallet", "sync")
    assert (synced["elsewhere"]["reserved_minor"], synced["elsewhere"]["until"]) == (0, None)
    assert (synced["elsewhere"]["returned_minor"], synced["free_minor"]) == (140_00, 440_00)
    assert not verify_books_of(stage.office.home)


def test_a_restored_history_spends_nothing_and_the_copy_of_a_home_is_found_out(stage: Stage, tmp_path: Path) -> None:
    """The backup gives nothing to spend. A copy of the whole folder has the key, and its fork convicts it.

    With keys in a TPM such a copy refuses to pay: tests/stories/test_hardware.py.
    """
    stage.enrol()
    stage.pay("30.00")
    (tmp_path / "passphrase").write_text(FOUR_WORDS, encoding="utf-8")
    out = ("--out", str(tmp_path / "backup"))
    stage.run("wallet", "wallet", "backup", *out, *passphrase(tmp_path))
    shutil.copytree(stage.folder / "wallet", stage.folder / "copy")
    stage.pay("40.00")

    stage.run("thief", "wallet", "restore", str(tmp_path / "backup"), *passphrase(tmp_path))
    asked = stage.run("terminal", "terminal", "request", "25.00")
    offer = ("wallet", "pay", "--request-image", *asked["pictures"], "--yes")
    assert stage.run("thief", *offer, status=1)["failures"][0]["code"] == "not_enrolled"

    payee = stage.run("operator", "operator", "enrol-payee", "--name", "Tea")
    stage.run("tea", "terminal", "enrol", "--server", stage.office.url, "--code", payee["enrolment_code"])
    stage.run("tea", "terminal", "sync")
    asked = stage.run("tea", "terminal", "request", "25.00")
    copied = stage.run("copy", "wallet", "pay", "--request-image", *asked["pictures"], "--yes")
    stage.run("tea", "terminal", "accept", "--image", *copied["pictures"])
    for who in ("terminal", "tea"):
        stage.run(who, "terminal", "sync")
    found = stage.run("wallet", "wallet", "sync")["findings"]
    assert {one["kind"] for one in found} == {"not_ours", "forked"}
    assert not verify_books_of(stage.office.home)


def test_what_is_refused_changes_nothing(stage: Stage, tmp_path: Path) -> None:
    stage.enrol()
    stage.pay("5.00")
    (tmp_path / "passphrase").write_text("402817", encoding="utf-8")
    words = ("wallet", "backup", "--out", str(tmp_path / "backup"), *passphrase(tmp_path))
    assert stage.run("wallet", *words, status=1)["failures"][0]["code"] == "passphrase_weak"
    assert not (tmp_path / "backup").exists()
    (tmp_path / "passphrase").write_text(FOUR_WORDS, encoding="utf-8")
    assert stage.run("wallet", *words)["for_browser"] is False
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o600
    made = (tmp_path / "backup").read_bytes()
    assert stage.run("wallet", *words, status=1)["failures"][0]["code"] == "backup_exists"
    assert (tmp_path / "backup").read_bytes() == made
    without = ("wallet", "backup", "--out", str(tmp_path / "other"))
    assert stage.run("wallet", *without, status=1)["failures"][0]["code"] == "passphrase_needed"

    back = ("wallet", "restore", str(tmp_path / "backup"), *passphrase(tmp_path))
    (tmp_path / "passphrase").write_text(FOUR_WORDS + "!", encoding="utf-8")
    refused = stage.run("new", *back, lang="zh", status=1)["failures"][0]
    assert (refused["code"], refused["safe"]) == ("backup_passphrase_wrong", "没有任何改动。")
    assert not (stage.folder / "new").exists(), "no wallet is made for a file that does not open"
    (tmp_path / "backup").write_bytes(made[:-9])
    assert stage.run("new", *back, status=1)["failures"][0]["code"] == "backup_unreadable"
    assert stage.run("new", "wallet", "restore", str(tmp_path / "none"), status=1)["failures"][0]["code"] == (
        "file_missing"
    )
    (tmp_path / "passphrase").write_text(FOUR_WORDS, encoding="utf-8")
    (tmp_path / "backup").write_bytes(made)
    other = stage.run("operator", "operator", "enrol-payer", "--name", "Wu", "--fund", "5.00")
    stage.run("wu", "wallet", "enrol", "--server", stage.office.url, "--code", other["enrolment_code"])
    assert stage.run("wu", *back, status=1)["failures"][0]["code"] == "backup_other_payer"
    assert stage.run("wu", "wallet", "history")["restored"] == []
    chinese = stage.run("new", *back, lang="zh", as_json=False)
    assert "不能用于付款" in chinese
    browser = ("wallet", "backup", "--out", str(tmp_path / "b"), "--for-browser", *passphrase(tmp_path))
    assert stage.run("wallet", *browser)["for_browser"] is True
    assert stage.run("new", "wallet", "restore", str(tmp_path / "b"), *passphrase(tmp_path))["known"] == 1
