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
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tasks.steps import ROOT, Stamp, StepError, digest, must, no_words, quietly, run, say, step
from tasks.web import lock_web, machine_has_node, make_web, node_first, npm_command

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
LOCK_NAMES = (*CHECK, "hardware", "node")  # in the order in which they are installed


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
    set_up(CHECK, oracles=True, web=True)
    say("Ready. The command is .venv/bin/feiqian")
    return 0


def task_demo(words: Sequence[str]) -> int:
    set_up(RUN)
    try:
        set_up(RUN, web=True)
    except StepError as failed:  # the story needs no browser
        say(f"  The web apps are not built, so the server shows none: {failed}")
    sys.stderr.flush()
    os.execv(BIN / "feiqian", ["feiqian", "demo", *words])  # from here on the product speaks alone


def task_test(words: Sequence[str]) -> int:
    """Static checks, then every test. pytest speaks last, so that its closing line is the verdict."""
    set_up(CHECK, oracles=True, web=True)
    check_statically()
    say("→ tests")
    return run([BIN / "python", "-m", "pytest", "-n", "2", *words]).returncode


def task_check(words: Sequence[str]) -> int:
    no_words(words, "check")
    set_up(CHECK, web=True)
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
    """Every named point of death once, then rounds of deaths at random moments; further words go to the soak."""
    parser = argparse.ArgumentParser(prog="dev.py soak", add_help=False)
    parser.add_argument("--rounds", type=int, required=True, help="how often to kill under load and look")
    rounds, further = parser.parse_known_args(words)
    set_up(CHECK)
    say("→ every named point, once: tests/faults")
    points = run([BIN / "python", "-m", "pytest", "-q", "-n", "2", "tests/faults"], capture=True)
    say("\n".join(points.stdout.splitlines()[-1 if points.returncode == 0 else -40 :]))
    say(f"→ {rounds.rounds} rounds under load")
    soaked = run([BIN / "python", "-m", "tests.faults.soak", "--rounds", str(rounds.rounds), *further])
    return soaked.returncode or points.returncode


DRILLS = ("standby", "pitr", "upgrade", "keys")


def task_drill(words: Sequence[str]) -> int:
    name, *further = words or ("(no name given)",)
    if name not in DRILLS:
        say(f"There is no drill {name}.")
        say(f"Drills: {', '.join(DRILLS)}. They walk the pages in docs/operations.")
        return 2
    set_up(CHECK)
    return run([BIN / "python", "-m", f"tests.operations.{name}", *further]).returncode


def task_pictures(words: Sequence[str]) -> int:
    """Take the pictures of docs/guides anew, from the screens as they are now."""
    no_words(words, "pictures")
    set_up(CHECK, oracles=True, web=True)
    with step("docs/guides/pictures"):
        must([BIN / "python", "-m", "tests.browser.guide_pictures"], "the pictures of the guides")
    return 0


def task_lock(words: Sequence[str]) -> int:
    """Write the locks anew, Python's and the web's. Pins stay where they still fit, unless --upgrade is given."""
    if words not in ([], ["--upgrade"]):
        say("Usage: python3 dev.py lock [--upgrade]")
        return 2
    set_up(RUN if machine_has_node() else (*RUN, "node"))
    sources = {  # lock -> what it is compiled from, and the locks it must agree with
        "build": ["requirements/build.in"],
        "run": ["pyproject.toml", "-c", "requirements/build.txt"],
        "test": ["requirements/test.in", "-c", "requirements/build.txt", "-c", "requirements/run.txt"],
        "hardware": ["requirements/hardware.in", "-c", "requirements/run.txt", "-c", "requirements/test.txt"],
        "node": ["requirements/node.in"],
        "oracles": ["requirements/oracles.in"],
    }
    fixed = ["--quiet", "--universal", "--generate-hashes", "--python-version", "3.11", "--no-emit-index-url"]
    fixed += ["--no-emit-find-links", "--custom-compile-command", "python3 dev.py lock"]
    for name, source in sources.items():
        target = f"requirements/{name}.txt"
        with step(target):
            uv("pip", "compile", *fixed, *words, *source, "-o", target, doing=f"compiling {target}")
    with step("web/package-lock.json"):
        lock_web(upgrade=bool(words))
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
    "check": Task(task_check, "ruff, mypy --strict, import-linter, the web's checks, tidy tests, thirty seeds"),
    "bench": Task(task_bench, "the numbers that docs/ quotes, as JSON"),
    "soak": Task(task_soak, "--rounds N: kill and resume, again and again; further words go to tests/faults/soak.py"),
    "drill": Task(task_drill, "NAME [--json]: walk an operations page for real (standby, pitr, upgrade, keys)"),
    "pictures": Task(task_pictures, "take the pictures of docs/guides anew, from the screens as they are now"),
    "lock": Task(task_lock, "[--upgrade]: renew the locks in requirements/ and web/"),
}


