"""Every refusal can be told to a person, in both languages, in sentences short enough for a counter."""

import re

import pytest

from feiqian.protocol.refusal_words import REFUSAL_WORDS
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.words import Language, Words

LONGEST_CHARS: dict[Language, int] = {"en": 120, "zh": 60}
STOPS: dict[Language, str] = {"en": ".", "zh": "。"}
LANGUAGES: tuple[Language, ...] = ("en", "zh")
CHINESE = re.compile("[一-鿿]")
JARGON = re.compile(
    r"\b(nonce|token|coin|voucher|invoice|bill|quota|float|ceiling|ack|reversal|hash|CBOR|COSE|payload)\b",
    re.IGNORECASE,
)


def test_every_code_has_its_sentences_and_nothing_else_has() -> None:
    assert list(REFUSAL_WORDS) == [code.value for code in RefusalCode]  # in the same order, to read them side by side


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("code", RefusalCode, ids=str)
def test_each_refusal_speaks_in_three_sentences(code: RefusalCode, language: Language) -> None:
    assert set(REFUSAL_WORDS[code]) == set(LANGUAGES)
    words = Refused(code, "a detail for developers").words(language)
    assert isinstance(words, Words)
    for sentence in words:
        assert sentence == sentence.strip() != ""
        assert len(sentence) <= LONGEST_CHARS[language]
        assert sentence.endswith(STOPS[language])
        assert "{" not in sentence
        assert "%" not in sentence
        assert "detail for developers" not in sentence
        assert code.value not in sentence.split()


@pytest.mark.parametrize("code", RefusalCode, ids=str)
def test_each_language_is_itself(code: RefusalCode) -> None:
    table = REFUSAL_WORDS[code]
    assert not any(CHINESE.search(sentence) for sentence in table["en"])
    assert all(CHINESE.search(sentence) for sentence in table["zh"])
    assert not any(re.search("[,.;:!?]", sentence) for sentence in table["zh"])  # full-width marks only
    assert not any(JARGON.search(sentence) for sentence in (*table["en"], *table["zh"]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_refusals_say_the_same(language: Language) -> None:
    messages = [table[language].message for table in REFUSAL_WORDS.values()]
    assert len(set(messages)) == len(messages)
