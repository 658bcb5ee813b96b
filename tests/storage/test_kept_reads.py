"""Kept reads: nothing is read twice that cannot have changed, and everything that can is read again."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import pytest

from feiqian.simulation.run import simulate
from feiqian.simulation.story import SCENARIOS
from feiqian.storage.kept_reads import KEPT_MAX, KeptReads
from feiqian.storage.memory import MemoryVault
from feiqian.storage.wallet_schema import MIGRATIONS


class Rows:
    """Counts how often it is read."""

    def __init__(self) -> None:
        self.read = 0

    def __call__(self) -> int:
        self.read += 1
        return self.read


def reads() -> tuple[MemoryVault, KeptReads]:
    vault = MemoryVault.prepared(MIGRATIONS, lambda _point: None)
    return vault, KeptReads(vault, {"careful": frozenset({"spared"})})


def test_what_was_read_is_not_read_again() -> None:
    _, kept = reads()
    rows = Rows()
    assert [kept.of("a", 1, rows), kept.of("a", 1, rows), kept.of("a", 2, rows), kept.of("b", 1, rows)] == [1, 1, 2, 3]


def test_a_write_forgets_all_that_it_does_not_spare() -> None:
    _, kept = reads()
    rows = Rows()
    kept.of("spared", 1, rows), kept.of("other", 1, rows)
    with kept.write("careful"):
        pass
    assert (kept.of("spared", 1, rows), kept.of("other", 1, rows)) == (1, 3)
    with kept.write("anything"):
        pass
    assert kept.of("spared", 1, rows) == 4


def test_within_a_write_all_is_read_and_nothing_kept() -> None:
    _, kept = reads()
    rows = Rows()
    with kept.write("careful"):
        assert (kept.of("spared", 1, rows), kept.of("spared", 1, rows)) == (1, 2)
    assert kept.of("spared", 1, rows) == 3


def test_a_write_that_fails_forgets_as_well() -> None:
    _, kept = reads()
    rows = Rows()
    kept.of("other", 1, rows)
    with pytest.raises(LookupError), kept.write("anything"):
        raise LookupError
    assert kept.of("other", 1, rows) == 2


def test_after_the_vault_was_let_go_all_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    vault, kept = reads()
    rows = Rows()
    kept.of("spared", 1, rows)
    monkeypatch.setattr(vault, "_absences", 1)
    assert kept.of("spared", 1, rows) == 2


def test_what_is_kept_is_bounded() -> None:
    _, kept = reads()
    rows = Rows()
    for key in range(KEPT_MAX + 1):
        kept.of("a", key, rows)
    assert kept.of("a", KEPT_MAX, rows) == KEPT_MAX + 1
    assert kept.of("a", 0, rows) == KEPT_MAX + 2


@pytest.mark.parametrize("seed", range(len(SCENARIOS)), ids=[one.name for one in SCENARIOS])
def test_in_whole_worlds_nothing_kept_was_ever_out_of_date(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every answer of the wallets' and tills' stores is held against the rows: what a write spares it must spare."""
    of, looked = KeptReads.of, []

    def checked(kept: KeptReads, group: str, key: Hashable, read: Callable[[], Any]) -> Any:
        found = of(kept, group, key, read)
        assert found == read(), (group, key)
        looked.append(group)
        return found

    monkeypatch.setattr(KeptReads, "of", checked)
    run = simulate(seed, 25)
    assert run.broken is None, run.lines[-1]
    wallets = {"who", "trust", "footing", "allowances", "payments", "locks"}
    assert set(looked) == wallets | {"who", "trust", "time", "heard", "asked", "batches"}
