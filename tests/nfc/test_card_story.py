"""A wallet whose key is on a smart card, against a real server: opened, topped up, paying offline, settled.

Server, wallet and till are processes as people start them; the card is a PIV card with real keys in the virtual
reader's second slot. Its maker is known to the operator by the root that it was told.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from feiqian.cli.card_keys import MANAGEMENT_KEY_FILE, PIN_FILE, READER
from feiqian.cli.card_service import SECOND_READER, CardService
from feiqian.cli.demo_stage import OPERATOR, Stage
from feiqian.cli.device import device_clock
from feiqian.protocol.allowance import Tier, decode_allowance
from feiqian.storage.vault import Vault
from feiqian.storage.wallet_store import VaultWalletStore
from tests.nfc.piv_card import MANAGEMENT_KEY, PIN, Maker, PivCard, Slot


@pytest.fixture
def slot(service: CardService) -> Slot:
    assert service is not None
    return Slot(PivCard(Maker()))


def test_a_wallet_on_a_card_from_its_enrolment_to_the_settled_payment(
    slot: Slot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {PIN_FILE: PIN, MANAGEMENT_KEY_FILE: MANAGEMENT_KEY.hex()}
    for name, secret in told.items():
        (tmp_path / name).write_text(secret)
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv(READER, SECOND_READER)
    (tmp_path / "maker.pem").write_bytes(slot.card.maker.root.public_bytes(Encoding.PEM))
    with Stage(tmp_path, "en") as stage:
        stage.start_server()
        maker = [str(tmp_path / "maker.pem"), "--maker", "Trial", "--tier", "card"]
        stage.must(OPERATOR, "operator", "attestation", "add", *maker)
        payer = stage.must(OPERATOR, "operator", "enrol-payer", "--name", "Lin", "--fund", "500.00")
        payee = stage.must(OPERATOR, "operator", "enrol-payee", "--name", "Cafe")
        where = ["--server", stage.url, "--code"]
        enrolled = stage.must("wallet", "wallet", "enrol", *where, payer["enrolment_code"], "--keys", "card")
        assert enrolled["keys"]["store"] == "card"
        assert slot.card.key is not None, "the card made its key itself"
        stage.must("till", "terminal", "enrol", *where, payee["enrolment_code"])
        stage.must("wallet", "wallet", "top-up", "200")
        stage.must("till", "terminal", "sync")
        assert tiers(stage) == [Tier.CARD], "the card vouched for its key, and the operator knows who made it"
        stage.stop_server()

        signed = slot.card.signatures
        payment = pay(stage, "12.50")
        assert slot.card.signatures > signed, "the card itself has signed the cheque"
        slot.take_out()
        asked = stage.must("till", "terminal", "request", "3.00")
        without = stage.act("wallet", "wallet", "pay", "--request-image", *asked["pictures"], "--yes")
        assert (without.ok, without.codes) == (False, ("card_absent",))
        history = stage.must("wallet", "wallet", "history")
        assert [one["payment"] for one in history["payments"]] == [payment], "and nothing was burned"
        slot.put_in()
        paid = stage.must("wallet", "wallet", "pay", "--request-image", *asked["pictures"], "--yes")
        take(stage, paid)

        stage.start_server()
        synced = stage.must("till", "terminal", "sync")
        assert (synced["settled"], synced["queue"]["claims"]) == (2, 0)
        books = stage.must(OPERATOR, "ledger", "verify")
        assert (books["ok"], books["mismatches"]) == (True, [])
        stage.stop_server()
    slot.take_out()


def pay(stage: Stage, amount: str) -> Any:
    """A payment by codes, up to its receipt; its number."""
    asked = stage.must("till", "terminal", "request", amount)
    paid = stage.must("wallet", "wallet", "pay", "--request-image", *asked["pictures"], "--yes")
    take(stage, paid)
    return paid["payment"]


def take(stage: Stage, paid: Any) -> None:
    """The till's part, and the receipt."""
    accepted = stage.must("till", "terminal", "accept", "--image", *paid["pictures"])
    assert accepted["grade"] == "F2"
    stage.must("wallet", "wallet", "receipt", "--image", *accepted["pictures"])


def tiers(stage: Stage) -> list[Tier]:
    """The tiers of the wallet's allowances, as the issuer signed them."""
    pin = stage.pin_file.read_text(encoding="ascii").strip()
    with Vault.open(stage.home("wallet") / "wallet", pin, device_clock()) as vault:
        found = [record.raw for record in VaultWalletStore(vault).allowances()]
    return [Tier(decode_allowance(raw).terms.tier) for raw in found if raw is not None]
