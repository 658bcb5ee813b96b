"""`feiqian serve` on PostgreSQL under load: its processes killed at named points, its database away or without room.

Whatever goes, nobody restarts the server by hand afterwards (but where the server itself was killed), terminals that
send again get their answers, and every payment stands exactly once in whole books. A disk without room is a small file
system in memory, which takes the right to mount one.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
import pytest

from feiqian.cli.bench_stock import Till
from feiqian.cli.operator_home import opened
from feiqian.storage.crash import CRASH_VARIABLE
from tests.contracts.postgres_server import PostgresServer, running
from tests.faults.test_worker_kills import Sender, assert_paid_once, loaded
from tests.server.operators import bearer
from tests.server.test_serve import serving
from tests.server.test_workers import children_of

SOAK = "FEIQIAN_SOAK_ROUNDS" in os.environ
AWAY_S = 60.0 if SOAK else 14.0
"""Longer than a unit waits for an answer of the database (`postgres_link.ANSWER_MAX_S`)."""
RETRY_MAX_S = 60
DONE_S = 90
PAUSE_S = 0.05
SMALL_KIB, LOG_KIB, LARGE_KIB = 40_000, 100_000, 512_000
FULL_S = 3.0
WORKERS = ("--workers", "2")


@dataclass
class Teller(Sender):
    """A terminal that notes what it is told while there is no answer: status and code, always with a time to wait."""

    told: Counter[tuple[int, str]] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def ask(self, client: httpx.Client, body: bytes) -> bytes:
        headers = bearer(self.till.token) | {"content-type": "application/cbor"}
        while True:
            try:
                response = client.post("/v1/batches", content=body, headers=headers)
            except httpx.TransportError:
                if self.gives_up.is_set():
                    raise
                self.told[0, "no answer"] += 1
                time.sleep(PAUSE_S)
                continue
            if response.status_code == httpx.codes.OK:
                return response.content
            self.told[response.status_code, response.json()["code"]] += 1
            wait_s = response.headers.get("retry-after", "none")
            if not wait_s.isdigit() or not 0 < int(wait_s) <= RETRY_MAX_S:
                self.broken.append(f"{response.status_code} with Retry-After {wait_s}")
            time.sleep(PAUSE_S)


def sending(url: str, tills: Sequence[tuple[Till, list[bytes]]]) -> tuple[list[Teller], list[threading.Thread]]:
    """A terminal each, all of which have begun."""
    tellers = [Teller(url, *one) for one in tills]
    threads = [threading.Thread(target=teller.run) for teller in tellers]
    for thread in threads:
        thread.start()
    return tellers, threads


def read_on(process: subprocess.Popen[str]) -> list[str]:
    """The server's log from now on, as it grows: one that nobody reads holds up the server once the pipe is full."""
    log: list[str] = []

    def read() -> None:
        with contextlib.suppress(ValueError):  # closed by whoever ends the test
            for line in process.stderr or ():
                log.append(line)  # noqa: PERF402  # each as it comes

    threading.Thread(target=read, daemon=True).start()
    return log


def kill_all(process: subprocess.Popen[str]) -> None:
    """SIGKILL to a server and to its processes, none of which is left or replaced meanwhile."""
    process.send_signal(signal.SIGSTOP)
    for pid in [*children_of(process.pid), process.pid]:
        os.kill(pid, signal.SIGKILL)


def all_answered(tellers: list[Teller], threads: list[threading.Thread]) -> Counter[tuple[int, str]]:
    """Waits until every terminal has every answer; what they were told before."""
    for thread in threads:
        thread.join(DONE_S)
    assert [len(one.answers) for one in tellers] == [len(one.bodies) for one in tellers], [one.told for one in tellers]
    assert [one.broken for one in tellers] == [[] for _ in tellers]
    return sum((one.told for one in tellers), Counter())


