"""What the wallet needs from outside: a store, keys, the operator, a clock and randomness.

The store's writes are one durable transaction each, named by a `WritePoint`, so that a test can kill the process
right before and right after every one of them. The operator's link is handed only to the calls that need a network;
paying holds none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from feiqian.ledger.dispute_notice import DisputeNotice
from feiqian.ledger.papers import Papers, PapersTaken
from feiqian.protocol.allowance import Tier
from feiqian.protocol.ids import AllowanceRef, RequestHash, StatementId, TerminalRef
from feiqian.protocol.keys import Signer
from feiqian.protocol.trust import TrustRoot
from feiqian.protocol.words import Coded
from feiqian.risk.anomaly import DEFAULT_TERMS, AnomalyTerms, Drawing
from feiqian.wallet.found import Found
from feiqian.wallet.records import (
    AllowanceRecord,
    CreditRecord,
    Elsewhere,
    Enrolment,
    Finding,
    Footing,
    Guesses,
    HeldTrust,
    KeyHome,
    LockAnswer,
    LockStanding,
    Membership,
    PayeeRecord,
    PayingLock,
    PaymentRecord,
    RestoredPayment,
)

Clock = Callable[[], int]
"""Now, seconds since 1970, by this device's clock."""
Randomness = Callable[[int], bytes]
"""So many unpredictable bytes."""


class WritePoint(StrEnum):
    """Every durable write of the wallet, by name."""

    KEY_HOME = "wallet.key-home"
    COUNTING = "wallet.counting"
    ANEW = "wallet.anew"
    VOUCHED = "wallet.vouched"
    ENROLMENT = "wallet.enrolment"
    MEMBERSHIP = "wallet.membership"
    TRUST = "wallet.trust"
    TOP_UP = "wallet.top-up"
    ALLOWANCE = "wallet.allowance"
    DECLINED = "wallet.declined"
    CHEQUE = "wallet.cheque"
    AGED = "wallet.aged"
    ACKNOWLEDGEMENT = "wallet.acknowledgement"
    STATEMENT = "wallet.statement"
    CLOSING = "wallet.closing"
    CLOSED = "wallet.closed"
    LOCK = "wallet.lock"
    UNLOCK = "wallet.unlock"
    FORGET = "wallet.forget"
    RESTORED = "wallet.restored"
    ELSEWHERE = "wallet.elsewhere"


class Conflict(Exception):
    """The write met something else than its caller had read: nothing was written."""


