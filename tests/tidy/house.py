"""The house as the tidy tests see it: which files there are, and the parsed Python ones."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = {".venv", ".venv-oracles", ".git", "node_modules", "dist", "__pycache__"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One Python file of ours."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def place(self) -> str:
        """Where it stands, as a reader of a failure would look for it: src/feiqian/protocol/cheque.py."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def module(self) -> str:
        """Its name inside the package: protocol.cheque; empty for the package itself."""
        dotted = self.path.relative_to(ROOT / "src" / "feiqian").with_suffix("").as_posix().replace("/", ".")
        return dotted.removesuffix("__init__").removesuffix(".")

    def at(self, node: ast.stmt | ast.expr | ast.arg | ast.excepthandler) -> str:
        return f"{self.place}:{node.lineno}"


@cache
def product() -> tuple[Source, ...]:
    """Every Python file of the package."""
    return tuple(_sources(ROOT / "src" / "feiqian"))


@cache
def python() -> tuple[Source, ...]:
    """Every Python file of the package, of the tests and benchmarks, of web/, and the task runner."""
    folders = ("tests", "benchmarks", "tasks", "web")
    return (*product(), *(source for name in folders for source in _sources(ROOT / name)), _source(ROOT / "dev.py"))


@cache
def published() -> tuple[Path, ...]:
    """Every file that git tracks or would track; in an unpacked archive every file that is not generated."""
    git = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(git, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    except (FileNotFoundError, subprocess.CalledProcessError):
        return tuple(path for path in sorted(ROOT.rglob("*")) if path.is_file() and not _generated(path))
    return tuple(path for name in listed if name and (path := ROOT / name).is_file())


def published_texts() -> Iterator[tuple[str, str]]:
    """Yield place and text of every published file that is text."""
    for path in published():
        data = path.read_bytes()
        if b"\0" not in data:
            yield path.relative_to(ROOT).as_posix(), data.decode(errors="replace")


def _sources(folder: Path) -> Iterator[Source]:
    return (_source(path) for path in sorted(folder.rglob("*.py")) if not _generated(path))


def _source(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(path=path, text=text, tree=ast.parse(text, filename=str(path)))


def _generated(path: Path) -> bool:
    return any(part in GENERATED or part.endswith("_cache") for part in path.relative_to(ROOT).parts)
