"""The rules of one-time codes: drift, windows, order and reuse, over whatever an honest authenticator may do."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from feiqian.risk.one_time_code import (
    DRIFT_MAX_STEPS,
    LOOK_AHEAD,
    RESYNC_LOOK_AHEAD,
    STEP_S,
    STEPS_OFF_MAX,
    UNCLAIMED_MAX,
    CodeFault,
    CodeKind,
    CodeShown,
    CodeUse,
    confirmed,
    judge,
    placed,
)

SKEW_S = 120
START = 1_800_000_000


def digits(factor: int) -> str:
    """Codes that no two factors near each other share."""
    return f"{factor % 10**6:06d}"


def right(factor: int) -> Callable[[int], bool]:
    return lambda asked: asked == factor


def shown(number: int, drawn_at: int, *, allowance: bytes = b"allowance", limit: int = 20) -> CodeShown:
    return CodeShown(f"cheque {number}".encode() + allowance, allowance, number, limit, drawn_at, SKEW_S)


def desk(factor: int, at: int, drift: int = 0) -> CodeUse:
    return CodeUse(factor, at, drift)


def test_a_cheque_s_time_counts_within_what_is_known_of_it() -> None:
    assert [placed(at, not_before=100, not_after=200) for at in (0, 100, 150, 200, 10**10)] == [100, 100, 150, 200, 200]


@given(
    drift_s=st.integers(-60, 60),
    phone_off_s=st.integers(-SKEW_S, SKEW_S),
    waits=st.lists(st.integers(STEP_S, 3 * 86_400), min_size=1, max_size=12),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=200, deadline=None)
def test_an_honest_clock_is_never_accused(drift_s: int, phone_off_s: int, waits: list[int], order: object) -> None:
    """An authenticator a minute off, a phone that differs as far as policy lets it, claims in any order."""
    now, used = START, [desk((START + drift_s) // STEP_S, START, (START + drift_s) // STEP_S - START // STEP_S)]
    cheques = []
    for number, wait_s in enumerate(waits, 1):
        now += wait_s
        cheques.append((shown(number, now + phone_off_s), (now + drift_s) // STEP_S))
    order.shuffle(cheques)  # type: ignore[attr-defined]  # hypothesis' Random
    for one, factor in cheques:
        found = judge(CodeKind.TOTP, one, used, right(factor))
        assert isinstance(found, CodeUse)
        assert found.factor == factor
        used.append(found)


@given(drift_per_day=st.integers(-2, 2), days=st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_a_clock_that_goes_wrong_slowly_is_followed_as_far_as_drift_goes(drift_per_day: int, days: int) -> None:
    used = [desk(START // STEP_S, START)]
    for day in range(1, days + 1):
        at = START + day * 86_400
        off = drift_per_day * day
        found = judge(CodeKind.TOTP, shown(day, at), used, right(at // STEP_S + off))
        if abs(off) > DRIFT_MAX_STEPS + STEPS_OFF_MAX + SKEW_S // STEP_S:
            assert found is CodeFault.WRONG
            return
        if abs(off) <= DRIFT_MAX_STEPS:
            assert isinstance(found, CodeUse)
        if isinstance(found, CodeUse):
            assert abs(found.drift) <= DRIFT_MAX_STEPS
            used.append(found)


@given(off=st.integers(-60, 60))
def test_a_step_out_of_the_window_is_wrong_and_one_inside_counts(off: int) -> None:
    used = [desk(START // STEP_S - 1_000, START - 30_000)]
    found = judge(CodeKind.TOTP, shown(1, START), used, right(START // STEP_S + off))
    reach = STEPS_OFF_MAX + SKEW_S // STEP_S
    assert isinstance(found, CodeUse) is (abs(off) <= reach)
    if abs(off) > reach:
        assert found is CodeFault.WRONG


def test_a_step_counts_once_for_whichever_cheque() -> None:
    used = [desk(START // STEP_S - 50, START - 1_500)]
    first = judge(CodeKind.TOTP, shown(1, START), used, right(START // STEP_S))
    assert isinstance(first, CodeUse)
    used.append(first)
    for other in (shown(2, START + 5), shown(1, START, allowance=b"another")):
        assert judge(CodeKind.TOTP, other, used, right(START // STEP_S)) is CodeFault.REUSED
    assert judge(CodeKind.TOTP, shown(2, START + 5), used, lambda _: False) is CodeFault.WRONG


def test_the_code_that_was_read_out_at_the_desk_is_used_up() -> None:
    used = [desk(START // STEP_S, START)]
    assert judge(CodeKind.TOTP, shown(1, START), used, right(START // STEP_S)) is CodeFault.REUSED
    assert judge(CodeKind.HOTP, shown(1, START + 500), [desk(4, START)], right(4)) is CodeFault.REUSED


@given(
    presses=st.lists(st.integers(1, 3), min_size=1, max_size=20),
    order=st.randoms(use_true_random=False),
)
@settings(max_examples=200, deadline=None)
def test_an_honest_token_is_never_accused(presses: list[int], order: object) -> None:
    """Pressed up to three times for a payment, and claims in any order, as far as the look-ahead goes."""
    used, count, cheques = [desk(0, START)], 0, []
    for number, pressed in enumerate(presses, 1):
        count += pressed
        cheques.append((shown(number, START + SKEW_S + number * 60), count))
    if count > LOOK_AHEAD + 20:
        cheques = [(one, factor) for one, factor in cheques if factor <= LOOK_AHEAD + 20]
    order.shuffle(cheques)  # type: ignore[attr-defined]  # hypothesis' Random
    for one, factor in cheques:
        found = judge(CodeKind.HOTP, one, used, right(factor))
        assert isinstance(found, CodeUse), (one.counter, factor)
        used.append(found)


def test_a_token_s_counts_rise_with_the_cheques_of_an_allowance() -> None:
    used = [desk(0, START), CodeUse(5, START + 300, 0, b"second", b"allowance", 2)]
    for factor, number, fits in (
        (5, 3, False),
        (4, 3, False),
        (6, 3, True),
        (6, 1, False),
        (4, 1, True),
        (0, 1, False),
    ):
        found = judge(CodeKind.HOTP, shown(number, START + 400), used, right(factor))
        assert isinstance(found, CodeUse) is fits, (factor, number)


def test_how_far_a_token_may_run_ahead_has_an_end() -> None:
    used = [desk(10, START)]
    most = 10 + LOOK_AHEAD + UNCLAIMED_MAX
    assert isinstance(judge(CodeKind.HOTP, shown(1, START + 500, limit=10**6), used, right(most)), CodeUse)
    assert judge(CodeKind.HOTP, shown(1, START + 500, limit=10**6), used, right(most + 1)) is CodeFault.WRONG
    assert judge(CodeKind.HOTP, shown(1, START + 500, limit=2), used, right(10 + LOOK_AHEAD + 3)) is CodeFault.WRONG


def test_a_later_visit_to_the_desk_takes_nothing_from_cheques_of_before() -> None:
    used = [desk(0, START), desk(200, START + 10_000)]
    assert isinstance(judge(CodeKind.HOTP, shown(1, START + 5_000), used, right(3)), CodeUse)
    assert judge(CodeKind.HOTP, shown(2, START + 20_000), used, right(3)) is CodeFault.WRONG


def test_at_the_desk_one_code_is_near_and_two_are_found_far() -> None:
    now = START
    step = now // STEP_S
    for off, one, two in ((0, True, True), (4, True, True), (5, False, True), (-38, False, True), (45, False, False)):
        codes = [digits(step + off), digits(step + off + 1)]
        assert (confirmed(CodeKind.TOTP, codes[:1], [], digits, now) is not None) is one, off
        found = confirmed(CodeKind.TOTP, codes, [], digits, now)
        assert (found is not None) is two, off
        if found is not None:
            assert (found.factor, found.drift) == (step + off + 1, off + 1)
    for first, one, two in ((0, True, True), (9, True, True), (10, False, True), (RESYNC_LOOK_AHEAD, False, False)):
        codes = [digits(first), digits(first + 1)]
        assert (confirmed(CodeKind.HOTP, codes[:1], [], digits, now) is not None) is one, first
        assert (confirmed(CodeKind.HOTP, codes, [], digits, now) is not None) is two, first
    assert confirmed(CodeKind.HOTP, [digits(3), digits(5)], [], digits, now) is None


def test_at_the_desk_nothing_counts_twice_and_a_token_never_goes_back() -> None:
    used = [desk(7, START)]
    assert confirmed(CodeKind.HOTP, [digits(7)], used, digits, START) is None
    assert confirmed(CodeKind.HOTP, [digits(6), digits(7)], used, digits, START) is None
    assert confirmed(CodeKind.HOTP, [digits(8)], used, digits, START) == desk(8, START)
    step = START // STEP_S
    assert confirmed(CodeKind.TOTP, [digits(step)], [desk(step, START)], digits, START) is None


@given(st.lists(st.integers(0, 30), min_size=2, max_size=30, unique=True))
def test_drift_is_learnt_from_the_last_right_code_before(steps: list[int]) -> None:
    """Used codes may be told in any order: what counts for a cheque is what was known of its time."""
    uses = [desk(START // STEP_S + at, START + at * STEP_S, drift=at % 5) for at in steps]
    for before, _ in pairwise(sorted(uses, key=lambda use: use.used_at)):
        at = before.used_at + 1
        found = judge(CodeKind.TOTP, shown(1, at), uses, lambda _: True)
        centre = at // STEP_S + before.drift
        free = [f for f in range(centre - 6, centre + 7) if f not in {use.factor for use in uses}]
        if free:
            assert isinstance(found, CodeUse)
            assert abs(found.factor - centre) == min(abs(f - centre) for f in free)
