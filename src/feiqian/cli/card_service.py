"""pcscd with the virtual reader of vsmartcard, for a measurement or a test: one user of it at a time on a machine.

Its reader listens at ports that are written into the driver, so whoever uses it holds a lock. A service that runs
already is used as it is; otherwise one is started, which takes the rights of root, and stopped at the end.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from feiqian.links.nfc_reader import ReaderError, reader_names
from feiqian.protocol.words import Trouble, Words, WordsTable

VIRTUAL_READER: Final = "Virtual PCD 00 00"
SECOND_READER: Final = "Virtual PCD 00 01"
"""The driver's second slot, one port above the first."""
_PATH: Final = "/usr/sbin:/sbin"
_LOCK: Final = "feiqian-pcsc.lock"
_START_S: Final = 10.0
_STOP_S: Final = 10.0

_WORDS: Final[WordsTable] = {
    "virtual_reader_missing": {
        "en": Words(
            "This needs pcscd with the driver of the virtual reader: {why}.",
            "Nothing was changed and nothing was measured.",
            "On Debian: apt-get install pcscd vsmartcard-vpcd, and run this as root or with pcscd running.",
        ),
        "zh": Words(
            "需要带虚拟读卡器驱动的 pcscd：{why}。",
            "没有任何改动，也没有进行测量。",
            "在 Debian 上：apt-get install pcscd vsmartcard-vpcd，并以 root 运行，或先启动 pcscd。",
        ),
    },
}


class CardServiceMissing(Trouble):
    """There is no virtual reader here."""

    table = _WORDS


@contextmanager
def card_service() -> Iterator["CardService"]:
    """The service, for one process of this machine at a time. Raises CardServiceMissing, ReaderError pcsc_missing."""
    with (Path(tempfile.gettempdir()) / _LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        service = CardService()
        try:
            service.start()
            yield service
        finally:
            service.stop()


class CardService:
    """The card service of this machine; started here unless it ran before."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def is_ours(self) -> bool:
        """Whether it was started here, and so may be stopped."""
        return self._process is not None

    def start(self) -> None:
        """Start it unless it runs, and wait for the reader. Raises CardServiceMissing."""
        if _is_there():
            return
        program = shutil.which("pcscd", path=os.pathsep.join([os.environ.get("PATH", ""), _PATH]))
        if program is None:
            raise CardServiceMissing("virtual_reader_missing", why="pcscd")
        self._process = subprocess.Popen(  # noqa: S603  # the system's own service
            [program, "--foreground", "--critical"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        until = time.monotonic() + _START_S
        while not _is_there():
            if self._process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise CardServiceMissing("virtual_reader_missing", why=VIRTUAL_READER)
            time.sleep(0.02)

    def stop(self) -> None:
        """Stop what was started here."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


def _is_there() -> bool:
    try:
        return VIRTUAL_READER in reader_names()
    except ReaderError as error:
        if error.fault == "pcsc_missing":
            raise
        return False
