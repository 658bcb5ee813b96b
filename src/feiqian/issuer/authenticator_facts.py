"""What the books hold of payers' authenticators and of the codes in their cheques. Values, as stored."""

from dataclasses import dataclass, field
from typing import NewType

from feiqian.issuer.values import DeviceId, PayerId
from feiqian.protocol.ids import AllowanceRef, StatementId
from feiqian.risk.one_time_code import CodeFault, CodeKind, CodeUse

AuthenticatorId = NewType("AuthenticatorId", bytes)
"""16 random bytes that name an authenticator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticator:
    """What makes a payer's one-time codes. It counts from `confirmed_at`, when a code was right, until `removed_at`.

    `secret` is the authenticator's own, 20 bytes; `code_secret` what the code keys of allowances are derived from, 32
    bytes that nobody else ever sees. Both are empty once the payer was erased.
    """

    authenticator_id: AuthenticatorId
    payer_id: PayerId
    kind: CodeKind
    secret: bytes = field(repr=False)
    code_secret: bytes = field(repr=False)
    added_at: int
    confirmed_at: int | None = None
    removed_at: int | None = None

    def counts_at(self, at: int, skew_s: int) -> bool:
        """Whether it was in force then, as far as clocks may differ."""
        confirmed = self.confirmed_at is not None and self.confirmed_at <= at + skew_s
        return confirmed and (self.removed_at is None or at - skew_s <= self.removed_at)

    @property
    def in_force(self) -> bool:
        """Whether new allowances ask for its codes."""
        return self.confirmed_at is not None and self.removed_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class UsedCode:
    """What a right code used up, and of which authenticator."""

    authenticator_id: AuthenticatorId
    use: CodeUse


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongCode:
    """A cheque whose code was not right: its payee is paid, its device is accused."""

    cheque_id: StatementId
    allowance_ref: AllowanceRef
    payer_id: PayerId
    device_id: DeviceId
    fault: CodeFault
    found_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAuthenticator:
    """An authenticator just added: what is shown once. It counts when a code of it was confirmed."""

    authenticator_id: AuthenticatorId
    kind: CodeKind
    secret: bytes = field(repr=False)
    payer_name: str
