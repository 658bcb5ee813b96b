"""What the staff's desk needs from outside: a store, and whoever knows passwords and one-time codes."""

from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Protocol

from feiqian.staff.values import Credentials, Session, StaffAct, StaffId, StaffMember, Tries


class WritePoint(StrEnum):
    """Every place where something durable is written."""

    MEMBER = "staff.member"
    SESSION = "staff.session"
    NOTE = "staff.note"


class StaffReading(Protocol):
    """What can be asked."""

    def staff(self, staff_id: StaffId) -> StaffMember | None:
        """A person, also one who was removed."""

    def staff_named(self, name: str) -> StaffMember | None:
        """The same by name; names are not given away twice."""

    def staff_all(self, limit: int) -> list[StaffMember]:
        """Everybody, in the order of names."""

    def staff_credentials(self, staff_id: StaffId) -> Credentials | None:
        """What proves that it is this person. Raises SealTrouble."""

    def staff_tries(self, staff_id: StaffId) -> Tries:
        """How often it went wrong; within a write nobody else counts meanwhile."""

    def staff_session(self, token_hash: bytes) -> Session | None:
        """A session that was not ended; it may be over by its times."""

    def staff_sessions(self, staff_id: StaffId) -> list[Session]:
        """All sessions of somebody."""

    def staff_acts(
        self, *, before: int | None, limit: int, staff_id: StaffId | None, subject: bytes | None
    ) -> list[StaffAct]:
        """What was noted, newest first, before that number; of one person, or about one thing."""


class StaffUnit(StaffReading, Protocol):
    """One write."""

    def put_staff(self, member: StaffMember, credentials: Credentials | None = None) -> None:
        """A person as it is from now on; without credentials those that there are stay."""

    def count_try(self, staff_id: StaffId, at: int) -> None:
        """One more miss, until it is known to be none."""

    def end_tries(self, staff_id: StaffId, step: int, at: int) -> bool:
        """It was none: the step is used. False if another one has used it or a later one meanwhile."""

    def clear_tries(self, staff_id: StaffId) -> None:
        """No miss is counted any more."""

    def add_session(self, session: Session) -> None:
        """Somebody is signed in."""

    def see_session(self, token_hash: bytes, at: int) -> None:
        """It was used."""

    def end_session(self, token_hash: bytes) -> None:
        """It is signed out."""

    def end_sessions(self, staff_id: StaffId) -> None:
        """All of somebody's sessions end."""

    def forget_sessions(self, *, begun_before: int, seen_before: int) -> None:
        """Sessions that are over."""

    def add_staff_act(self, act: StaffAct) -> None:
        """Something that was done or looked at, for ever."""


class StaffStore(Protocol):
    """The staff's part of the operator's store; thread-safe."""

    def read(self) -> AbstractContextManager[StaffReading]:
        """One consistent reading."""

    def write(self, point: str) -> AbstractContextManager[StaffUnit]:
        """One write, durable when the context ends, nothing when it ends by an exception."""


class StaffSecrets(Protocol):
    """Whoever knows passwords and one-time codes."""

    def starting_password(self) -> str:
        """A password that nobody guesses, to be typed once."""

    def hash_password(self, password: str) -> str:
        """Its argon2id text. Raises StaffTrouble sign_in_busy."""

    def is_password(self, hashed: str, password: str) -> bool:
        """Whether this is it; takes as long for an empty text, which nothing fits. Raises StaffTrouble sign_in_busy."""

    def code_at(self, secret: bytes, step: int) -> str:
        """The six digits of this step (RFC 6238)."""

    def otpauth_uri(self, secret: bytes, *, name: str, issuer: str) -> str:
        """What an authenticator app reads."""
