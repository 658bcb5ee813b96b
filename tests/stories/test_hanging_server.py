"""A venue's network at its worst: something answers the call and never says a word. Payments do not wait for it."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from feiqian.cli.demo_stage import OPERATOR, Stage


@contextmanager
def hanging(url: str) -> Iterator[None]:
    """A socket at the server's address that accepts nobody and hangs up on nobody."""
    address = urlsplit(url)
    with socket.create_server((address.hostname or "", address.port or 0), backlog=16):
        yield


def test_a_hanging_server_delays_no_payment_and_loses_no_sync(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    with Stage(tmp_path, "en") as stage:
        stage.start_server()
        payer = stage.must(OPERATOR, "operator", "enrol-payer", "--name", "Alice", "--fund", "50")["enrolment_code"]
        payee = stage.must(OPERATOR, "operator", "enrol-payee", "--name", "Tea")["enrolment_code"]
        stage.must("alice", "wallet", "enrol", "--server", stage.url, "--code", str(payer))
        stage.must("alice", "wallet", "top-up", "40")
        stage.must("tea", "terminal", "enrol", "--server", stage.url, "--code", str(payee))
        stage.stop_server()
        with hanging(stage.url):
            syncs = [
                subprocess.Popen(stage.command(*words), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                for words in (("tea", "terminal", "sync"), ("alice", "wallet", "sync"))
            ]
            time.sleep(2)  # both are waiting for the operator now
            asked, paid = stage.picture("asked"), stage.picture("paid")
            stage.must("tea", "terminal", "request", "5", "--out", str(asked))
            stage.must("alice", "wallet", "pay", "--yes", "--request-image", str(asked), "--out", str(paid))
            accepted = stage.must("tea", "terminal", "accept", "--image", str(paid))
            assert accepted["grade"] == "F2"
            assert [sync.wait(60) for sync in syncs] == [1, 1]
        stage.start_server()
        synced = stage.must("tea", "terminal", "sync")
        assert (synced["settled"], synced["settled_minor"]) == (1, 5_00)
        stage.stop_server()
