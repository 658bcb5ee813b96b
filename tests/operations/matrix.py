"""Old and new together (spec 06.3): wallet, terminal, server and card, of this version and of older commits.

    python -m tests.operations.matrix [--json]

One payment, its receipt, and a sync of both devices in every cell, each device and server a process with the code of
its version. A card is met twice: as what holds the wallet's key (PIV, by codes; the older version knows no such wallet,
and meets its cheques), and as what the wallet is to a reader (tap, old and new on either side). The older code is taken
from the history of this repository; a small part of it is tests/operations/test_matrix.py.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.serialization import Encoding

from feiqian.cli.card_keys import PIN_FILE, READER
from feiqian.cli.card_service import SECOND_READER, card_service
from feiqian.cli.demo_stage import OPERATOR, Act, Stage
from tests.nfc.piv_card import PIN, Maker, PivCard, Slot
from tests.operations.drill import Drill, DrillFailed, main
from tests.tidy.house import ROOT

OLD: Final = "2752b63"
"""The commit before keys in hardware, passkeys, one-time codes, tiers and revoked terminals."""
OLD_TAP: Final = "8ba155c"
"""The last commit whose taps exchange no trust packs."""
WALLET, TERMINAL = "wallet", "terminal"
TAP_S: Final = 60


class Mixed(Stage):
    """Actors with versions of their own. `card` is in the reader's second slot and holds the wallet's key."""

    def __init__(self, folder: Path, sources: Mapping[str, Path], card: PivCard | None = None) -> None:
        super().__init__(folder, "en")
        self._sources = sources
        self._card = card
        (folder / "pictures").mkdir()

    def _environment(self, who: str) -> dict[str, str]:
        own = {"PYTHONPATH": str(self._sources[who])}
        if self._card is not None and who == WALLET:
            pin = self.folder / "card.pin"
            pin.write_text(PIN)
            own |= {READER: SECOND_READER, PIN_FILE: str(pin)}
        return own

    def act(self, who: str, *words: str, environment: Mapping[str, str] | None = None) -> Act:
        return super().act(who, *words, environment={**self._environment(who), **(environment or {})})

    def serve(self) -> subprocess.Popen[str]:
        words = [sys.executable, "-m", "feiqian.cli.main", "serve", "--port", "0", "--home", str(self.home(OPERATOR))]
        environment = {**os.environ, **self._environment(OPERATOR)}
        with (self.folder / "server.log").open("a", encoding="utf-8") as log:
            server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        assert server.stdout is not None
        self.url = str(json.loads(server.stdout.readline())["url"])
        return server

    def cell(self) -> dict[str, Any]:
        """Enrols both, pays once, syncs; what the terminal was told."""
        code = str(self.must(OPERATOR, "operator", "enrol-payee", "--name", "Cafe")["enrolment_code"])
        self.must(TERMINAL, "terminal", "enrol", "--server", self.url, "--code", code)
        code = str(
            self.must(OPERATOR, "operator", "enrol-payer", "--name", "Lin", "--fund", "500.00")["enrolment_code"]
        )
        keys: tuple[str, ...] = ()
        if self._card is not None:
            keys = ("--keys", "card")
            self._trust_maker(self._card)
        self.must(WALLET, "wallet", "enrol", "--server", self.url, "--code", code, *keys)
        self.must(WALLET, "wallet", "top-up", "200")
        self.must(TERMINAL, "terminal", "sync")
        self._pay()
        told = self.must(TERMINAL, "terminal", "sync")
        synced = self.must(WALLET, "wallet", "sync")
        return {"payments": told["payments"], "free_minor": synced["free_minor"]}

    def _trust_maker(self, card: PivCard) -> None:
        """The operator is told who makes such cards, if its version can be."""
        if self._sources[OPERATOR] != ROOT / "src":
            return
        maker = self.folder / "maker.pem"
        maker.write_bytes(card.maker.root.public_bytes(Encoding.PEM))
        self.must(OPERATOR, "operator", "attestation", "add", str(maker), "--maker", "Trial", "--tier", "card")

    def _pay(self) -> None:
        """One payment by codes, with its receipt."""
        asked, paid, receipt = (str(self.picture(name)) for name in ("asked", "paid", "receipt"))
        self.must(TERMINAL, "terminal", "request", "20.00", "--out", asked)
        self.must(WALLET, "wallet", "pay", "--request-image", asked, "--yes", "--out", paid)
        self.must(TERMINAL, "terminal", "accept", "--image", paid, "--out", receipt)
        self.must(WALLET, "wallet", "receipt", "--image", receipt)


class ByTap(Mixed):
    """The same, paid by holding the wallet to a reader."""

    def _pay(self) -> None:
        tapping = [(TERMINAL, ("terminal", "tap", "20.00")), (WALLET, ("wallet", "tap", "--up-to", "20"))]
        both = [
            subprocess.Popen(
                self.command(who, *words),
                env={**os.environ, **self._environment(who)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            for who, words in tapping
        ]
        for process in both:
            out, told = process.communicate(timeout=TAP_S)
            assert process.returncode == 0, out + told


def older(commit: str, folder: Path) -> Path | None:
    """The code of a commit, put into `folder`; None where this checkout does not have it."""
    archive = subprocess.run(["git", "archive", commit, "src"], cwd=ROOT, capture_output=True, check=False)
    if archive.returncode:
        return None
    folder.mkdir()
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)
    return folder / "src"


def cell(kind: type[Mixed], folder: Path, sources: Mapping[str, Path], card: PivCard | None = None) -> dict[str, Any]:
    """One cell on a server of its own; what the terminal was told."""
    folder.mkdir()
    with kind(folder, sources, card) as stage:
        running = stage.serve()
        try:
            return stage.cell()
        finally:
            running.terminate()
            running.communicate(timeout=60)


def walk(drill: Drill) -> None:
    """Every cell."""
    old, old_tap = older(OLD, drill.folder / "old"), older(OLD_TAP, drill.folder / "old-tap")
    if old is None or old_tap is None:
        raise DrillFailed(f"the commits {OLD} and {OLD_TAP} are not in this history")
    versions = {"old": old, "new": ROOT / "src"}
    with card_service():
        codes, cards, taps = (list[str]() for _ in range(3))
        for server, wallet, terminal in itertools.product(versions, repeat=3):
            sources = {OPERATOR: versions[server], WALLET: versions[wallet], TERMINAL: versions[terminal]}
            name = f"{wallet} wallet, {terminal} terminal, {server} server"
            if name.count("old") < len(sources):
                codes.append(_walked(drill, name, Mixed, sources))
        for server, terminal in itertools.product(versions, repeat=2):
            sources = {OPERATOR: versions[server], WALLET: versions["new"], TERMINAL: versions[terminal]}
            name = f"new wallet on a card, {terminal} terminal, {server} server"
            slot = Slot(PivCard(Maker(), has_key=True))
            cards.append(_walked(drill, name, Mixed, sources, slot.card))
            slot.take_out()
        versions["old"] = old_tap
        for wallet, terminal in (("old", "new"), ("new", "old")):
            sources = {OPERATOR: versions["new"], WALLET: versions[wallet], TERMINAL: versions[terminal]}
            taps.append(_walked(drill, f"by tap: {wallet} wallet, {terminal} terminal", ByTap, sources))
    drill.found(
        f"{len(codes)} cells of old ({OLD}) and new by codes, {len(cards)} with the wallet's key on a card, "
        f"{len(taps)} by tap with {OLD_TAP}: paid, settled, synced",
        cells=len(codes) + len(cards) + len(taps),
    )


def _walked(
    drill: Drill, name: str, kind: type[Mixed], sources: Mapping[str, Path], card: PivCard | None = None
) -> str:
    told = cell(kind, drill.folder / name.replace(" ", "-").replace(",", "").replace(":", ""), sources, card)
    states = [one["state"] for one in told["payments"]]
    drill.must(states == ["settled"], f"{name}: {told}")
    drill.step(f"  ✓ {name}: paid, settled, synced")
    return name


if __name__ == "__main__":
    sys.exit(main("matrix", walk, sys.argv[1:]))
