"""A small part of the matrix of old and new (`python -m tests.operations.matrix` walks all of it).

The older versions come from the history of this repository. A checkout that was cut short has none: there the same
cells are walked with this version on every side.
"""

from __future__ import annotations

from pathlib import Path

from feiqian.cli.card_service import card_service
from feiqian.cli.demo_stage import OPERATOR
from tests.nfc.piv_card import Maker, PivCard, Slot
from tests.operations.matrix import OLD, OLD_TAP, TERMINAL, WALLET, ByTap, Mixed, cell, older
from tests.tidy.house import ROOT

NEW = ROOT / "src"


def test_devices_of_an_older_version_and_a_wallet_on_a_card(tmp_path: Path) -> None:
    old = older(OLD, tmp_path / "old") or NEW
    told = cell(Mixed, tmp_path / "devices", {OPERATOR: NEW, WALLET: old, TERMINAL: old})
    assert [one["state"] for one in told["payments"]] == ["settled"]
    with card_service():
        slot = Slot(PivCard(Maker(), has_key=True))
        told = cell(Mixed, tmp_path / "card", {OPERATOR: NEW, WALLET: NEW, TERMINAL: old}, slot.card)
        slot.take_out()
    assert [one["state"] for one in told["payments"]] == ["settled"]
    assert slot.card.signatures, "the card has signed"


def test_a_tap_of_an_older_wallet(tmp_path: Path) -> None:
    old = older(OLD_TAP, tmp_path / "old") or NEW
    with card_service():
        told = cell(ByTap, tmp_path / "tap", {OPERATOR: NEW, WALLET: old, TERMINAL: NEW})
    assert [one["state"] for one in told["payments"]] == ["settled"]
