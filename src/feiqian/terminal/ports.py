"""What the terminal needs from outside, as Protocols, and the names of its durable writes.

Composition roots choose the real parts: the vault behind the store, HTTP behind the link, software or hardware
behind the keys. Every implementation of the store runs the store's one acceptance suite (tests/storage).
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Protocol

from feiqian.ledger.dispute_notice import DisputeNotice
from feiqian.protocol.chain import Link
from feiqian.protocol.ids import AllowanceRef, BatchId, PayeeId, RequestHash, StatementId
from feiqian.protocol.keys import Signer
from feiqian.protocol.trust import TrustRoot
from feiqian.terminal.records import (
    Accepted,
    AskedRequest,
    BatchAnswer,
    ChainHead,
    Enrolment,
    GivenNote,
    HeardPage,
    HeldTrust,
    HistoryEntry,
    KeptProof,
    LoggedRefusal,
    NewAcceptance,
    NewNote,
    PaidRequest,
    Queue,
    QueuedClaim,
    QueuedNote,
    StoredBatch,
    ToldEvent,
    Totals,
)

Clock = Callable[[], int]
"""Seconds since 1970, by this device."""
Randomness = Callable[[int], bytes]
"""That many unpredictable bytes."""


class WritePoint(StrEnum):
    """Every durable write of the terminal; a test can kill the process right before and right after each."""

    ENROL_KEY = "terminal.enrol-key"
    ENROL = "terminal.enrol"
    TRUST = "terminal.trust"
    REQUEST = "terminal.request"
    ACCEPT = "terminal.accept"
    NOTE = "terminal.note"
    NOTICE = "terminal.notice"
    BATCH = "terminal.batch"
    ANSWER = "terminal.answer"
    CLOCK = "terminal.clock"
    SHIFT = "terminal.shift"
    REFUSAL = "terminal.refusal"
    SIGN_OUT = "terminal.sign-out"
    EVENTS = "terminal.events"
    PROOF = "terminal.proof"
    FORGET = "terminal.forget"


class Conflict(Exception):
    """The store met something else than its caller had read: nothing was written, and our program is wrong."""


class KeyMaker(Protocol):
    """Makes the terminal's key and opens it again. What is kept goes into the encrypted store and nowhere else."""

    def make(self) -> bytes:
        """A new key, as it is kept."""

    def load(self, kept: bytes, /) -> Signer:
        """The key that was kept."""


class EnrolmentReply(Protocol):
    """What the operator answers to an enrolment; certificate unverified, token secret."""

    @property
    def certificate(self) -> bytes:
        """The signed terminal certificate."""

    @property
    def token(self) -> str:
        """The secret with which the terminal speaks to its operator."""

    @property
    def trust_root(self) -> TrustRoot:
        """What to pin."""


class PackReply(Protocol):
    """A trust pack as published, unverified."""

    @property
    def raw(self) -> bytes:
        """The pack."""

    @property
    def etag(self) -> str:
        """The tag with which to ask whether it changed."""


class EventReply(Protocol):
    """One change of one claim of the payee, at whichever of its terminals. `stands_…` is how it stands after it."""

    @property
    def number(self) -> int:
        """Its number, rising, in the operator's one order."""

    @property
    def at(self) -> int:
        """When it happened."""

    @property
    def kind(self) -> str:
        """An `AdviceKind`, or what a newer operator says."""

    @property
    def cheque_id(self) -> bytes:
        """Which claim."""

    @property
    def stands_paid_minor(self) -> int:
        """What is paid in all."""

    @property
    def stands_waiting_minor(self) -> int:
        """What waits until D."""

    @property
    def deadline(self) -> int:
        """D."""


class StatementReply(Protocol):
    """The payee's statement, as far as a till reads it."""

    @property
    def events(self) -> Sequence[EventReply]:
        """The newest events; or, asked for with `after`, the next ones behind it."""


class OperatorLink(Protocol):
    """The way to the operator. Every method raises `Coded` when it is refused or the world failed."""

    def trust_root(self) -> TrustRoot:
        """The root keys of the deployment, asked for before enrolment: a proof of possession names the deployment."""

    def enrol_terminal(self, *, enrolment_code: str, terminal_key: bytes, proof: bytes) -> EnrolmentReply:
        """The same code with the same key gets the same answer."""

    def trust_pack(self, *, etag: str | None = None) -> PackReply | None:
        """The newest pack; None if it is the one that carried `etag`."""

    def send_batch(self, batch: bytes) -> bytes:
        """The signed answer, unverified. The same batch gets the same bytes."""

    def payee_statement(self, *, after: int | None = None) -> StatementReply:
        """The payee's newest events; with `after` the next ones behind that number, none when all were heard."""

    def payee_disputes(self) -> Sequence[DisputeNotice]:
        """The payee's disputes that are not over."""


