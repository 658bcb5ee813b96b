"""The stores in memory keep what the world of the simulation relies on: all or nothing, and copies that part ways."""

from __future__ import annotations

import sqlite3

import pytest

from feiqian.issuer.facts import Payer
from feiqian.issuer.ports import WritePoint
from feiqian.issuer.values import PayerId
from feiqian.storage.memory import MemoryOperatorStore, MemoryVault
from feiqian.storage.migrations import Migration
from feiqian.storage.terminal_schema import MIGRATIONS as TILL_MIGRATIONS
from feiqian.storage.vault import NestedWrite
from feiqian.storage.wallet_schema import MIGRATIONS as WALLET_MIGRATIONS
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
    VaultWalletStore(MemoryVault.prepared(WALLET_MIGRATIONS, points)).begin_enrolment(INTENTION)
    assert points.reached == ["wallet.enrolment:before-commit", "wallet.enrolment:after-commit"]


@pytest.mark.parametrize(("moment", "kept"), [("before-commit", None), ("after-commit", INTENTION)])
def test_who_is_stopped_before_the_commit_has_written_nothing(moment: str, kept: Enrolment | None) -> None:
    vault = MemoryVault.prepared(WALLET_MIGRATIONS, Points(f"wallet.enrolment:{moment}"))
    store = VaultWalletStore(vault)
    with pytest.raises(StoppedError):
        store.begin_enrolment(INTENTION)
    assert VaultWalletStore(vault).enrolment() == kept


def test_a_copy_holds_the_same_and_goes_its_own_way() -> None:
    vault = MemoryVault.prepared(WALLET_MIGRATIONS, Points())
    copied = VaultWalletStore(vault.copy())
    VaultWalletStore(vault).begin_enrolment(INTENTION)
    assert copied.enrolment() is None
    assert VaultWalletStore(vault.copy()).enrolment() == INTENTION


def test_two_prepared_vaults_know_nothing_of_each_other() -> None:
    one, other = (VaultWalletStore(MemoryVault.prepared(WALLET_MIGRATIONS, Points())) for _ in range(2))
    one.begin_enrolment(INTENTION)
    assert other.enrolment() is None


@pytest.mark.parametrize("migrations", [WALLET_MIGRATIONS, TILL_MIGRATIONS], ids=["wallet", "till"])
def test_what_a_closed_vault_leaves_behind_is_empty(migrations: tuple[Migration, ...]) -> None:
    vault = MemoryVault.prepared(migrations, Points())
    connection = vault.connection
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    put_rows(connection, migrations)
    assert rows_of(connection, tables) > 0
    vault.close()
    again = MemoryVault.prepared(migrations, Points())
    assert again.connection is connection
    assert rows_of(connection, tables) == 0
    put_rows(connection, migrations)  # the same keys again: nothing remembers them


def rows_of(connection: sqlite3.Connection, tables: list[str]) -> int:
    return sum(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables)  # noqa: S608


def put_rows(connection: sqlite3.Connection, migrations: tuple[Migration, ...]) -> None:
    """A payment on an allowance; at a till an accepted one and the event about it, which hold each other."""
    rows = [
        """allowance (top_up_id, device_key, amount_minor, currency, asked_at, state, counter, cumulative_minor,
            last_id)
            VALUES (x'01', x'02', 5, 'CNY', 1, 'dropped', 0, 0, x'03')"""
    ]
    rows.append("finding VALUES (x'04', 'forked', x'01', 0)")
    if migrations is TILL_MIGRATIONS:
        rows = [
            "shift VALUES (1, 1, NULL)",
            "statement VALUES (1, x'01', 1, zeroblob(32), x'02', x'02', 1)",
            "allowance VALUES (zeroblob(32), zeroblob(8), x'03', 9, 9)",
            """accepted (cheque_id, receipt, cheque, allowance_id, counter, amount_minor, cumulative_minor, previous,
                final_minor, guaranteed_minor, deadline, warn, time, shift, state)
                VALUES (zeroblob(32), 1, x'04', zeroblob(32), 1, 5, 5, x'05', 5, 5, 9, 0, 1, 1, 'waiting')""",
            "event VALUES (1, 'd', 1, zeroblob(32), 1, 'settled', 1, 1, 5, 0, 9, 0, 1)",
            "refusal (time, code, subject) VALUES (1, 'a', 'b')",
        ]
    for row in rows:
        connection.execute(f"INSERT INTO {row}")
    if migrations is TILL_MIGRATIONS:
        connection.execute("UPDATE accepted SET told = 1")
        assert connection.execute("SELECT number FROM refusal").fetchall() == [(1,)]


def test_a_closed_vault_is_of_no_more_use() -> None:
    vault = MemoryVault.prepared(WALLET_MIGRATIONS, Points())
    store = VaultWalletStore(vault)
    vault.close()
    vault.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        store.enrolment()


def test_a_write_within_a_write_is_refused() -> None:
    vault = MemoryVault.prepared(WALLET_MIGRATIONS, Points())
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
