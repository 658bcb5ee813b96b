"""The rules of signing in: names, passwords, one-time codes, waits, and how long a session lasts. Pure.

- A one-time code (RFC 6238: SHA-1, six digits, 30 s) counts one step early or late, and each step once: a code that
  somebody has looked at over a shoulder is worth nothing any more.
- Every try is counted before it is looked at. After some misses in a row the next try has to wait; nobody is shut out
  for good, or whoever knows a name could shut out the whole staff.
- A session ends when nothing was asked for `IDLE_S`, and `SESSION_S` after it began at the latest.
"""

import re
from typing import Final

from feiqian.staff.troubles import StaffTrouble
from feiqian.staff.values import Session, Tries

STEP_S: Final = 30
STEPS_OFF_MAX: Final = 1
SECRET_BYTES: Final = 20
"""As long as the hash that RFC 4226 uses, its section 4 asks for 16 at least."""
IDLE_S: Final = 30 * 60
SESSION_S: Final = 8 * 3_600
SEEN_EVERY_S: Final = 60
"""A session's last use is written at most so often; `IDLE_S` is exact to this."""
PASSWORD_CHARS_MIN, PASSWORD_CHARS_MAX = 12, 128
PASSWORD_DIFFERENT_CHARS_MIN: Final = 5
NAME_CHARS_MAX: Final = 32
STAFF_MAX: Final = 500
_NAME: Final = re.compile(rf"[a-z][a-z0-9._-]{{1,{NAME_CHARS_MAX - 1}}}", re.ASCII)
_WAIT_AFTER_MISSES_S: Final = (0, 0, 0, 30, 60, 120, 300, 900)


def check_name(name: str) -> None:
    """Returns if somebody may be called so at sign-in. Raises StaffTrouble staff_name_invalid."""
    if _NAME.fullmatch(name) is None:
        raise StaffTrouble("staff_name_invalid")


def check_password(password: str, name: str) -> None:
    """Returns if this may be the password of `name`. Raises StaffTrouble password_weak.

    Length counts, not a mixture of signs (NIST SP 800-63B, 5.1.1.2).
    """
    long_enough = PASSWORD_CHARS_MIN <= len(password) <= PASSWORD_CHARS_MAX
    if not long_enough or len(set(password)) < PASSWORD_DIFFERENT_CHARS_MIN or name in password.casefold():
        raise StaffTrouble("password_weak", least=PASSWORD_CHARS_MIN)


def waits_until(tries: Tries) -> int:
    """From when on the next try is looked at, Unix seconds."""
    return tries.missed_at + _WAIT_AFTER_MISSES_S[min(tries.misses, len(_WAIT_AFTER_MISSES_S) - 1)]


def open_steps(now: int, last_step: int) -> range:
    """The steps of which a code counts now: those around now, behind the last one that was used."""
    step = now // STEP_S
    return range(max(step - STEPS_OFF_MAX, last_step + 1), step + STEPS_OFF_MAX + 1)


def ends_at(session: Session) -> int:
    """When a session is over if nothing more is asked."""
    return min(session.seen_at + IDLE_S, session.begun_at + SESSION_S)
