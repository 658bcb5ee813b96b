"""What is said of keys, and when: nothing needs a hand at first, and at 0, 24, 72 and 720 hours more and more does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from feiqian.issuer.key_life import DAY_S
from feiqian.issuer.key_plan import KeyPlan
from feiqian.issuer.key_warnings import KeyWarned, KeyWarning, key_warnings
from feiqian.protocol.trust_pack import KeyRole, KeySet, decode_key_set
from feiqian.server.key_warning_words import KEY_WARNINGS, said_of
from tests.issuer.test_key_life import HELD, NEXT, first
from tests.issuer.world import START

HOUR_S = 3_600
YEAR_H, QUARTER_H = 365 * 24, 90 * 24
ISSUER, ACQUIRER, ONLINE = KeyRole.ISSUER, KeyRole.ACQUIRER, KeyRole.ONLINE


def said(key_set: KeySet, now: int, issued_at: int | None = None) -> list[tuple[str, KeyRole | None, int]]:
    return [(one.code.value, one.role, one.days) for one in key_warnings(key_set, HELD, issued_at, now)]


@pytest.mark.parametrize(
    ("age_h", "expected"),
    [
        (0, []),
        (24, [("index_old", None, 1)]),
        (72, [("index_stale", None, 3)]),
        (720, [("index_stale", None, 30)]),
    ],
)
def test_an_old_pack_is_spoken_of_from_the_first_step_on(
    age_h: int, expected: list[tuple[str, KeyRole | None, int]]
) -> None:
    now = START + 720 * HOUR_S
    assert said(first(), now, now - age_h * HOUR_S) == expected
    if age_h in (24, 72):
        assert said(first(), now, now - age_h * HOUR_S + 1) != expected, "not a second before"


@pytest.mark.parametrize(
    ("before_h", "expected"),
    [
        (0, [("key_due", ISSUER, 0)]),
        (24, [("key_due_soon", ISSUER, 1)]),
        (72, [("key_due_soon", ISSUER, 3)]),
        (720, []),
    ],
)
def test_an_issuer_key_is_spoken_of_a_fortnight_before_it_is_due(
    before_h: int, expected: list[tuple[str, KeyRole | None, int]]
) -> None:
    due_at = START - DAY_S + 90 * DAY_S - 3 * DAY_S
    found = said(first(), due_at - before_h * HOUR_S)
    assert [one for one in found if one[1] is ISSUER] == expected


@pytest.mark.parametrize(
    ("left_h", "expected"),
    [
        (2160, {"key_set_expires_soon"}),
        (720, {"key_set_expires_soon"}),
        (719, {"key_set_expires_soon", "key_role_ends_soon"}),
        (72, {"key_set_expires_soon", "key_role_ends_soon"}),
        (24, {"key_set_expires_soon", "key_role_ends_soon"}),
        (0, {"key_set_expires_soon", "key_role_ends_soon"}),
        (-1, {"key_set_expired", "key_role_ended"}),
    ],
)
def test_the_key_set_takes_every_role_along(left_h: int, expected: set[str]) -> None:
    found = said(first(), first().expires_at - left_h * HOUR_S)
    assert {code for code, _, _ in found} - {"key_due", "key_due_soon"} == expected
    assert found[0][2] == (left_h // 24)
    if left_h < 0:
        assert {role for code, role, _ in found if code == "key_role_ended"} == set(KeyRole)


def test_online_keys_that_run_out_and_turns_that_need_no_hand() -> None:
    begins = first().issued_at - DAY_S
    weeks = [said(first(), begins + week * 7 * DAY_S) for week in range(13)]
    assert all(not any(role is ONLINE for _, role, _ in found) for found in weeks[:10]), "they take turns by themselves"
    last_begins = begins + 12 * 7 * DAY_S
    assert ("key_due_soon", ONLINE, 4) in said(first(), last_begins)
    assert ("key_due", ONLINE, 0) in said(first(), last_begins + 4 * DAY_S)


def test_a_prepared_key_ends_the_warning_and_a_private_half_elsewhere_does_not() -> None:
    now = START + 88 * DAY_S
    assert ("key_due", ISSUER, 0) in said(first(), now)
    key_set = decode_key_set(KeyPlan.after(first(), now).rotated(ISSUER, NEXT, 3 * DAY_S).encode())
    assert not any(role is ISSUER for _, role, _ in said(key_set, now))
    without = {point: signer for point, signer in HELD.items() if point != NEXT}
    assert KeyWarned(code=KeyWarning.ROLE_ENDS_SOON, role=ISSUER, days=4) in key_warnings(key_set, without, None, now)


def test_root_keys_of_which_none_may_be_lost() -> None:
    assert ("root_key_without_spare", None, 0) in said(replace(first(), threshold=3), START)
    assert said(first(), START) == []


def test_the_worst_comes_first_and_everything_has_words() -> None:
    now = first().expires_at + 1
    found = key_warnings(replace(first(), threshold=3), HELD, START, now)
    codes = [one.code for one in found]
    assert codes == sorted(codes, key=list(KeyWarning).index)
    assert set(KEY_WARNINGS) == set(KeyWarning)
    for code in KeyWarning:
        for language in ("en", "zh"):
            words = said_of(KeyWarned(code=code, role=ONLINE, days=3), language)
            assert all(words)
            assert "{" not in words.message + words.next
