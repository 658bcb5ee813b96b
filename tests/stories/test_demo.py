"""The demo as anybody runs it: its own process, JSON on standard output, every promise kept."""

import base64
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.stories.sweeping import secrets_of, swept

CONTRACT_KEYS = {
    "offline_payments",
    "settled",
    "contingent",
    "replays_refused",
    "forgeries_refused",
    "expired_refused",
    "overspends_refused",
    "bystanders_refused",
    "double_acceptances",
    "forks_proved",
    "crashes_resumed",
    "duplicates_paid",
    "honest_losses_minor",
    "ledger_difference_minor",
    "money_conserved",
    "server_down_s",
    "holdings",
}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("demo") / "stage"
    words = [sys.executable, "-m", "feiqian.cli.main", "demo", "--json", "--folder", str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=280, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
    assert done.stdout.count("\n") == 1
    printed = folder.parent / "printed"
    printed.mkdir()
    (printed / "output").write_text(done.stdout + done.stderr, encoding="utf-8")
    return folder, json.loads(done.stdout)


def test_the_demo_keeps_its_promises(played: tuple[Path, dict[str, Any]]) -> None:
    _, keys = played
    assert keys.keys() >= CONTRACT_KEYS
    assert keys["ok"]
    assert keys["failures"] == []
    assert keys["offline_payments"] == keys["settled"] + keys["contingent"]
    assert keys["duplicates_paid"] == keys["honest_losses_minor"] == keys["ledger_difference_minor"] == 0
    assert keys["money_conserved"] is True
    assert keys["server_down_s"] > 0
    assert {row["grade"] for row in keys["holdings"]} == {"F1", "F3"}
    assert all({"who", "balance_minor", "grade", "why"} <= row.keys() for row in keys["holdings"])


@pytest.fixture(scope="module")
def secrets(played: tuple[Path, dict[str, Any]]) -> dict[bytes, str]:
    folder, _ = played
    return secrets_of(folder, (folder / "pin.txt").read_text(encoding="ascii").strip())


def test_no_secret_of_the_story_lies_anywhere_but_where_it_belongs(
    played: tuple[Path, dict[str, Any]], secrets: dict[bytes, str]
) -> None:
    """Keys of vaults, of devices and of the operator, tokens, codes, the PIN, payers' names: in files, logs, output."""
    folder, _ = played
    kinds = {what.partition(" of ")[0] for what in secrets.values()}
    assert kinds >= {"PIN", "data key", "account key", "allowance key", "till key", "till token", "device token"}
    assert kinds >= {"enrolment code", "admin.token", "issuer.key", "data-1.key", "name"}
    assert swept(folder, secrets) == []
    nameless = {secret: what for secret, what in secrets.items() if not what.startswith("name")}
    assert swept(folder.parent / "printed", nameless) == [], "the story is told with names"


def test_the_sweep_finds_what_is_planted(secrets: dict[bytes, str], tmp_path: Path) -> None:
    for secret, what in secrets.items():
        for spelled in (secret, *spellings(secret)):
            (tmp_path / "planted").write_bytes(b'{"about": "' + spelled + b'"}')
            assert swept(tmp_path, {secret: what}) == [("planted", what)], spelled


def spellings(secret: bytes) -> list[bytes]:
    if len(secret) < 8:
        return []
    return [secret.hex().encode(), *(base64.urlsafe_b64encode(b"xyz"[:shift] + secret) for shift in range(3))]


def test_a_changed_row_in_the_demos_books_is_found(played: tuple[Path, dict[str, Any]]) -> None:
    """The difference of zero is measured, not printed: with one posting changed it is not zero any more."""
    folder, _ = played
    words = [sys.executable, "-m", "feiqian.cli.main", "ledger", "verify", "--json", "--home", str(folder / "operator")]
    before = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert before.returncode == 0, before.stdout
    _change_a_posting(folder / "operator")
    after = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert after.returncode == 1
    assert json.loads(after.stdout)["mismatches"]


def test_pictures_are_gone_and_photographs_are_left_alone(played: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = played
    left = {path.name for path in (folder / "pictures").glob("*.png")}
    assert "lunch-payment-photo.png" in left
    assert not {"lunch-request.png", "lunch-payment.png", "crash-request.png", "crash-payment.png"} & left


def _change_a_posting(home: Path) -> None:
    """The insider with an editor: the triggers that forbid it are dropped first."""
    books = next(path for path in home.iterdir() if path.suffix == ".db")
    connection = sqlite3.connect(books)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    changed = connection.execute("UPDATE postings SET amount_minor = amount_minor + 1 WHERE rowid = 1")
    assert changed.rowcount == 1
    connection.commit()
    connection.close()
