"""Steps of a task: run a program, tell how it went, and remember what is there already. Standard library only."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class StepError(Exception):
    """A step that must succeed did not; `status` is the exit status dev.py ends with."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """Announce a step, then say how it went and how many seconds it took."""
    say(f"→ {name}")
    start, mark = time.monotonic(), "✗"
    try:
        yield
        mark = "✓"
    finally:
        say(f"  {mark} {time.monotonic() - start:.1f} s")


def must(command: Sequence[str | Path], doing: str) -> None:
    """Run a command whose failure ends the task."""
    if code := run(command).returncode:
        raise StepError(failure(doing, code))


def quietly(
    command: Sequence[str | Path], doing: str, *, env: Mapping[str, str] | None = None, status: int = 1
) -> None:
    """Run a command that must succeed and is silent if it does; never writes to standard output."""
    done = run(command, env=env, capture=True)
    if done.returncode:
        say(f"{done.stdout}{done.stderr}".rstrip())
        raise StepError(failure(doing, done.returncode), status)


def failure(doing: str, code: int) -> str:
    return f"Failed: {doing} (exit status {code}). What went wrong stands above."


def run(
    command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, capture: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a command in the checkout's root; `env` adds to the environment."""
    return subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        text=True,
        capture_output=capture,
        check=False,
    )


def no_words(words: Sequence[str], task: str) -> None:
    if words:
        raise StepError(f"{task} takes no further words, but was given: {' '.join(words)}", 2)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Stamp:
    """What an environment holds, written last and dropped first: present means whole.

    It names the environment's own path too, because a moved one has scripts that point to the old place.
    """

    def __init__(self, venv: Path, *, sign: str = "bin/python") -> None:
        self._venv = venv
        self._sign = sign  # without it there is nothing to speak of, whatever the stamp says
        self._file = venv / "feiqian-stamp.json"

    def read(self) -> dict[str, str]:
        """Return lock name -> digest; empty when the environment is absent, unfinished, moved or broken."""
        if not (self._venv / self._sign).exists():  # also when the Python behind it was removed
            return {}
        try:
            told = json.loads(self._file.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return told["holds"] if told["path"] == str(self._venv) else {}

    def drop(self) -> None:
        self._file.unlink(missing_ok=True)

    def write(self, holds: Mapping[str, str]) -> None:
        draft = self._file.with_suffix(".draft")
        draft.write_text(json.dumps({"path": str(self._venv), "holds": holds}, indent=1), encoding="utf-8")
        draft.replace(self._file)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
