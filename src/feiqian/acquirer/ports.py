"""What the acquirer needs from outside: a store, and the issuer behind a gateway that can later be remote."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeVar

from feiqian.acquirer.values import PayeeEvent, PayeeLine, Terminal, WaitingClaim
from feiqian.ledger.accounts import Account
from feiqian.ledger.clearing import Advice, Honoured
from feiqian.ledger.entry import Entry
from feiqian.ledger.papers import Papers, PapersTaken
from feiqian.ledger.revocation import RevokedTerminal
from feiqian.protocol.claim import Batch
from feiqian.protocol.ids import BatchId, PayeeId, TerminalRef
from feiqian.protocol.verified import VerifiedCertificate


class WritePoint(StrEnum):
    """Every place where the acquirer's books change."""

    ENROL_PAYEE = "acquirer.enrol-payee"
    ENROL_TERMINAL = "acquirer.enrol-terminal"
    REVOKE_TERMINAL = "acquirer.revoke-terminal"
    RECOVER_TILL = "acquirer.recover-till"
    TAKE_BATCH = "acquirer.take-batch"
    COLLECT = "acquirer.collect"
    TAKE_PAPERS = "acquirer.take-papers"
    OPEN_DISPUTE = "acquirer.open-dispute"
    ANSWER_DISPUTE = "acquirer.answer-dispute"
    DECIDE_DISPUTE = "acquirer.decide-dispute"
    AGE_DISPUTES = "acquirer.age-disputes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """A payee."""

    payee_id: PayeeId
    name: str
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeCode:
    """An enrolment code by its hash: whose, until when, and which terminal key used it, if any did."""

    payee_id: PayeeId
    expires_at: int
    used_by: bytes | None


@dataclass(frozen=True, slots=True)
class TakenBatch:
    """A batch as it was taken: the hash of its body and the answer, both for ever."""

    body_hash: bytes
    answer: bytes


class AcquirerReading(Protocol):
    """What can be asked."""

    def payee(self, payee_id: PayeeId) -> Payee | None:
        """A payee."""

    def payee_lines(self, after: PayeeId | None, limit: int) -> list[PayeeLine]:
        """Payees in the order of their ids, at most `limit`; with `after` those behind that id."""

    def payee_code(self, code_hash: bytes) -> PayeeCode | None:
        """An enrolment code."""

    def terminal(self, ref: TerminalRef) -> Terminal | None:
        """A terminal."""

    def terminal_by_token(self, token_hash: bytes) -> Terminal | None:
        """The signed-in terminal with this token."""

    def terminal_by_key(self, terminal_key: bytes) -> Terminal | None:
        """The terminal with this key."""

    def batch(self, terminal_ref: TerminalRef, batch_id: BatchId) -> TakenBatch | None:
        """A batch that was taken."""

    def balance_minor(self, account: Account, currency: str) -> int:
        """An account's balance, people's sign."""

    def advices_to_apply(self, limit: int) -> list[Advice]:
        """The issuer's advices that were not applied yet, in order."""

    def payee_events(self, payee_id: PayeeId, limit: int, after: int | None = None) -> list[PayeeEvent]:
        """What a payee was told, newest first.

        With `after` what changed behind that number, oldest first, without what came with the answers to batches.
        """

    def payee_waiting(self, payee_id: PayeeId) -> list[WaitingClaim]:
        """Claims of a payee that wait until D."""

    def revoked_terminal(self, ref: TerminalRef) -> RevokedTerminal | None:
        """Since when a terminal is revoked; None when it is not."""


class AcquirerUnit(AcquirerReading, Protocol):
    """One write: reads see what it wrote."""

    def add_payee(self, payee: Payee, created_at: int) -> None:
        """A new payee."""

    def add_payee_code(self, code_hash: bytes, code: PayeeCode) -> None:
        """A new code."""

    def use_payee_code(self, code_hash: bytes, used_by: bytes) -> None:
        """The code is used up."""

    def put_terminal(self, terminal: Terminal, terminal_key: bytes, token_hash: bytes, at: int) -> None:
        """A new terminal, or a new token for it."""

    def add_revoked_terminal(self, revoked: RevokedTerminal, written_at: int) -> None:
        """A terminal is revoked, once."""

    def add_batch(self, terminal_ref: TerminalRef, batch_id: BatchId, taken: TakenBatch, body: bytes, at: int) -> None:
        """A batch is taken: its body is kept as evidence. Raises Stale if it was taken meanwhile."""

    def add_payee_events(self, advices: Sequence[Advice]) -> None:
        """These advices are applied; the store numbers them in the order in which payees hear of them."""

    def post(self, entry: Entry) -> None:
        """An entry. Raises LedgerBroken when an account would break its rule."""


Unit = TypeVar("Unit", bound=AcquirerUnit)
UnitMade_co = TypeVar("UnitMade_co", bound=AcquirerUnit, covariant=True)
UnitUsed_contra = TypeVar("UnitUsed_contra", bound=AcquirerUnit, contravariant=True)


class AcquirerStore(Protocol[UnitMade_co]):
    """The acquirer's part of the operator's store; thread-safe."""

    def read(self) -> AbstractContextManager[AcquirerReading]:
        """One consistent reading."""

    def write(self, point: str) -> AbstractContextManager[UnitMade_co]:
        """One write, durable when the context ends, nothing when it ends by an exception."""


class IssuerGateway(Protocol[UnitUsed_contra]):
    """The issuer as the acquirer sees it."""

    def examine(
        self, batch: Batch, certificate: VerifiedCertificate, received_at: int
    ) -> Callable[[], tuple[Honoured, Callable[[UnitUsed_contra], None]]]:
        """Checks every signature of a batch outside of any transaction.

        The result thinks out the answers on what is known now, and gives beside them what writes their effects inside
        a transaction. That raises Stale, and nothing is written, if something has changed since; then it is called
        again.
        """

    def examine_papers(
        self, payer_id: bytes, papers: Papers, received_at: int
    ) -> Callable[[], tuple[PapersTaken, tuple[Advice, ...], Callable[[UnitUsed_contra], None] | None]]:
        """Checks a payer's papers outside of any transaction; the result is used as that of `examine`.

        What it gives last is None when the papers say nothing new.
        """
