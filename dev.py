#!/usr/bin/env python3
"""The one task runner: `python3 dev.py TASK`. It needs Python 3.11 with venv and nothing else.

Every task first makes sure that what it needs is installed, so each works on a fresh machine. Rules it keeps:

* What is installed is exactly what the hashed locks in requirements/ name, and a stamp says so: a second
  run starts at once, a changed lock is followed, a set-up that was cut short is thrown away and made anew.
* Two runs at the same time wait for each other (a lock that the kernel drops when its holder dies).
* Progress goes to standard error; standard output is the task's own (`demo --json` stays one JSON object).
* The network is reached as pip on this machine reaches it: its index, proxy and certificates hold for uv too.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
ORACLES = ROOT / ".venv-oracles"
BIN = VENV / "bin"
LOCKS = ROOT / "requirements"
OLDEST_PYTHON = (3, 11)
PART_MISSING = 3  # the exit status that says "a part is missing", as in every feiqian command

if sys.version_info < OLDEST_PYTHON:
    print(f"Feiqian needs Python 3.11 or newer; this is {sys.version.split()[0]}.", file=sys.stderr)
    print("Start dev.py with a newer one, for example: python3.12 dev.py setup", file=sys.stderr)
    sys.exit(PART_MISSING)

RUN = ("build", "run")
CHECK = (*RUN, "test")


def main(argv: Sequence[str]) -> int:
    """Run the task that the first word names; the other words are the task's own."""
    if not argv or argv[0] in {"-h", "--help", "help"}:
        say(usage())
        return 0 if argv else 2
    if argv[0] not in TASKS:
        say(f"There is no task {argv[0]!r}.\n\n{usage()}")
        return 2
    try:
        return TASKS[argv[0]].run(argv[1:])
    except StepError as failed:
        say(f"\n✗ {failed}")
        return failed.status
    except KeyboardInterrupt:
        say("\nStopped. Nothing is lost: the next run picks up or starts the set-up anew.")
        return 130


# --- tasks --------------------------------------------------------------------------------------------------


def task_setup(words: Sequence[str]) -> int:
    no_words(words, "setup")
    set_up(CHECK, oracles=True)
    say("Ready. The command is .venv/bin/feiqian")
    return 0


def task_demo(words: Sequence[str]) -> int:
    set_up(RUN)
    sys.stderr.flush()
    os.execv(BIN / "feiqian", ["feiqian", "demo", *words])  # from here on the product speaks alone


def task_test(words: Sequence[str]) -> int:
    """Static checks, then every test. pytest speaks last, so that its closing line is the verdict."""
    set_up(CHECK, oracles=True)
    check_statically()
    say("→ tests")
    return run([BIN / "python", "-m", "pytest", "-n", "2", *words]).returncode


def task_check(words: Sequence[str]) -> int:
    no_words(words, "check")
    set_up(CHECK)
    check_statically()
    with step("tidy tests"):
        must([BIN / "python", "-m", "pytest", "-q", "tests/tidy"], "the tidy tests")
    with step("thirty seeds"):  # the same worlds as in tests/simulation, which `test` plays
        worlds = ["simulate", "--seed", "1", "--seeds", "30", "--payments", "10", "--json"]
        quietly([BIN / "feiqian", *worlds], "the simulation")
    return 0


def task_bench(words: Sequence[str]) -> int:
    """Print one JSON object per benchmark: the built-in ones, then every script in benchmarks/."""
    no_words(words, "bench")
    set_up(RUN)
    benches: list[list[str | Path]] = [
        [BIN / "feiqian", "bench", "verify", "--json"],
        [BIN / "feiqian", "bench", "sizes", "--json"],
    ]
    benches += [[BIN / "python", script] for script in sorted((ROOT / "benchmarks").glob("*.py"))]
    for bench in benches:
        name = " ".join(Path(word).name for word in bench)
        with step(name):
            must(bench, name)
    return 0


