"""What an open wallet has found out: checked once, forgotten with its keys and when the wallet is locked."""

from __future__ import annotations

from typing import Any

import pytest

from feiqian.protocol.presentation import Asking
from feiqian.wallet import found as finding
from feiqian.wallet.found import KEPT_MAX, Found, _kept
from tests.wallet.world import World


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the checks that were made, in their order."""
    made: list[str] = []
    for name in ("first_trust", "identify_allowance", "verify_credits"):
        real = getattr(finding, name)

        def counted(*args: object, name: str = name, real: object = real, **options: object) -> object:
            made.append(name)
            return real(*args, **options)  # type: ignore[operator]

        monkeypatch.setattr(finding, name, counted)
    return made


def test_looking_again_checks_nothing_again(world: World, checks: list[str]) -> None:
    world.pay(10_00)
    checks.clear()
    world.wallet.holdings()
    world.pay(10_00)
    assert checks == []


def test_what_is_consented_to_was_read_when_it_was_considered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    real = vars(finding)["decode_asking"]

    def counted(body: bytes) -> Asking:
        read.append(body)
        asking: Asking = real(body)
        return asking

    monkeypatch.setattr(finding, "decode_asking", counted)
    world.pay(10_00)
    world.pay(10_00)
    assert len(read) == len(set(read)) == 2


def test_a_newer_pack_asks_its_lists_anew(world: World, checks: list[str]) -> None:
    world.wallet.holdings()
    checks.clear()
    world.operator.index_version += 1
    assert world.wallet.sync(world.operator).trust_newer
    world.wallet.holdings()
    assert checks == ["identify_allowance"], "its signatures were checked when it came"


def test_a_locked_wallet_leaves_nothing_in_memory(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    known: list[Found] = []
    believe = Found.believe

    def seen(self: Found, *args: Any) -> None:
        known.append(self)
        believe(self, *args)

    monkeypatch.setattr(Found, "believe", seen)
    wallet = world.reopen()
    world.pay(10_00)
    wallet.holdings()
    assert [one.is_empty for one in known] == [False]
    wallet.lock()
    assert [one.is_empty for one in known] == [True]


def test_no_more_is_kept_than_the_limit() -> None:
    kept: dict[int, int] = {}
    for number in range(KEPT_MAX + 5):
        assert _kept(kept, number, lambda number=number: -number) == -number  # type: ignore[misc]
    assert len(kept) == KEPT_MAX
    assert 0 not in kept
