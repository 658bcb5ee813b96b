"""What disputes need from outside: a store of their own beside the acquirer's, and the issuer's word on a cheque."""

from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from feiqian.acquirer.dispute_values import ChargeBack, Dispute, DisputedClaim, DisputeId, DisputeLine, DisputeStep
from feiqian.acquirer.disputes import Party
from feiqian.ledger.accounts import Account
from feiqian.ledger.entry import Entry
from feiqian.protocol.ids import AllowanceRef, PayeeId, StatementId


class DrawnCheque(NamedTuple):
    """A cheque that a device of this operator's payer signed, claimed or not."""

    cheque_id: StatementId
    allowance_ref: AllowanceRef
    amount_minor: int


class ChequeReading(Protocol):
    """The issuer, asked whether a cheque is one of its own."""

    def drawn_cheque(self, raw: bytes, /) -> tuple[StatementId, AllowanceRef, int]:
        """The parts of a `DrawnCheque`. Raises Refused, or the issuer's unknown_allowance."""


class DisputeReading(Protocol):
    """What can be asked. Missing things are None."""

    def allowance_of_cheque(self, party: Party, owner: bytes, cheque_id: StatementId) -> AllowanceRef | None:
        """The allowance of a cheque that this payer drew and somebody claimed, or that this payee claimed."""

    def disputed_claims(self, ref: AllowanceRef, cheque_id: StatementId) -> list[DisputedClaim]:
        """Every claim on a cheque."""

    def unclaimed(self, drawn: DrawnCheque, payee_id: PayeeId) -> DisputedClaim | None:
        """A cheque that this payee did not claim, as if it had been and nothing was paid; None for no such payee."""

    def dispute(self, dispute_id: DisputeId) -> Dispute | None:
        """A dispute."""

    def dispute_steps(self, dispute_id: DisputeId) -> list[DisputeStep]:
        """All that was done in one, oldest first."""

    def disputes_of(self, party: Party, owner: bytes, limit: int) -> list[DisputeLine]:
        """A payer's or payee's disputes, newest first; an administrator's are all, and those that wait come first."""

    def disputes_due(self, now: int, limit: int) -> list[Dispute]:
        """Disputes whose state has ended by itself, oldest first."""

    def balance_minor(self, account: Account, currency: str) -> int:
        """An account's balance, people's sign."""


class DisputeUnit(DisputeReading, Protocol):
    """One write: reads see what it wrote."""

    def put_dispute(self, dispute: Dispute, step: DisputeStep) -> None:
        """A new dispute, or its new state, with what was done. Raises Stale if it changed since it was read."""

    def add_charge_back(self, moved: ChargeBack) -> None:
        """Money moves by a dispute: one movement a dispute."""

    def post(self, entry: Entry) -> None:
        """An entry. Raises LedgerBroken when an account would break its rule."""


class DisputeStore(Protocol):
    """The disputes' part of the operator's store; thread-safe."""

    def read(self) -> AbstractContextManager[DisputeReading]:
        """One consistent reading."""

    def write(self, point: str) -> AbstractContextManager[DisputeUnit]:
        """One write, durable when the context ends, nothing when it ends by an exception."""
