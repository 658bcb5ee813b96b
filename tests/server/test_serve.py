"""`feiqian serve` and `feiqian operator` as processes: start, one line, drain, lock, and homes that are wrong."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from feiqian.cli.trust_file import read_trust_file
from tests.links.test_http import read_request
from tests.server.operators import Command

FEIQIAN = [sys.executable, "-m", "feiqian.cli.main"]
START_S = 60


@contextmanager
def serving(home: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A server of its own process, and the line that it printed when it was ready."""
    with subprocess.Popen(
        [*FEIQIAN, "serve", "--home", str(home), "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, process.communicate(timeout=START_S)
            yield process, json.loads(line)
        finally:
            process.kill()


def test_it_says_when_it_is_ready_and_ends_with_zero(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving(home) as (process, line):
        assert line == {"ok": True, "url": line["url"], "pid": process.pid, "tls": False}
        assert httpx.get(f"{line['url']}/health", trust_env=False).status_code == 200
        root = httpx.get(f"{line['url']}/v1/trust-root", trust_env=False).json()
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=20)
        assert (process.returncode, out) == (0, "")
    with serving(home) as (process, line):
        assert httpx.get(f"{line['url']}/v1/trust-root", trust_env=False).json() == root
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0


def test_a_home_is_its_owners_alone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving(home):
        pass
    secret = [home / "admin.token", home / "operator.json", *(home / "keys").glob("*.key"), *home.glob("*.db*")]
    assert len(secret) >= 10
    assert {path.name: oct(path.stat().st_mode & 0o777) for path in secret} == {path.name: "0o600" for path in secret}
    assert (home.stat().st_mode & 0o777, (home / "keys").stat().st_mode & 0o777) == (0o700, 0o700)
    assert "root keys" in (home / "keys" / "README.md").read_text(encoding="utf-8")


def test_a_stop_waits_for_what_is_being_served(tmp_path: Path) -> None:
    """A request that has begun gets its answer, and one that never ends does not hold the stop for ever."""
    with serving(tmp_path / "home") as (process, line):
        host, port = line["url"].removeprefix("http://").split(":")
        body = b'{"enrolment_code":"x"}'
        head = b"POST /v1/devices HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n"
        with (
            socket.create_connection((host, int(port)), timeout=20) as slow,
            socket.create_connection((host, int(port)), timeout=20) as hung,
        ):
            hung.sendall(head % 10_000 + b"{")
            slow.sendall(head % len(body) + body[:5])
            time.sleep(0.5)
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            slow.sendall(body[5:])
            assert slow.recv(100).startswith(b"HTTP/1.1 422")
            assert process.wait(30) == 0


def test_one_server_a_home(tmp_path: Path, feiqian: Command) -> None:
    home = tmp_path / "home"
    with serving(home) as (process, line):
        status, told = feiqian("serve", "--port", "0", home=home)
        assert (status, told["failures"][0]["code"]) == (1, "home_in_use")
        assert httpx.get(f"{line['url']}/health", trust_env=False).status_code == 200
        process.kill()
        process.wait()
    with serving(home) as (_, line):  # the lock of a killed server is no lock
        assert line["ok"]


def test_what_cannot_be_served_is_said_in_words(tmp_path: Path, feiqian: Command) -> None:
    home = tmp_path / "home"
    status, told = feiqian("serve", "--host-name", "till.test", home=home)
    assert (status, told["failures"][0]["code"]) == (1, "tls_only")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, told = feiqian("serve", "--port", str(taken.getsockname()[1]), home=home)
    assert (status, told["failures"][0]["code"]) == (1, "address_taken")
    for host in ("192.0.2.1", "no-such-host.invalid"):
        status, told = feiqian("serve", "--port", "0", "--host", host, home=home)
        (failure,) = told["failures"]
        assert (status, failure["code"], host in failure["message"]) == (1, "address_not_here", True)
    status, told = feiqian("serve", "--port", "0", "--currency", "EUR", home=home)
    assert (status, told["failures"][0]["code"]) == (1, "home_differs")
    for words in (["--port", "99999"], ["--currency", "cny"], ["--deployment", "Über"]):
        assert feiqian("serve", *words, home=home)[0] == 2


def test_a_home_that_lacks_a_part_is_refused_and_left_alone(tmp_path: Path, feiqian: Command) -> None:
    home = tmp_path / "home"
    with serving(home):
        pass

    def contents() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in home.rglob("*") if path.is_file() and ".db" not in path.name}

    for part in ("admin.token", "keys/issuer.key", "keys/key-set.cbor", "operator.json"):
        lost = (home / part).rename(tmp_path / "lost")
        before = contents()
        status, told = feiqian("serve", "--port", "0", home=home)
        assert status == 1
        assert told["failures"][0]["code"] in {"home_damaged", "home_missing"}
        assert contents() == before
        lost.rename(home / part)
    with serving(home) as (_, line):
        assert line["ok"]


def test_a_home_whose_making_was_cut_short_is_made_anew(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "keys").mkdir(parents=True)
    (home / "keys" / "issuer.key").write_text("00", encoding="ascii")
    (home / "admin.token.new").write_text("half", encoding="ascii")
    with serving(home) as (_, line):
        assert line["ok"]


def test_the_operators_acts(tmp_path: Path, feiqian: Command) -> None:
    home = tmp_path / "home"
    assert feiqian("operator", "summary", home=home)[1]["failures"][0]["code"] == "home_missing"
    with serving(home) as (process, line):
        status, payer = feiqian("operator", "enrol-payer", "--name", "Alice", "--fund", "100.00", home=home)
        assert (status, payer["free_minor"], payer["currency"]) == (0, 10_000, "CNY")
        here = line["url"].replace("127.0.0.1", "localhost")
        assert payer["enrolment_link"] == f"{here}/wallet/#/enrol/{payer['enrolment_code']}"
        status, payee = feiqian("operator", "enrol-payee", "--name", "Tea House", home=home)
        assert (status, payee["ok"]) == (0, True)
        assert payee["enrolment_link"] == f"{here}/terminal/#/enrol/{payee['enrolment_code']}"
        key = "k" * 20
        for _ in range(2):
            funded = feiqian("operator", "fund", payer["payer_id"], "1.50", "--key", key, home=home)[1]
            assert funded["free_minor"] == 10_150
        assert feiqian("operator", "fund", "pool", "20", home=home)[1]["pool_minor"] == 2_000
        again = feiqian("operator", "new-code", "--payee", payee["payee_id"], home=home)[1]
        assert again["enrolment_link"] == f"{here}/terminal/#/enrol/{again['enrolment_code']}"
        assert feiqian("operator", "suspend", payer["payer_id"], home=home)[1]["suspensions"] == []
        status, told = feiqian("operator", "suspend", "00" * 8, home=home)
        assert (status, told["failures"][0]["code"]) == (1, "unknown_payer")
        out = tmp_path / "out"
        assert feiqian("operator", "forks", "--out", str(out), home=home)[1]["forks"] == []
        assert read_trust_file(out / "trust.json").deployment == "test"
        summary = feiqian("operator", "summary", home=home)[1]
        assert (summary["books_ok"], summary["sums"], summary["forks"]) == (True, {"CNY": 0}, 0)
        closed = feiqian("operator", "close-window", "--now", "2030-01-01T00:00:00Z", home=home)[1]
        assert (closed["allowances"], closed["returned_minor"]) == (0, 0)

        elsewhere = tmp_path / "elsewhere"
        token = tmp_path / "token"
        token.write_text((home / "admin.token").read_text(encoding="ascii"), encoding="ascii")
        remote = ("operator", "summary", "--server", line["url"], "--token-file", str(token))
        assert feiqian(*remote, home=elsewhere)[0] == 0
        token.write_text("wrong", encoding="ascii")
        assert feiqian(*remote, home=elsewhere)[1]["failures"][0]["code"] == "not_signed_in"

        while_it_runs = feiqian("ledger", "verify", home=home)[1]
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    status, books = feiqian("ledger", "verify", home=home)
    assert (status, books["sums"], books["mismatches"], books["postings"]) == (0, {"CNY": 0}, [], 6)
    assert while_it_runs["postings"] == books["postings"]
    status, told = feiqian("operator", "fund", payer["payer_id"], "1.50", home=home)
    assert (status, told["failures"][0]["code"]) == (1, "operator_unreachable")


def test_a_lost_answer_tells_the_key_with_which_to_ask_again(tmp_path: Path, feiqian: Command) -> None:
    """Between us and the server stands one who lets requests pass and swallows the answers to funding."""
    home = tmp_path / "home"
    with serving(home) as (_, line), swallowing(line["url"]) as url:
        payer = feiqian("operator", "enrol-payer", "--name", "Alice", home=home)[1]
        status, told = feiqian(
            "operator", "fund", payer["payer_id"], "5", "--server", url, "--currency", "CNY", home=home
        )
        (failure,) = told["failures"]
        assert (status, failure["code"]) == (1, "money_unclear")
        again = failure["next"].partition("feiqian ")[2].split()
        assert feiqian(*again, home=home)[1]["free_minor"] == 500


@contextmanager
def swallowing(url: str) -> Iterator[str]:
    """A man in the middle who forwards what is asked and closes instead of answering."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def pass_on() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with (
                    contextlib.suppress(OSError),
                    connection,
                    socket.create_connection((host, int(port)), timeout=5) as server,
                ):
                    server.sendall(read_request(connection))
                    server.recv(65536)

        threading.Thread(target=pass_on, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)


def test_changed_books_are_found(tmp_path: Path, feiqian: Command) -> None:
    home = tmp_path / "home"
    with serving(home) as (process, _):
        feiqian("operator", "enrol-payer", "--name", "Alice", "--fund", "100", home=home)
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    with contextlib.closing(sqlite3.connect(home / "operator.db")) as books:
        (table,) = books.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'balance%'"
        ).fetchone()
        column = next(row[1] for row in books.execute(f"PRAGMA table_info({table})") if row[1].endswith("minor"))
        books.execute(f"UPDATE {table} SET {column} = {column} + 1")  # noqa: S608  # names from the schema itself
        books.commit()
    status, told = feiqian("ledger", "verify", home=home)
    assert (status, told["ok"], told["failures"][0]["code"]) == (1, False, "books_differ")
    assert told["mismatches"]
    (home / "operator.db").write_bytes(os.urandom(8192))
    status, told = feiqian("ledger", "verify", home=home)
    assert (status, told["failures"][0]["code"]) == (1, "books_unreadable")
