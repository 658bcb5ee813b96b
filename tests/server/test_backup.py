"""`feiqian operator backup` and `operator migrate`, as processes on the home of a server that runs."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
from hashlib import sha256
from pathlib import Path

import httpx

from feiqian.storage.operator_schema import MIGRATIONS
from tests.server.operators import Command
from tests.server.test_serve import serving


def code(told: dict[str, list[dict[str, str]]]) -> str:
    return told["failures"][0]["code"]


def test_a_copy_with_keys_is_a_home_and_one_without_holds_no_secret(tmp_path: Path, feiqian: Command) -> None:
    home, bare, whole = tmp_path / "home", tmp_path / "bare", tmp_path / "whole"
    with serving(home) as (_, line):
        assert feiqian("operator", "enrol-payer", "--name", "A", "--fund", "100", home=home)[0] == 0
        status, told = feiqian("operator", "backup", "--out", str(bare), home=home)
        assert (status, told["postings"], told["with_keys"]) == (0, 2, False)
        status, told = feiqian("operator", "backup", "--out", str(whole), "--with-keys", home=home)
        assert (status, told["books_version"]) == (0, len(MIGRATIONS))
        assert httpx.get(f"{line['url']}/health", trust_env=False).status_code == 200
    secrets = {"admin.token", "answers.db", "issuer.key", "acquirer.key", "online.key", "log.key"}
    assert {path.name for path in bare.rglob("*")} & secrets == set()
    assert {path.name for path in whole.rglob("*")} >= secrets
    for copy in (bare, whole):
        assert not list(copy.rglob("root-*.key"))
        assert {oct(path.stat().st_mode & 0o077) for path in (copy, *copy.rglob("*"))} == {"0o0"}
        manifest = json.loads((copy / "backup.json").read_text(encoding="utf-8"))
        listed = {one["name"]: one["sha256"] for one in manifest["files"]}
        files = {str(path.relative_to(copy)) for path in copy.rglob("*") if path.is_file()}
        assert set(listed) == files - {"backup.json"}
        assert all(sha256((copy / name).read_bytes()).hexdigest() == hashed for name, hashed in listed.items())
        assert feiqian("ledger", "verify", home=copy)[1]["postings"] == 2
    shutil.rmtree(home)
    with serving(whole) as (process, line):
        listed = feiqian("operator", "payers", home=whole)[1]["payers"]
        assert [payer["name"] for payer in listed] == ["A"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert code(feiqian("serve", "--port", "0", home=bare)[1]) == "home_missing"


def test_a_backup_never_writes_over_anything(tmp_path: Path, feiqian: Command) -> None:
    home, out = tmp_path / "home", tmp_path / "out"
    assert code(feiqian("operator", "backup", "--out", str(out), home=home)[1]) == "home_missing"
    with serving(home):
        pass
    out.mkdir()
    assert code(feiqian("operator", "backup", "--out", str(out), home=home)[1]) == "backup_exists"
    assert list(out.iterdir()) == []
    assert code(feiqian("operator", "backup", "--out", str(home / "copy"), home=home)[1]) == "backup_inside"
    (tmp_path / "next.part").mkdir()  # left by a try that was cut short
    (tmp_path / "next.part" / "operator.db").write_bytes(b"half")
    assert feiqian("operator", "backup", "--out", str(tmp_path / "next"), home=home)[0] == 0
    assert not (tmp_path / "next.part").exists()


def test_books_that_are_wrong_are_copied_and_said_to_be(tmp_path: Path, feiqian: Command) -> None:
    home = tmp_path / "home"
    with serving(home):
        assert feiqian("operator", "enrol-payer", "--name", "A", "--fund", "100", home=home)[0] == 0
    with sqlite3.connect(home / "operator.db") as books:
        books.execute("UPDATE balances SET posted_minor = posted_minor - 1 WHERE kind = 'free'")
    books.close()
    status, told = feiqian("operator", "backup", "--out", str(tmp_path / "copy"), home=home)
    assert (status, code(told)) == (1, "books_differ")
    assert (tmp_path / "copy" / "backup.json").exists()


def test_migrate_asks_before_it_forgets_and_works_only_alone(tmp_path: Path, feiqian: Command) -> None:
    home = tmp_path / "home"
    assert code(feiqian("operator", "migrate", home=home)[1]) == "home_missing"
    with serving(home):
        assert feiqian("operator", "enrol-payer", "--name", "A", "--fund", "100", home=home)[0] == 0
        assert code(feiqian("operator", "migrate", home=home)[1]) == "home_in_use"
    status, told = feiqian("operator", "migrate", home=home)
    assert (status, told["books_version"], told["lost_rows"]) == (0, len(MIGRATIONS), {})
    assert feiqian("operator", "migrate", "--to", "1", home=home)[1]["failures"][0]["code"] in {
        "rows_would_be_lost",
        "step_one_way",
    }
    assert code(feiqian("operator", "migrate", "--to", "99", home=home)[1]) == "no_such_version"
    assert feiqian("ledger", "verify", home=home)[0] == 0
