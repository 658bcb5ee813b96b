"""A device's commands load what they use: a program that asks for JSON waits for no tables, no network, no camera."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from feiqian.cli.device import CLOCK_OFFSET
from tests.terminal import world as till
from tests.wallet import world as payer

FOR_PEOPLE = {"rich"}
FOR_THE_NETWORK = {"httpx", "anyio", "feiqian.links.http"}
FOR_READING = {"PIL", "zxingcpp"}
FOR_DRAWING = {"segno"}
FORMATS_NEVER_USED = {"cryptography.hazmat.primitives.serialization.ssh"}
HEAVY = FOR_PEOPLE | FOR_THE_NETWORK | FOR_READING | FOR_DRAWING | FORMATS_NEVER_USED

ACTS = """
import json, sys
from feiqian.cli.main import main
*acts, = json.loads(sys.argv[1])
statuses = [main(act) for act in acts]
print(json.dumps([statuses, sorted(sys.modules)]))
"""


def loaded(home: Path, pin: str, *acts: str, options: tuple[str, ...] = ("--json",)) -> set[str]:
    """What a process has loaded after these commands, of what they should not need."""
    (home / "pin").write_text(pin)
    common = [*options, "--lang", "en", "--home", str(home), "--pin-file", str(home / "pin")]
    done = subprocess.run(
        [sys.executable, "-c", ACTS, json.dumps([[*act.split(), *common] for act in acts])],
        env=os.environ | {CLOCK_OFFSET: str(till.NOW - int(time.time()))},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    statuses, modules = json.loads(done.stdout.splitlines()[-1])
    assert statuses == [0] * len(acts), done
    return HEAVY.intersection(modules)


@pytest.fixture
def wallet(tmp_path: Path) -> Path:
    payer.World(tmp_path / "wallet").enrol().top_up().wallet.lock()
    return tmp_path


@pytest.fixture
def terminal(tmp_path: Path) -> Path:
    till.enrolled(tmp_path / "terminal").vault.close()
    return tmp_path


def test_looking_with_json_loads_neither_tables_nor_network_nor_pictures(wallet: Path, terminal: Path) -> None:
    assert loaded(wallet, payer.PIN, "wallet show", "wallet resume", "wallet history", "wallet lost") == set()
    assert loaded(terminal, till.PIN, "terminal totals", "terminal history", "terminal ready") == set()


def test_showing_with_json_loads_what_draws_and_no_more(wallet: Path, terminal: Path) -> None:
    assert loaded(terminal, till.PIN, "terminal request 5", "terminal cancel") == FOR_DRAWING
    assert loaded(wallet, payer.PIN, "wallet code 5 --yes") == FOR_DRAWING


def test_people_get_their_tables(terminal: Path) -> None:
    assert loaded(terminal, till.PIN, "terminal totals", options=()) == FOR_PEOPLE


def test_the_network_brings_no_tables_along() -> None:
    code = "import sys, feiqian.links, httpx; print([name for name in ('rich', 'click') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
