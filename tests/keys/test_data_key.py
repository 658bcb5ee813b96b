"""Data keys: what is sealed opens in its own place, under its own key, and nowhere else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.keys.data_key import DataKeys
from feiqian.ledger.sealing import Sealed, SealTrouble

KEYS = {1: b"a" * 32, 3: b"b" * 32}
SEALS = DataKeys(lambda: KEYS)
PARTS = st.sampled_from(Sealed)
ROW = b"r" * 8


@given(part=PARTS, row=st.binary(max_size=24), content=st.binary(max_size=200), number=st.sampled_from(sorted(KEYS)))
def test_what_is_sealed_opens_again(part: Sealed, row: bytes, content: bytes, number: int) -> None:
    stored = SEALS.seal(part, row, content, number)
    assert SEALS.open(part, row, stored, number) == content
    assert stored != SEALS.seal(part, row, content, number)
    assert len(stored) % 32 == 28


def test_a_name_does_not_show_its_length() -> None:
    assert len(SEALS.seal(Sealed.PAYER_NAME, ROW, b"Li", 1)) == len(SEALS.seal(Sealed.PAYER_NAME, ROW, b"x" * 31, 1))


@pytest.mark.parametrize(
    ("part", "row", "number"),
    [(Sealed.PAYEE_NAME, ROW, 1), (Sealed.PAYER_NAME, b"s" * 8, 1), (Sealed.PAYER_NAME, ROW, 3)],
)
def test_it_opens_nowhere_else(part: Sealed, row: bytes, number: int) -> None:
    stored = SEALS.seal(Sealed.PAYER_NAME, ROW, b"Lin", 1)
    with pytest.raises(SealTrouble) as refused:
        SEALS.open(part, row, stored, number)
    assert refused.value.code == "sealed_value_damaged"


@given(stored=st.binary(max_size=120), part=PARTS, number=st.integers(-5, 5))
def test_any_bytes_are_refused_with_a_code(stored: bytes, part: Sealed, number: int) -> None:
    with pytest.raises(SealTrouble) as refused:
        SEALS.open(part, ROW, stored, number)
    assert refused.value.code == ("sealed_value_damaged" if number in KEYS else "data_key_missing")


@given(place=st.integers(0, 59), bit=st.integers(0, 7))
def test_any_flipped_bit_is_refused(place: int, bit: int) -> None:
    stored = bytearray(SEALS.seal(Sealed.PAYER_NAME, ROW, b"Lin", 1))
    stored[place] ^= 1 << bit
    with pytest.raises(SealTrouble):
        SEALS.open(Sealed.PAYER_NAME, ROW, bytes(stored), 1)


def test_a_key_that_comes_while_it_runs_is_found_and_then_seals() -> None:
    keys = {1: b"a" * 32}
    here, there = DataKeys(lambda: dict(keys)), DataKeys(lambda: KEYS)
    assert here.newest() == 1
    stored = there.seal(Sealed.PAYER_NAME, ROW, b"Lin", 3)
    keys[3] = KEYS[3]
    assert here.open(Sealed.PAYER_NAME, ROW, stored, 3) == b"Lin"
    assert here.newest() == 3


def test_without_any_key_it_says_which_file_is_missing() -> None:
    with pytest.raises(SealTrouble, match="data_key_missing") as refused:
        DataKeys(dict).newest()
    for language, text in (("en", "data-1.key"), ("zh", "缺少")):
        assert text in refused.value.words(language).message  # type: ignore[arg-type]
