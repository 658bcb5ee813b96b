"""A counter with an enrolled terminal, closed after the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.world import Counter, Operator, Payer, enrolled


@pytest.fixture
def operator() -> Operator:
    return Operator()


@pytest.fixture
def counter(tmp_path: Path, operator: Operator) -> Iterator[Counter]:
    made = enrolled(tmp_path / "till", operator)
    yield made
    made.vault.close()


@pytest.fixture
def payer() -> Payer:
    return Payer()