def task_soak(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev.py soak")
    parser.add_argument("--rounds", type=int, required=True, help="how often each test kills and resumes")
    rounds: int = parser.parse_args(words).rounds
    set_up(CHECK)
    say(f"→ tests/faults, {rounds} rounds")
    pytest: list[str | Path] = [BIN / "python", "-m", "pytest", "-n", "2", "tests/faults"]
    return run(pytest, env={"FEIQIAN_SOAK_ROUNDS": str(rounds)}).returncode


def task_drill(words: Sequence[str]) -> int:
    name = " ".join(words) or "(no name given)"
    say(f"No drill has been written yet, so {name} cannot be walked. Planned: standby, pitr, upgrade, keys.")
    return PART_MISSING


def task_lock(words: Sequence[str]) -> int:
    """Compile requirements/*.txt anew. Pins stay where they still fit, unless --upgrade is given."""
    if words not in ([], ["--upgrade"]):
        say("Usage: python3 dev.py lock [--upgrade]")
        return 2
    set_up(RUN)
    sources = {  # lock -> what it is compiled from, and the locks it must agree with
        "build": ["requirements/build.in"],
        "run": ["pyproject.toml", "-c", "requirements/build.txt"],
        "test": ["requirements/test.in", "-c", "requirements/build.txt", "-c", "requirements/run.txt"],
        "oracles": ["requirements/oracles.in"],
    }
    fixed = ["--quiet", "--universal", "--generate-hashes", "--python-version", "3.11", "--no-emit-index-url"]
    fixed += ["--no-emit-find-links", "--custom-compile-command", "python3 dev.py lock"]
    for name, source in sources.items():
        target = f"requirements/{name}.txt"
        with step(target):
            uv("pip", "compile", *fixed, *words, *source, "-o", target, doing=f"compiling {target}")
    return 0


@dataclass(frozen=True)
class Task:
    """What the first word can name: how to run it, and the line that usage() prints."""

    run: Callable[[Sequence[str]], int]
    about: str


TASKS = {
    "setup": Task(task_setup, "install everything: product, tests, oracles"),
    "demo": Task(task_demo, "show the product at work; further words go to `feiqian demo`"),
    "test": Task(task_test, "check, then every test; further words go to pytest (-k cheque)"),
    "check": Task(task_check, "ruff, mypy --strict, import-linter, tidy tests, thirty seeds"),
    "bench": Task(task_bench, "the numbers that docs/ quotes, as JSON"),
    "soak": Task(task_soak, "--rounds N: kill and resume, again and again"),
    "drill": Task(task_drill, "NAME: walk an operations page for real"),
    "lock": Task(task_lock, "[--upgrade]: renew the locks in requirements/"),
}


def usage() -> str:
    return "Usage: python3 dev.py TASK\n\n" + "\n".join(f"  {name:6} {task.about}" for name, task in TASKS.items())


# --- checks -------------------------------------------------------------------------------------------------


def check_statically() -> None:
    """Run all static checks, also after one has failed: one round of repairs should suffice."""
    places = [name for name in ("src", "tests", "benchmarks", "dev.py") if (ROOT / name).exists()]
    checks: dict[str, list[str | Path]] = {
        "ruff check": [BIN / "ruff", "check", "--quiet", *places],
        "ruff format": [BIN / "ruff", "format", "--check", "--quiet", *places],
        "mypy --strict": [BIN / "mypy", "--strict", "--no-error-summary", *places],
        "import-linter": [BIN / "lint-imports", "--no-logo"],
    }
    failed = []
    for name, command in checks.items():
        try:
            with step(name):
                quietly(command, name)
        except StepError:
            failed.append(name)
    if failed:
        raise StepError(f"Static checks failed: {', '.join(failed)}.")


# --- set-up -------------------------------------------------------------------------------------------------


def set_up(parts: tuple[str, ...], *, oracles: bool = False) -> None:
    """Make .venv hold these locks (and what it held before) and, if asked, get what judges us: .venv-oracles, Go."""
    with only_one_at_a_time():
        make_product_venv(parts)
        # Every command is a process of its own: where Python may not keep what it compiles, each would compile it all.
        run([BIN / "python", "-m", "compileall", "-q", "src"], capture=True)
        if oracles:
            make_oracles_venv()
            install_system_parts()


def make_product_venv(parts: tuple[str, ...]) -> None:
    stamp = Stamp(VENV)
    held = stamp.read()
    wanted = {name: digest(LOCKS / f"{name}.txt") for name in CHECK if name in parts or name in held}
    wanted["project"] = digest(ROOT / "pyproject.toml")
    if held.items() >= wanted.items():
        return
    if not held:
        make_venv_with_uv()
    stamp.drop()
    locks = [name for name in CHECK if name in wanted]
    if any(held.get(name) != wanted[name] for name in locks):
        with step(f"installing the {' and '.join(name for name in locks if name != 'build')} lock"):
            sync(VENV, locks)
    with step("linking the project itself"):
        flags = ["--no-deps", "--no-build-isolation", "--editable"]
        uv("pip", "install", *flags, ".", doing="linking the project")
    stamp.write(wanted)


def make_venv_with_uv() -> None:
    if VENV.exists():
        say("  .venv is unfinished, was moved, or was not made by dev.py: making it anew")
        shutil.rmtree(VENV)
    with step("making .venv"):
        advice = "making .venv (on Debian and Ubuntu: apt install python3-venv)"
        quietly([sys.executable, "-m", "venv", VENV], advice, status=PART_MISSING)
    with step("installing uv"):
        pip = ["-m", "pip", "--disable-pip-version-check", "install", "--require-hashes"]
        quietly([BIN / "python", *pip, "-r", LOCKS / "build.txt"], "installing uv with pip")


def make_oracles_venv() -> None:
    stamp = Stamp(ORACLES)
    wanted = {"oracles": digest(LOCKS / "oracles.txt")}
    if stamp.read() == wanted:
        return
    with step("making .venv-oracles, other people's COSE"):
        shutil.rmtree(ORACLES, ignore_errors=True)
        uv("venv", "--python", BIN / "python", ORACLES, doing="making .venv-oracles")
        sync(ORACLES, ["oracles"])
        stamp.write(wanted)


SYSTEM_PARTS = {  # what tests need from the system, as a command or a folder -> Debian's package of it
    "go": "golang-go",
    "/usr/share/gocode/src/golang.org/x/mod": "golang-golang-x-mod-dev",  # Go's own reader of audit logs
}


def missing_packages() -> list[str]:
    return [package for part, package in SYSTEM_PARTS.items() if not (shutil.which(part) or Path(part).is_dir())]


def install_system_parts() -> None:
    """Install with apt what is missing, where that is allowed without a password; otherwise say what to install."""
    packages = missing_packages()
    if packages and (apt := apt_without_password()):
        with step(f"installing {' '.join(packages)} with apt"):
            install = [*apt, "install", "--yes", "--no-install-recommends", *packages]
            if run(install, capture=True).returncode:  # most often a package list that is absent or old
                run([*apt, "update"], capture=True)
                say(run(install, capture=True).stderr.rstrip())
    if still := missing_packages():
        say(f"  Tests that need them are skipped (with CI=true they fail). Please: apt-get install {' '.join(still)}")


def apt_without_password() -> list[str]:
    """Return the words that start apt-get, or none where it is absent or would ask for a password."""
    apt = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    if shutil.which("apt-get") is None:
        return []
    if os.geteuid() == 0:
        return apt
    may = shutil.which("sudo") is not None and run(["sudo", "-n", "true"], capture=True).returncode == 0
    return ["sudo", "-n", *apt] if may else []


def sync(venv: Path, locks: Sequence[str]) -> None:
    """Make the environment hold what the locks name, no more, no less (save pip itself)."""
    files = [LOCKS / f"{name}.txt" for name in locks]
    doing = f"installing {' and '.join(f'requirements/{name}.txt' for name in locks)}"
    uv("pip", "sync", "--require-hashes", "--compile-bytecode", *files, doing=doing, venv=venv)


class Stamp:
    """What an environment holds, written last and dropped first: present means whole.

    It names the environment's own path too, because a moved one has scripts that point to the old place.
    """

    def __init__(self, venv: Path) -> None:
        self._venv = venv
        self._file = venv / "feiqian-stamp.json"

    def read(self) -> dict[str, str]:
        """Return lock name -> digest; empty when the environment is absent, unfinished, moved or broken."""
        if not (self._venv / "bin" / "python").exists():  # also when the Python behind it was removed
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


@contextlib.contextmanager
def only_one_at_a_time() -> Iterator[None]:
    with (ROOT / ".dev.lock").open("w") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with step("waiting for another dev.py to finish its set-up"):
                fcntl.flock(held, fcntl.LOCK_EX)
        yield


def uv(*words: str | Path, doing: str, venv: Path = VENV) -> None:
    """Run uv on an environment; `doing` names the step when it fails."""
    quietly([BIN / "uv", *words], doing, env={"VIRTUAL_ENV": str(venv), **network_as_pip_knows_it()})


@functools.cache
def network_as_pip_knows_it() -> Mapping[str, str]:
    """Return variables that tell uv what pip.conf and PIP_* say; what is already said to uv itself stands.

    pip's extra indexes are left out on purpose: the locks pin every file by hash, so nothing beyond one index
    is needed, and uv would stop at the first index that knows a name.
    """
    told = run([BIN / "python", "-m", "pip", "config", "list"], capture=True).stdout
    settings: dict[str, str] = {}
    # Lines like  :env:.cert='…'  come first and win, then such as  global.index-url='…'
    for line in told.splitlines():
        name, _, value = line.partition("=")
        settings.setdefault(name.rpartition(".")[2], value.strip("'"))
    env = {}
    for option, variables in {
        "index-url": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
        "cert": ("SSL_CERT_FILE",),
        "proxy": ("ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"),
        "default-timeout": ("UV_HTTP_TIMEOUT",),
    }.items():
        if option in settings and not any(name in os.environ for name in variables):
            env[variables[0]] = settings[option]
    return env


# --- running and telling ------------------------------------------------------------------------------------


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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
