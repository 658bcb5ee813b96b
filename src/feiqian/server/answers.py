"""What the server answers in JSON. `of` makes an answer from a service's value, all fields by name."""

from typing import Annotated, Any, ClassVar, Protocol, Self

from pydantic import Field

from feiqian.acquirer.dispute_values import DisputeLine
from feiqian.acquirer.disputes import Party, status_of
from feiqian.acquirer.values import EnrolledTerminal, NewPayee, PayeeStatement
from feiqian.issuer.values import (
    BoundDevice,
    Exposure,
    Fork,
    IssuedAllowance,
    NewPayer,
    PayerStatement,
    Suspension,
    WindowsClosed,
)
from feiqian.ledger.verify import BooksReport
from feiqian.links.http_statements import STATUS_NAMES
from feiqian.protocol.trust import TrustRoot
from feiqian.server.shapes import BytesOut, DisputeIdOut, HashOut, IdOut, InstantOut, KeyOut, Shape


class _Slotted(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


def fields_of(value: _Slotted) -> dict[str, Any]:
    """The fields of a service's value by name."""
    return {name: getattr(value, name) for name in value.__dataclass_fields__}


class Answer(Shape):
    """An answer of the server."""


class Problem(Answer):
    """RFC 9457 problem: `code` is stable; `message`, `safe` and `next` are for people, in Accept-Language en or zh."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    message: str
    safe: str
    next: str
    errors: tuple[str, ...] = ()
    request_id: str | None = None


class Health(Answer):
    """The process lives (`up`); whether it reads and writes its books, /ready says."""

    status: str
    version: str


class TrustRootAnswer(Answer):
    """Root keys (compressed P-256 points), how many must sign, and the deployment's name."""

    deployment: str
    roots: tuple[KeyOut, ...]
    threshold: int

    @classmethod
    def of(cls, root: TrustRoot) -> Self:
        """From what the operator pins."""
        return cls(deployment=root.deployment, roots=root.roots, threshold=root.threshold)


class NewPayerAnswer(Answer):
    """A payer and the one-time code that enrols its device; code and `pin` are told once, and not together."""

    payer_id: IdOut
    enrolment_code: str
    code_expires_at: InstantOut
    pin: str | None

    @classmethod
    def of(cls, payer: NewPayer) -> Self:
        """From the issuer's value."""
        return cls(
            payer_id=payer.payer_id,
            enrolment_code=payer.code,
            code_expires_at=payer.code_expires_at,
            pin=payer.pin,
        )


class NewPayeeAnswer(Answer):
    """A payee and the one-time code that enrols a terminal; the code is told once."""

    payee_id: IdOut
    enrolment_code: str
    code_expires_at: InstantOut

    @classmethod
    def of(cls, payee: NewPayee) -> Self:
        """From the acquirer's value."""
        return cls(payee_id=payee.payee_id, enrolment_code=payee.code, code_expires_at=payee.code_expires_at)


class Funded(Answer):
    """The payer's free balance after the money was added."""

    free_minor: int
    currency: str


class PoolFunded(Answer):
    """The guarantee pool after the money was added."""

    pool_minor: int
    currency: str


class SuspensionAnswer(Answer):
    """What a suspension or closing means: the most that can still be lost, and D, when the rest comes back."""

    ref: IdOut
    reason: str
    at_risk_minor: int
    currency: str
    deadline: InstantOut

    @classmethod
    def of(cls, suspension: Suspension) -> Self:
        """From the issuer's value."""
        return cls(
            ref=suspension.ref,
            reason=suspension.reason.value,
            at_risk_minor=suspension.at_risk_minor,
            currency=suspension.currency,
            deadline=suspension.deadline,
        )


class Suspensions(Answer):
    """Every live allowance of the payer, suspended."""

    suspensions: tuple[SuspensionAnswer, ...]


class ExposureAnswer(Answer):
    """What the issuer has paid or may have to pay for one allowance, and from where."""

    ref: IdOut
    payer_id: IdOut
    currency: str
    reserved_minor: int
    from_free_minor: int
    from_pool_minor: int
    from_loss_minor: int
    deadline: InstantOut


class Exposures(Answer):
    """What is at stake where."""

    exposures: tuple[ExposureAnswer, ...]

    @classmethod
    def of(cls, exposures: tuple[Exposure, ...]) -> Self:
        """From the issuer's values."""
        return cls(exposures=tuple(ExposureAnswer(**fields_of(one)) for one in exposures))


class ForkAnswer(Answer):
    """A conviction; `proof` is CBOR that anyone can check with the trust pack."""

    ref: IdOut
    reason: str
    proof: BytesOut
    found_at: InstantOut


class Forks(Answer):
    """Every conviction, oldest first."""

    forks: tuple[ForkAnswer, ...]

    @classmethod
    def of(cls, forks: tuple[Fork, ...]) -> Self:
        """From the issuer's values."""
        return cls(forks=tuple(ForkAnswer(**fields_of(one)) for one in forks))


class MismatchAnswer(Answer):
    """One number that does not follow from the postings."""

    table: str
    id: str
    expected: int
    found: int


class BooksAnswer(Answer):
    """A check of the books: every sum is zero and nothing mismatches, or money was made or lost."""

    ok: bool
    postings: int
    sums: dict[str, int]
    mismatches: tuple[MismatchAnswer, ...]

    @classmethod
    def of(cls, report: BooksReport) -> Self:
        """From the ledger's report."""
        return cls(
            ok=not report.mismatches and not any(report.sums.values()),
            postings=report.postings,
            sums=dict(report.sums),
            mismatches=tuple(MismatchAnswer(**fields_of(one)) for one in report.mismatches),
        )


class WindowsClosedAnswer(Answer):
    """What closing the windows did: allowances ended, paid to waiting claims, returned to payers."""

    allowances: int
    paid_minor: int
    returned_minor: int

    @classmethod
    def of(cls, closed: WindowsClosed) -> Self:
        """From the issuer's value."""
        return cls(**fields_of(closed))


class DeviceAnswer(Answer):
    """A bound wallet. `token` is its bearer token and is told once; `trust_root` is what it pins."""

    device_id: IdOut
    payer_id: IdOut
    name: str
    currency: str
    token: Annotated[str, Field(repr=False)]
    trust_root: TrustRootAnswer

    @classmethod
    def of(cls, device: BoundDevice, root: TrustRoot) -> Self:
        """From the issuer's value and what the operator pins."""
        return cls(**fields_of(device), trust_root=TrustRootAnswer.of(root))


class AllowanceAnswer(Answer):
    """An allowance: signed bytes, and D, after which nothing more is paid from it.

    `code_key` is for the wallet alone; null where the allowance asks for no one-time codes.
    """

    ref: IdOut
    allowance: BytesOut
    deadline: InstantOut
    code_key: Annotated[HashOut | None, Field(repr=False)] = None

    @classmethod
    def of(cls, issued: IssuedAllowance) -> Self:
        """From the issuer's value."""
        return cls(ref=issued.ref, allowance=issued.raw, deadline=issued.deadline, code_key=issued.code_key)


class AllowanceStateAnswer(Answer):
    """One allowance in a payer's statement; `waiting_minor` is part of `reserved_minor`.

    `complete`: all cheques claimed from it stand in the statement; if not, older ones were left out.
    """

    ref: IdOut
    status: str
    currency: str
    amount_minor: int
    reserved_minor: int
    claimed_minor: int
    waiting_minor: int
    returned_minor: int
    issued_at: InstantOut
    expires_at: InstantOut
    deadline: InstantOut
    forked: bool
    closed: bool
    complete: bool


class ChequeAnswer(Answer):
    """One claimed cheque in a payer's statement: its outcome so far.

    `paid_minor` is what payees were paid for it and the payer answers for, `waiting_minor` what is decided at D.
    `state`: settled, waiting, given_back (in full), refused (nothing is paid), borne (the issuer pays it itself),
    forked (it contradicts another cheque of this allowance). `payees` claimed it; `payee_name` only if that is one.
    `code_wrong`: its one-time code was wrong or used before, so the allowances of its device are suspended.
    """

    cheque_id: HashOut
    ref: IdOut
    counter: int
    amount_minor: int
    paid_minor: int
    waiting_minor: int
    deadline: InstantOut
    state: str
    payees: int
    payee_name: str | None
    code_wrong: bool


class EntryAnswer(Answer):
    """One posting on a payer's free balance; positive adds to it."""

    at: InstantOut
    reason: str
    amount_minor: int


class MissingClaimAnswer(Answer):
    """A cheque that its payer presented and no payee has claimed yet: nothing is paid, it waits until D."""

    cheque_id: HashOut
    ref: IdOut
    amount_minor: int
    presented_at: InstantOut
    deadline: InstantOut
    payee_name: str | None


class DisputeSummary(Answer):
    """A dispute in a statement: where it stands, and what it asks of whoever reads (active, needs_you, done)."""

    dispute_id: DisputeIdOut
    cheque_id: HashOut
    amount_minor: int
    moved_minor: int
    state: str
    status: str
    until: InstantOut | None

    @classmethod
    def of(cls, line: DisputeLine, viewer: Party) -> Self:
        """From the acquirer's value, as this party sees it."""
        one = line.dispute
        return cls(
            dispute_id=one.dispute_id,
            cheque_id=one.cheque_id,
            amount_minor=one.amount_minor,
            moved_minor=one.moved_minor,
            state=one.state.value,
            status=status_of(one.state, one.opener, viewer).value,
            until=one.until,
        )


class PayerStatementAnswer(Answer):
    """What a payer has, where it is, and why.

    `cheques` are those that were claimed, of the newest allowance first; `more` says that older ones were left out.
    `missing` are those that the payer presented and nobody has claimed yet.
    """

    payer_id: IdOut
    name: str
    currency: str
    free_minor: int
    reserved_minor: int
    allowances: tuple[AllowanceStateAnswer, ...]
    cheques: tuple[ChequeAnswer, ...]
    more: bool
    entries: tuple[EntryAnswer, ...]
    missing: tuple[MissingClaimAnswer, ...]
    disputes: tuple[DisputeSummary, ...]

    @classmethod
    def of(cls, statement: PayerStatement, disputes: tuple[DisputeLine, ...] = ()) -> Self:
        """From the issuer's value and the payer's disputes."""
        inner = {
            "allowances": tuple(
                AllowanceStateAnswer(**fields_of(one) | {"status": STATUS_NAMES[one.status]})
                for one in statement.allowances
            ),
            "cheques": tuple(ChequeAnswer(**fields_of(one) | {"state": one.state.value}) for one in statement.cheques),
            "entries": tuple(EntryAnswer(**fields_of(one)) for one in statement.entries),
            "missing": tuple(MissingClaimAnswer(**fields_of(one)) for one in statement.missing),
            "disputes": tuple(DisputeSummary.of(one, Party.PAYER) for one in disputes),
        }
        return cls(**fields_of(statement) | inner)


class TerminalAnswer(Answer):
    """A certified terminal. `token` is its bearer token and is told once; `trust_root` is what it pins."""

    terminal_ref: IdOut
    payee_id: IdOut
    payee_name: str
    currency: str
    certificate: BytesOut
    token: Annotated[str, Field(repr=False)]
    trust_root: TrustRootAnswer

    @classmethod
    def of(cls, terminal: EnrolledTerminal, root: TrustRoot) -> Self:
        """From the acquirer's value and what the operator pins."""
        return cls(**fields_of(terminal), trust_root=TrustRootAnswer.of(root))


class WaitingAnswer(Answer):
    """A claim that waits until D."""

    cheque_id: HashOut
    waiting_minor: int
    deadline: InstantOut


class EventAnswer(Answer):
    """One change of one claim; `paid_minor` and `waiting_minor` are differences, `stands_…` how it stands after."""

    number: int
    at: InstantOut
    kind: str
    cheque_id: HashOut
    paid_minor: int
    waiting_minor: int
    stands_paid_minor: int
    stands_waiting_minor: int
    deadline: InstantOut


class PayeeStatementAnswer(Answer):
    """What a payee has: `balance_minor` is final, `waiting_minor` is decided at each claim's D."""

    payee_id: IdOut
    name: str
    currency: str
    balance_minor: int
    waiting_minor: int
    waiting: tuple[WaitingAnswer, ...]
    events: tuple[EventAnswer, ...]
    disputes: tuple[DisputeSummary, ...]

    @classmethod
    def of(cls, statement: PayeeStatement, disputes: tuple[DisputeLine, ...] = ()) -> Self:
        """From the acquirer's value and the payee's disputes."""
        inner = {
            "waiting": tuple(WaitingAnswer(**fields_of(one)) for one in statement.waiting),
            "events": tuple(EventAnswer(**fields_of(one) | {"kind": one.kind.value}) for one in statement.events),
            "disputes": tuple(DisputeSummary.of(one, Party.PAYEE) for one in disputes),
        }
        return cls(**fields_of(statement) | inner)
