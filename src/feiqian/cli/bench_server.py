"""A server of its own for a bench: `feiqian serve` as a process on a scratch home, its time and its memory.

The home lies on a disk, never in memory: a commit that costs nothing would measure nothing.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from feiqian.cli.store_choice import SQLITE
from feiqian.protocol.words import Trouble, Words, WordsTable

_PLACES: Final = (Path("/var/tmp"), Path.home())  # noqa: S108  # a folder of its own is made in it
_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs", "devtmpfs"})
_PROCESSES: Final = Path("/proc")
_STOP_S: Final = 60
_PARENT_AT, _USER_AT, _SYSTEM_AT, _RESIDENT_AT = 1, 11, 12, 21
"""Fields of a process's `stat` file behind its name."""


class BenchServerTrouble(Trouble):
    """Why a bench cannot have its server."""

    table: ClassVar[WordsTable] = {
        "no_disk": {
            "en": Words(
                "Neither the system's folder for large temporary files nor the home folder is on a disk.",
                "Nothing was measured: what is committed to memory would cost nothing.",
                "Run the bench on a machine with a disk.",
            ),
            "zh": Words(
                "系统的大型临时文件夹与用户主目录都不在磁盘上。",
                "没有进行测量：写入内存的提交不花时间，测了也没有意义。",
                "请在有磁盘的机器上运行。",
            ),
        },
        "server_gone": {
            "en": Words(
                "The bench's own server did not start or ended early.",
                "Nothing outside the bench's own folder was touched.",
                "The server's log on standard error says why.",
            ),
            "zh": Words(
                "测量用的服务器未能启动，或提前结束。",
                "测量专用文件夹之外没有任何改动。",
                "标准错误输出中的服务器日志写明了原因。",
            ),
        },
        "no_process_files": {
            "en": Words(
                "This system does not tell the time and memory of processes in /proc.",
                "Nothing was measured.",
                "Run the bench on Linux.",
            ),
            "zh": Words("此系统不通过 /proc 提供进程的时间与内存。", "没有进行测量。", "请在 Linux 上运行。"),
        },
    }


def disk() -> Path:
    """A folder on a disk in which temporary ones are made. Raises BenchServerTrouble."""
    if not (_PROCESSES / "self" / "stat").exists():
        raise BenchServerTrouble("no_process_files")
    place = next((place for place in _PLACES if place.is_dir() and _on_disk(place)), None)
    if place is None:
        raise BenchServerTrouble("no_disk")
    return place


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on a disk, gone at the end. Raises BenchServerTrouble."""
    folder = Path(tempfile.mkdtemp(prefix="feiqian-bench-", dir=disk()))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Where a bench's books live; `database_pid` is the process that all others of the database are children of."""

    address: str = SQLITE
    database_pid: int | None = None


class BenchServer:
    """A running server. Times are CPU seconds of all its processes and its database's, memory MiB of its own ones."""

    def __init__(self, process: "subprocess.Popen[str]", url: str, database_pid: int | None = None) -> None:
        """Use `serving`."""
        self._pid, self._database_pid = process.pid, database_pid
        host, _, port = url.removeprefix("http://").partition(":")
        self.address = (host, int(port))

    def cpu_s(self) -> float:
        """What its processes and those of its database have used so far."""
        pids = [self._pid] if self._database_pid is None else [self._pid, self._database_pid]
        ticks = sum(int(stat[_USER_AT]) + int(stat[_SYSTEM_AT]) for stat in self._stats(*pids))
        return ticks / os.sysconf("SC_CLK_TCK")

    def rss_mib(self) -> float:
        """What its processes hold in memory; pages that they share count for each."""
        pages = sum(int(stat[_RESIDENT_AT]) for stat in self._stats(self._pid))
        return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)

    def _stats(self, *pids: int) -> Iterator[list[str]]:
        mine = frozenset(map(str, pids))
        for folder in _PROCESSES.iterdir():
            if folder.name.isdigit():
                try:
                    stat = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
                except (FileNotFoundError, ProcessLookupError):
                    continue  # it has ended since it was listed
                if mine & {folder.name, stat[_PARENT_AT]}:
                    yield stat


@contextmanager
def serving(home: Path, workers: int, store: Store) -> Iterator[BenchServer]:
    """Serves the home with so many processes; drains and stops at the end. Raises BenchServerTrouble."""
    words = ["serve", "--home", str(home), "--port", "0", "--workers", str(workers), "--store", store.address]
    with (
        (home.parent / "server.log").open("w", encoding="utf-8") as log,
        subprocess.Popen(  # noqa: S603  # our own command
            [sys.executable, "-m", "feiqian.cli.main", *words], stdout=subprocess.PIPE, stderr=log, text=True
        ) as process,
    ):
        try:
            line = process.stdout.readline() if process.stdout else ""
            if not line or not json.loads(line)["ok"]:
                raise BenchServerTrouble("server_gone")
            yield BenchServer(process, json.loads(line)["url"], store.database_pid)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_S)
            finally:
                process.kill()


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Whoever asks this process to end, ends it as Ctrl-C does: what it started goes with it."""
    before = {asked: signal.signal(asked, _interrupt) for asked in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for asked, handler in before.items():
            signal.signal(asked, handler)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _on_disk(place: Path) -> bool:
    """Whether the file system there is none that lives in memory."""
    device = place.stat().st_dev
    for line in (_PROCESSES / "self" / "mountinfo").read_text(encoding="utf-8").splitlines():
        fields, _, rest = line.partition(" - ")
        if fields.split()[2] == f"{os.major(device)}:{os.minor(device)}":
            return rest.split()[0] not in _IN_MEMORY
    return True
