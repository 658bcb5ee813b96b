"""`operator retention | erase | sweep | rotate-data-key` on a home, as a person runs them, in both languages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import pytest

from feiqian.cli import operator_personal
from feiqian.cli.data_keys import HomeDataKeys
from feiqian.cli.operator_home import ensure_home, open_books, opened
from feiqian.cli.report import Report
from feiqian.cli.store_choice import SQLITE

NAME, LATER = "Zhao Quiet", "2036-01-01T00:00:00Z"


def feiqian(home: Path, *words: str, language: str = "en") -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "feiqian.cli.main", "operator", *words, "--json", "--lang", language]
    done = subprocess.run(
        [*command, "--home", str(home)], capture_output=True, text=True, check=False, timeout=120, env=dict(os.environ)
    )
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return done.returncode, found


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A trial operator that served one payer and one payee."""
    settings = ensure_home(tmp_path / "home", deployment="test", currency="CNY")
    with opened(tmp_path / "home", settings) as operator:
        operator.issuer.enrol_payer(NAME, "CNY")
        operator.acquirer.enrol_payee("Corner Shop", "CNY")
        (tmp_path / "payer").write_text(operator.issuer.payers(after=None, limit=1)[0].payer_id.hex())
    return tmp_path / "home"


def payer_of(home: Path) -> str:
    return (home.parent / "payer").read_text()


