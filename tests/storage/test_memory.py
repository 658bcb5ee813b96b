"""The stores in memory keep what the world of the simulation relies on: all or nothing, and copies that part ways."""

from __future__ import annotations

import pytest

from feiqian.issuer.facts import Payer
from feiqian.issuer.ports import WritePoint
from feiqian.issuer.values import PayerId
from feiqian.storage.memory import MemoryOperatorStore, MemoryVault
from feiqian.storage.vault import NestedWrite
from feiqian.storage.wallet_schema import MIGRATIONS
from feiqian.storage.wallet_store import VaultWalletStore
from feiqian.wallet.records import Enrolment
from tests.issuer.world import SEALS

PAYER = Payer(payer_id=PayerId(b"payer-01"), name="Lin", currency="CNY")
INTENTION = Enrolment(server="here", account_key=b"k", begun_at=1)


class StoppedError(Exception):
    """Raised at a point."""


class Points:
    """Notes the points that are reached, and raises at one."""

    def __init__(self, stop_at: str = "") -> None:
        self.reached: list[str] = []
        self.stop_at = stop_at

    def __call__(self, point: str) -> None:
        self.reached.append(point)
        if point == self.stop_at:
            raise StoppedError


def test_a_write_comes_past_both_of_its_points() -> None:
    points = Points()
    VaultWalletStore(MemoryVault.prepared(MIGRATIONS, points)).begin_enrolment(INTENTION)
    assert points.reached == ["wallet.enrolment:before-commit", "wallet.enrolment:after-commit"]


@pytest.mark.parametrize(("moment", "kept"), [("before-commit", None), ("after-commit", INTENTION)])
def test_who_is_stopped_before_the_commit_has_written_nothing(moment: str, kept: Enrolment | None) -> None:
    vault = MemoryVault.prepared(MIGRATIONS, Points(f"wallet.enrolment:{moment}"))
    store = VaultWalletStore(vault)
    with pytest.raises(StoppedError):
        store.begin_enrolment(INTENTION)
    assert VaultWalletStore(vault).enrolment() == kept


def test_a_copy_holds_the_same_and_goes_its_own_way() -> None:
    vault = MemoryVault.prepared(MIGRATIONS, Points())
    copied = VaultWalletStore(vault.copy())
    VaultWalletStore(vault).begin_enrolment(INTENTION)
    assert copied.enrolment() is None
    assert VaultWalletStore(vault.copy()).enrolment() == INTENTION


def test_two_prepared_vaults_know_nothing_of_each_other() -> None:
    one, other = (VaultWalletStore(MemoryVault.prepared(MIGRATIONS, Points())) for _ in range(2))
    one.begin_enrolment(INTENTION)
    assert other.enrolment() is None


def test_a_write_within_a_write_is_refused() -> None:
    vault = MemoryVault.prepared(MIGRATIONS, Points())
    with pytest.raises(NestedWrite), vault.write("outer"), vault.write("inner"):
        pass


@pytest.mark.parametrize(("moment", "known"), [("before-commit", False), ("after-commit", True)])
def test_the_operator_writes_all_or_nothing(moment: str, known: bool) -> None:  # noqa: FBT001  # a row of the table
    store = MemoryOperatorStore(Points(f"{WritePoint.FUND}:{moment}"), SEALS)
    with pytest.raises(StoppedError), store.write(WritePoint.FUND) as unit:
        unit.add_payer(PAYER, 1)
    with store.read() as reading:
        assert (reading.payer(PAYER.payer_id) == PAYER) is known
    assert store.postings_behind(0) == []
