"""What a till remembers, as values. Amounts are minor units of the terminal's currency, times seconds since 1970.

The store gives and takes these; it keeps the bytes of every signed statement as they were received or made, because
those bytes are the evidence.
"""

from dataclasses import dataclass, field
from typing import Final

from feiqian.ledger.clearing import AdviceKind
from feiqian.protocol.answer import AnswerItem
from feiqian.protocol.chain import Contradiction, Link
from feiqian.protocol.ids import AllowanceRef, BatchId, PayeeId, RequestHash, StatementId
from feiqian.protocol.receipt import NoteKind
from feiqian.protocol.trust import TrustRoot
from feiqian.terminal.states import QUEUED, ClaimState, Grade, RequestState, grade_of

_ROUTINE: Final = frozenset({AdviceKind.SETTLED, AdviceKind.WAITING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """Who this terminal is: its private key as its key maker keeps it, certificate, and the way to its operator."""

    deployment: str
    server: str
    key: bytes = field(repr=False)
    token: str = field(repr=False)
    certificate: bytes
    certificate_id: StatementId


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldTrust:
    """The trust pack held: the root from which its bytes give a `Trust` again, the tag to ask for a newer one."""

    root: TrustRoot
    raw: bytes
    etag: str
    fetched_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedRequest:
    """A request that was made. `shown` is what the payer sees: certificate and request, or a bare request."""

    request_hash: RequestHash
    payload: bytes
    shown: bytes
    amount_minor: int
    is_maximum: bool
    reference: str
    time: int
    expires_at: int
    state: RequestState = RequestState.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainHead:
    """Where the terminal's own chain of receipts and notes stands: the next counter, and what it must name."""

    counter: int
    previous: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStatement:
    """A receipt or note about to be stored. `shown` is what the payer sees: certificate and statement."""

    statement_id: StatementId
    counter: int
    raw: bytes
    shown: bytes
    time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAcceptance:
    """Everything about one accepted cheque, stored in one transaction before its receipt is shown.

    `witnessed_time` is the payer's time as far as the till lets it testify which time it is, 0 if not at all.
    """

    cheque: bytes
    link: Link
    witnessed_time: int
    allowance: bytes
    allowance_id: StatementId
    allowance_ref: AllowanceRef
    allowance_expires_at: int
    credits: bytes | None
    request_hash: RequestHash | None
    final_minor: int
    guaranteed_minor: int
    deadline: int
    warn: bool
    receipt: NewStatement

    def accepted(self, reference: str) -> "Accepted":
        """The accepted cheque as the store holds it from now on; `reference` is its request's."""
        return Accepted(
            cheque_id=self.link.cheque_id,
            allowance_id=self.allowance_id,
            request_hash=self.request_hash,
            reference=reference,
            receipt_counter=self.receipt.counter,
            receipt_shown=self.receipt.shown,
            amount_minor=self.link.amount_minor,
            final_minor=self.final_minor,
            guaranteed_minor=self.guaranteed_minor,
            deadline=self.deadline,
            warn=self.warn,
            time=self.receipt.time,
            state=ClaimState.WAITING,
            answer=None,
            told=None,
            back_minor=0,
        )


def is_news(kind: AdviceKind, nth: int) -> bool:
    """False for the first word on a claim when it only repeats an answer's: settled, or waits."""
    return kind not in _ROUTINE or nth > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEvent:
    """What the operator told of one claim after its answer; the amounts are how the claim stands since then.

    `nth` counts the events of this claim. `final_minor` and `receipt_counter` name the payment.
    """

    number: int
    nth: int
    kind: AdviceKind
    at: int
    heard_at: int
    cheque_id: StatementId
    receipt_counter: int
    final_minor: int
    paid_minor: int
    waiting_minor: int
    deadline: int

    @property
    def is_news(self) -> bool:
        """Whether it is worth a sentence."""
        return is_news(self.kind, self.nth)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """An accepted cheque as the till holds it now. `back_minor` is what notes have given back so far.

    `answer` is the signed answer's and never changes; `told` is the operator's latest word after it, if any.
    """

    cheque_id: StatementId
    allowance_id: StatementId
    request_hash: RequestHash | None
    reference: str
    receipt_counter: int
    receipt_shown: bytes
    amount_minor: int
    final_minor: int
    guaranteed_minor: int
    deadline: int
    warn: bool
    time: int
    state: ClaimState
    answer: AnswerItem | None
    told: ToldEvent | None
    back_minor: int

    @property
    def stands(self) -> ToldEvent | AnswerItem | None:
        """The operator's latest word, with `paid_minor` and `waiting_minor`; None before its answer."""
        return None if self.state in QUEUED else self.told or self.answer

    @property
    def paid_minor(self) -> int:
        """What the operator has paid by now, as far as the till was told."""
        return 0 if self.stands is None else self.stands.paid_minor

    @property
    def waiting_minor(self) -> int:
        """What is decided at D."""
        return 0 if self.stands is None else self.stands.waiting_minor

    @property
    def grade(self) -> Grade:
        """How sure it is by now."""
        return grade_of(self.state, final_minor=self.final_minor, guaranteed_minor=self.guaranteed_minor)

    @property
    def kept_minor(self) -> int:
        """What is left for the payee after notes."""
        return self.final_minor - self.back_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNote:
    """A note about to be stored. `back_minor` is all that is given back of the payee's take, 0 for a cancel note."""

    kind: NoteKind
    subject: bytes
    back_minor: int
    statement: NewStatement


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenNote:
    """A note that was given."""

    kind: NoteKind
    subject: bytes
    back_minor: int
    counter: int
    shown: bytes
    time: int
    state: ClaimState
    answer: AnswerItem | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidRequest:
    """A request that an issuer's settled notice says is paid: final."""

    request_hash: RequestHash
    notice: bytes
    final_minor: int
    reference: str
    time: int


HistoryEntry = Accepted | GivenNote | PaidRequest | ToldEvent
"""What a till's history is made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedClaim:
    """A claim that is in no batch yet: what the batch is built from. `receipt` is the signed receipt."""

    cheque_id: StatementId
    cheque: bytes
    allowance: bytes
    receipt: bytes
    request_payload: bytes | None
    credits: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedNote:
    """A note that is in no batch yet; `number` is its place in the store."""

    number: int
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredBatch:
    """A signed batch, stored before it was ever sent; `answer` once the operator's is stored.

    `claims` are cheque ids and `notes` places in the store, in the order of the batch.
    """

    batch_id: BatchId
    raw: bytes
    made_at: int
    claims: tuple[StatementId, ...]
    notes: tuple[int, ...]
    answer: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchAnswer:
    """A verified answer about to be stored with what it does to every claim and note of its batch."""

    batch_id: BatchId
    raw: bytes
    time: int
    clock_ahead_s: int
    claims: tuple[tuple[StatementId, ClaimState, AnswerItem], ...]
    notes: tuple[tuple[int, ClaimState, AnswerItem], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """A numbered event of the payee's statement that concerns a claim of this till, about to be stored.

    `state` is the claim's after it; None while the claim has no answer, which alone takes it out of the queue.
    """

    number: int
    kind: AdviceKind
    at: int
    cheque_id: StatementId
    paid_minor: int
    waiting_minor: int
    deadline: int
    state: ClaimState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardPage:
    """A page of the payee's statement about to be stored: all of it in one transaction, with how far it goes.

    `before` is how far the till had heard this payee's statement of this deployment, None if never; `up_to` is the
    number of the page's last event, ours or not.
    """

    deployment: str
    payee_id: PayeeId
    before: int | None
    up_to: int
    time: int
    events: tuple[NewEvent, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptProof:
    """A fork proof made at this counter: two cheques of one allowance that contradict each other."""

    proof_id: bytes
    raw: bytes
    allowance_id: StatementId
    reason: Contradiction
    time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeTotal:
    """How many payments of one grade, and what is left of them after notes."""

    count: int = 0
    amount_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """The till of one shift. `paid_minor` and `contingent_minor` are the operator's latest word.

    By grade counts what is really there: what was paid as final, what still waits as at risk. `unpaid_minor` is what
    was accepted, not given back, and will not be paid. `told` is the latest of what changed in this shift, newest
    first, of `told_count` in all; it may concern payments of earlier shifts.
    """

    shift: int
    began_at: int
    by_grade: dict[Grade, GradeTotal]
    given_back_minor: int
    waiting: GradeTotal
    paid_minor: int
    contingent_minor: int
    refused: GradeTotal
    unpaid_minor: int
    notes_waiting: int
    told: tuple[ToldEvent, ...]
    told_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """What is owed an answer, of all shifts. `first_deadline` is the earliest D among it."""

    claims: int
    notes: int
    amount_minor: int
    first_deadline: int | None

    @property
    def is_empty(self) -> bool:
        """Nothing waits."""
        return not self.claims and not self.notes


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedRefusal:
    """One line of the bounded log of refusals: `subject` is masked, nothing in it can be used."""

    time: int
    code: str
    subject: str
