"""What the wallet remembers: plain values as they are stored. The state tables say how they may change.

Amounts are minor units, times seconds since 1970. Statements are kept as the very bytes that were signed.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from feiqian.protocol.cheque import ChequeForm
from feiqian.protocol.ids import AllowanceRef, RequestHash, StatementId, TerminalRef
from feiqian.protocol.trust import TrustRoot
from feiqian.risk.anomaly import LockReason
from feiqian.wallet.states import PAYMENT_STATUS, AllowanceState, PaymentState, Status

PAYMENT_NUMBER_CHARS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """The intention to enrol: stored before the operator is asked, so that a retry is the same request."""

    server: str
    account_key: bytes
    """What the key maker gave for the account key; only it can read it."""
    begun_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Membership:
    """What enrolment brought: who we are at the operator, and how it knows this device."""

    payer_id: bytes
    payer_name: str
    device_id: bytes
    device_token: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTrust:
    """The trust pack held, and the root keys that it was checked against or brought along."""

    root: TrustRoot
    pack: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHome:
    """Where this wallet's keys live, and the hardware counter beside them, if there is one.

    `kind` and `counter` mean something to the composition root only. `mark` is what the counter stands at once every
    cheque in the store is counted; None before it has begun. `vouched` says that the operator knows this hardware as
    its maker's, and believes what it attests.
    """

    kind: str
    counter: bytes | None = None
    mark: int | None = None
    vouched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Footing:
    """What every act of an enrolled wallet starts from: who it is, whom it believes, what it has heard.

    `heard_at` is the latest time in a statement that a payee's terminal signed; 0 before the first.
    """

    membership: Membership
    trust: HeldTrust
    heard_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceRecord:
    """An allowance from the intention on. `counter`, `cumulative_minor` and `last_id` are the head of its chain.

    `raw` is None until the operator has issued it; `last_id` is then the allowance's own id, and `expires_at` the end
    that it states (None also for what was stored before that was kept). `closing` is the closing cheque, once drawn.
    """

    top_up_id: bytes
    device_key: bytes
    """What the key maker gave for this allowance's key."""
    amount_minor: int
    currency: str
    asked_at: int
    state: AllowanceState
    raw: bytes | None = None
    counter: int = 0
    cumulative_minor: int = 0
    last_id: bytes = b""
    closing: bytes | None = None
    expires_at: int | None = None
    barred: bool = False
    """Never paid with again: it stood in a store that was put back from an older copy."""
    code_key: bytes | None = field(default=None, repr=False)
    """Binds one-time codes to cheques; None for an allowance that asks for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRecord:
    """One cheque and what became of it.

    `amount_minor` is what the cheque counts, exact or the maximum; `final_minor` what the payee took, once known;
    `grade` is F1, F2 or F3 once somebody else has signed for it. `request` is the request's payload. `deadline_at` is
    D as the operator's books have it, once they know the cheque.
    """

    cheque_id: StatementId
    top_up_id: bytes
    counter: int
    cheque: bytes
    credits: bytes | None
    form: ChequeForm
    amount_minor: int
    up_to: bool
    currency: str
    drawn_at: int
    expires_at: int
    state: PaymentState
    request: bytes | None = None
    request_hash: RequestHash | None = None
    payee_id: bytes | None = None
    payee_name: str | None = None
    payee_proved: bool = False
    reference: str | None = None
    final_minor: int | None = None
    grade: str | None = None
    acknowledgement: bytes | None = None
    acknowledged_at: int | None = None
    deadline_at: int | None = None

    @property
    def number(self) -> str:
        """The payment's short name for people and pictures: hexadecimal digits of the cheque's id."""
        return self.cheque_id.hex()[:PAYMENT_NUMBER_CHARS]

    @property
    def status(self) -> Status:
        """Active, needs you or done."""
        return PAYMENT_STATUS[self.state]

    @property
    def back_minor(self) -> int:
        """How much of the cheque's amount is known to come back."""
        return 0 if self.final_minor is None else self.amount_minor - self.final_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class CreditRecord:
    """What a terminal's statement gives back of one cheque: the largest one known."""

    cheque_id: StatementId
    top_up_id: bytes
    back_minor: int
    statement: bytes
    certificate: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeRecord:
    """A payee met before, by one of its terminals: its certificate need not be shown again."""

    terminal_ref: TerminalRef
    payee_id: bytes
    payee_name: str
    certificate: bytes
    met_at: int


