"""Backups go both ways: what one of the two wallets makes the other reads, byte for byte, and refuses alike."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from feiqian.keys.backup_file import Derivation, open_backup, seal_backup
from feiqian.protocol import cbor
from feiqian.protocol.receipt import NoteKind
from feiqian.wallet.backup import CONTENT_MAX_BYTES, decode_backup, encode_backup
from feiqian.wallet.backup_troubles import BackupTrouble
from tests.wallet.test_backup import FIELDS, paid_with_receipt
from tests.wallet.world import PIN_HELD, World
from tests.web.node import node

WORDS = "four words 与 nothing ﬁtting"


@pytest.fixture
def content(tmp_path: Path) -> bytes:
    """With a payment of every kind."""
    world = World(tmp_path / "wallet").enrol().top_up()
    paid_with_receipt(world, 30_00, final_minor=20_00)
    world.pay(10_00)
    voided = world.wallet.history()[0]
    world.wallet.take_acknowledgement(world.terminal.note(NoteKind.VOID, voided.cheque_id, 4_00))
    world.pay(12_00)
    world.wallet.one_way_code(5_00, PIN_HELD)
    made = encode_backup(world.wallet.back_up())
    world.wallet.lock()
    return made


def told(act: str, given: bytes, passphrase: str = WORDS) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(node("tests/backup_ends.ts", act, passphrase, given=given.hex()))
    return found


def test_a_browser_reads_what_a_computer_made_for_it(content: bytes) -> None:
    read = told("read", seal_backup(content, WORDS, Derivation.PBKDF2))
    assert read["payer"] == "Ada"
    assert sorted(map(tuple, read["payments"])) == [
        ("accepted", "3000"),
        ("hidden", "500"),
        ("unconfirmed", "1200"),
        ("voided", "1000"),
    ]
    assert decode_backup(bytes.fromhex(read["content"])) == decode_backup(content)


def test_a_computer_reads_what_a_browser_made(content: bytes) -> None:
    made = told("make", content)
    assert open_backup(bytes.fromhex(made["file"]), WORDS.replace("ﬁ", "fi")).hex() == made["content"]
    assert decode_backup(bytes.fromhex(made["content"])) == decode_backup(content)


def test_both_refuse_alike(content: bytes) -> None:
    assert told("read", seal_backup(content, WORDS)) == {"refused": "backup_not_for_browsers"}
    file = seal_backup(content, WORDS, Derivation.PBKDF2)
    assert told("read", file, "another passphrase") == {"refused": "backup_passphrase_wrong"}
    assert told("read", file[:-1]) == {"refused": "backup_unreadable"}
    assert told("make", content, "short") == {"refused": "passphrase_weak"}


@pytest.mark.parametrize(("path", "value"), FIELDS, ids=[f"{path}-{value!r:.20}" for path, value in FIELDS])
def test_both_refuse_a_wrong_field_alike(tmp_path: Path, path: tuple[int, ...], value: object) -> None:
    world = World(tmp_path / "wallet").enrol().top_up()
    paid_with_receipt(world, 30_00)
    fields = cbor.decode_map(encode_backup(world.wallet.back_up()), max_bytes=CONTENT_MAX_BYTES)
    world.wallet.lock()
    inner: Any = fields
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    altered = cbor.encode(fields)
    with pytest.raises(BackupTrouble) as caught:
        decode_backup(altered)
    assert told("make", altered) == {"refused": caught.value.code}
