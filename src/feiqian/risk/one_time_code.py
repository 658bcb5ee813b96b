"""The rules of a payer's one-time codes: which moving factors count for a cheque, and each of them once. Pure.

A code is judged when its cheque is claimed, which may be days after it was drawn and in another order. So it is held
against the time of the cheque, not of today, and against what other cheques have used.

- TOTP (RFC 6238): the steps around the cheque's time count, two on each side (section 5.2) beside what the clocks of
  payer and payee may differ. The authenticator's own drift is learnt from right codes, also within bounds.
- HOTP (RFC 4226): the counts behind the highest one used count, ten (section 7.2) beside those that cheques not yet
  claimed may have used. Of one allowance the counts rise with the cheques' numbers. Whoever pressed the button more
  often than that brings the token back in step at the operator's, by two codes in a row (section 7.4).
- A factor that another cheque has used is used up: a code that somebody looked at over a shoulder is worth nothing.
- A cheque's own time is the device's word. It counts within what payee and policy say of when it can have been drawn.
"""

from collections.abc import Callable, Collection, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

STEP_S: Final = 30
CODE_DIGITS: Final = 6
STEPS_OFF_MAX: Final = 2
DRIFT_MAX_STEPS: Final = 20
LOOK_AHEAD: Final = 10
UNCLAIMED_MAX: Final = 40
"""So many cheques at most are thought to have been drawn and not claimed yet when a token's count jumps."""
CONFIRM_STEPS_OFF_MAX: Final = 4
RESYNC_STEPS_OFF_MAX: Final = 40
RESYNC_LOOK_AHEAD: Final = 1_000


class CodeKind(StrEnum):
    """How an authenticator moves on: with time, or with its button."""

    TOTP = "totp"
    HOTP = "hotp"


class CodeFault(StrEnum):
    """What is wrong with a cheque's code."""

    WRONG = "wrong"
    REUSED = "reused"


class CodeUse(NamedTuple):
    """A moving factor that is used up: by a cheque, or at the operator's desk (then without a cheque).

    `used_at` is when the cheque can have been drawn, `drift` how many steps the authenticator was off then (TOTP).
    """

    factor: int
    used_at: int
    drift: int = 0
    cheque_id: bytes = b""
    allowance_ref: bytes = b""
    counter: int = 0


class CodeShown(NamedTuple):
    """A cheque with a code. `drawn_at` is when it can have been drawn (`placed`); `skew_s` is the policy's."""

    cheque_id: bytes
    allowance_ref: bytes
    counter: int
    count_limit: int
    drawn_at: int
    skew_s: int


def placed(stated: int, *, not_before: int, not_after: int) -> int:
    """When a cheque counts as drawn: as it says, within what is known of it."""
    return max(not_before, min(stated, not_after))


def judge(
    kind: CodeKind, shown: CodeShown, used: Sequence[CodeUse], is_right: Callable[[int], bool]
) -> CodeUse | CodeFault:
    """What a cheque's code uses up, or its fault. `is_right` says whether the code is that of a factor.

    `used` is what this authenticator's other codes have used, with the one that confirmed it.
    """
    drift = _drift(used, shown.drawn_at) if kind is CodeKind.TOTP else 0
    counts = _steps(shown, drift) if kind is CodeKind.TOTP else _counts(shown, used)
    gone = {use.factor for use in used}
    for factor in counts:
        if factor not in gone and is_right(factor):
            off = factor - shown.drawn_at // STEP_S if kind is CodeKind.TOTP else 0
            drift = max(-DRIFT_MAX_STEPS, min(off, DRIFT_MAX_STEPS))
            return CodeUse(factor, shown.drawn_at, drift, shown.cheque_id, shown.allowance_ref, shown.counter)
    near = counts if kind is CodeKind.TOTP else gone
    return CodeFault.REUSED if any(factor in gone and is_right(factor) for factor in near) else CodeFault.WRONG


def confirmed(
    kind: CodeKind, codes: Sequence[str], used: Collection[CodeUse], code_at: Callable[[int], str], now: int
) -> CodeUse | None:
    """What one code, or two in a row, that were read out at the operator's desk use up; None if they are not right.

    Two bring an authenticator back in step that one alone no longer does.
    """
    one = len(codes) == 1
    if kind is CodeKind.TOTP:
        centre = now // STEP_S + _drift(used, now)
        starts = _around(centre, CONFIRM_STEPS_OFF_MAX if one else RESYNC_STEPS_OFF_MAX)
    else:
        behind = max((use.factor for use in used), default=-1) + 1
        starts = range(behind, behind + (LOOK_AHEAD if one else RESYNC_LOOK_AHEAD))
    gone = {use.factor for use in used}
    for start in starts:
        last = start + len(codes) - 1
        if last not in gone and all(code_at(start + at) == code for at, code in enumerate(codes)):
            return CodeUse(last, now, last - now // STEP_S if kind is CodeKind.TOTP else 0)
    return None


def _drift(used: Collection[CodeUse], at: int) -> int:
    """How far the authenticator was off at this time, by the last right code before it, or else the first behind."""
    before = [use for use in used if use.used_at <= at]
    if before:
        return max(before, key=lambda use: (use.used_at, use.factor)).drift
    return min(used, key=lambda use: (use.used_at, use.factor)).drift if used else 0


def _steps(shown: CodeShown, drift: int) -> Sequence[int]:
    skew_steps = -(-shown.skew_s // STEP_S)
    return _around(shown.drawn_at // STEP_S + drift, STEPS_OFF_MAX + skew_steps)


def _around(centre: int, off_max: int) -> Sequence[int]:
    """The nearest first: a code that fits two of them by chance is that of the likelier one."""
    near = range(max(0, centre - off_max), centre + off_max + 1)
    return sorted(near, key=lambda factor: (abs(factor - centre), factor))


def _counts(shown: CodeShown, used: Collection[CodeUse]) -> Sequence[int]:
    """Behind what was used before, by this allowance's order or at the desk; not far beyond all that was used."""
    mine = [use for use in used if use.allowance_ref == shown.allowance_ref and use.cheque_id]
    low = [use.factor for use in mine if use.counter < shown.counter]
    low += [use.factor for use in used if not use.cheque_id and use.used_at <= shown.drawn_at - shown.skew_s]
    high = [use.factor for use in mine if use.counter > shown.counter]
    most = max((use.factor for use in used), default=-1) + LOOK_AHEAD + min(shown.count_limit, UNCLAIMED_MAX)
    return range(max(low, default=-1) + 1, min(min(high, default=most + 1), most + 1))
