"""Answers kept under their idempotency keys: sealed, bound to their place, and what an older version kept in plain."""

from __future__ import annotations

import hashlib
import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from feiqian.keys.data_key import DataKeys
from feiqian.ledger.sealing import NO_KEYS, SealTrouble
from feiqian.storage import crash
from feiqian.storage.idempotency import PLAIN_STEPS, IdempotencyStore, KeptAnswer
from feiqian.storage.migrations import migrate

CODE = b"CODE-7K2M-XW4P"
BODY = b'{"enrolment_code":"' + CODE + b'"}'
HASH = hashlib.sha256(b"POST /v1/payers Lin").digest()
KEPT = KeptAnswer(request_hash=HASH, status=201, body=BODY)
POINTS = ("store.migrate:before-commit", "store.migrate:after-commit")


@pytest.fixture
def numbered() -> dict[int, bytes]:
    return {1: b"d" * 32}


@pytest.fixture
def answers(tmp_path: Path, numbered: dict[int, bytes]) -> Iterator[IdempotencyStore]:
    with closing(IdempotencyStore(tmp_path / "answers.db", DataKeys(lambda: numbered))) as opened:
        yield opened


def keep(answers: IdempotencyStore, key: str = "one", body: bytes = BODY) -> None:
    answers.keep("admin", key, request_hash=HASH, status=201, body=body, now=1000)


def written(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.glob("answers.db*")) if path.is_file())


def old_store(path: Path) -> None:
    """As the version before sealing has left it: an answer in plain, in the file and in its log."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    migrate(connection, PLAIN_STEPS)
    connection.execute("INSERT INTO answer VALUES ('admin', 'one', ?, 201, ?, 1000)", (HASH, BODY))
    connection.close()


def test_an_answer_comes_back_and_neither_code_nor_request_is_in_the_files(
    answers: IdempotencyStore, tmp_path: Path
) -> None:
    keep(answers)
    assert answers.find("admin", "one") == KEPT
    assert CODE not in written(tmp_path)
    assert HASH not in written(tmp_path)


def test_the_first_answer_under_a_key_stays(answers: IdempotencyStore) -> None:
    keep(answers)
    keep(answers, body=b"another")
    assert answers.find("admin", "one") == KEPT


def changed(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as other, other:
        other.execute(statement)


@pytest.mark.parametrize("statement", ["UPDATE answer SET status = 200", "UPDATE answer SET key = 'two'"])
def test_an_answer_that_was_moved_is_refused(answers: IdempotencyStore, tmp_path: Path, statement: str) -> None:
    keep(answers)
    changed(tmp_path / "answers.db", statement)
    with pytest.raises(SealTrouble) as caught:
        answers.find("admin", "two" if "two" in statement else "one")
    assert caught.value.code == "sealed_value_damaged"


@pytest.mark.parametrize("at", [0, 20, -1])
def test_an_answer_that_was_changed_is_refused(answers: IdempotencyStore, tmp_path: Path, at: int) -> None:
    keep(answers)
    with closing(sqlite3.connect(tmp_path / "answers.db")) as other, other:
        sealed = bytearray(other.execute("SELECT sealed FROM answer").fetchone()[0])
        sealed[at] ^= 1
        other.execute("UPDATE answer SET sealed = ?", (bytes(sealed),))
    with pytest.raises(SealTrouble) as caught:
        answers.find("admin", "one")
    assert caught.value.code == "sealed_value_damaged"


def test_a_retired_key_has_taken_its_answers_with_it(
    answers: IdempotencyStore, tmp_path: Path, numbered: dict[int, bytes]
) -> None:
    keep(answers)
    numbered[2] = b"e" * 32
    assert answers.find("admin", "one") == KEPT, "a newer key beside the old one changes nothing"
    del numbered[1]
    with closing(IdempotencyStore(tmp_path / "answers.db", DataKeys(lambda: numbered))) as later:
        assert later.find("admin", "one") is None
        keep(later, body=b"again")
        found = later.find("admin", "one")
    assert found is not None
    assert found.body == b"again"


def test_without_a_key_nothing_is_kept(tmp_path: Path) -> None:
    with closing(IdempotencyStore(tmp_path / "answers.db", NO_KEYS)) as keyless:
        with pytest.raises(SealTrouble):
            keep(keyless)
        assert keyless.find("admin", "one") is None


def test_what_an_older_version_kept_in_plain_is_sealed_and_overwritten(
    tmp_path: Path, numbered: dict[int, bytes]
) -> None:
    old_store(tmp_path / "answers.db")
    assert CODE in written(tmp_path)
    with closing(IdempotencyStore(tmp_path / "answers.db", DataKeys(lambda: numbered))) as answers:
        assert answers.find("admin", "one") == KEPT
    assert CODE not in written(tmp_path)
    assert HASH not in written(tmp_path)


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_while_it_is_sealed_loses_no_answer(tmp_path: Path, numbered: dict[int, bytes], point: str) -> None:
    old_store(tmp_path / "answers.db")
    child = os.fork()
    if not child:
        os.environ[crash.CRASH_VARIABLE] = point
        IdempotencyStore(tmp_path / "answers.db", DataKeys(lambda: numbered))
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
    with closing(IdempotencyStore(tmp_path / "answers.db", DataKeys(lambda: numbered))) as answers:
        assert answers.find("admin", "one") == KEPT
    assert CODE not in written(tmp_path)