def bytes_of(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_the_key_lies_in_the_home_and_no_name_in_its_files(home: Path) -> None:
    assert HomeDataKeys(home).numbers() == [1]
    assert (home / "keys" / "data-1.key").stat().st_mode & 0o077 == 0
    assert NAME.encode() not in bytes_of(home)


@pytest.mark.parametrize(("language", "stop"), [("en", "."), ("zh", "。")])
def test_what_is_open_is_refused_with_a_sentence_that_says_until_when(home: Path, language: str, stop: str) -> None:
    status, found = feiqian(home, "erase", "--payer", payer_of(home), language=language)
    failure = found["failures"][0]
    assert (status, failure["code"]) == (1, "erasure_code_open")
    assert failure["message"].endswith(stop)
    assert "T" in failure["message"]
    assert "20" in failure["message"]


def test_an_erasure_is_done_once_and_leaves_no_byte_of_the_name(home: Path) -> None:
    for erased in (True, False):
        status, found = feiqian(home, "erase", "--payer", payer_of(home), "--now", LATER)
        assert (status, found["erased"], found["payer_id"]) == (0, erased, payer_of(home))
    assert NAME.encode() not in bytes_of(home)
    command = [sys.executable, "-m", "feiqian.cli.main", "ledger", "verify", "--json", "--home", str(home)]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0
    assert feiqian(home, "erase", "--payer", "00" * 8)[1]["failures"][0]["code"] == "person_unknown"


def test_a_sweep_erases_what_retention_says_is_due(home: Path) -> None:
    (home / "retention.json").write_text('{"names_days": 30}')
    _, before = feiqian(home, "retention", "--now", LATER)
    assert before["terms"] == {"names_days": 30, "words_days": 180, "evidence_days": 3650}
    assert {one["what"] for one in before["kept"]} >= {"names", "words", "evidence", "postings", "answers", "logs"}
    assert (before["named"], len(before["due"]), before["disputes_due"]) == (2, 2, 0)
    assert feiqian(home, "sweep")[1]["payers"] == []
    status, swept = feiqian(home, "sweep", "--now", LATER)
    assert (status, swept["payers"], len(swept["payees"]), swept["disputes"]) == (0, [payer_of(home)], 1, 0)
    _, after = feiqian(home, "retention", "--now", LATER)
    assert (after["named"], after["due"]) == (0, [])


@pytest.mark.parametrize("content", ["[]", "{", '{"names_days": -1}', '{"names_days": "9"}', '{"nmaes_days": 9}'])
def test_terms_that_cannot_be_understood_are_refused(home: Path, content: str) -> None:
    (home / "retention.json").write_text(content)
    status, found = feiqian(home, "sweep")
    assert (status, found["failures"][0]["code"]) == (1, "home_damaged")


def test_only_a_trial_deployment_lets_the_time_be_set(tmp_path: Path) -> None:
    settings = ensure_home(tmp_path, deployment="live", currency="CNY")
    with opened(tmp_path, settings):
        pass
    for act in ("retention", "sweep"):
        status, found = feiqian(tmp_path, act, "--now", LATER)
        assert (status, found["failures"][0]["code"]) == (1, "time_not_yours")


def test_a_key_is_changed_and_the_old_one_goes_when_nothing_needs_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert feiqian(home, "rotate-data-key", "--retire")[1]["removed"] == []
    status, rotated = feiqian(home, "rotate-data-key")
    assert (status, rotated["data_key"], rotated["rows"], rotated["keys"]) == (0, 2, 2, [1, 2])
    assert feiqian(home, "rotate-data-key", "--resume")[1]["rows"] == 0
    assert feiqian(home, "rotate-data-key", "--retire")[1]["failures"][0]["code"] == "old_key_too_fresh"
    monkeypatch.setattr(operator_personal, "OLD_KEY_KEPT_S", 0)
    retired = Namespace(home=home, store=SQLITE, retire=True, resume=False)
    assert operator_personal.run_rotate(retired, Report(command="", as_json=True, language="en")) == 0
    assert HomeDataKeys(home).numbers() == [2]
    with open_books(home, SQLITE) as store, store.read() as reading:
        assert [line.name for line in reading.payer_lines(None, 9)] == [NAME]


def test_the_first_of_several_processes_makes_the_key_of_all(tmp_path: Path) -> None:
    for _ in range(2):
        HomeDataKeys(tmp_path).make(1)
        made = HomeDataKeys(tmp_path).read()
        assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["data-1.key"]
        HomeDataKeys(tmp_path).make(1)
        assert HomeDataKeys(tmp_path).read() == made


def test_a_key_that_is_gone_is_never_made_anew(home: Path) -> None:
    (home / "keys" / "data-1.key").unlink()
    status, found = feiqian(home, "retention")
    assert (status, found["failures"][0]["code"]) == (1, "data_key_missing")
    assert not (home / "keys" / "data-1.key").exists()


PLAIN_VERSION = "7"
"""The last version of books in SQLite that encrypts no name."""


@pytest.mark.parametrize(("language", "stop"), [("en", "."), ("zh", "。")])
def test_going_back_behind_the_sealing_needs_consent_and_the_key(home: Path, language: str, stop: str) -> None:
    """`operator migrate`: refused in words, then in plain, then up and sealed again by the next start."""
    back = ("migrate", "--to", PLAIN_VERSION)
    status, found = feiqian(home, *back, language=language)
    assert (status, found["failures"][0]["code"]) == (1, "names_would_be_plain")
    assert found["failures"][0]["next"].endswith(stop)
    assert "--unseal" in found["failures"][0]["next"]
    aside = home / "data-1.aside"
    (home / "keys" / "data-1.key").rename(aside)
    status, found = feiqian(home, *back, "--unseal", language=language)
    assert (status, found["failures"][0]["code"]) == (1, "data_key_missing")
    assert NAME.encode() not in bytes_of(home)
    aside.rename(home / "keys" / "data-1.key")
    (home / "answers.db").write_bytes(b"sealed answers, which an older version cannot read")

    command = [sys.executable, "-m", "feiqian.cli.main", "operator", *back, "--unseal", "--home", str(home)]
    told = subprocess.run([*command, "--lang", language], capture_output=True, text=True, check=True).stdout
    assert ("UNENCRYPTED" if language == "en" else "明文") in told
    assert NAME.encode() in bytes_of(home)
    assert not (home / "answers.db").exists()
    status, found = feiqian(home, *back, "--unseal")
    assert (status, found["books_version"], found["unsealed_rows"]) == (0, int(PLAIN_VERSION), 0)
    assert feiqian(home, "migrate")[1]["unsealed_rows"] == 0
    with open_books(home, SQLITE) as store, store.read() as reading:
        assert {line.name for line in reading.payer_lines(None, 9)} == {NAME}
        assert reading.sealed_by(0) == 0
    for words in (("ledger", "verify"), ("audit", "verify")):
        verify = [sys.executable, "-m", "feiqian.cli.main", *words, "--json", "--home", str(home)]
        assert subprocess.run(verify, capture_output=True, check=False).returncode == 0, words
