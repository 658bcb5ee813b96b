"""What the issuer's service takes and gives: plain values. Ids are bytes, amounts minor units, times Unix seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NewType

from feiqian.protocol.allowance import Tier
from feiqian.protocol.ids import AllowanceRef, StatementId
from feiqian.protocol.status_list import AllowanceStatus

PayerId = NewType("PayerId", bytes)
"""8 random bytes that name a payer at the issuer."""
DeviceId = NewType("DeviceId", bytes)
"""8 random bytes that name one binding of a wallet to a payer."""
_STRONGER_TIMES: Final = 2
"""A key that cannot be copied is granted so much more than one in software."""


class SuspendReason(StrEnum):
    """Why an allowance was suspended."""

    LOST = "lost"
    FORK = "fork"
    OPERATOR = "operator"
    CLOSED = "closed"
    CODE_WRONG = "one_time_code_wrong"


@dataclass(frozen=True, slots=True, kw_only=True)
class TierTerms:
    """What one allowance may be for a key of one tier: amounts in minor units, cheques, seconds."""

    per_payment_minor: int
    allowance_minor: int
    count_limit: int
    lifetime_s: int
    holder_check_above_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuingTerms:
    """What the issuer grants by default; policy, not code. `refresh_s` is how old a published pack may grow.

    The first five are for a key in software; `tiers` says what another tier is granted instead, and one that is not
    named there is granted twice the amount and twice the cheques, no more a payment. `unidentified_allowance_minor`
    is the most for a payer whose identity nobody checked; None makes no difference between payers.
    """

    per_payment_minor: int = 200_00
    allowance_minor: int = 1_000_00
    count_limit: int = 20
    lifetime_s: int = 72 * 3600
    holder_check_above_minor: int = 50_00
    tiers: Mapping[Tier, TierTerms] = field(default_factory=dict[Tier, TierTerms])
    unidentified_allowance_minor: int | None = None
    live_allowances_max: int = 8
    fund_max_minor: int = 10_000_00
    code_lifetime_s: int = 24 * 3600
    status_list_size: int = 2**20
    refresh_s: int = 3600

    def of(self, tier: Tier) -> TierTerms:
        """What a key of this tier is granted."""
        found = self.tiers.get(tier)
        if found is not None:
            return found
        times = 1 if tier is Tier.SOFTWARE else _STRONGER_TIMES
        return TierTerms(
            per_payment_minor=self.per_payment_minor,
            allowance_minor=times * self.allowance_minor,
            count_limit=times * self.count_limit,
            lifetime_s=self.lifetime_s,
            holder_check_above_minor=self.holder_check_above_minor,
        )

    def most_minor(self, tier: Tier, *, identified: bool) -> int:
        """The most that one allowance may be, for a key of this tier and a payer whose identity was checked or not."""
        most_minor = self.of(tier).allowance_minor
        if identified or self.unidentified_allowance_minor is None:
            return most_minor
        return min(most_minor, self.unidentified_allowance_minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationRoot:
    """A certificate under which attestations of keys of one tier are believed: its maker, its DER and its SHA-256."""

    tier: Tier
    maker: str
    certificate: bytes
    fingerprint: bytes
    added_at: int
    removed_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """What an attestation showed of a key.

    `maker` is the name that the operator gave the root, `root` that certificate's SHA-256 (empty where the operator
    lets a key in without one); `model` and `identity` are what the certificates say of the device: a name, and a
    serial number or AAGUID. `proves_possession` says that the evidence itself was made by the key's holder for this
    very request, so that no other proof is needed.
    """

    tier: Tier
    format: str
    maker: str
    model: str
    identity: str
    root: bytes
    proves_possession: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TpmAsked:
    """What an operator asked a device's TPM: `credential` for it, and until when it keeps the secret's hash.

    Whoever gives the secret back has the attestation key `key` in a TPM of which `attested` says what its certificate
    says.
    """

    key: bytes
    attested: Attested
    credential: bytes
    secret_hash: bytes
    evidence: bytes
    expires_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestedKey:
    """A key in the books, as it was attested: whose, since when, and the evidence itself."""

    payer_id: PayerId
    device_id: DeviceId
    key: bytes
    attested: Attested
    evidence: bytes
    at: int


class IdentityKind(StrEnum):
    """How an operator made sure who a payer is."""

    IN_PERSON = "in_person"
    DOCUMENT = "document"
    EID = "eid"
    EMPLOYER = "employer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A payer's identity as somebody checked it: how, by which paper or number, who did, and when."""

    kind: IdentityKind
    reference: str
    checked_by: str
    checked_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPayer:
    """A payer just enrolled. `code` and `pin` are shown once; only their hashes are kept.

    Where there is a `pin`, it is given another way than the code: who intercepts one of them alone gets nothing.
    """

    payer_id: PayerId
    code: str
    code_expires_at: int
    pin: str | None = None


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
    """An allowance as issued: `raw` goes to the wallet; after `deadline` (D) nothing more is paid from it.

    `code_key` goes to the wallet with it, and to nobody else; None where no one-time codes are asked for.
    """

    ref: AllowanceRef
    raw: bytes
    deadline: int
    code_key: bytes | None = field(default=None, repr=False)


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
    many claimed it; `payee_name` is None for more than one, and where the issuer does not know the name. `code_wrong`
    says that its one-time code was wrong or used before.
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
    code_wrong: bool = False


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
