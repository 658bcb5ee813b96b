"""A venue's network at its worst: something answers the call and never says a word. Payments do not wait for it."""

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from feiqian.cli.demo_stage import OPERATOR, Stage


@contextmanager
def hanging(url: str) -> Iterator[None]:
    """A socket at the server's address that accepts nobody and hangs up on nobody."""
    address = urlsplit(url)
    with socket.create_server((address.hostname or "", address.port or 0), backlog=16):
        yield


class Swamp:
    """A network between devices and the operator that swallows every answer from a chosen request on."""

    def __init__(self, server_url: str, swallowed: bytes) -> None:
        self._server = urlsplit(server_url)
        self._swallowed = swallowed
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.hangs = threading.Event()
        self.reached = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                device, _ = self._listener.accept()
                threading.Thread(target=self._carry, args=(device,), daemon=True).start()

    def _carry(self, device: socket.socket) -> None:
        there = (self._server.hostname or "", self._server.port or 0)
        with device, suppress(OSError), socket.create_connection(there) as server:
            threading.Thread(target=self._pump, args=(server, device), daemon=True).start()
            while part := device.recv(65536):
                if self.hangs.is_set() and self._swallowed in part:
                    self.reached.set()
                    while self.hangs.is_set():
                        time.sleep(0.1)
                    return
                server.sendall(part)

    @staticmethod
    def _pump(server: socket.socket, device: socket.socket) -> None:
        with suppress(OSError):
            while part := server.recv(65536):
                device.sendall(part)


def enrolled(stage: Stage, payer_server: str, payee_server: str) -> None:
    """Alice with 40.00 to spend offline, and a tea stall."""
    payer = stage.must(OPERATOR, "operator", "enrol-payer", "--name", "Alice", "--fund", "50")["enrolment_code"]
    payee = stage.must(OPERATOR, "operator", "enrol-payee", "--name", "Tea")["enrolment_code"]
    stage.must("alice", "wallet", "enrol", "--server", payer_server, "--code", str(payer))
    stage.must("alice", "wallet", "top-up", "40")
    stage.must("tea", "terminal", "enrol", "--server", payee_server, "--code", str(payee))


def paid(stage: Stage, amount: str) -> None:
    """Alice pays at the tea stall, guaranteed at once."""
    asked, shown = stage.picture("asked"), stage.picture("paid")
    stage.must("tea", "terminal", "request", amount, "--out", str(asked))
    stage.must("alice", "wallet", "pay", "--yes", "--request-image", str(asked), "--out", str(shown))
    assert stage.must("tea", "terminal", "accept", "--image", str(shown))["grade"] == "F2"


def started(stage: Stage, who: str, *words: str) -> "subprocess.Popen[bytes]":
    """A command in the background."""
    return subprocess.Popen(stage.command(who, *words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_a_hanging_server_delays_no_payment_and_loses_no_sync(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    with Stage(tmp_path, "en") as stage:
        stage.start_server()
        enrolled(stage, stage.url, stage.url)
        stage.stop_server()
        with hanging(stage.url):
            syncs = [started(stage, "tea", "terminal", "sync"), started(stage, "alice", "wallet", "sync")]
            time.sleep(2)  # both are waiting for the operator now
            paid(stage, "5")
            assert [sync.wait(60) for sync in syncs] == [1, 1]
        stage.start_server()
        synced = stage.must("tea", "terminal", "sync")
        assert (synced["settled"], synced["settled_minor"]) == (1, 5_00)
        stage.stop_server()


def test_an_answer_that_never_comes_in_the_middle_of_a_sync_holds_neither_till_nor_wallet(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    with Stage(tmp_path, "en") as stage:
        stage.start_server()
        tea_way, alice_way = Swamp(stage.url, b"POST /v1/batches"), Swamp(stage.url, b"GET /v1/payer/statement")
        enrolled(stage, alice_way.url, tea_way.url)
        paid(stage, "5")  # what the sync at the counter sends
        tea_way.hangs.set()
        alice_way.hangs.set()
        syncs = [started(stage, "tea", "terminal", "sync"), started(stage, "alice", "wallet", "sync")]
        assert tea_way.reached.wait(30)
        assert alice_way.reached.wait(30)
        paid(stage, "7")
        stage.must("tea", "terminal", "totals", "--close-shift")
        tea_way.hangs.clear()
        alice_way.hangs.clear()
        assert [sync.wait(90) for sync in syncs] == [0, 0]  # each asks again, for the network is back
        stage.must("tea", "terminal", "sync")
        settled = stage.must("alice", "wallet", "sync")
        assert settled["reserved_minor"] == 40_00 - 5_00 - 7_00
        stage.stop_server()
        tea_way.close()
        alice_way.close()
