"""The text of a code: ours, another version's, or somebody else's, and every text is one of these."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from feiqian.protocol import base45
from feiqian.protocol.qrtext import TEXT_MAX_CHARS, TEXT_PREFIX, decode_text, encode_text
from feiqian.protocol.refusals import RefusalCode, Refused

BODY_MAX_BYTES = 2_861  # the most of which prefix and base45 stay within TEXT_MAX_CHARS


def test_a_body_in_a_code() -> None:
    assert encode_text(b"AB") == "FQ1:BB8"
    assert decode_text("FQ1:BB8") == b"AB"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", RefusalCode.NOT_FEIQIAN),
        ("https://example.org/FQ1:BB8", RefusalCode.NOT_FEIQIAN),
        ("fq1:BB8", RefusalCode.NOT_FEIQIAN),
        (" FQ1:BB8", RefusalCode.NOT_FEIQIAN),
        ("FQ:BB8", RefusalCode.NOT_FEIQIAN),
        ("FQ1", RefusalCode.NOT_FEIQIAN),
        ("FQ１:BB8", RefusalCode.NOT_FEIQIAN),
        ("FQX:BB8", RefusalCode.NOT_FEIQIAN),
        ("A" * (TEXT_MAX_CHARS + 1), RefusalCode.NOT_FEIQIAN),
        ("FQ1:" + "0" * (TEXT_MAX_CHARS - 3), RefusalCode.TOO_LARGE),
        ("FQ2:" + "0" * (TEXT_MAX_CHARS - 3), RefusalCode.TOO_LARGE),
        ("FQ2:BB8", RefusalCode.UPDATE_NEEDED),
        ("FQ2:in a form we cannot know", RefusalCode.UPDATE_NEEDED),
        ("FQ11:BB8", RefusalCode.UPDATE_NEEDED),
        ("FQ0:BB8", RefusalCode.UPDATE_NEEDED),
        ("FQ1:GGW", RefusalCode.MALFORMED),
        ("FQ1:bb8", RefusalCode.MALFORMED),
        ("FQ1:BB8\n", RefusalCode.MALFORMED),
    ],
    ids=lambda value: value[:24] if type(value) is str else value.name,
)
def test_each_wrong_text_has_its_code(text: str, code: RefusalCode) -> None:
    with pytest.raises(Refused) as caught:
        decode_text(text)
    assert caught.value.code is code


def test_the_largest_body_that_a_code_can_hold() -> None:
    body = bytes(BODY_MAX_BYTES)
    assert decode_text(encode_text(body)) == body
    with pytest.raises(Refused) as caught:
        encode_text(body + b"\0")
    assert caught.value.code is RefusalCode.TOO_LARGE


@given(st.binary(max_size=400))
def test_every_body_comes_back(body: bytes) -> None:
    assert decode_text(encode_text(body)) == body


@given(
    st.text(max_size=40)
    | st.builds("FQ{}:{}".format, st.integers(0, 12), st.text(alphabet=base45.ALPHABET, max_size=40))
    | st.text(alphabet=base45.ALPHABET, max_size=40).map(TEXT_PREFIX.__add__)
)
@example("FQ1:")
def test_any_text_is_the_one_spelling_of_a_body_or_a_coded_refusal(text: str) -> None:
    try:
        body = decode_text(text)
    except Refused:
        return
    assert encode_text(body) == text
