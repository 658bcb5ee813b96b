"""Several processes on one socket: ready together, replaced when they die, gone with their parent, one keeps house."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from feiqian.cli.operator_home import HOUSE_LOCK, ensure_home, opened
from feiqian.server.application import tidy
from feiqian.server.limits import Crowd
from feiqian.storage.file_lock import FairLock, FileLock, KeyLocks
from tests.issuer.world import key
from tests.server.operators import Command, assert_problem, bearer, served
from tests.server.test_serve import serving

SOON_S = 20.0


def children_of(pid: int) -> set[int]:
    """The processes that this one has started."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return {int(line) for line in listed.stdout.split()}


def until(happened: object, why: str) -> None:
    """Waits until `happened()` is true."""
    assert callable(happened)
    last = time.monotonic() + SOON_S
    while not happened():
        assert time.monotonic() < last, why
        time.sleep(0.05)


def is_well(url: str) -> bool:
    return httpx.get(f"{url}/health", trust_env=False).status_code == 200


def test_it_is_ready_once_and_a_stop_ends_all_of_them(tmp_path: Path) -> None:
    with serving(tmp_path / "home", "--workers", "2") as (process, line):
        assert line == {"ok": True, "url": line["url"], "pid": process.pid, "tls": False}
        workers = children_of(process.pid)
        assert len(workers) == 2
        assert all(is_well(line["url"]) for _ in range(8))
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=SOON_S)
        assert (process.returncode, out) == (0, "")
    assert not [pid for pid in workers if Path(f"/proc/{pid}").exists()]


def test_one_for_each_core(tmp_path: Path, feiqian: Command) -> None:
    with serving(tmp_path / "home", "--workers", "0") as (process, line):
        assert is_well(line["url"])
        cores = len(os.sched_getaffinity(0))
        assert len(children_of(process.pid)) == cores
    for words in ("-1", "x", "65"):
        assert feiqian("serve", "--workers", words, home=tmp_path / "other")[0] == 2


def test_one_that_dies_is_replaced_and_the_other_serves_meanwhile(tmp_path: Path) -> None:
    with serving(tmp_path / "home", "--workers", "2") as (process, line):
        before = children_of(process.pid)
        victim = min(before)
        os.kill(victim, signal.SIGKILL)
        assert is_well(line["url"])
        until(lambda: len(children_of(process.pid) - {victim}) == 2, "nobody took its place")
        assert all(is_well(line["url"]) for _ in range(8))
        process.send_signal(signal.SIGTERM)
        assert process.wait(SOON_S) == 0


def test_when_the_parent_is_gone_they_end_too_and_leave_the_home(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serving(home, "--workers", "2") as (process, _):
        workers = children_of(process.pid)
        process.kill()
        process.wait()
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), "they serve without a parent")
    with serving(home) as (_, line):
        assert is_well(line["url"])


def test_a_parent_that_dies_while_one_starts_does_not_take_it_from_its_requests(tmp_path: Path) -> None:
    told = "import os, signal, sys, time\nfrom pathlib import Path\nfrom feiqian.server.workers import supervise\n"
    told += "def serve(on_ready, seat):\n    os.kill(os.getppid(), signal.SIGKILL)\n    time.sleep(0.2)\n"
    told += "    on_ready()\n    Path(sys.argv[1]).touch()\n"
    told += "supervise(1, serve, print)\n"
    served_on = tmp_path / "served-on"
    done = subprocess.run([sys.executable, "-c", told, str(served_on)], check=False, timeout=SOON_S)
    assert done.returncode == -signal.SIGKILL
    until(served_on.exists, "it broke off when it could not say that it is ready")


def test_one_that_cannot_even_start_is_no_server() -> None:
    told = "from feiqian.server.workers import WorkerFailed, supervise\n"
    told += "def serve(on_ready, seat): raise RuntimeError('no')\n"
    told += "try: supervise(2, serve, print)\nexcept WorkerFailed: print('refused')\n"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=False, timeout=SOON_S)
    assert (done.returncode, done.stdout) == (0, "refused\n"), done.stderr


def test_one_of_them_keeps_house_until_it_is_gone(tmp_path: Path) -> None:
    home = tmp_path / "home"
    settings = ensure_home(home, deployment="test", currency="CNY")
    with opened(home, settings) as second:
        with opened(home, settings) as first:
            assert first.keeps_house()
            assert first.keeps_house()
            assert not second.keeps_house()
            nothing: Any = None
            tidy(replace(second, answers=nothing))  # whoever does not keep house touches nothing, or this would fail
        assert second.keeps_house()
    lock = FileLock(home / HOUSE_LOCK)
    assert lock.try_take()
    lock.close()


def test_who_has_just_written_does_not_overtake_who_waits(tmp_path: Path) -> None:
    mine, other = FairLock(tmp_path / "lock"), FairLock(tmp_path / "lock")
    order: list[str] = []

    def write_once() -> None:
        with other.held():
            order.append("other")

    mine.take()
    waiting = threading.Thread(target=write_once)
    waiting.start()
    time.sleep(0.3)
    mine.release()
    for _ in range(3):
        with mine.held():
            order.append("mine")
    waiting.join()
    assert order == ["other", "mine", "mine", "mine"]


def test_one_key_is_done_by_one_process_at_a_time(tmp_path: Path) -> None:
    holder = "import sys, time, pathlib\nfrom feiqian.storage.file_lock import KeyLocks\n"
    holder += (
        "with KeyLocks(pathlib.Path(sys.argv[1])).held('key'): print(flush=True); time.sleep(0.5); print(flush=True)"
    )
    locks = KeyLocks(tmp_path / "keys")
    words = [sys.executable, "-c", holder, str(tmp_path / "keys")]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        asked_at = time.monotonic()
        with locks.held("another"):
            assert time.monotonic() - asked_at < 0.3
        with locks.held("key"):
            assert time.monotonic() - asked_at > 0.3
    locks.close()


@pytest.mark.parametrize("path", ["/v1/batches", "/v1/carried-batches"])
def test_a_queue_that_is_full_says_come_again_and_never_that_the_batch_is_wrong(tmp_path: Path, path: str) -> None:
    with served(tmp_path / "home", crowd=Crowd(batches_waiting_max=0)) as office:
        payee = office.post("/v1/payees", {"name": "Tea House"}, office.admin, key="payee-key-0000001").json()
        terminal = office.enrol_terminal(payee["enrolment_code"], key("terminal")).json()
        headers = office.admin if "carried" in path else bearer(terminal["token"])
        response = office.client.post(path, content=b"\x84", headers=headers | {"content-type": "application/cbor"})
        assert_problem(response, 503, "server_busy")
        assert int(response.headers["retry-after"]) > 0
