"""A disk that is full and files whose bytes are not those that were written: said in words, and nothing half done."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import resource
import signal
import sqlite3
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from feiqian.storage.disk import DiskFault, fault_of
from tests.server.operators import Served, assert_problem, verify_books_of
from tests.server.test_serve import FEIQIAN, START_S, serving

MONEY = {"amount_minor": 10_000, "currency": "CNY"}
WHOLE = {"schema", "command", "version", "ok", "failures", "elapsed_s"}


def refused_start(home: Path, limit: Callable[[], None] | None = None) -> dict[str, Any]:
    """Why the server does not start; one object and no traceback."""
    line = [*FEIQIAN, "serve", "--home", str(home), "--port", "0", "--json"]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=START_S, preexec_fn=limit)
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    told = json.loads(done.stdout)
    assert told.keys() == WHOLE
    (failure,) = told["failures"]
    assert all(failure[part].endswith(".") for part in ("message", "safe", "next"))
    return dict(failure)


@pytest.mark.parametrize("size", [16, 1024, 50_000, 200_000])
def test_a_start_without_room_is_refused_and_works_once_there_is_some(tmp_path: Path, size: int) -> None:
    home = tmp_path / "home"
    failure = refused_start(home, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size)))
    assert failure["code"] in {"disk_full", "disk_failed"}
    with serving(home) as (_, line):
        assert httpx.get(f"{line['url']}/health", trust_env=False).status_code == 200


def made_home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    with serving(home) as (process, line):
        admin = {"authorization": f"Bearer {(home / 'admin.token').read_text(encoding='ascii').strip()}"}
        header = admin | {"idempotency-key": "payer-key-0000001"}
        answer = httpx.post(f"{line['url']}/v1/payers", json={"name": "A"}, headers=header, trust_env=False)
        assert answer.status_code == 201
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    return home


@pytest.mark.parametrize("name", ["operator.db", "answers.db"])
def test_a_file_that_is_overwritten_is_refused_and_left_as_it_is(tmp_path: Path, name: str) -> None:
    home = made_home(tmp_path)
    file = home / name
    for wound in (os.urandom(file.stat().st_size), b"SQLite format 3\0" + os.urandom(file.stat().st_size - 16)):
        file.write_bytes(wound)
        failure = refused_start(home)
        assert (failure["code"], name in failure["message"]) == ("books_damaged", True)
        assert file.read_bytes() == wound


def test_books_that_are_gone_are_not_begun_anew(tmp_path: Path) -> None:
    """Empty books would say that nobody ever had money here."""
    home = made_home(tmp_path)
    books = home / "operator.db"
    books.write_bytes(b"")
    assert refused_start(home)["code"] == "home_damaged"
    books.unlink()
    assert refused_start(home)["code"] == "home_damaged"
    assert not books.exists()


def test_a_damaged_page_is_answered_in_words_and_logged(tmp_path: Path) -> None:
    home = made_home(tmp_path)
    with contextlib.closing(sqlite3.connect(home / "operator.db")) as books:
        (size,) = books.execute("PRAGMA page_size").fetchone()
        (page,) = books.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'payers'").fetchone()
    with (home / "operator.db").open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(os.urandom(size))
    token = (home / "admin.token").read_text(encoding="ascii").strip()
    with serving(home) as (process, line):
        headers = {"authorization": f"Bearer {token}", "accept-language": "zh"}
        answer = httpx.get(f"{line['url']}/v1/payers", headers=headers, trust_env=False)
        assert_problem(answer, 503, "books_damaged")
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["message"].endswith("。")
        assert httpx.get(f"{line['url']}/health", trust_env=False).status_code == 200  # the rest goes on
        process.send_signal(signal.SIGTERM)
        _, logged = process.communicate(timeout=20)
    assert "books_damaged while serving GET" in logged
    assert "Traceback" not in logged


def test_books_that_cannot_grow_answer_507_and_keep_nothing_half_done(office: Served) -> None:
    pages_max(office, 1)  # which the database reads as: no more than there are now
    admitted = 0
    while (answer := enrol(office, f"payer-key-{admitted:08}")).status_code == 201:
        admitted += 1
        assert admitted < 1000
    key = f"payer-key-{admitted:08}"
    assert_problem(answer, 507, "disk_full")
    assert int(answer.headers["retry-after"]) > 0
    assert_problem(enrol(office, key), 507, "disk_full")
    listed = office.client.get("/v1/payers", headers=office.admin).json()["payers"]
    assert len(listed) == admitted
    pages_max(office, 10_000)
    assert enrol(office, key).status_code == 201
    assert len(office.client.get("/v1/payers", headers=office.admin).json()["payers"]) == admitted + 1
    assert verify_books_of(office.home) == ()


def enrol(office: Served, key: str) -> Any:
    return office.post("/v1/payers", {"name": "A" * 64}, office.admin, key=key)


def pages_max(office: Served, pages: int) -> None:
    store: Any = office.operator.issuer.store
    with store.write("test") as unit:
        unit._db.execute(f"PRAGMA max_page_count = {pages:d}")  # noqa: SLF001  # a limit of this one connection


def test_a_running_server_whose_writes_fail_answers_and_goes_on_afterwards(tmp_path: Path) -> None:
    """The system itself refuses to let the files grow, and later lets them again."""
    home = tmp_path / "home"
    with serving(home) as (process, line), httpx.Client(base_url=line["url"], trust_env=False) as client:
        token = (home / "admin.token").read_text(encoding="ascii").strip()
        headers = {"authorization": f"Bearer {token}", "idempotency-key": "payer-key-0000001"}
        payer = client.post("/v1/payers", json={"name": "A"}, headers=headers).json()
        path = f"/v1/payers/{payer['payer_id']}/funding"
        size = (home / "operator.db-wal").stat().st_size
        _, most = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, most))
        fund = headers | {"idempotency-key": "fund-key-00000001"}
        refused = client.post(path, json=MONEY, headers=fund)
        assert (refused.status_code, refused.json()["code"]) == (503, "disk_failed")
        assert "retry-after" in refused.headers
        assert client.get("/v1/books", headers=headers).json()["postings"] == 0
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, most))
        for _ in range(2):
            assert client.post(path, json=MONEY, headers=fund).json()["free_minor"] == 10_000
        process.send_signal(signal.SIGTERM)
        _, logged = process.communicate(timeout=20)
    assert "disk_failed while serving POST" in logged
    assert verify_books_of(home) == ()


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), DiskFault.FULL),
        (OSError(errno.ENOENT, "No such file"), None),
        (sqlite3.OperationalError("no such table"), None),
        (ValueError("nothing of the disk"), None),
    ],
)
def test_what_an_error_says_about_the_disk(error: Exception, fault: DiskFault | None) -> None:
    assert fault_of(error) is fault
    wrapped = RuntimeError("on the way up")
    wrapped.__cause__ = error
    assert fault_of(wrapped) is fault