class TerminalStore(Protocol):
    """What must outlive the process. A method that writes is one durable transaction: all of it or nothing.

    When a writing method has returned, what it wrote survives any kill. One process, one thread at a time.
    """

    # --- who this terminal is ---

    def pending_key(self) -> bytes | None:
        """The key of an enrolment that was begun."""

    def keep_pending_key(self, key: bytes) -> None:
        """Keep the key before the operator hears of it."""

    def enrolment(self) -> Enrolment | None:
        """Who this terminal is, once enrolled."""

    def enrol(self, enrolment: Enrolment, trust: HeldTrust) -> None:
        """Become this terminal, with its first trust pack."""

    def sign_out(self) -> None:
        """Forget key, token and certificate. What was accepted stays as evidence."""

    def trust(self) -> HeldTrust | None:
        """The trust pack held."""

    def keep_trust(self, trust: HeldTrust) -> None:
        """Replace the trust pack."""

    # --- time ---

    def operator_time(self) -> int:
        """The highest time that an operator has signed in what was stored, 0 if none."""

    def witnessed_times(self) -> Sequence[int]:
        """The highest `witnessed_time` of what was accepted of different allowances, highest first, two at most."""

    def clock_ahead_s(self) -> int | None:
        """How far this device's clock was ahead of the operator's at the last answer; None before the first."""

    def keep_clock(self, *, operator_time: int, clock_ahead_s: int) -> None:
        """Remember what an answer without items has told of the time."""

    # --- requests and payments ---

    def add_request(self, request: AskedRequest) -> None:
        """Store a request before it is shown."""

    def request(self, request_hash: RequestHash) -> AskedRequest | None:
        """A request that was made."""

    def requests_named(self, prefix: str) -> Sequence[AskedRequest]:
        """Requests whose hash in hex begins so, at most two: enough to know that a name is not enough."""

    def open_requests(self, now: int) -> Sequence[AskedRequest]:
        """Requests that may still be answered at `now`, oldest first."""

    def stale_requests(self, now: int, limit: int) -> Sequence[AskedRequest]:
        """The latest requests that have run out unanswered, newest first."""

    def allowance(self, allowance_id: StatementId) -> bytes:
        """The signed bytes of an allowance from which something was accepted."""

    def links(self, allowance_ref: AllowanceRef) -> tuple[Link, ...]:
        """The links of all cheques accepted on this allowance."""

    def accepted(self, cheque_id: StatementId) -> Accepted | None:
        """The accepted cheque of this id."""

    def accepted_bytes(self, cheque: bytes) -> Accepted | None:
        """The accepted cheque of exactly these bytes, signature and all."""

    def accepted_on(self, request_hash: RequestHash) -> Accepted | None:
        """The cheque accepted on a request."""

    def accepted_named(self, prefix: str) -> Sequence[Accepted]:
        """Accepted cheques whose id in hex begins so, at most two."""

    def accepted_at(self, receipt_counter: int) -> Accepted | None:
        """The cheque that this receipt accepted, by the receipt's counter."""

    def chain_head(self) -> ChainHead:
        """Where the chain of receipts and notes stands."""

    def accept(self, acceptance: NewAcceptance) -> None:
        """Store an accepted cheque with its receipt, and close its request."""

    def add_note(self, note: NewNote) -> None:
        """Store a note; a cancel note closes its request."""

    def note_on(self, subject: bytes) -> GivenNote | None:
        """The latest note on a cheque or request."""

    def settle_request(self, paid: PaidRequest, operator_time: int) -> None:
        """Store a settled notice and close its request."""

    def paid_request(self, request_hash: RequestHash) -> PaidRequest | None:
        """The settled notice of a request."""

    # --- the queue ---

    def queued(self, claims_max: int) -> tuple[Sequence[QueuedClaim], Sequence[QueuedNote]]:
        """What is in no batch yet, oldest first, at most `claims_max` of each."""

    def add_batch(self, batch: StoredBatch) -> None:
        """Store a signed batch before it is sent; its claims and notes are in it from now on."""

    def unanswered_batches(self) -> Sequence[StoredBatch]:
        """Batches without an answer, oldest first."""

    def batch(self, batch_id: BatchId) -> StoredBatch | None:
        """A batch."""

    def last_answered_batch(self) -> StoredBatch | None:
        """The batch answered last."""

    def keep_answer(self, answer: BatchAnswer) -> None:
        """Store an answer and what it says of every claim and note; only now they leave the queue."""

    def queue(self) -> Queue:
        """What is owed an answer."""

    # --- later truth ---

    def heard_up_to(self, deployment: str, payee_id: PayeeId) -> int | None:
        """The number of the last event heard of this payee's statement; None if it was never listened to."""

    def keep_events(self, page: HeardPage) -> Sequence[ToldEvent]:
        """Store a page of events and what they do to claims; the stored ones, in their order.

        Raises Conflict when the page does not go on where the store has stopped.
        """

    def told(self, cheque_id: StatementId) -> Sequence[ToldEvent]:
        """All that was told of a claim, oldest first."""

    # --- evidence ---

    def cheque_bytes(self, cheque_id: StatementId) -> bytes | None:
        """An accepted cheque as it was received."""

    def keep_proof(self, proof: KeptProof) -> None:
        """Keep a fork proof, one an allowance; a bounded number, the oldest goes when it is full."""

    def proof_on(self, allowance_id: StatementId) -> KeptProof | None:
        """The proof kept against an allowance."""

    def proofs(self) -> Sequence[KeptProof]:
        """The proofs kept, oldest first."""

    # --- the till ---

    def totals(self) -> Totals:
        """The current shift."""

    def close_shift(self, now: int) -> Totals:
        """End the shift, begin the next, and return the one that ended."""

    def history(self, limit: int) -> Sequence[HistoryEntry]:
        """The latest acts and news, newest first."""

    def forget_ended(self, before: int) -> int:
        """FORGET: removes what was over before this time, see `retention`; how many as `ended`. None is no write."""

    def ended(self, before: int) -> int:
        """How many claims, requests, proofs and lines of the log were over before this time."""

    def log_refusal(self, refusal: LoggedRefusal) -> None:
        """Add a line to the bounded log of refusals; the oldest goes when it is full."""

    def refusals(self) -> Sequence[LoggedRefusal]:
        """The log of refusals, newest first."""
