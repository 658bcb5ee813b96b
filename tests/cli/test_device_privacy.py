"""What a device says that it keeps is what it keeps: each table of its store and file beside it, and no other."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from feiqian.cli.device_privacy import TERMINAL_KEEPS, WALLET_KEEPS, KeptHere
from feiqian.cli.main import main
from feiqian.storage.migrations import Migration, migrate
from feiqian.storage.terminal_schema import MIGRATIONS as TILL
from feiqian.storage.vault import Vault
from feiqian.storage.wallet_schema import MIGRATIONS as WALLET

DATABASE = {"vault.db", "vault.db-journal"}


@pytest.mark.parametrize(("kept", "steps"), [(WALLET_KEEPS, WALLET), (TERMINAL_KEEPS, TILL)], ids=["wallet", "till"])
def test_the_list_names_every_table_and_file(
    kept: Sequence[KeptHere], steps: Sequence[Migration], tmp_path: Path
) -> None:
    with Vault.create(tmp_path / "vault", "402896") as vault:
        migrate(vault.connection, steps)
        if kept is TERMINAL_KEEPS:
            vault.keep_recovery(lambda _: b"sealed")
        query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        tables = {name for (name,) in vault.connection.execute(query)}
    files = {path.name for path in (tmp_path / "vault").iterdir()} - DATABASE
    named = [name for one in kept for name in one.where]
    assert len(named) == len(set(named))
    assert set(named) == tables | files | {"pictures"}


@pytest.mark.parametrize("device", ["wallet", "terminal"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_is_told_without_a_pin(
    device: str, language: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["--home", str(tmp_path), "--lang", language, "--json", device, "privacy"]) == 0
    told = json.loads(capsys.readouterr().out)["kept"]
    assert all(one["what"] and one["why"] and one["how_long"] and one["protected"] for one in told)
    assert main(["--home", str(tmp_path), "--lang", language, device, "privacy"]) == 0
    assert not list(tmp_path.iterdir()), "looking keeps nothing"
