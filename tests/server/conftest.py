"""One served operator for each test that asks for it, and commands run in this process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feiqian.cli.main import main
from tests.server.operators import Command, Served, served


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "home") as one:
        yield one


@pytest.fixture
def feiqian(capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs a command in this process: exit status, and the one JSON object."""

    def run(*words: str, home: Path) -> tuple[int, Any]:
        capsys.readouterr()
        try:
            status = main(["--home", str(home), "--json", *words])
        except SystemExit as wrong_use:
            return int(wrong_use.code or 0), None
        return status, json.loads(capsys.readouterr().out)

    return run
