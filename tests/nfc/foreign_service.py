"""A card service that ran before a test: it makes room for one of the test's own, and is put back afterwards.

Some tests stop the service to see what a till says then. What somebody else started is stopped only by root, with the
word that it understands (SIGTERM, or systemd's own command), and started again the way it was.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feiqian.cli.card_service import CardService

SOCKET = "/run/pcscd/pcscd.comm"
PATIENCE_S = 60.0
_UNITS = ("pcscd.socket", "pcscd.service")
_PEER = struct.Struct("3i")


@contextmanager
def own_service(service: CardService) -> Iterator[CardService]:
    """The service, started here: instead of the one that ran before, which runs again when this ends."""
    if service.is_ours:
        yield service
        return
    ran = owner_of_service()
    words = Path(f"/proc/{ran}/cmdline").read_bytes().rstrip(b"\0").split(b"\0")
    stop_service(ran)
    service.start()
    try:
        yield service
    finally:
        service.stop()
        _start(ran, words)


def owner_of_service() -> int:
    """The process that opened the service's socket; 1 is systemd, which opens it for a service of its own."""
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(SOCKET)
        pid, _, _ = _PEER.unpack(asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))
    return int(pid)


def stop_service(pid: int) -> None:
    """Raises PermissionError unless this is root."""
    if pid == 1:
        _systemctl("stop")
    else:
        os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + PATIENCE_S
    while Path(SOCKET).exists():
        if time.monotonic() > until:
            raise TimeoutError(f"process {pid} does not let its card service go")
        time.sleep(0.02)


def _start(pid: int, words: list[bytes]) -> None:
    if pid == 1:
        _systemctl("start")
        return
    program = shutil.which("setsid")
    assert program is not None, "util-linux is on every Debian"
    nowhere = subprocess.DEVNULL
    subprocess.run([program, "--fork", *words], check=True, stdin=nowhere, stdout=nowhere, stderr=nowhere)
    until = time.monotonic() + PATIENCE_S
    while not Path(SOCKET).exists():
        if time.monotonic() > until:
            raise TimeoutError("the card service that ran before did not come back")
        time.sleep(0.02)


def _systemctl(verb: str) -> None:
    program = shutil.which("systemctl")
    assert program is not None, "process 1 holds the card service, and there is no systemctl to stop it with"
    subprocess.run([program, verb, *_UNITS], check=True, timeout=PATIENCE_S, capture_output=True)
