"""The boundary: facts in, list out. The cases are a file because the web apps must give the same list and words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from feiqian.risk.boundary import (
    Capability,
    KeyFacts,
    Reach,
    TerminalFacts,
    WalletFacts,
    What,
    Why,
    terminal_boundary,
    wallet_boundary,
)
from feiqian.risk.boundary_words import WHAT_WORDS, WHY_WORDS

CASES: dict[str, Any] = json.loads((Path(__file__).parent / "boundary_cases.json").read_text(encoding="utf-8"))


def _why(text: str | None) -> Why | None:
    return None if text is None else Why(text)


def _spelled(found: Capability) -> dict[str, Any]:
    return {name: getattr(found, name) for name in Capability.__dataclass_fields__}


@pytest.mark.parametrize("case", CASES["wallet"], ids=lambda case: case["case"])
def test_a_wallets_list(case: dict[str, Any]) -> None:
    facts = case["facts"]
    keys = tuple(KeyFacts(**key | {"what": What(key["what"])}) for key in facts["keys"])
    given = facts | {"reach": Reach(facts["reach"]), "in_the_way": _why(facts["in_the_way"]), "keys": keys}
    assert [_spelled(one) for one in wallet_boundary(WalletFacts(**given))] == case["capabilities"]


@pytest.mark.parametrize("case", CASES["terminal"], ids=lambda case: case["case"])
def test_a_terminals_list(case: dict[str, Any]) -> None:
    facts = case["facts"]
    given = facts | {"reach": Reach(facts["reach"]), "lists": _why(facts["lists"])}
    assert [_spelled(one) for one in terminal_boundary(TerminalFacts(**given))] == case["capabilities"]


def test_everything_has_words_in_both_languages_and_both_apps_share_them() -> None:
    assert {what.value: words for what, words in WHAT_WORDS.items()} == CASES["what"]
    assert {why.value: words for why, words in WHY_WORDS.items()} == CASES["why"]
    assert set(WHAT_WORDS) == set(What)
    assert set(WHY_WORDS) == set(Why)
    for words in (*WHAT_WORDS.values(), *WHY_WORDS.values()):
        assert set(words) == {"en", "zh"}
        assert all(words.values())
