"""One-time codes in cheques: what a cheque carries is bound to it and tells nothing without the key."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.protocol.ids import RequestHash, StatementId
from feiqian.protocol.limits import CODE_BYTES
from feiqian.protocol.one_time_code import code_anchor, code_value, read_digits
from feiqian.protocol.refusals import Refused

KEY, ALLOWANCE, REQUEST = bytes(range(32)), StatementId(bytes(range(32, 64))), RequestHash(bytes(range(64, 96)))


def test_the_value_is_the_mac_that_the_spec_writes_down() -> None:
    message = b"feiqian/one-time-code/1" + ALLOWANCE + b"\0\0\0\x07" + REQUEST + b"287082"
    assert code_value(KEY, ALLOWANCE, 7, REQUEST, "287082") == hmac.digest(KEY, message, "sha256")[:16]
    one_way = b"feiqian/one-time-code/1" + ALLOWANCE + b"\0\0\0\x07" + bytes(32) + b"287082"
    assert code_value(KEY, ALLOWANCE, 7, None, "287082") == hmac.digest(KEY, one_way, "sha256")[:16]
    assert code_anchor(KEY) == hashlib.sha256(b"feiqian/code-anchor/1" + KEY).digest()[:16]
    assert len(code_anchor(KEY)) == CODE_BYTES


def test_published_values() -> None:
    """The same three stand in web/tests/one_time_code.test.ts."""
    assert code_anchor(KEY).hex() == "29f1c4b074392a6ba0cb4591c86f5591"
    assert code_value(KEY, ALLOWANCE, 7, REQUEST, "287082").hex() == "2e2d0063435ec888efaedf692c2d0be0"
    assert code_value(KEY, ALLOWANCE, 7, None, "287082").hex() == "3e71f1884577c2c4cb8659fe52545804"


@given(
    other=st.sampled_from(["key", "allowance", "counter", "request", "digits"]),
    counter=st.integers(1, 2**32 - 2),
    digits=st.integers(0, 999_998).map("{:06d}".format),
)
def test_nothing_of_it_fits_another_cheque(other: str, counter: int, digits: str) -> None:
    key = KEY[::-1] if other == "key" else KEY
    allowance = StatementId(ALLOWANCE[::-1]) if other == "allowance" else ALLOWANCE
    request = RequestHash(REQUEST[::-1]) if other == "request" else REQUEST
    number = counter + 1 if other == "counter" else counter
    typed = f"{int(digits) + 1:06d}" if other == "digits" else digits
    assert code_value(KEY, ALLOWANCE, counter, REQUEST, digits) != code_value(key, allowance, number, request, typed)


@pytest.mark.parametrize("text", ["287082", " 287082\n", "287 082", "287-082", "2 8 7 0 8 2"])
def test_digits_are_read_as_people_type_them(text: str) -> None:
    assert read_digits(text) == "287082"


@given(st.text(max_size=12))
def test_any_text_is_six_digits_or_refused(text: str) -> None:
    spelled = text.strip().replace(" ", "").replace("-", "")
    if len(spelled) == 6 and set(spelled) <= set("0123456789"):
        assert read_digits(text) == spelled
    else:
        with pytest.raises(Refused, match="field_invalid"):
            read_digits(text)


@pytest.mark.parametrize("text", ["", "28708", "2870822", "28708a", "２８７０８２", "²87082", "+28708", "287.82"])
def test_what_is_no_code_is_refused(text: str) -> None:
    with pytest.raises(Refused):
        read_digits(text)