def ended(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0


# --- the server's own processes


def deaths(log: list[str]) -> int:
    """How many processes the one above them has buried that died of SIGKILL."""
    return sum("has ended: signal SIGKILL" in line for line in log)


@pytest.mark.parametrize(
    "crash_at",
    [
        f"{point}:{when}"
        for point in ("acquirer.take-batch", "audit.append")
        for when in ("before-commit", "after-commit")
    ],
)
def test_workers_that_die_at_a_point_lose_and_double_nothing(
    tmp_path: Path, crash_at: str, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every worker dies there, and so do those that replace it; then the whole server is killed and served anew."""
    home, store = tmp_path / "home", postgres.empty("k" + crash_at.replace(":", "").replace(".", "").replace("-", ""))
    settings, tills = loaded(home, clients=2, batch=10, store=store)
    with opened(home, settings, store_at=store) as operator:
        while operator.audit.append_queued():
            pass  # else a worker dies of what waits before it is ready
    with monkeypatch.context() as armed:
        armed.setenv(CRASH_VARIABLE, crash_at)
        serve = serving(home, *WORKERS, "--store", store)
        process, line = serve.__enter__()
    log = read_on(process)
    tellers, threads = sending(line["url"], tills)
    until = time.monotonic() + 60
    while deaths(log) < 2 and time.monotonic() < until:
        time.sleep(0.02)
    assert deaths(log) >= 2, log
    for teller in tellers:
        teller.gives_up.set()
    kill_all(process)
    serve.__exit__(None, None, None)
    for thread in threads:
        thread.join(DONE_S)
    heard = [list(teller.answers) for teller in tellers]
    with serving(home, *WORKERS, "--store", store) as (process, line):
        read_on(process)
        again, threads = sending(line["url"], tills)
        all_answered(again, threads)
        ended(process)
    for teller, answers in zip(again, heard, strict=True):
        assert teller.answers[: len(answers)] == answers
    assert_paid_once(home, settings, [*again], store=store)


# --- the database


def stopped(server: PostgresServer) -> Callable[[], None]:
    pids = [server.pid, *server.backends()]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)

    def go_on() -> None:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)

    return go_on


def killed(server: PostgresServer) -> Callable[[], None]:
    server.kill()
    return server.start


@pytest.mark.parametrize("away", [stopped, killed])
def test_a_database_that_is_away_for_a_while_is_said_and_survived(
    tmp_path: Path, away: Callable[[PostgresServer], Callable[[], None]]
) -> None:
    home = tmp_path / "home"
    with running() as server:
        store = server.empty("away")
        settings, tills = loaded(home, clients=4, batch=5, store=store)
        with serving(home, *WORKERS, "--store", store) as (process, line):
            read_on(process)
            tellers, threads = sending(line["url"], tills)
            while min(len(teller.answers) for teller in tellers) < 2:
                time.sleep(0.01)
            come_back = away(server)
            time.sleep(AWAY_S)
            come_back()
            told = all_answered(tellers, threads)
            ended(process)
        assert told[503, "books_away"] > 0, told
        assert set(told) <= {(503, "books_away"), (503, "server_busy"), (503, "operator_busy")}, told
        assert_paid_once(home, settings, [*tellers], store=store)


# --- a disk without room


@contextmanager
def small_disk(folder: Path, uid: int = 0, kib: int = SMALL_KIB) -> Iterator[None]:
    """A file system in memory on this new folder, of this user."""
    folder.mkdir()
    size = f"size={kib}k,uid={uid},mode=0700"
    if os.geteuid() or not mounted("-t", "tmpfs", "-o", size, "feiqian-small", str(folder)):
        pytest.skip("this user may not mount a file system")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def mounted(*words: str) -> bool:
    return subprocess.run(["mount", *words], check=False, capture_output=True).returncode == 0


def fill(folder: Path) -> None:
    """Leaves no page of room on the disk of this folder."""
    with (folder / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while ballast.write(bytes(4096)) == 4096:
            pass


def without_room(
    home: Path,
    small: Path,
    store: str,
    when_full: Callable[[], None] = lambda: None,
    come_back: Callable[[], None] = lambda: None,
) -> set[str]:
    """Terminals send while there is no room, and until there is; the codes that they were told."""
    settings, tills = loaded(home, clients=3, batch=50, store=store)
    with serving(home, *WORKERS, "--store", store) as (process, line):
        read_on(process)
        fill(small)
        when_full()
        tellers, threads = sending(line["url"], tills)
        time.sleep(FULL_S)
        assert httpx.get(f"{line['url']}/health", trust_env=False).status_code == httpx.codes.OK
        assert any(thread.is_alive() for thread in threads)
        assert mounted("-o", f"remount,size={LARGE_KIB}k", str(small))
        (small / "ballast").unlink()
        come_back()
        told = all_answered(tellers, threads)
        ended(process)
    assert_paid_once(home, settings, [*tellers], store=store)
    assert {status for status, _ in told} <= {503, 507}, told
    return {code for _, code in told}


def test_sqlite_on_a_disk_that_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small"):
        told = without_room(tmp_path / "small" / "home", tmp_path / "small", "sqlite")
    assert "disk_full" in told
    assert told <= {"disk_full", "server_busy"}


def test_postgres_whose_tables_are_on_a_disk_that_is_full(tmp_path: Path) -> None:
    with running() as server, small_disk(server.folder / "small", server.folder.stat().st_uid):
        with psycopg.connect(server.address("postgres"), autocommit=True) as link:
            link.execute(f"CREATE TABLESPACE small LOCATION '{server.folder / 'small'}'".encode())
            link.execute("CREATE DATABASE small TABLESPACE small")
        told = without_room(tmp_path / "home", server.folder / "small", server.address("small"))
        server.stop()
    assert "disk_full" in told
    assert told <= {"disk_full", "server_busy"}


def test_postgres_whose_log_is_on_a_disk_that_is_full(tmp_path: Path) -> None:
    """It stops itself then, as often as it is started; what it had acknowledged is there when there is room."""
    with running() as server, small_disk(server.folder / "small", server.folder.stat().st_uid, LOG_KIB):
        store = server.empty("full")
        server.stop()
        log = server.folder / "data" / "pg_wal"
        subprocess.run(["cp", "--archive", str(log), str(server.folder / "small" / "log")], check=True)
        shutil.rmtree(log)
        log.symlink_to(server.folder / "small" / "log")
        server.start()

        def next_file() -> None:
            """The log goes on in a new file, for which there is no room."""
            with contextlib.suppress(psycopg.OperationalError), psycopg.connect(store, autocommit=True) as link:
                link.execute("SELECT pg_switch_wal()")
                link.execute("CREATE TABLE one_more (one bigint)")

        def come_back() -> None:
            if not server.is_running():
                server.start()

        told = without_room(tmp_path / "home", server.folder / "small", store, next_file, come_back)
        server.stop()
    assert "books_away" in told
    assert told <= {"books_away", "disk_full", "server_busy"}
