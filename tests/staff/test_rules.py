"""The rules of signing in, without any store."""

from __future__ import annotations

import pytest

from feiqian.staff.rules import (
    IDLE_S,
    SESSION_S,
    STEP_S,
    check_name,
    check_password,
    ends_at,
    open_steps,
    waits_until,
)
from feiqian.staff.troubles import STAFF_WORDS, StaffTrouble
from feiqian.staff.values import Session, StaffId, Tries


@pytest.mark.parametrize("name", ["lin", "a1", "zhao.wei", "x" * 32, "a-b_c"])
def test_a_name_is_small_letters_and_digits(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize("name", ["", "a", "1a", "Lin", "lin ", "x" * 33, "林", "a\n", "a/b"])
def test_another_name_is_refused(name: str) -> None:
    with pytest.raises(StaffTrouble, match="staff_name_invalid"):
        check_name(name)


@pytest.mark.parametrize("password", ["", "short", "a" * 40, "abcabcabcabcabc", "Lin is my name!!", "x" * 200])
def test_a_weak_password_is_refused(password: str) -> None:
    with pytest.raises(StaffTrouble, match="password_weak"):
        check_password(password, "lin")


def test_length_is_enough_for_a_password() -> None:
    check_password("correct horse", "lin")


@pytest.mark.parametrize(
    ("misses", "wait_s"), [(0, 0), (1, 0), (2, 0), (3, 30), (4, 60), (5, 120), (6, 300), (7, 900), (500, 900)]
)
def test_waits_grow_and_never_shut_anybody_out(misses: int, wait_s: int) -> None:
    assert waits_until(Tries(misses=misses, missed_at=1_000)) == 1_000 + wait_s


def test_a_code_counts_one_step_early_or_late_and_once() -> None:
    now = 1_000 * STEP_S
    assert list(open_steps(now, 0)) == [999, 1_000, 1_001]
    assert list(open_steps(now, 999)) == [1_000, 1_001]
    assert list(open_steps(now, 1_001)) == []


def test_a_session_ends_when_unused_and_at_last() -> None:
    session = Session(token_hash=bytes(32), staff_id=StaffId(b"s"), begun_at=100, seen_at=200)
    assert ends_at(session) == 200 + IDLE_S
    late = Session(token_hash=bytes(32), staff_id=StaffId(b"s"), begun_at=100, seen_at=100 + SESSION_S - 5)
    assert ends_at(late) == 100 + SESSION_S


def test_every_refusal_speaks_both_languages() -> None:
    for words in STAFF_WORDS.values():
        assert set(words) == {"en", "zh"}
        assert all(part for language in words.values() for part in language)
