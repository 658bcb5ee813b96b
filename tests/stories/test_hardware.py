"""Keys in hardware on both sides, with real processes: the operator's in a PKCS#11 token, the payer's in a TPM.

Token and TPM are real ones in software (SoftHSM2, swtpm); swtpm's own authority stands in for the maker of a TPM.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from feiqian.cli.key_stores import TPM_ADDRESS
from feiqian.cli.operator_token import FIRST_KEYS
from feiqian.protocol.allowance import Tier, decode_allowance
from feiqian.storage.vault import Vault
from feiqian.storage.wallet_store import VaultWalletStore
from tests.keys.softhsm import LABEL, MODULE, new_token
from tests.keys.swtpm import Swtpm, new_swtpm
from tests.tidy.house import ROOT

PIN = "402817"


@dataclass
class Stage:
    """Everybody's folders, and the commands as a person types them, each in a process of its own."""

    folder: Path
    env: dict[str, str]
    tpm: Swtpm
    url: str = ""

    def run(self, who: str, *words: str, status: int = 0, pin: Path | None = None, tpm: str | None = None) -> Any:
        env = self.env if tpm is None else self.env | {TPM_ADDRESS: tpm}
        command = [sys.executable, "-m", "feiqian.cli.main", "--home", str(self.folder / who), "--json"]
        command += ["--pin-file", str(pin or self.folder / "pin"), *words]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode == status, done.stdout + done.stderr
        return json.loads(done.stdout)

    def pay(self, amount: str, *, status: int = 0) -> Any:
        """A payment at the counter, up to its receipt."""
        asked = self.run("till", "terminal", "request", amount)
        paid = self.run("wallet", "wallet", "pay", "--request-image", *asked["pictures"], "--yes", status=status)
        if status:
            return paid["failures"][0]["code"]
        accepted = self.run("till", "terminal", "accept", "--image", *paid["pictures"])
        self.run("wallet", "wallet", "receipt", "--image", *accepted["pictures"])
        return paid["payment"]

    def tiers(self) -> list[Tier]:
        """The tiers of the wallet's allowances, as the issuer signed them."""
        with Vault.open(self.folder / "wallet" / "wallet", PIN, int(time.time())) as vault:
            found = [record.raw for record in VaultWalletStore(vault).allowances()]
        return [Tier(decode_allowance(raw).terms.tier) for raw in found if raw is not None]


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    token, tpm = new_token(tmp_path / "softhsm"), new_swtpm(tmp_path / "swtpm")
    (tmp_path / "pin").write_text(PIN)
    stage = Stage(tmp_path, os.environ | token.settings | {TPM_ADDRESS: tpm.address}, tpm)
    chosen = ["--module", str(MODULE), "--token", LABEL]
    stage.run("operator", "operator", "token", *chosen, pin=token.pin_file)
    command = [sys.executable, "-m", "feiqian.cli.main", "--home", str(tmp_path / "operator")]
    command += ["serve", "--port", "0", "--workers", "2"]
    with (tmp_path / "serve.log").open("w") as log:
        server: Any = subprocess.Popen(command, cwd=ROOT, env=stage.env, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            line = server.stdout.readline()
            assert line, (tmp_path / "serve.log").read_text()
            stage.url = json.loads(line)["url"]
            yield stage
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=60) == 0
            server.stdout.close()
            tpm.stop()


def test_a_payment_whose_every_key_is_in_hardware_and_a_wallet_put_back(stage: Stage) -> None:
    keys = stage.folder / "operator" / "keys"
    assert [name for name in FIRST_KEYS if (keys / name).exists()] == []
    assert not [path for path in keys.glob("*.key") if path.name.startswith(("issuer", "acquirer", "online"))]
    for path in stage.tpm.authority:
        stage.run("operator", "operator", "attestation", "add", str(path), "--maker", "swtpm", "--tier", "tpm")
    payer = stage.run("operator", "operator", "enrol-payer", "--name", "Lin", "--fund", "500.00")
    payee = stage.run("operator", "operator", "enrol-payee", "--name", "Cafe")
    where = ["--server", stage.url, "--code"]
    enrolled = stage.run("wallet", "wallet", "enrol", *where, payer["enrolment_code"], "--keys", "tpm")
    assert (enrolled["keys"], enrolled["doubt"]) == ({"store": "tpm", "vouched": True, "trouble": None}, None)
    stage.run("till", "terminal", "enrol", *where, payee["enrolment_code"])
    stage.run("wallet", "wallet", "top-up", "200")
    stage.run("till", "terminal", "sync")
    assert stage.tiers() == [Tier.TPM]

    shutil.copytree(stage.folder / "wallet", stage.folder / "copy")
    stage.pay("12.00")
    shutil.rmtree(stage.folder / "wallet")
    (stage.folder / "copy").rename(stage.folder / "wallet")
    assert stage.pay("13.00", status=1) == "store_rolled_back"
    shown = stage.run("wallet", "wallet", "show")
    assert (shown["total_minor"], shown["keys"]["trouble"]) == (0, "store_rolled_back")

    stage.run("wallet", "wallet", "top-up", "50")
    stage.pay("14.00")
    synced = stage.run("till", "terminal", "sync")
    assert (synced["settled"], synced["queue"]["claims"]) == (2, 0)
    books = stage.run("operator", "ledger", "verify")
    assert (books["ok"], books["mismatches"]) == (True, [])

    without = stage.run("wallet", "wallet", "pay", "--code", "5", "--yes", status=3, tpm="")
    assert without["failures"][0]["code"] == "tpm_not_named"
    assert stage.run("wallet", "wallet", "history", tpm="")["count"] == 1
    stage.tpm.clear()
    assert stage.pay("15.00", status=1) == "tpm_changed"
    assert stage.run("wallet", "wallet", "sync")["currency"] == "CNY"


def test_an_operator_that_does_not_know_the_maker_counts_the_keys_as_in_software(stage: Stage) -> None:
    payer = stage.run("operator", "operator", "enrol-payer", "--name", "Lin", "--fund", "500.00")
    words = ["--server", stage.url, "--code", payer["enrolment_code"], "--keys", "tpm"]
    enrolled = stage.run("wallet", "wallet", "enrol", *words)
    assert enrolled["doubt"] == "attestation_refused"
    topped_up = stage.run("wallet", "wallet", "top-up", "200")
    assert topped_up["doubt"] == "attestation_refused"
    assert stage.tiers() == [Tier.SOFTWARE]
    again = stage.run("wallet", "wallet", "enrol", *words[:-1], "software", status=1)
    assert again["failures"][0]["code"] == "keys_chosen"
