"""Base45: the vectors of RFC 9285, and one spelling for every body."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feiqian.protocol import base45

RFC_9285 = [  # section 4.3 and 4.4
    (b"AB", "BB8"),
    (b"Hello!!", "%69 VD92EX0"),
    (b"base-45", "UJCLQE7W581"),
    (b"ietf!", "QED8WEX0"),
]
EDGES = [
    (b"", ""),
    (b"\0", "00"),
    (b"\xff", "U5"),
    (b"\0\0", "000"),
    (b"\xff\xff", "FGW"),
]


@pytest.mark.parametrize(("body", "text"), RFC_9285 + EDGES)
def test_known_pairs_hold_both_ways(body: bytes, text: str) -> None:
    assert base45.encode(body) == text
    assert base45.decode(text) == body


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("GGW", id="65536-in-three (the RFC's own example)"),
        pytest.param(":::", id="largest-three"),
        pytest.param("V5", id="256-in-two"),
        pytest.param("::", id="largest-two"),
        pytest.param("BB8GGW", id="a-later-group"),
        pytest.param("B", id="one-character"),
        pytest.param("BB8B", id="length-1-mod-3"),
        pytest.param("BB80", id="length-1-mod-3-of-value-0"),
        pytest.param("bb8", id="lower-case"),
        pytest.param("BB8\n", id="line-end"),
        pytest.param("B_8", id="not-in-the-alphabet"),
        pytest.param("BB８", id="full-width-digit"),
        pytest.param("BB8==", id="padding-of-another-base"),
        pytest.param("\udc80BB", id="lone-surrogate"),
    ],
)
def test_what_no_encoder_writes_is_refused(text: str) -> None:
    with pytest.raises(base45.Base45Error):
        base45.decode(text)


def test_a_refusal_names_the_place_and_not_the_text() -> None:
    with pytest.raises(base45.Base45Error, match="at 3 is") as caught:
        base45.decode("BB8?SECRET.")
    assert "SECRET" not in str(caught.value)


@given(st.binary(max_size=600))
@example(bytes(range(256)))
def test_every_body_comes_back(body: bytes) -> None:
    text = base45.encode(body)
    assert base45.decode(text) == body
    assert len(text) == base45.encoded_length(len(body))
    assert set(text) <= set(base45.ALPHABET)


@given(st.text(max_size=40) | st.text(alphabet=base45.ALPHABET, max_size=40))
@example("GGW")
def test_any_text_is_the_one_spelling_of_a_body_or_refused(text: str) -> None:
    try:
        body = base45.decode(text)
    except base45.Base45Error:
        return
    assert base45.encode(body) == text
