"""Passwords and one-time codes of the staff: argon2id (RFC 9106), its library's door for them, and TOTP (RFC 6238).

- A password costs 19 MiB and two passes, the least that OWASP asks for; at most `AT_ONCE` are looked at together, so
  that whoever sends many cannot take the server's memory and cores.
- Nothing fits the empty text, and finding that out takes as long as for any other.
"""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from feiqian.keys import one_time_codes
from feiqian.staff.troubles import StaffTrouble

MEMORY_KIB: Final = 19 * 1_024
PASSES: Final = 2
AT_ONCE: Final = 2
WAIT_MAX_S: Final = 5.0
_LETTERS: Final = "abcdefghjkmnpqrstuvwxyz23456789"
"""None that is taken for another when it is read aloud or copied by hand."""
_GROUPS, _GROUP_CHARS = 5, 4


class PasswordsAndCodes:
    """A `staff.ports.StaffSecrets`. Thread-safe."""

    def __init__(self, *, memory_kib: int = MEMORY_KIB, passes: int = PASSES) -> None:
        """What one password costs."""
        self._hasher = PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=1)
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash(secrets.token_hex(16))

    def starting_password(self) -> str:
        """About 99 bits, in groups."""
        groups = ("".join(secrets.choice(_LETTERS) for _ in range(_GROUP_CHARS)) for _ in range(_GROUPS))
        return "-".join(groups)

    def hash_password(self, password: str) -> str:
        """Parameters, salt and hash as one text."""
        with self._turn():
            return self._hasher.hash(password)

    def is_password(self, hashed: str, password: str) -> bool:
        """Whether this is it."""
        with self._turn():
            try:
                self._hasher.verify(hashed or self._nobodys, password)
            except (Argon2Error, InvalidHashError):
                return False
        return bool(hashed)

    def code_at(self, secret: bytes, step: int) -> str:
        """The six digits of this step."""
        return one_time_codes.code_at(secret, step)

    def otpauth_uri(self, secret: bytes, *, name: str, issuer: str) -> str:
        """What an authenticator app reads."""
        return one_time_codes.otpauth_uri(secret, name=name, issuer=issuer)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=WAIT_MAX_S):
            raise StaffTrouble("sign_in_busy")
        try:
            yield
        finally:
            self._turns.release()
