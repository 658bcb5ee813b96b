"""What a dispute is and what it rests on: plain values. Ids are bytes, amounts minor units, times Unix seconds."""

from dataclasses import dataclass
from typing import NewType

from feiqian.acquirer.disputes import DisputeAct, DisputeReason, DisputeState, Party
from feiqian.protocol.ids import AllowanceRef, PayeeId, StatementId

DisputeId = NewType("DisputeId", bytes)
"""16 bytes, made from the claim and who opens: the same dispute opened again is the same one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputedClaim:
    """A payment as a dispute sees it. `paid_minor` is what claims took, without what disputes moved since.

    `closed` says that D has passed and the window is closed: nothing but a dispute changes the payment any more.
    `borne_minor` is what the payer itself answered for on the whole allowance, `moved_minor` what disputes moved back
    to the payer of this claim (negative: to the payee), `moved_on_allowance_minor` of all claims on the allowance.
    """

    cheque_id: StatementId
    allowance_ref: AllowanceRef
    payer_id: bytes
    payee_id: PayeeId
    payee_name: str
    currency: str
    amount_minor: int
    paid_minor: int
    waiting_minor: int
    borne_by_issuer: bool
    borne_minor: int
    moved_minor: int
    moved_on_allowance_minor: int
    deadline: int
    closed: bool

    @property
    def refundable_minor(self) -> int:
        """The most that may still go back to the payer: what the payee has of it, and the payer answered for."""
        if self.borne_by_issuer:
            return 0
        of_claim_minor = self.paid_minor - self.moved_minor
        return max(0, min(of_claim_minor, self.borne_minor - self.moved_on_allowance_minor))

    @property
    def unpaid_minor(self) -> int:
        """The most that the payee may still be paid: what the cheque counts, less what it has of it."""
        return max(0, self.amount_minor - self.paid_minor - self.waiting_minor + min(0, self.moved_minor))

    @property
    def disputable_minor(self) -> int:
        """The most that a payer may dispute: what is paid, and what still waits."""
        if self.closed:
            return self.refundable_minor
        return 0 if self.borne_by_issuer else self.paid_minor + self.waiting_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """A dispute as it stands. `amount_minor` is demanded, `moved_minor` was moved by its end; `until` ends the state.

    `version` rises with every act.
    """

    dispute_id: DisputeId
    opener: Party
    reason: DisputeReason
    cheque_id: StatementId
    allowance_ref: AllowanceRef
    payer_id: bytes
    payee_id: PayeeId
    payee_name: str
    currency: str
    amount_minor: int
    moved_minor: int
    deadline: int
    state: DisputeState
    opened_at: int
    until: int | None
    version: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeStep:
    """One thing that was done in a dispute, for ever. `act` is None for the opening; `evidence` is anybody's bytes."""

    dispute_id: DisputeId
    number: int
    by: Party
    act: DisputeAct | None
    amount_minor: int
    words: str
    evidence: bytes
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeBack:
    """Money that a dispute moved: positive from the payee to the payer, negative the other way."""

    dispute_id: DisputeId
    payer_id: bytes
    payee_id: PayeeId
    cheque_id: StatementId
    allowance_ref: AllowanceRef
    currency: str
    back_minor: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody says in a dispute: words for people, and bytes that prove them; both may be empty."""

    words: str = ""
    evidence: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeLine:
    """A dispute with all that was done in it, oldest first."""

    dispute: Dispute
    steps: tuple[DisputeStep, ...]
