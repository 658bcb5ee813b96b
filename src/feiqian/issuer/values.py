"""What the issuer's service takes and gives: plain values. Ids are bytes, amounts minor units, times Unix seconds."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

from feiqian.protocol.ids import AllowanceRef, StatementId
from feiqian.protocol.status_list import AllowanceStatus

PayerId = NewType("PayerId", bytes)
"""8 random bytes that name a payer at the issuer."""
DeviceId = NewType("DeviceId", bytes)
"""8 random bytes that name one binding of a wallet to a payer."""


class SuspendReason(StrEnum):
    """Why an allowance was suspended."""

    LOST = "lost"
    FORK = "fork"
    OPERATOR = "operator"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuingTerms:
    """What the issuer grants by default; policy, not code. `refresh_s` is how old a published pack may grow."""

    per_payment_minor: int = 200_00
    allowance_minor: int = 1_000_00
    count_limit: int = 20
    lifetime_s: int = 72 * 3600
    holder_check_above_minor: int = 50_00
    live_allowances_max: int = 8
    fund_max_minor: int = 10_000_00
    code_lifetime_s: int = 24 * 3600
    status_list_size: int = 2**20
    refresh_s: int = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayer:
    """A payer just enrolled. `code` is shown once; only its hash is kept."""

    payer_id: PayerId
    code: str
    code_expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerLine:
    """One payer in the list of all. `reserved_minor` is set aside for allowances; `devices` are those signed in."""

    payer_id: PayerId
    name: str
    currency: str
    free_minor: int
    reserved_minor: int
    devices: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundDevice:
    """A wallet just bound. `token` is the bearer token, shown once; only its hash is kept."""

    device_id: DeviceId
    payer_id: PayerId
    name: str
    currency: str
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A signed-in wallet, from `authenticate_device`."""

    device_id: DeviceId
    payer_id: PayerId
    account_key: bytes
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedAllowance:
    """An allowance as issued: `raw` goes to the wallet; after `deadline` (D) nothing more is paid from it."""

    ref: AllowanceRef
    raw: bytes
    deadline: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """What a suspension means at once: the most that can still be lost, and when the rest comes back (D)."""

    ref: AllowanceRef
    reason: SuspendReason
    at_risk_minor: int
    currency: str
    deadline: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceState:
    """One allowance in a statement. `amount = reserved + claimed from it + returned`; `waiting` is part of reserved.

    `closed` says that the window has ended (D passed) and the rest went back; `complete` that every cheque claimed from
    it stands in the statement's `cheques`, so one that is missing there was claimed by nobody.
    """

    ref: AllowanceRef
    status: AllowanceStatus
    currency: str
    amount_minor: int
    reserved_minor: int
    claimed_minor: int
    waiting_minor: int
    returned_minor: int
    issued_at: int
    expires_at: int
    deadline: int
    forked: bool
    closed: bool
    complete: bool


class ChequeState(StrEnum):
    """How a cheque that somebody claimed stands, as its payer should know it."""

    SETTLED = "settled"
    WAITING = "waiting"
    GIVEN_BACK = "given_back"
    REFUSED = "refused"
    BORNE = "borne"
    FORKED = "forked"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChequeLine:
    """One claimed cheque in a statement.

    `amount_minor` is what the cheque counts; `paid_minor` what payees were paid for it and the payer answers for, so
    far; `waiting_minor` what is decided at `deadline` (D). What the issuer itself bears is in neither. `payees` is how
    many claimed it; `payee_name` is None for more than one, and where the issuer does not know the name.
    """

    cheque_id: StatementId
    ref: AllowanceRef
    counter: int
    amount_minor: int
    paid_minor: int
    waiting_minor: int
    deadline: int
    state: ChequeState
    payees: int
    payee_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingClaim:
    """A cheque that its payer presented and no payee has claimed yet: nothing is paid, it waits until `deadline` (D).

    `payee_name` is who is named in the request; None where nobody is, or where the issuer does not know the name.
    """

    cheque_id: StatementId
    ref: AllowanceRef
    amount_minor: int
    presented_at: int
    deadline: int
    payee_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryLine:
    """One posting on a payer's free balance; positive adds to it."""

    at: int
    reason: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayerStatement:
    """What a payer has. `free_minor` can be spent online or moved into new allowances.

    `cheques` are those that were claimed, newest allowance first and its highest counter first; `more` says that older
    ones were left out. `missing` are those that the payer presented and nobody has claimed yet.
    """

    payer_id: PayerId
    name: str
    currency: str
    free_minor: int
    reserved_minor: int
    allowances: tuple[AllowanceState, ...]
    cheques: tuple[ChequeLine, ...]
    more: bool
    entries: tuple[EntryLine, ...]
    missing: tuple[MissingClaim, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """A conviction: `proof` can be checked by anyone with the trust pack. `ref` is the allowance's."""

    ref: AllowanceRef
    reason: str
    proof: bytes
    found_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What the issuer itself has paid or may have to pay for one allowance beyond its reserve."""

    ref: AllowanceRef
    payer_id: PayerId
    currency: str
    reserved_minor: int
    from_free_minor: int
    from_pool_minor: int
    from_loss_minor: int
    deadline: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowsClosed:
    """What `close_windows` did: allowances ended, paid to waiting claims, returned to payers."""

    allowances: int
    paid_minor: int
    returned_minor: int
