"""Books of before the sealing, brought up: every name and word is kept, and none of them stays readable in the file.

Run as a program it is the victim of a kill: `python -m tests.storage.test_personal_migration FILE`.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from feiqian.acquirer.dispute_values import DisputeId
from feiqian.audit.verify import verify_log
from feiqian.issuer.values import PayerId
from feiqian.ledger.personal import begin_sealing
from feiqian.ledger.sealing import SealTrouble
from feiqian.protocol.ids import PayeeId, TerminalRef
from feiqian.storage.crash import CRASH_VARIABLE
from feiqian.storage.migrations import migrate
from feiqian.storage.operator_schema import MIGRATIONS
from feiqian.storage.operator_store import OperatorStore
from tests.issuer.world import DEPLOYMENT, LOG_TRUST, SEALS, START
from tests.tidy.house import ROOT

BEFORE, PEOPLE = 7, 450
PAYER, PAYEE, TILL, DISPUTE = b"p" * 8, b"e" * 8, b"t" * 8, b"d" * 16
SAID, SHOWN, CERTIFICATE = "it never came, says Zhao", b"a picture of Zhao", b"certificate of Zhao's shop"
WORDS = (b"Zhao", b"picture", b"certificate of")
DISPUTE_ID = DisputeId(DISPUTE)
NOT_WHOLE = {"payee_notes"}
"""What these few rows leave out of what real books hold."""


def put(books: sqlite3.Connection, table: str, **values: object) -> None:
    """A row; what it does not say is zero or empty."""
    filled: dict[str, object] = {}
    for _, name, kind, needed, _, _ in books.execute(f"PRAGMA table_info({table})").fetchall():
        filled[name] = values.get(name, {"INTEGER": 0, "TEXT": "", "BLOB": b""}[kind] if needed else None)
    marks = ", ".join("?" * len(filled))
    books.execute(f"INSERT INTO {table} VALUES ({marks})", tuple(filled.values()))  # noqa: S608


def old_books(path: Path) -> None:
    """What an older version left: many names in plain, a certificate, and what was said in a dispute."""
    with sqlite3.connect(path, isolation_level=None) as books:
        books.execute("PRAGMA journal_mode = WAL")
        migrate(books, MIGRATIONS[:BEFORE])
        books.execute("PRAGMA secure_delete = OFF")
        books.execute("CREATE TABLE once (text TEXT)")  # pages that are free now, and still say what stood in them
        books.executemany("INSERT INTO once VALUES (?)", [(f"Zhao, of whom nothing is known {'.' * 500}",)] * 2_000)
        books.execute("DROP TABLE once")
        books.execute("BEGIN")
        for number in range(PEOPLE):
            payer_id = PAYER if not number else number.to_bytes(8, "big")
            put(books, "payers", payer_id=payer_id, name=f"Zhao {number:04d}", currency="CNY", created_at=START)
        put(books, "payees", payee_id=PAYEE, name="Zhao's shop", currency="CNY")
        put(books, "terminals", terminal_ref=TILL, payee_id=PAYEE, certificate=CERTIFICATE, token_hash=b"h" * 32)
        put(books, "devices", device_id=b"v" * 8, payer_id=PAYER)
        put(books, "allowances", ref=b"a" * 8, payer_id=PAYER, device_id=b"v" * 8, currency="CNY", amount_minor=1)
        named = {"dispute_id": DISPUTE, "payer_id": PAYER, "payee_id": PAYEE, "allowance_ref": b"a" * 8}
        put(books, "disputes", **named, opener="payer", reason="not_me", state="upheld", amount_minor=1)
        put(books, "dispute_steps", dispute_id=DISPUTE, party="payer", act="open", words=SAID, evidence=SHOWN)
        books.execute("COMMIT")
    books.close()


def kept(path: Path) -> bytes:
    """All bytes of the file and what lies beside it."""
    return b"".join(found.read_bytes() for found in path.parent.iterdir() if found.name.startswith(path.name))


def brought_up(path: Path) -> None:
    """As the first start of a server does it."""
    with OperatorStore.open(path, SEALS) as store:
        begin_sealing(store, 1, START)


def check(path: Path) -> None:
    """Everything is there, sealed, in the log; nothing of it can be read in the file."""
    with OperatorStore.open(path, SEALS) as store, store.read() as unit:
        names = {line.name for line in unit.payer_lines(None, PEOPLE + 1)}
        assert names == {f"Zhao {number:04d}" for number in range(PEOPLE)}
        payee, till, (step,) = (
            unit.payee(PayeeId(PAYEE)),
            unit.terminal(TerminalRef(TILL)),
            unit.dispute_steps(DISPUTE_ID),
        )
        assert payee is not None
        assert till is not None
        assert (payee.name, till.certificate) == ("Zhao's shop", CERTIFICATE)
        assert (step.words, step.evidence) == (SAID, SHOWN)
        assert (unit.sealed_by(0), sorted(unit.data_keys())) == (0, [1])
        report = verify_log(unit.log_facts(DEPLOYMENT), LOG_TRUST)
        assert {bad.table for bad in report.bad} <= NOT_WHOLE
    assert [word for word in WORDS if word in kept(path)] == []


def test_all_of_it_is_kept_and_none_of_it_stays_readable(tmp_path: Path) -> None:
    path = tmp_path / "operator.db"
    old_books(path)
    assert [word for word in WORDS if word in kept(path)] == list(WORDS)
    brought_up(path)
    check(path)
    brought_up(path)
    check(path)


def test_before_the_first_start_with_a_key_the_log_still_knows_the_rows(tmp_path: Path) -> None:
    path = tmp_path / "operator.db"
    old_books(path)
    for _ in range(2):
        with OperatorStore.open(path) as store, store.read() as unit:
            report = verify_log(unit.log_facts(DEPLOYMENT), LOG_TRUST)
            assert {bad.table for bad in report.bad} <= NOT_WHOLE
            payer = unit.payer(PayerId(PAYER))
            assert payer is not None
            assert payer.name == "Zhao 0000"


POINTS = ("store.migrate", "audit.begin", "personal.reseal", "personal.begin-key")


@pytest.mark.parametrize(
    "crash_at", [f"{point}:{when}" for point in POINTS for when in ("before-commit", "after-commit")]
)
def test_killed_on_the_way_the_next_start_goes_on(tmp_path: Path, crash_at: str) -> None:
    path = tmp_path / "operator.db"
    old_books(path)
    command = [sys.executable, "-m", "tests.storage.test_personal_migration", str(path)]
    environment = os.environ | {CRASH_VARIABLE: crash_at}
    died = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    brought_up(path)
    check(path)


def test_a_plain_name_slipped_in_afterwards_is_refused_and_never_sealed(tmp_path: Path) -> None:
    path = tmp_path / "operator.db"
    old_books(path)
    brought_up(path)
    with sqlite3.connect(path) as books:
        books.execute("UPDATE payers SET name = x'4d61', sealed_by = 0 WHERE payer_id = ?", (PAYER,))
    books.close()
    brought_up(path)
    with OperatorStore.open(path, SEALS) as store, store.read() as unit:
        with pytest.raises(SealTrouble, match="sealed_value_plain"):
            unit.payer(PayerId(PAYER))
        bad = verify_log(unit.log_facts(DEPLOYMENT), LOG_TRUST).bad
        assert ("payers", PAYER.hex(), "not the row that its leaf is about") in bad


if __name__ == "__main__":
    brought_up(Path(sys.argv[1]))
