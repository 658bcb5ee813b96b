"""The stage of the demo: a folder, a server process, and devices of which every act is a process of its own.

Nothing is called in this process that a person could not do with the same command in a shell: the demo reads the
JSON that the commands print, and the pictures they draw travel as files.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from feiqian.cli.report import CommandTrouble

STEP_TIMEOUT_S: Final = 60
START_TIMEOUT_S: Final = 30
STOP_TIMEOUT_S: Final = 20
OPERATOR: Final = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What one command process did: its exit status and the object it printed."""

    words: tuple[str, ...]
    status: int
    keys: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        """True if the command did what was asked."""
        return self.status == 0 and bool(self.keys.get("ok"))

    @property
    def killed(self) -> bool:
        """True if the process was killed (SIGKILL) before it could answer."""
        return self.status == -signal.SIGKILL

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of what was refused."""
        return tuple(str(failure.get("code")) for failure in self.keys.get("failures", ()))

    @property
    def why(self) -> str:
        """What the command said when it refused, for people."""
        return " ".join(str(failure.get("message")) for failure in self.keys.get("failures", ()))


class Stage:
    """One demo's folder and processes. `close` it, or use it as a context manager."""

    def __init__(self, folder: Path, language: str) -> None:
        self.folder = folder
        self.language = language
        self.url = ""
        self.pin_file = folder / "pin.txt"
        self.pin_file.write_text("739164\n", encoding="ascii")
        self.pin_file.chmod(0o600)
        self._server: subprocess.Popen[str] | None = None
        self._stopped_at = 0.0
        self.server_down_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.kill()
            self._server.communicate()

    def home(self, who: str) -> Path:
        """The folder that is this actor's device or server."""
        return self.folder / who

    def picture(self, name: str) -> Path:
        """Where a picture of this name goes; both sides read it like a photograph."""
        return self.folder / "pictures" / f"{name}.png"

    def act(self, who: str, *words: str, environment: Mapping[str, str] | None = None) -> Act:
        """Runs one command on one actor's device, as a process of its own, and reads what it printed."""
        done = subprocess.run(
            self.command(who, *words),
            capture_output=True,
            text=True,
            timeout=STEP_TIMEOUT_S,
            check=False,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
        )
        try:
            keys = json.loads(done.stdout) if done.stdout.strip() else {}
        except json.JSONDecodeError:
            keys = {}
        return Act(words=words, status=done.returncode, keys=keys)

    def must(self, who: str, *words: str, environment: Mapping[str, str] | None = None) -> Mapping[str, Any]:
        """As `act`, for what has to work; raises CommandTrouble demo_stuck with what the command said."""
        act = self.act(who, *words, environment=environment)
        if not act.ok:
            raise CommandTrouble("demo_stuck", step=f"{who}: {' '.join(words[:2])}", why=act.why or act.status)
        return act.keys

    def command(self, who: str, *words: str) -> Sequence[str]:
        """The command line of one act."""
        options = ["--json", "--lang", self.language, "--home", str(self.home(who)), "--pin-file", str(self.pin_file)]
        return [sys.executable, "-m", "feiqian.cli.main", *words, *options]

    def start_server(self) -> None:
        """Starts the operator's server on its home and waits until it says that it is ready."""
        port = str(urlsplit(self.url).port or 0)
        words = [sys.executable, "-m", "feiqian.cli.main", "serve", "--port", port, "--home", str(self.home(OPERATOR))]
        log = (self.folder / "server.log").open("a", encoding="utf-8")
        with log:
            self._server = subprocess.Popen(
                # A group of its own: Ctrl-C in the window is for the demo, which then stops its server in order.
                words,
                stdout=subprocess.PIPE,
                stderr=log,
                stdin=subprocess.DEVNULL,
                text=True,
                process_group=0,
            )
        line = self._server.stdout.readline() if self._server.stdout else ""
        try:
            self.url = str(json.loads(line)["url"])
        except (json.JSONDecodeError, KeyError):
            raise CommandTrouble("demo_stuck", step="server", why=line.strip() or "no answer") from None
        if self._stopped_at:
            self.server_down_s += time.monotonic() - self._stopped_at
            self._stopped_at = 0.0

    def stop_server(self) -> None:
        """Stops the server process for real and makes sure that nobody answers any more."""
        if self._server is None:
            return
        self._server.send_signal(signal.SIGTERM)
        self._server.communicate(timeout=STOP_TIMEOUT_S)
        status = self._server.returncode
        self._server = None
        self._stopped_at = time.monotonic()
        if status != 0:
            raise CommandTrouble("demo_stuck", step="server", why=f"exit status {status} at SIGTERM")
        if self.server_answers():
            raise CommandTrouble("demo_stuck", step="server", why="something still answers at its address")

    @property
    def server_runs(self) -> bool:
        """True if the server was started and not stopped since."""
        return self._server is not None

    def server_answers(self) -> bool:
        """True if anything listens at the server's address."""
        address = urlsplit(self.url)
        try:
            socket.create_connection((address.hostname or "", address.port or 0), timeout=1).close()
        except OSError:
            return False
        return True

    def photograph(self, name: str) -> None:
        """Keeps a copy of a picture, as anybody near the counter can; the product removes only its own."""
        shutil.copyfile(self.picture(name), self.picture(f"{name}-photo"))

    def clone(self, who: str, twin: str) -> None:
        """Copies a device with everything on it, as a thief or a careless backup would."""
        shutil.copytree(self.home(who), self.home(twin))
