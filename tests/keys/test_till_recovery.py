"""A till's data key, sealed twice: opened by whom it is for, and by nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.keys.software import SoftwareKey
from feiqian.keys.till_recovery import (
    SEALED_FOR_OPERATOR_BYTES,
    SEALED_FOR_PAYEE_BYTES,
    NotSealedForThis,
    open_as_operator,
    open_as_payee,
    seal_for_operator,
    seal_for_payee,
)

DATA_KEY, REF, CODE = bytes(range(32)), b"terminal", "7KQ2-M9XA-44TD-0000"
OPERATOR = SoftwareKey.generate()
FOR_OPERATOR = seal_for_operator(OPERATOR.public_key, DATA_KEY, "test", REF)
FOR_PAYEE = seal_for_payee(CODE, DATA_KEY, "test", REF)


def test_whom_it_is_for_opens_it() -> None:
    assert open_as_operator(OPERATOR.scalar, FOR_OPERATOR, "test", REF) == DATA_KEY
    assert open_as_payee(CODE, FOR_PAYEE, "test", REF) == DATA_KEY
    assert open_as_payee(CODE.lower().replace("-", " "), FOR_PAYEE, "test", REF) == DATA_KEY
    assert (len(FOR_OPERATOR), len(FOR_PAYEE)) == (SEALED_FOR_OPERATOR_BYTES, SEALED_FOR_PAYEE_BYTES)
    assert DATA_KEY not in FOR_OPERATOR + FOR_PAYEE


def test_sealed_again_it_looks_otherwise() -> None:
    assert seal_for_operator(OPERATOR.public_key, DATA_KEY, "test", REF) != FOR_OPERATOR
    assert seal_for_payee(CODE, DATA_KEY, "test", REF) != FOR_PAYEE


@pytest.mark.parametrize(
    ("scalar", "deployment", "ref"),
    [
        (SoftwareKey.generate().scalar, "test", REF),
        (OPERATOR.scalar, "test2", REF),
        (OPERATOR.scalar, "test", b"terminaL"),
    ],
    ids=["another key", "another deployment", "another terminal"],
)
def test_another_operator_or_terminal_opens_nothing(scalar: bytes, deployment: str, ref: bytes) -> None:
    with pytest.raises(NotSealedForThis):
        open_as_operator(scalar, FOR_OPERATOR, deployment, ref)


@pytest.mark.parametrize(
    ("code", "deployment", "ref"),
    [("7KQ2-M9XA-44TD-0001", "test", REF), (CODE, "tes", b"tterminal"), (CODE, "test", b"terminaL"), ("", "test", REF)],
)
def test_another_code_or_terminal_opens_nothing(code: str, deployment: str, ref: bytes) -> None:
    with pytest.raises(NotSealedForThis):
        open_as_payee(code, FOR_PAYEE, deployment, ref)


@given(place=st.integers(0, SEALED_FOR_OPERATOR_BYTES - 1), bit=st.integers(0, 7))
def test_no_bit_of_it_can_be_changed(place: int, bit: int) -> None:
    raw = bytearray(FOR_OPERATOR)
    raw[place] ^= 1 << bit
    with pytest.raises(NotSealedForThis):
        open_as_operator(OPERATOR.scalar, bytes(raw), "test", REF)
    raw = bytearray(FOR_PAYEE)
    raw[place % len(raw)] ^= 1 << bit
    with pytest.raises(NotSealedForThis):
        open_as_payee(CODE, bytes(raw), "test", REF)


@given(raw=st.binary(max_size=200))
def test_any_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises(NotSealedForThis):
        open_as_operator(OPERATOR.scalar, raw, "test", REF)
    with pytest.raises(NotSealedForThis):
        open_as_payee(CODE, raw, "test", REF)


def test_a_key_that_is_no_point_is_refused() -> None:
    with pytest.raises(ValueError, match=r".*"):
        seal_for_operator(b"\x02" + b"\xff" * 32, DATA_KEY, "test", REF)