class WalletStore(Protocol):
    """What outlives the process. Every method that writes is one transaction, durable when it returns."""

    def key_home(self) -> KeyHome | None:
        """Where the keys live; None for a wallet that was never asked: in software."""

    def enrolment(self) -> Enrolment | None:
        """The enrolment intended or done."""

    def membership(self) -> Membership | None:
        """What enrolment brought, once it is done."""

    def trust(self) -> HeldTrust | None:
        """The trust pack held."""

    def footing(self) -> Footing | None:
        """Membership, trust and what was heard, read at once; None before enrolment is done."""

    def allowances(self) -> Sequence[AllowanceRecord]:
        """All allowances, oldest first."""

    def current_allowances(self, ended_before: int) -> Sequence[AllowanceRecord]:
        """Those that are not dropped and did not end before this time, oldest first."""

    def payment(self, cheque_id: StatementId) -> PaymentRecord | None:
        """The payment of one cheque."""

    def payment_for(self, request_hash: RequestHash) -> PaymentRecord | None:
        """The payment that answered a request."""

    def payments(self) -> Sequence[PaymentRecord]:
        """All payments, newest first."""

    def open_payments(self) -> Sequence[PaymentRecord]:
        """Those that are not done, newest first."""

    def credits(self, top_up_id: bytes) -> Sequence[tuple[CreditRecord, PaymentRecord]]:
        """What was given back on one allowance with the payment it is of, largest first."""

    def payee(self, terminal_ref: TerminalRef) -> PayeeRecord | None:
        """The payee that a terminal speaks for, if it was met before."""

    def payees(self, payee_id: bytes) -> Sequence[PayeeRecord]:
        """The terminals of one payee that were met before, the latest first."""

    def findings(self) -> Sequence[Finding]:
        """What the operator's books say otherwise than this device, as of the last statement."""

    def restored(self) -> Sequence[RestoredPayment]:
        """What was put back from backups of other devices, newest first; never among `payments`."""

    def elsewhere(self) -> Elsewhere:
        """What the operator's books say of this payer's other devices, as of the last statement."""

    def drawings(self, most: int) -> Sequence[Drawing]:
        """When the latest payments were drawn and how much they count, at most so many, newest first."""

    def lock_standing(self) -> LockStanding:
        """Whether this wallet has stopped paying, and what the operator has looked at before."""

    def guesses(self) -> Guesses:
        """The wrong PINs before this wallet was opened, as far as that is not long ago."""

    def lock_paying(self, lock: PayingLock) -> None:
        """LOCK. Conflict when a lock stands already."""

    def answer_lock(self, lock: PayingLock, *, heard_at: int | None) -> None:
        """UNLOCK: what became of the lock that stands; Conflict when it is another one.

        With `heard_at` what was heard of the time goes back to it: the operator has looked at the clock.
        """

    def choose_key_home(self, home: KeyHome) -> None:
        """KEY_HOME. Conflict once a key was made."""

    def begin_counting(self, mark: int) -> None:
        """COUNTING: the counter stands at `mark` and nothing was counted yet. Conflict when it was begun."""

    def begin_anew(self, mark: int) -> None:
        """ANEW: no allowance that this store knows is paid with again, and the counter stands at `mark`.

        Top-ups that were asked for and not answered are dropped: their allowances may have been spent from.
        """

    def vouch(self) -> None:
        """VOUCHED: the operator knows the hardware that holds the keys."""

    def begin_enrolment(self, enrolment: Enrolment) -> None:
        """ENROLMENT. Replaces an intention that came to nothing; Conflict once enrolled."""

    def finish_enrolment(self, membership: Membership, trust: HeldTrust) -> None:
        """MEMBERSHIP. Conflict once enrolled."""

    def put_trust(self, trust: HeldTrust) -> None:
        """TRUST."""

    def begin_top_up(self, record: AllowanceRecord) -> None:
        """TOP_UP. Conflict when there is one of this id."""

    def hold_allowance(self, record: AllowanceRecord) -> None:
        """ALLOWANCE: ASKED becomes HELD; Conflict otherwise."""

    def drop_top_up(self, top_up_id: bytes) -> None:
        """DECLINED: ASKED becomes DROPPED; Conflict otherwise."""

    def burn(self, payment: PaymentRecord, before: AllowanceRecord, after: AllowanceRecord) -> None:
        """CHEQUE: the chain's new head, the payment and the next mark. Conflict unless the head is `before`."""

    def burn_closing(self, before: AllowanceRecord, after: AllowanceRecord) -> None:
        """CLOSING: the chain's last head, its closing cheque, the next mark. Conflict unless the head is `before`."""

    def confirm_closing(self, top_up_id: bytes) -> None:
        """CLOSED: CLOSING becomes CLOSED; Conflict otherwise."""

    def age(self, payments: Sequence[PaymentRecord]) -> None:
        """AGED: payments whose state changed with time alone."""

    def acknowledge(
        self, payment: PaymentRecord, credit: CreditRecord | None, payee: PayeeRecord, *, heard_at: int
    ) -> None:
        """ACKNOWLEDGEMENT: a payment's new state, what it gives back, the payee, and the time it signed."""

    def apply_statement(self, payments: Sequence[PaymentRecord], findings: Sequence[Finding]) -> None:
        """STATEMENT: what the operator's books say of payments, and all that they say otherwise from now on."""

    def restore(self, payments: Sequence[RestoredPayment]) -> int:
        """RESTORED: puts those back that are not here yet, and says how many; nothing else changes."""

    def hear_of_others(self, elsewhere: Elsewhere, payments: Sequence[PaymentRecord]) -> None:
        """ELSEWHERE: what the books say of other devices from now on, and how restored payments stand."""

    def forget(self, top_up_ids: Sequence[bytes]) -> None:
        """FORGET: removes these allowances with their payments and credits, and the payees of no payment that is left.

        Conflict when one is asked, closing or gone, or one of its payments is open, or a finding is about it.
        """

    def change_pin(self, old: str, new: str, now: int) -> None:
        """A new PIN; the old one is counted as a try if it is wrong."""

    def close(self) -> None:
        """Lock: nothing can be read until the PIN opens the store again."""


class KeyMaker(Protocol):
    """Where private keys are made. What `make` returns is stored and means something to this key maker only."""

    @property
    def tier(self) -> Tier:
        """Where its keys live; the operator believes it of a device only with evidence."""

    def make(self) -> bytes:
        """A new key."""

    def load(self, stored: bytes, /) -> Signer:
        """The signer of a key made before. Raises Coded where it does not have that key, or cannot reach it."""

    def evidence(self, stored: bytes, challenge: bytes, /) -> bytes | None:
        """That this key lives where `tier` says, made for this 32-byte challenge; None for keys in software."""