class FindingKind(StrEnum):
    """How the operator's books differ from what this device knows."""

    NOT_OURS = "not_ours"
    FORKED = "forked"
    CODE_WRONG = "code_wrong"
    TOO_MUCH = "too_much"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One cheque on an allowance of this device for which the books say something else than the device.

    NOT_OURS: it was claimed and this device never drew it; `amount_minor` is what it takes. FORKED: it is ours, and
    another one contradicts it; `amount_minor` is what it takes. TOO_MUCH: `amount_minor` more was taken for it than
    its payee signed for. CODE_WRONG: it is ours, and its one-time code was wrong or used before; `amount_minor` is what
    it takes.
    """

    cheque_id: StatementId
    kind: FindingKind
    top_up_id: bytes
    amount_minor: int


class LockAnswer(StrEnum):
    """How far a lock of paying has come: what the operator answered, or that the clock was set right."""

    NONE = "none"
    WAITING = "waiting"
    REFUSED = "refused"
    ALLOWED = "allowed"
    CLOCK_RIGHT = "clock_right"


@dataclass(frozen=True, slots=True, kw_only=True)
class PayingLock:
    """This wallet stopped paying by itself: why and when, what it saw and what is allowed, and what became of it.

    `lock_id` is made here, so that telling the operator again is the same report. `ended_at` is None while it stands.
    """

    lock_id: bytes
    reason: LockReason
    locked_at: int
    seen: int
    allowed: int
    answer: LockAnswer = LockAnswer.NONE
    ended_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LockStanding:
    """The lock that stands, if any, and what the operator has looked at: until when, and how many foreign cheques."""

    standing: PayingLock | None = None
    unlocked_at: int = 0
    foreign_before: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Guesses:
    """Wrong PINs in a row before the right one came, at `ended_at` by this device's clock; `count` 0 for none."""

    count: int = 0
    ended_at: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoredPayment:
    """A payment that another device of this payer made, put back from a backup: to be looked at and handed in.

    No allowance of this device has its `payment.top_up_id`, which is the ref of the allowance that it was drawn on;
    so nothing that counts, covers or draws meets it. `certificate` is that of the terminal that signed for it.
    """

    payment: PaymentRecord
    certificate: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherAllowance:
    """An allowance of this payer that is not on this device, as the operator's books had it at the last sync.

    `reserved_minor` is still set aside and may yet be claimed until `deadline_at` (D); `waiting_minor`, a part of it,
    is claimed already and decided then; `returned_minor` came back. `stopped`: it was suspended or revoked.
    """

    ref: AllowanceRef
    reserved_minor: int
    waiting_minor: int
    returned_minor: int
    deadline_at: int
    stopped: bool
    closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherCheque:
    """A claimed cheque on such an allowance, of which this device holds nothing itself.

    `paid_minor` was taken; `waiting_minor` is decided at `deadline_at` (D). `payee_name` is the operator's knowledge.
    """

    cheque_id: StatementId
    ref: AllowanceRef
    amount_minor: int
    paid_minor: int
    waiting_minor: int
    deadline_at: int
    state: PaymentState
    payee_name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """What this payer has on other devices, such as a lost one, newest allowance first."""

    allowances: tuple[OtherAllowance, ...] = ()
    cheques: tuple[OtherCheque, ...] = ()

    @property
    def reserved_minor(self) -> int:
        """The most that may still be claimed, minor units."""
        return sum(one.reserved_minor for one in self.allowances)

    @property
    def waiting_minor(self) -> int:
        """What of it is claimed and decided at D."""
        return sum(one.waiting_minor for one in self.allowances)

    @property
    def returned_minor(self) -> int:
        """What came back."""
        return sum(one.returned_minor for one in self.allowances)

    @property
    def until(self) -> int | None:
        """When the last of what is set aside is back; None when nothing is."""
        return max((one.deadline_at for one in self.allowances if one.reserved_minor), default=None)
