"""Who the staff is, as plain values. Ids are bytes, times Unix seconds."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NewType

from feiqian.staff.roles import Role

StaffId = NewType("StaffId", bytes)
"""8 random bytes."""
NOBODY: Final = StaffId(b"")
"""Of an act: a name that is not known, or whoever holds the operator's home."""
STAFF_ID_BYTES: Final = 8
ACT_ID_BYTES: Final = 16


class Act(StrEnum):
    """What is noted. A view is noted once a minute for each person and each thing that is looked at."""

    SIGN_IN = "sign_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGN_OUT = "sign_out"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # the name of an act

    VIEW_OVERVIEW = "view:overview"
    VIEW_SERIES = "view:series"
    VIEW_PAYERS = "view:payers"
    VIEW_PAYER = "view:payer"
    VIEW_PAYEES = "view:payees"
    VIEW_PAYEE = "view:payee"
    VIEW_DEVICES = "view:devices"
    VIEW_TERMINALS = "view:terminals"
    VIEW_ALLOWANCES = "view:allowances"
    VIEW_ALLOWANCE = "view:allowance"
    VIEW_EXPOSURE = "view:exposure"
    VIEW_FORKS = "view:forks"
    VIEW_FORK_PROOF = "view:fork_proof"
    VIEW_LOCKS = "view:locks"
    VIEW_WRONG_CODES = "view:wrong_codes"
    VIEW_DISPUTES = "view:disputes"
    VIEW_DISPUTE = "view:dispute"
    VIEW_POOL = "view:pool"
    VIEW_KEYS = "view:keys"
    VIEW_ROOTS = "view:attestation_roots"
    VIEW_AUDIT = "view:audit"
    VIEW_STAFF = "view:staff"

    SUSPEND = "suspend"
    DECIDE = "decide"
    DECIDE_LOCK = "decide_lock"
    FUND_PAYER = "fund_payer"
    FUND_POOL = "fund_pool"
    NEW_PAYER = "new_payer"
    NEW_PAYEE = "new_payee"
    PAYER_CODE = "payer_code"
    PAYEE_CODE = "payee_code"
    ADD_AUTHENTICATOR = "add_authenticator"
    CONFIRM_AUTHENTICATOR = "confirm_authenticator"
    REMOVE_AUTHENTICATOR = "remove_authenticator"
    REVOKE_STOLEN = "revoke_terminal:stolen"
    REVOKE_LOST = "revoke_terminal:lost"
    REVOKE_ENDED = "revoke_terminal:ended"
    ADD_ROOT = "add_attestation_root"
    REMOVE_ROOT = "remove_attestation_root"
    STAFF_ADDED = "staff_added"
    STAFF_ROLE = "staff_role"
    STAFF_RESET = "staff_reset"
    STAFF_REMOVED = "staff_removed"

    @property
    def is_view(self) -> bool:
        """Whether nothing is changed by it."""
        return self.startswith("view:")


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """One person. `is_starting`: the password is the one that was handed out, and must be changed first."""

    staff_id: StaffId
    name: str
    role: Role
    is_starting: bool
    added_at: int
    removed_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What proves that it is this person: a password's argon2id text, and the secret of the one-time codes.

    Both are empty for somebody who was removed.
    """

    password: str = field(repr=False)
    secret: bytes = field(repr=False)


GONE: Final = Credentials(password="", secret=b"")
"""Of somebody who was removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """Misses in a row, when the last one was, the last step whose code was used, and the last sign-in."""

    misses: int = 0
    missed_at: int = 0
    last_step: int = 0
    signed_in_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody is signed in; known by the SHA-256 of its token."""

    token_hash: bytes
    staff_id: StaffId
    begun_at: int
    seen_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffAct:
    """One thing that was done or looked at. `subject` is the SHA-256 of the id that it was about, or empty."""

    act_id: bytes
    staff_id: StaffId
    act: Act
    subject: bytes
    at: int
    number: int = 0
    """Its place among all, once it is stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffLine:
    """One person in the list of all: how many sessions are open, and until when a try has to wait."""

    member: StaffMember
    signed_in_at: int | None
    sessions: int
    waits_until: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStaff:
    """What is told once: a starting password, and the secret of the one-time codes as an otpauth URI."""

    member: StaffMember
    password: str = field(repr=False)
    otpauth_uri: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A session with its person."""

    member: StaffMember
    session: Session
    ends_at: int