class HardwareCounter(Protocol):
    """A number in hardware that only ever goes up, by one: beside it an older copy of the store shows its age."""

    def begin(self) -> int:
        """Makes it where it is not yet, and gives what it stands at. Raises Coded."""

    def value(self) -> int:
        """What it stands at. Raises Coded when it is gone or cannot be reached."""

    def advance(self) -> None:
        """One more, durable when this returns. Raises as `value`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolled:
    """The operator's answer to an enrolment. `root` is to be pinned; the code came to the payer by another way."""

    membership: Membership
    root: TrustRoot


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceLine:
    """One allowance in the operator's books. `closed` says that D has passed: what was not claimed went back.

    `complete` says that every cheque claimed from it stands in the statement. `reserved_minor` is still set aside,
    `waiting_minor` the part of it that is decided at `deadline` (D). `stopped`: no payee takes it any more.
    """

    ref: AllowanceRef
    closed: bool
    complete: bool
    reserved_minor: int = 0
    waiting_minor: int = 0
    returned_minor: int = 0
    deadline: int = 0
    stopped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChequeLine:
    """One claimed cheque in the operator's books: `paid_minor` was taken, `waiting_minor` is decided at `deadline`.

    `forked` says that another cheque of its allowance contradicts it, `code_wrong` that its one-time code was wrong or
    used before. `payee_name` is the operator's own knowledge; `amount_minor` is what the cheque counts.
    """

    cheque_id: StatementId
    ref: AllowanceRef
    paid_minor: int
    waiting_minor: int
    deadline: int
    given_back: bool
    forked: bool
    payee_name: str | None
    code_wrong: bool = False
    amount_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What the payer has at the operator; `free_minor` may be topped up from."""

    currency: str
    free_minor: int
    reserved_minor: int
    allowances: tuple[AllowanceLine, ...]
    cheques: tuple[ChequeLine, ...]


class Declined(Exception):
    """The operator looked at what was asked and said no: the same again gets the same answer."""

    def __init__(self, why: Coded) -> None:
        super().__init__(str(why))
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """The operator's answer to a top-up: signed bytes, and the key of its one-time codes if it asks for some."""

    raw: bytes
    code_key: bytes | None = field(default=None, repr=False)


class OperatorLink(Protocol):
    """The operator, over a network. Every call may be repeated. Raises Declined, or Coded when a retry is safe."""

    def trust_root(self) -> TrustRoot:
        """The root keys of the operator's deployment, before anything is pinned."""

    def enrol(self, *, code: str, account_key: bytes, proof: bytes, pin: str | None = None) -> Enrolled:
        """Become a payer's device by a code that the operator gave. Same code and key, same answer.

        `pin` are the six digits that some codes have beside them.
        """

    def top_up(
        self,
        *,
        top_up_id: bytes,
        amount_minor: int,
        device_key: bytes,
        proof: bytes,
        evidence: bytes | None = None,
    ) -> Granted:
        """The allowance for this request id, bound to `device_key`: the same one however often it is asked.

        `evidence` shows where the key lives; without any it counts as one in software.
        """

    def trust_pack(self) -> bytes:
        """The newest trust pack."""

    def statement(self) -> Statement:
        """What this payer has, and what became of the cheques that were claimed."""

    def close_allowance(self, *, ref: AllowanceRef, closing: bytes) -> None:
        """Hand in the closing cheque of an allowance."""

    def present(self, papers: Papers, *, is_note: bool) -> PapersTaken:
        """Hand in the payer's copy of a payment with what its payee signed. The same again changes nothing."""

    def disputes(self) -> Sequence[DisputeNotice]:
        """The payer's disputes that are not over."""

    def report_lock(self, lock: PayingLock) -> LockAnswer:
        """Tells that this device has stopped paying, and asks whether it may pay again. The same lock is one report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The outside of one open wallet, as its composition root chose it, and what the wallet has found out so far.

    `counter` is there where the keys live in hardware that has one. Without `anomaly` nothing locks paying.
    """

    store: WalletStore
    keys: KeyMaker
    clock: Clock
    randomness: Randomness
    counter: HardwareCounter | None = None
    anomaly: AnomalyTerms | None = DEFAULT_TERMS
    found: Found = field(default_factory=Found, repr=False, compare=False)
