"""A desk of the staff over books of its own, with a clock that the test turns and passwords that cost little."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyotp

from feiqian.keys.staff_secrets import PasswordsAndCodes
from feiqian.staff.desk import StaffDesk
from feiqian.staff.roles import Role
from feiqian.staff.rules import STEP_S
from feiqian.staff.values import NewStaff, SignedIn
from feiqian.storage.operator_store import OperatorStore
from feiqian.storage.postgres_store import PostgresStore
from tests.issuer import world

CHEAP = PasswordsAndCodes(memory_kib=8, passes=1)
"""Of what a password costs, no rule of the desk depends."""
OWN = "three calm otters"
NOW = 1_800_000_000


def code_of(new: NewStaff, now: int) -> str:
    """What the authenticator app of this person shows."""
    return pyotp.parse_uri(new.otpauth_uri).generate_otp(now // STEP_S)


@dataclass(slots=True)
class Office:
    """A desk, its store and its clock."""

    store: OperatorStore | PostgresStore
    now: int = NOW
    desk: StaffDesk = field(init=False)

    def __post_init__(self) -> None:
        self.desk = self.another_desk()

    def another_desk(self) -> StaffDesk:
        """That of another process over the same books."""
        return StaffDesk(
            store=self.store,
            secrets=CHEAP,
            deployment="test",
            clock=lambda: self.now,
            randomness=secrets.token_bytes,
        )

    def let_in(self, new: NewStaff, password: str | None = None) -> tuple[bytes, SignedIn]:
        """Signs this person in, with the next code."""
        self.now += STEP_S
        return self.desk.sign_in(new.member.name, password or new.password, code_of(new, self.now))

    def settled(self, name: str, role: Role) -> tuple[NewStaff, bytes]:
        """A person with a password of its own, signed in."""
        new = self.desk.add(name, role)
        token, _ = self.let_in(new)
        token, _ = self.desk.choose_password(token, new.password, OWN)
        return new, token

    def acts(self) -> list[str]:
        """What was noted, oldest first."""
        return [act.act.value for act, _ in reversed(self.desk.acts(before=None, limit=100))]


@contextmanager
def an_office(path: Path) -> Iterator[Office]:
    """A desk over new books of whatever store the test is told for."""
    with world.open_store(path) as store:
        yield Office(store=store)
