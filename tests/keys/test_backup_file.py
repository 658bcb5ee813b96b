"""Backup files: what was sealed opens under its passphrase alone; any other bytes are refused, and cost little."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.keys import backup_file
from feiqian.keys.backup_file import (
    FILE_MAX_BYTES,
    KIND,
    PASSPHRASE_CHARS_MIN,
    Derivation,
    open_backup,
    seal_backup,
)
from feiqian.protocol import cbor
from feiqian.wallet.backup_troubles import BackupTrouble

WORDS = "four words 与 nothing ﬁtting"
CONTENT = b"what a wallet remembers"


@pytest.fixture(scope="module")
def sealed() -> bytes:
    return seal_backup(CONTENT, WORDS)


def code_of(file: bytes, passphrase: str = WORDS) -> str:
    with pytest.raises(BackupTrouble) as caught:
        open_backup(file, passphrase)
    return caught.value.code


@pytest.mark.parametrize("derivation", list(Derivation))
def test_it_opens_under_its_passphrase_alone(derivation: Derivation) -> None:
    file = seal_backup(CONTENT, WORDS, derivation)
    assert CONTENT not in file
    assert open_backup(file, WORDS) == CONTENT
    assert open_backup(file, WORDS.replace("ﬁ", "fi") + "\n") == CONTENT, "the same word, typed elsewhere"
    assert code_of(file, WORDS + "x") == "backup_passphrase_wrong"
    assert code_of(file, "\ud800") == "backup_passphrase_wrong"


def test_every_byte_counts(sealed: bytes) -> None:
    fields = cbor.decode_map(sealed, max_bytes=FILE_MAX_BYTES)
    for key in (4, 5, 6):
        for place in (0, len(fields[key]) - 1):
            altered = bytearray(fields[key])
            altered[place] ^= 1
            assert code_of(cbor.encode(fields | {key: bytes(altered)})) == "backup_passphrase_wrong"
    assert code_of(cbor.encode(fields | {3: [64 * 1024, 2]})) == "backup_passphrase_wrong"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({0: "feiqian-till-backup"}, "backup_unreadable"),
        ({1: 2}, "backup_too_new"),
        ({1: 0}, "backup_unreadable"),
        ({2: 3}, "backup_unreadable"),
        ({3: [8 * 1024, 3]}, "backup_unreadable"),
        ({3: [2**30, 3]}, "backup_unreadable"),
        ({3: [64 * 1024, 10**6]}, "backup_unreadable"),
        ({3: [64 * 1024]}, "backup_unreadable"),
        ({2: 2, 3: [2**40]}, "backup_unreadable"),
        ({2: 2, 3: [1]}, "backup_unreadable"),
        ({3: "cheap"}, "backup_unreadable"),
        ({4: b"short"}, "backup_unreadable"),
        ({5: b""}, "backup_unreadable"),
        ({6: b"x" * 15}, "backup_unreadable"),
        ({6: 7}, "backup_unreadable"),
        ({7: b"more"}, "backup_unreadable"),
    ],
)
def test_what_is_not_one_is_refused_before_it_costs_anything(
    sealed: bytes, change: dict[int, object], code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spend(*_: object) -> bytes:
        raise AssertionError("a key was derived")

    monkeypatch.setattr(backup_file, "_key", spend)
    fields = cbor.decode_map(sealed, max_bytes=FILE_MAX_BYTES)
    assert code_of(cbor.encode(fields | change)) == code


@given(st.binary(max_size=300) | st.builds(lambda rest: cbor.encode({0: KIND, 1: 1, 2: rest}), st.binary(max_size=9)))
def test_any_bytes_are_refused(file: bytes) -> None:
    assert code_of(file) == "backup_unreadable"


@pytest.mark.parametrize("passphrase", ["", "402817", "a" * 40, "abababababab" * 3, "x" * 5_000, "short enough"[:11]])
def test_a_passphrase_that_is_easily_guessed_is_refused(passphrase: str) -> None:
    with pytest.raises(BackupTrouble) as caught:
        seal_backup(CONTENT, passphrase)
    assert caught.value.code == "passphrase_weak"
    assert str(PASSPHRASE_CHARS_MIN) in caught.value.words("en").next
