"""Money as people type and read it, and instants."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.cli.report import CommandTrouble, money, parse_money, rfc3339


@pytest.mark.parametrize(
    ("text", "minor"), [("12.50", 1250), ("12.5", 1250), ("12", 1200), ("0.01", 1), (" 3.10 ", 310)]
)
def test_amounts_are_read(text: str, minor: int) -> None:
    assert parse_money(text) == minor


@pytest.mark.parametrize("text", ["", "0", "0.00", "-1", "1.234", "1,5", "1e3", "１２", "1.", "nan", "9" * 13, "."])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(CommandTrouble) as refused:
        parse_money(text)
    assert refused.value.code == "amount_unreadable"


@given(st.text(max_size=30))
def test_any_text_is_an_amount_or_refused(text: str) -> None:
    with suppress(CommandTrouble):
        assert parse_money(text) > 0


@given(st.integers(min_value=1, max_value=10**13))
def test_money_is_read_back(minor: int) -> None:
    shown = money(minor, "CNY").removesuffix(" CNY").replace(",", "")
    if len(shown) <= 15:
        assert parse_money(shown) == minor


def test_instants_are_rfc_3339() -> None:
    assert rfc3339(1_790_000_000) == "2026-09-21T14:13:20Z"