def usage() -> str:
    return "Usage: python3 dev.py TASK\n\n" + "\n".join(f"  {name:8} {task.about}" for name, task in TASKS.items())


# --- checks -------------------------------------------------------------------------------------------------


def check_statically() -> None:
    """Run all static checks, also after one has failed: one round of repairs should suffice."""
    places = [name for name in ("src", "tests", "benchmarks", "tasks", "web", "dev.py") if (ROOT / name).exists()]
    checks: dict[str, list[str | Path]] = {
        "ruff check": [BIN / "ruff", "check", "--quiet", *places],
        "ruff format": [BIN / "ruff", "format", "--check", "--quiet", *places],
        "mypy --strict": [BIN / "mypy", "--strict", "--no-error-summary", *places],
        "import-linter": [BIN / "lint-imports", "--no-logo"],
        "web: types, lint, tests": [*npm_command(), "run", "check"],
    }
    failed = []
    for name, command in checks.items():
        try:
            with step(name):
                quietly(command, name, env=node_first())
        except StepError:
            failed.append(name)
    if failed:
        raise StepError(f"Static checks failed: {', '.join(failed)}.")


# --- set-up -------------------------------------------------------------------------------------------------


def set_up(parts: tuple[str, ...], *, oracles: bool = False, web: bool = False) -> None:
    """Make .venv hold these locks (and what it held before).

    If asked, also get what judges us and what we drive (.venv-oracles, Go, Chromium, card readers, TPMs), and build the
    web apps.
    """
    with only_one_at_a_time():
        if oracles:
            install_system_parts()
        if oracles and not missing(HEADERS):
            parts = (*parts, "hardware")
        make_product_venv((*parts, "node") if web and not machine_has_node() else parts)
        # Every command is a process of its own: where Python may not keep what it compiles, each would compile it all.
        run([BIN / "python", "-m", "compileall", "-q", "src"], capture=True)
        if oracles:
            make_oracles_venv()
        if web:
            make_web()


def make_product_venv(parts: tuple[str, ...]) -> None:
    stamp = Stamp(VENV)
    held = stamp.read()
    wanted = {name: digest(LOCKS / f"{name}.txt") for name in LOCK_NAMES if name in parts or name in held}
    wanted["project"] = digest(ROOT / "pyproject.toml")
    if held.items() >= wanted.items():
        return
    if not held:
        make_venv_with_uv()
    stamp.drop()
    locks = [name for name in LOCK_NAMES if name in wanted]
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


HEADERS = {  # what requirements/hardware.txt is built with, as below
    "gcc": "gcc",
    "swig": "swig",
    "/usr/include/PCSC": "libpcsclite-dev",
    "/usr/include/tss2": "libtss2-dev",
}
SYSTEM_PARTS = {  # what tests need from the system, as a command or a folder -> Debian's package of it
    "certutil": "libnss3-tools",  # tells a browser to trust the authority that `serve --tls` makes
    "chromium": "chromium",
    "go": "golang-go",
    "pcscd": "pcscd",
    "softhsm2-util": "softhsm2",
    "swtpm": "swtpm",
    "swtpm_setup": "swtpm-tools",
    "/usr/lib/pcsc/drivers/serial": "vsmartcard-vpcd",  # a card reader that is a program
    "/usr/share/fonts/opentype/noto": "fonts-noto-cjk",  # Chinese on screenshots
    "/usr/share/gocode/src/golang.org/x/mod": "golang-golang-x-mod-dev",  # Go's own reader of audit logs
    **HEADERS,
}


def missing(parts: Mapping[str, str]) -> list[str]:
    return [package for part, package in parts.items() if not (shutil.which(part) or Path(part).is_dir())]


def install_system_parts() -> None:
    """Install with apt what is missing, where that is allowed without a password; otherwise say what to install."""
    packages = missing(SYSTEM_PARTS)
    if packages and (apt := apt_without_password()):
        with step(f"installing {' '.join(packages)} with apt"):
            install = [*apt, "install", "--yes", "--no-install-recommends", *packages]
            if run(install, capture=True).returncode:  # most often a package list that is absent or old
                run([*apt, "update"], capture=True)
                say(run(install, capture=True).stderr.rstrip())
    if still := missing(SYSTEM_PARTS):
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


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
