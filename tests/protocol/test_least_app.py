"""The least app version that an operator asks for: compared number by number, and never a reason to stop."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.protocol.trust import app_is_too_old


@pytest.mark.parametrize(
    ("least", "app", "too_old"),
    [
        ("0.1.0", "0.1.0", False),
        ("0.1.1", "0.1.0", True),
        ("0.1.0", "0.1.1", False),
        ("0.10", "0.9.9", True),  # numbers, not letters
        ("1", "1.0.0", False),
        ("1.0.0.0", "1", False),
        ("1.0.0.1", "1", True),
        ("2.0", "10.0", False),
        ("9.0", "1.3.0.dev4", False),  # whoever builds the app knows its age
        ("next", "0.1.0", False),
        ("", "0.1.0", False),
        ("1..2", "0.1.0", False),
        ("١.٢", "0.1.0", False),  # digits of another script
        ("-1.0", "0.1.0", False),
    ],
)
def test_too_old(least: str, app: str, too_old: bool) -> None:  # noqa: FBT001
    assert app_is_too_old(least, app) is too_old


@given(least=st.text(max_size=32), app=st.text(max_size=32))
def test_any_text_is_an_answer(least: str, app: str) -> None:
    assert app_is_too_old(least, app) in {True, False}
    assert not app_is_too_old(app, app)


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=5), st.lists(st.integers(0, 10**6), min_size=1, max_size=5))
def test_one_of_two_is_at_most_the_other(one: list[int], other: list[int]) -> None:
    first, second = ".".join(map(str, one)), ".".join(map(str, other))
    assert not (app_is_too_old(first, second) and app_is_too_old(second, first))
