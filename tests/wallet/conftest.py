"""A wallet's world for every test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.wallet.world import World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Enrolled, with one allowance of 1,000.00."""
    made = World(tmp_path / "wallet").enrol().top_up()
    yield made
    made.wallet.lock()


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[World]:
    """Not enrolled yet."""
    made = World(tmp_path / "wallet")
    yield made
    made.wallet.lock()
