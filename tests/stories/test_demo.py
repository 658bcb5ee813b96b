"""The demo as anybody runs it: its own process, JSON on standard output, every promise kept."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

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
