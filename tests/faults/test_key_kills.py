"""A key set on its way from proposal to publication, with the commands, and killed at every point of the last step."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from feiqian.cli.home_keys import PUBLISH_POINTS, held_keys, make_key, read_key_set, read_keys
from feiqian.cli.operator_home import KEYS, ensure_home
from feiqian.protocol.trust_pack import KeyRole, decode_key_set
from feiqian.storage.crash import CRASH_VARIABLE
from tests.server.test_serve import FEIQIAN


def feiqian(*words: object, crash_at: str = "") -> tuple[int, Any]:
    done = subprocess.run(
        [*FEIQIAN, *map(str, words), "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | ({CRASH_VARIABLE: crash_at} if crash_at else {}),
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else {}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    ensure_home(tmp_path / "home", deployment="test", currency="CNY")
    return tmp_path / "home"


def proposed(home: Path, *change: str) -> Path:
    out = home.parent / f"{len(list(home.parent.iterdir()))}.proposal"
    status, found = feiqian("operator", "keys", *change, "--home", home, "--out", out)
    assert status == 0, found
    return out


def signed(home: Path, proposal: Path, root: str) -> tuple[int, Any]:
    """As on a machine that has nothing but a root key."""
    words = ("operator", "keys", "sign", proposal, "--root-key", home / KEYS / root, "--home", home.parent / "nowhere")
    return feiqian(*words, "--out", proposal.with_suffix(f".{root}"))


def both(home: Path, proposal: Path) -> list[str]:
    return [signed(home, proposal, root)[1]["signature"] for root in ("root-1.key", "root-3.key")]


def version(home: Path) -> int:
    return decode_key_set(read_key_set(home)[0]).version


@pytest.mark.parametrize("point", PUBLISH_POINTS)
def test_killed_while_publishing_the_old_or_the_new_key_set_holds(home: Path, point: str) -> None:
    proposal = proposed(home, "renew")
    words = ("operator", "keys", "publish", proposal, *both(home, proposal), "--home", home)
    assert feiqian(*words, crash_at=point)[0] == -signal.SIGKILL
    assert version(home) == (1 if point.endswith(":signatures") else 2)
    read_keys(home, int(time.time()))
    status, again = feiqian(*words)
    assert (status, again["version"], version(home)) == (0, 2, 2)


def test_too_few_signatures_or_those_of_another_proposal_publish_nothing(home: Path) -> None:
    proposal, other = proposed(home, "renew"), proposed(home, "rotate", "issuer")
    (one, two), others = both(home, proposal), both(home, other)
    for signatures in ([one], [one, one], [one, others[1]]):
        status, found = feiqian("operator", "keys", "publish", proposal, *signatures, "--home", home)
        assert (status, version(home)) == (1, 1)
        assert found["failures"][0]["code"] in ("signatures_missing", "proposal_unreadable")
    assert feiqian("operator", "keys", "publish", proposal, one, two, "--home", home)[0] == 0
    status, late = feiqian("operator", "keys", "publish", other, *others, "--home", home)
    assert (status, late["failures"][0]["code"]) == (1, "proposal_outdated")


def test_only_a_root_key_signs(home: Path) -> None:
    proposal = proposed(home, "renew")
    status, found = signed(home, proposal, "issuer.key")
    assert (status, found["failures"][0]["code"]) == (1, "not_a_root")


def test_the_list_names_what_is_due(home: Path) -> None:
    status, found = feiqian("operator", "keys", "--home", home)
    assert (status, found["version"], found["due"]) == (0, 1, False)
    active = {key["role"]: key for key in found["keys"] if key["state"] == "active"}
    assert set(active) == {"issuer", "acquirer", "online"}
    (home / KEYS / "issuer.key").unlink()
    status, found = feiqian("operator", "keys", "--home", home)
    assert (status, found["due"]) == (0, True)
    assert [role["role"] for role in found["roles"] if role["days_left"] < 0] == ["issuer"]


def test_a_key_is_rotated_and_revoked_by_its_id(home: Path) -> None:
    _, found = feiqian("operator", "keys", "--home", home)
    issuer = next(key["key_id"] for key in found["keys"] if key["role"] == "issuer")
    proposal = proposed(home, "revoke", "issuer", issuer)
    assert feiqian("operator", "keys", "publish", proposal, *both(home, proposal), "--home", home)[0] == 0
    _, found = feiqian("operator", "keys", "--home", home)
    states = {key["key_id"]: key["state"] for key in found["keys"] if key["role"] == "issuer"}
    assert states.pop(issuer) == "revoked"
    assert list(states.values()) == ["active"]


def test_a_made_key_is_of_no_id_that_is_taken(home: Path) -> None:
    taken: set[Any] = set()
    made = {make_key(home, KeyRole.ONLINE, taken).public_key for _ in range(3)}
    assert len(taken) == len(made)
    assert made <= set(held_keys(home))
