"""Old and new together (spec 06.3): wallet, terminal and server of this version and of an older commit, as processes.

    python -m tests.operations.matrix [--json]

One payment, its receipt, and a sync of both devices in every cell, each device and server with the code of its version.
The older code is taken from the history of this repository, so it is no test of every day: it needs that history.
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

from feiqian.cli.demo_stage import OPERATOR, Act, Stage
from tests.operations.drill import Drill, main
from tests.tidy.house import ROOT

OLD: Final = "2752b63"
"""The commit before keys in hardware, passkeys, one-time codes, tiers and revoked terminals."""
WALLET, TERMINAL = "wallet", "terminal"


class Mixed(Stage):
    """Actors with versions of their own."""

    def __init__(self, folder: Path, sources: Mapping[str, Path]) -> None:
        super().__init__(folder, "en")
        self._sources = sources
        (folder / "pictures").mkdir()

    def _environment(self, who: str) -> dict[str, str]:
        return {"PYTHONPATH": str(self._sources[who])}

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
        self.must(WALLET, "wallet", "enrol", "--server", self.url, "--code", code)
        self.must(WALLET, "wallet", "top-up", "200")
        self.must(TERMINAL, "terminal", "sync")
        asked, paid, receipt = (str(self.picture(name)) for name in ("asked", "paid", "receipt"))
        self.must(TERMINAL, "terminal", "request", "20.00", "--out", asked)
        self.must(WALLET, "wallet", "pay", "--request-image", asked, "--yes", "--out", paid)
        self.must(TERMINAL, "terminal", "accept", "--image", paid, "--out", receipt)
        self.must(WALLET, "wallet", "receipt", "--image", receipt)
        told = self.must(TERMINAL, "terminal", "sync")
        synced = self.must(WALLET, "wallet", "sync")
        return {"payments": told["payments"], "free_minor": synced["free_minor"]}


def walk(drill: Drill) -> None:
    """Every cell."""
    old = drill.folder / "old"
    old.mkdir()
    archive = subprocess.run(["git", "archive", OLD, "src"], cwd=ROOT, capture_output=True, check=False)
    drill.must(archive.returncode == 0, f"the commit {OLD} is not in this history")
    subprocess.run(["tar", "-x", "-C", str(old)], input=archive.stdout, check=True)
    versions = {"old": old / "src", "new": ROOT / "src"}
    cells = 0
    for server, wallet, terminal in itertools.product(versions, repeat=3):
        if (server, wallet, terminal) == ("old", "old", "old"):
            continue
        name = f"{wallet} wallet, {terminal} terminal, {server} server"
        folder = drill.folder / f"{server}-{wallet}-{terminal}"
        folder.mkdir()
        chosen = {OPERATOR: versions[server], WALLET: versions[wallet], TERMINAL: versions[terminal]}
        with Mixed(folder, chosen) as stage:
            running = stage.serve()
            try:
                told = stage.cell()
            finally:
                running.terminate()
                running.communicate(timeout=20)
        states = [one["state"] for one in told["payments"]]
        drill.must(states == ["settled"], f"{name}: {told}")
        drill.step(f"  ✓ {name}: paid, settled, synced")
        cells += 1
    drill.found(f"{cells} cells of old ({OLD}) and new together: paid, settled, synced", cells=cells)


if __name__ == "__main__":
    sys.exit(main("matrix", walk, sys.argv[1:]))
