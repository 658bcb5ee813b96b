"""The repository as a stranger gets it: locks hold hashes, no address of one machine, every test runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tidy.house import ROOT, published, published_texts

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))

# Bracketed here and there, so that this file does not accuse itself.
ADDRESSES_OF_ONE_MACHINE = re.compile(
    r"(?<![\w.$}~-])/(?:[w]ork|[r]oot|[U]sers)/[\w.]"
    r"|(?:[p]ypi|python[h]osted)\.org"
    r"|registry\.(?:npm[j]s|yarn[p]kg|npm[m]irror)\."
    r"|tool[ ]library"
)
FIRST_COMMANDS = ("python3 dev.py demo", "python3 dev.py test")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_pins_every_file_by_hash_and_names_no_address(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    requirements = [line for line in text.replace("\\\n", "").splitlines() if not line.lstrip().startswith("#")]
    assert requirements
    assert [line for line in requirements if not re.match(r"\S+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)] == []
    assert [line for line in text.splitlines() if "://" in line or "index" in line] == []


def test_every_lock_has_its_source() -> None:
    sources = {path.stem for path in (ROOT / "requirements").glob("*.in")} | {"run"}  # run: pyproject.toml
    assert {lock.stem for lock in LOCKS} == sources


def test_no_published_file_knows_the_machine_it_was_written_on() -> None:
    assert [
        f"{place}:{number}"
        for place, text in published_texts()
        for number, line in enumerate(text.splitlines(), start=1)
        if ADDRESSES_OF_ONE_MACHINE.search(line)
    ] == []


def test_every_test_file_and_folder_holds_tests_that_are_collected() -> None:
    """A file that pytest overlooks is green for ever."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    told = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False).stdout
    collected = {line.partition("::")[0] for line in told.splitlines() if "::" in line}
    ours = [path.relative_to(ROOT) for path in published() if path.is_relative_to(ROOT / "tests")]
    files = {path.as_posix() for path in ours if path.name.startswith("test_") and path.suffix == ".py"}
    folders = {path.parts[1] for path in ours if len(path.parts) > 2}
    assert files - collected == set(), told
    assert folders - {Path(place).parts[1] for place in collected} == set()


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_a_readme_names_the_two_first_commands(name: str) -> None:
    texts = dict(published_texts())
    text = texts.get(name, "".join(FIRST_COMMANDS))  # a readme that is not written yet owes nothing
    assert [command for command in FIRST_COMMANDS if command not in text] == []
